"""Opening a database: set up, refuse with a reason, never with a secret."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.domain.errors import StoreError
from bot.store import schema, search
from bot.store.connection import AsyncConnection
from bot.store.database import Database
from bot.store.schema import MIGRATIONS, REVISIONS, Standing, standing
from bot.store.store import Store
from bot.store.tables import metadata
from tests.builders import NOW, a_spec

from .conftest import Postgres


async def test_an_empty_database_is_set_up_and_found_again(empty_url: str) -> None:
    for _ in range(2):
        store = await Store.open(empty_url, upgrade=False)
        assert store.schema_version == REVISIONS[-1]
        assert await store.feeds.all() == []
        assert "sound" in await store.housekeeping.check()
        await store.close()


async def test_a_file_put_in_its_place_is_seen_by_all_while_the_old_one_is_being_closed(tmp_path: Path) -> None:
    old, new = tmp_path / "kabar.db", tmp_path / "restored.db"
    store, restored = [await Store.open(f"sqlite:///{path}", upgrade=True) for path in (old, new)]
    await restored.feeds.add(a_spec("wire"), NOW)
    await restored.close()
    await asyncio.gather(*(store.feeds.all() for _ in range(8)))  # several connections are open now
    for left in tmp_path.glob("kabar.db-*"):
        left.unlink()
    new.replace(old)
    found = await asyncio.gather(*(store.feeds.all() for _ in range(8)))
    await store.close()
    assert [len(feeds) for feeds in found] == [1] * 8


async def test_several_processes_may_set_it_up_at_once(empty_url: str) -> None:
    stores = await asyncio.gather(*(Store.open(empty_url, upgrade=False) for _ in range(4)))
    assert {store.schema_version for store in stores} == {REVISIONS[-1]}
    await asyncio.gather(*(store.close() for store in stores))


async def _migrated(url: str) -> Database:
    """An empty database taken through every migration (opening one makes the tables at once)."""
    database = Database(url)
    await database.prepare()
    async with database.writing() as connection:
        await schema.step_to(connection, "head")
    return database


async def test_the_migrations_and_the_tables_say_the_same(empty_url: str) -> None:
    database = await _migrated(empty_url)

    def ours(_object: object, name: str | None, *_: object) -> bool:
        """The index over the words is no table of SQLAlchemy's; the next test looks at it."""
        return not str(name).startswith(("story_search", "ix_stories_words"))

    def differences(connection: sa.Connection) -> list[object]:
        options = {"compare_type": True, "include_object": ours}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_they_say_the_same_also_where_alembic_does_not_look(empty_url: str) -> None:
    """Conditions of indexes, names of constraints, AUTOINCREMENT, the search: as the databases themselves see them."""
    database = await _migrated(empty_url)
    migrated = await _definitions(database)
    async with database.writing() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(search.tear_down)
        await connection.execute(sa.text("DROP TABLE alembic_version"))
    await (await Store.open(empty_url, upgrade=False)).close()
    assert await _definitions(database) == migrated
    assert len(migrated) > 100
    await database.close()


async def _definitions(database: Database) -> set[tuple[object, ...]]:
    async with database.reading() as connection:
        if database.is_sqlite:
            return await _sqlite_definitions(connection)
        query = """
            SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename != 'alembic_version'
            UNION SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace AND conrelid != 'alembic_version'::regclass
            UNION SELECT table_name || '.' || column_name, data_type || is_nullable || coalesce(column_default, '')
                FROM information_schema.columns WHERE table_schema = 'public' AND table_name != 'alembic_version'
        """
        return {tuple(row) for row in await connection.execute(sa.text(query))}


async def _sqlite_definitions(connection: AsyncConnection) -> set[tuple[object, ...]]:
    """A column that was added later stands last and its reference beside it; what it all means must be the same."""
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name != 'alembic_version'"
    found: set[tuple[object, ...]] = set()
    for kind, name, table, sql in (await connection.execute(sa.text(query))).fetchall():
        if kind != "table" or "VIRTUAL" in sql:
            found.add((kind, name, table, " ".join((sql or "").replace('"', "").split())))
            continue
        found |= {("constraint", table, n) for n in re.findall(r'CONSTRAINT "?(\w+)', sql)}
        found.add(("ids", table, "AUTOINCREMENT" in sql))
        for pragma in ("table_xinfo", "foreign_key_list"):
            rows = await connection.execute(sa.text(f"PRAGMA {pragma}({table})"))
            skipped = {"cid", "id", "seq"}
            for row in rows.mappings():
                found.add((pragma, table, *(value for column, value in row.items() if column not in skipped)))
        for index in (await connection.execute(sa.text(f"PRAGMA index_list({table})"))).mappings().all():
            columns = (await connection.execute(sa.text(f"PRAGMA index_info({index['name']})"))).mappings()
            listed = tuple(column["name"] for column in columns)
            found.add(("index", table, listed, index["unique"], index["origin"], index["partial"]))
    # What belongs to an index made by itself is named by its place.
    return {one for one in found if not (one[0] == "index" and str(one[1]).startswith("sqlite_autoindex"))}


