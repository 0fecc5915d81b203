"""Upgrades and restores that are killed at any statement: before the last one is committed nothing has happened."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.errors import StoreError
from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.store import schema
from bot.store.backup import KINDS
from bot.store.database import Database
from bot.store.schema import REVISIONS
from bot.store.store import Store

from .store_values import NOW, commit, new_story
from .test_store_upgrade import check, old_database

POINTS = 4  # besides the last moment before the commit
# Dies as `at` statements were begun, or just before the transaction is committed; each try is a process of its own.
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
import alembic.command
from sqlalchemy import event
from sqlalchemy.engine import Engine
from bot.store import backup, schema
from bot.store.database import Database

url, file, *points = sys.argv[1:]

def attempt(at):
    begun = [0, 0]

    def statement(*_):
        begun[0] += 1
        if begun[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def commit(_connection):
        begun[1] += 1
        if begun[1] == (1 if file else 2):  # a migration first looks which version there is
            os.write(1, f"{begun[0]} ".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    database = Database(url)
    asyncio.run(backup.read_backup(database, Path(file)) if file else schema.migrate(database))

for at in map(int, points):
    child = os.fork()
    if not child:
        attempt(at)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, at
"""


async def killed(url: str, *points: int, file: str = "") -> list[int]:
    """Tries again and again, and dies at each of `points`; 0 is the last moment. How many statements there were."""
    words = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", KILLED, url, file, *map(str, points)]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode == 0
    return [int(word) for word in out.split()]


def some_of(count: int) -> list[int]:
    return sorted(random.Random(count).sample(range(1, count + 1), POINTS))


@pytest.mark.parametrize("revision", REVISIONS[:-1])
async def test_an_upgrade_from_any_schema_may_be_killed_at_any_statement(empty_url: str, revision: str) -> None:
    database = await old_database(empty_url)
    async with database.writing() as connection:
        await schema.step_to(connection, revision)
    await database.close()
    (count,) = await killed(empty_url, 0)
    await killed(empty_url, *some_of(count))
    with pytest.raises(StoreError, match=rf"older schema \({revision}\)"):
        await Store.open(empty_url, upgrade=False)
    store = await Store.open(empty_url, upgrade=True)
    await check(store)
    await store.close()


async def test_a_restore_may_be_killed_at_any_statement(store: Store, url: str, tmp_path: Path) -> None:
    await commit(store, new_story("in the backup"))
    file = tmp_path / "kabar.backup"
    await store.backup(file)
    await commit(store, new_story("since then"), at=NOW)
    before = await store.stories.latest([Topic.AI], level=Level.LOW, limit=9)
    await store.close()
    (count,) = await killed(url, 0, file=str(file))
    await killed(url, *some_of(count), file=str(file))
    again = await Store.open(url, upgrade=False)
    try:
        assert await again.stories.latest([Topic.AI], level=Level.LOW, limit=9) == before
        assert "sound" in await again.housekeeping.check()
        await again.restore(file)
        assert [one.lead.title for one in await again.stories.latest([Topic.AI], level=Level.LOW, limit=9)] == [
            "Title of in the backup"
        ]
    finally:
        await again.close()


# --- backups of earlier schemas ---------------------------------------------------------------------------------------


async def backup_as_then(database: Database, revision: str, path: Path) -> None:
    """What `kabar db backup` of that day wrote."""
    tables = sa.MetaData()
    lines: list[Any] = [{"kabar_backup": 1, "schema": revision}]
    async with database.reading() as connection:
        await connection.run_sync(
            lambda sync: tables.reflect(sync, only=lambda name, _: not name.startswith(("story_search", "alembic")))
        )
        for table in tables.sorted_tables:
            kinds = {column.name: _kind(column.type) for column in table.columns}
            lines.append({"table": table.name, "columns": kinds})
            columns = [
                table.c[name] if kind == "plain" else sa.column(name, KINDS[kind]) for name, kind in kinds.items()
            ]
            rows = await connection.execute(sa.select(*columns).select_from(table))
            lines += [[v.isoformat() if hasattr(v, "isoformat") else v for v in row] for row in rows]
    count = sum(isinstance(line, list) for line in lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, {"rows": count}]), "utf-8")


def _kind(column_type: sa.types.TypeEngine[Any]) -> str:
    kinds = {sa.DateTime: "moment", sa.Date: "date", sa.Time: "time", sa.JSON: "json", sa.Text: "text"}
    return next((kind for known, kind in kinds.items() if isinstance(column_type, known)), "plain")


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_backup_of_any_schema_is_restored(store: Store, revision: str, tmp_path: Path) -> None:
    database = await old_database(f"sqlite:///{tmp_path}/old.db")
    async with database.writing() as connection:
        await schema.step_to(connection, revision)
    await backup_as_then(database, revision, tmp_path / "old.backup")
    await database.close()
    await store.restore(tmp_path / "old.backup")
    await check(store)
