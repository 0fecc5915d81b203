"""A short trial of the database: is it there, of this version, and does it take a line. Bounded, whoever holds it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from bot.domain.errors import OtherVersion, StoreError
from bot.store.database import Database
from bot.store.failures import explain
from bot.store.schema import REVISIONS, Standing, standing
from bot.store.tables import beats

PATIENCE = 1.3  # seconds for a lock
ALL_IN_ALL = 1.6  # seconds for a statement
PART = "database"


async def try_out(database: Database, now: datetime) -> None:
    """StoreError when it cannot be worked with."""
    await database.look()
    version = await (_try_file(database, now) if database.is_sqlite else _try_server(database, now))
    if standing(version) is Standing.CURRENT:
        return
    raise OtherVersion(
        f"{database.place} has schema {version} by now and this program knows {REVISIONS[-1]}; "
        "another version of Kabar works on it: stop one of the two"
    )


async def _try_file(database: Database, now: datetime) -> str | None:
    """Over a connection of its own, that waits shorter than the others do."""
    try:
        return await asyncio.to_thread(_read_and_write, Path(str(database.url.database)), now)
    except sqlite3.Error as error:
        # A long transaction of our own is no trouble.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY and database.is_writing:
            return REVISIONS[-1]
        raise StoreError(explain(database.url, error)) from error


def _read_and_write(path: Path, now: datetime) -> str | None:
    address = f"file:{quote(str(path.resolve()))}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        connection.execute("BEGIN IMMEDIATE")
        at = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute(
            "INSERT INTO beats (part, at, state, cause, fix) VALUES (?, ?, 'ok', '', '') "
            "ON CONFLICT (part) DO UPDATE SET at = excluded.at",
            (PART, at),
        )
        connection.execute("COMMIT")
    return found[0] if found else None


async def _try_server(database: Database, now: datetime) -> str | None:
    limits = {"lock_timeout": f"{PATIENCE}s", "statement_timeout": f"{ALL_IN_ALL}s"}
    values = {"at": now, "state": "ok", "cause": "", "fix": ""}
    insert = database.insert(beats).values(part=PART, **values)
    async with database.writing() as connection:
        await connection.execute(sa.select(*(sa.func.set_config(name, value, True) for name, value in limits.items())))
        version = (await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
        await connection.execute(insert.on_conflict_do_update(index_elements=["part"], set_=values))
    return str(version) if version is not None else None