def test_every_step_is_written_down() -> None:
    steps = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert tuple(reversed(steps)) == REVISIONS


@pytest.mark.parametrize(
    ("version", "expected"),
    [(None, Standing.EMPTY), ("1", Standing.OLDER), ("2", Standing.CURRENT), ("3", Standing.NEWER)],
)
def test_the_standing_of_a_version(version: str | None, expected: Standing) -> None:
    assert standing(version, ("1", "2")) is expected


async def test_an_older_schema_asks_for_the_upgrade(url: str) -> None:
    database = Database(url)
    with pytest.raises(StoreError, match="kabar db upgrade"):
        await schema.ensure(database, upgrade=False, revisions=(*REVISIONS, "9999"))
    await database.close()


async def test_a_newer_schema_is_refused(empty_url: str) -> None:
    await (await Store.open(empty_url, upgrade=False)).close()
    await _run(empty_url, "UPDATE alembic_version SET version_num = '9999'")
    for upgrade in (True, False):
        with pytest.raises(StoreError, match="newer version"):
            await Store.open(empty_url, upgrade=upgrade)


async def test_upgrading_a_current_database_changes_nothing(store: Store) -> None:
    await store.upgrade()
    assert store.schema_version == REVISIONS[-1]


async def _run(url: str, statement: str) -> None:
    database = Database(url)
    async with database.writing() as connection:
        await connection.execute(sa.text(statement))
    await database.close()


async def test_the_file_and_its_directory_are_the_owners(tmp_path: Path) -> None:
    path = tmp_path / "new" / "var" / "kabar.db"
    store = await Store.open(f"sqlite:///{path}", upgrade=False)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.with_name("kabar.db-wal").stat().st_mode & 0o777 == 0o600
    await store.close()


async def test_sqlite_keeps_what_it_confirmed(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/kabar.db")
    await database.prepare()
    async with database.reading() as connection:
        for pragma, expected in [
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("busy_timeout", 10_000),
        ]:
            assert (await connection.execute(sa.text(f"PRAGMA {pragma}"))).scalar_one() == expected
    await database.close()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "kabar.db"
    path.write_bytes(b"certainly not a database, whatever its name says" * 100)
    with pytest.raises(StoreError, match=r"is not a database.*kabar db restore"):
        await Store.open(f"sqlite:///{path}", upgrade=True)


async def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "kabar.db"
    await (await Store.open(f"sqlite:///{path}", upgrade=False)).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 60_000)
    with pytest.raises(StoreError, match="damaged"):
        await _open_and_check(f"sqlite:///{path}")


async def _open_and_check(url: str) -> None:
    store = await Store.open(url, upgrade=False)
    try:
        await store.housekeeping.check()
    finally:
        await store.close()


async def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.close()
    with pytest.raises(StoreError, match=r"another program \(notes\)"):
        await Store.open(f"sqlite:///{path}", upgrade=True)


async def test_a_directory_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        await Store.open(f"sqlite:///{tmp_path}", upgrade=True)


@pytest.mark.parametrize("address", ["", "kabar.db", "sqlite://", "sqlite:///:memory:", "mysql://u:geheim@h/db"])
async def test_an_address_of_something_else(address: str) -> None:
    with pytest.raises(StoreError, match="must be sqlite:///") as caught:
        await Store.open(address, upgrade=True)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
async def test_a_server_that_is_not_there(scheme: str) -> None:
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        await Store.open(f"{scheme}://kabar:geheim@127.0.0.1:1/kabar", upgrade=True)
    assert "127.0.0.1" in str(caught.value)
    assert "geheim" not in str(caught.value)


async def test_a_server_without_that_database(postgres: Postgres) -> None:
    with pytest.raises(StoreError, match="nowhere") as caught:
        await Store.open(postgres.url("nowhere"), upgrade=True)
    assert "in KABAR_DATABASE_URL" in str(caught.value)
