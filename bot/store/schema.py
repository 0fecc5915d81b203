"""Which version a database has, and what is done about it: set up, upgrade, or refuse with the reason."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

import sqlalchemy as sa
import sqlalchemy.exc

from bot.domain.errors import StoreError
from bot.store import search
from bot.store.connection import AsyncConnection
from bot.store.database import Database, Lock
from bot.store.tables import metadata

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every step in bot/store/migrations/versions, oldest first. Written down so that a start need not import Alembic."""

MIGRATIONS = Path(__file__).parent / "migrations"
# PostgreSQL looks for a deadlock after a second; who gives up earlier is never the cause of one.
WAIT_FOR_TABLES = "300ms"
BREATH = 0.1  # seconds in which those that we were in the way of come to an end
PATIENCE = 30.0  # seconds


class Standing(Enum):
    """How a database's version stands to this program's."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


def standing(version: str | None, revisions: Sequence[str] = REVISIONS) -> Standing:
    if version is None:
        return Standing.EMPTY
    if version == revisions[-1]:
        return Standing.CURRENT
    return Standing.OLDER if version in revisions else Standing.NEWER


async def version_of(connection: AsyncConnection) -> str | None:
    """None when nothing is there yet. StoreError when the tables are another program's."""
    tables = set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))
    version = None
    if "alembic_version" in tables:
        version = (await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    others = tables - {"alembic_version"}
    # A PostgreSQL database may well be shared with others' tables; a file is one program's.
    foreign = others if connection.dialect.name == "sqlite" else others & set(metadata.tables)
    if version is None and foreign:
        raise StoreError(
            f"the database holds tables of another program ({', '.join(sorted(foreign)[:3])}); "
            "point KABAR_DATABASE_URL at an empty one"
        )
    return None if version is None else str(version)


async def ensure(database: Database, *, upgrade: bool, revisions: Sequence[str] = REVISIONS) -> str:
    """The database has this program's schema when this returns, and its version is returned."""
    async with database.reading() as connection:
        version = await version_of(connection)
    match standing(version, revisions):
        case Standing.CURRENT:
            return revisions[-1]
        case Standing.NEWER:
            raise StoreError(
                f"{database.place} has schema {version}, made by a newer version of Kabar (this one knows up to "
                f"{revisions[-1]}); run the newer version, or restore a backup of this one"
            )
        case Standing.OLDER if not upgrade:
            raise StoreError(f"{database.place} has an older schema ({version}); run `kabar db upgrade`")
    return await migrate(database)


async def migrate(database: Database) -> str:
    """Every step that is missing, in one transaction; of two processes that start at once one does it."""
    async with database.reading() as connection:
        is_new = await version_of(connection) is None
    if not is_new:
        import alembic.command  # noqa: F401 - takes 250 ms, so before the lock

    async with database.writing(Lock.SCHEMA) as connection:
        version = await version_of(connection)
        if version is None:
            return await set_up(connection)
        found = standing(version)
        if found is Standing.NEWER:
            raise StoreError(f"{database.place} was made by a newer version of Kabar; run that version")
        if found is not Standing.CURRENT:
            await alone(connection)
            await step_to(connection, "head")
    return REVISIONS[-1]


async def set_up(connection: AsyncConnection) -> str:
    """The tables of a new database at once, as every step would have made them (a test holds the two together):
    quicker, and a bot that never had an older schema never loads Alembic."""
    await connection.run_sync(metadata.create_all)
    await connection.run_sync(search.set_up)
    await connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    await connection.execute(sa.text("INSERT INTO alembic_version VALUES (:version)"), {"version": REVISIONS[-1]})
    return REVISIONS[-1]


async def step_to(connection: AsyncConnection, revision: str) -> None:
    """Runs the missing steps up to `revision` inside the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))

    def run(sync: sa.Connection) -> None:
        config.attributes["connection"] = sync
        command.upgrade(config, revision)

    await connection.run_sync(run)


async def alone(connection: AsyncConnection) -> None:
    """On PostgreSQL nobody else uses any of Kabar's tables from here to the end of the transaction: to take one after
    the other while they are in use would end in a deadlock with a running bot. SQLite's writer is alone anyway."""
    if connection.dialect.name == "sqlite":
        return
    there = set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))
    ours = ", ".join(f'"{name}"' for name in sorted(there & {*metadata.tables, "alembic_version"}))
    give_up = time.monotonic() + PATIENCE
    await connection.execute(sa.text(f"SET LOCAL lock_timeout = '{WAIT_FOR_TABLES}'"))
    while ours:
        try:
            async with connection.begin_nested():
                await connection.execute(sa.text(f"LOCK TABLE {ours} IN ACCESS EXCLUSIVE MODE"))
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in ("55P03", "40P01") or time.monotonic() > give_up:
                raise
            await asyncio.sleep(BREATH)
        else:
            break
    await connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
