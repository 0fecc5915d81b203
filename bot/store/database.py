"""How a database is reached: its address, its connections, and the two kinds of transaction."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import sqlalchemy.exc
from sqlalchemy import event

from bot.domain.errors import StoreError
from bot.store.columns import as_json, from_json
from bot.store.connection import AsyncConnection, AsyncEngine
from bot.store.failures import explain, place, translating
from bot.store.presence import Presence
from bot.store.sqlite import connect

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
    from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

    Insert = SqliteInsert | PostgresInsert

BUSY_SECONDS = 10
# Kept by each SQLite connection, of which a busy bot has four; unasked they keep 128 and 2 MB. A statement with a list
# of hundreds is a hundred kilobytes and rarely comes again, and pages lie in the system's cache as well.
STATEMENTS, PAGES_KIB = 16, 1_024
POSTGRES_NAMES = ("postgres", "postgresql", "postgresql+psycopg")
SQLITE_NAMES = ("sqlite", "sqlite+aiosqlite")
_LAST_ID = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
_NEXT_IDS = sa.text(
    "SELECT nextval(pg_get_serial_sequence(CAST(:name AS text), 'id')) FROM generate_series(1, CAST(:count AS integer))"
)
LOCKS = 0x6B616261  # the first of the two numbers of an advisory lock: ours among other programs'


class Lock(IntEnum):
    """What only one writer at a time may do, on PostgreSQL; SQLite has one writer anyway."""

    SCHEMA = 1
    STORIES = 2
    FEEDS = 3


class Database:
    """One engine with `reading()` and `writing()` transactions. Every error of the connection leaves as StoreError."""

    def __init__(self, address: str) -> None:
        self.url = parse(address)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            ours = {"timeout": BUSY_SECONDS, "isolation_level": None, "cached_statements": STATEMENTS}
            engine = sa.create_engine(
                self.url,
                pool_use_lifo=True,  # the one whose pages are fresh, not each in turn
                connect_args=ours | {"async_creator_fn": connect},
                json_serializer=as_json,
                json_deserializer=from_json,
            )
            event.listen(engine, "connect", _set_pragmas)
            event.listen(engine, "begin", _begin)
            event.listen(engine, "invalidate", _roll_back)
        else:
            # No server-side prepared statements: they break behind a pooler that works by transaction.
            engine = sa.create_engine(
                self.url.set(drivername="postgresql+psycopg_async"),
                pool_pre_ping=True,
                connect_args={"prepare_threshold": None, "connect_timeout": BUSY_SECONDS},
                json_serializer=as_json,
                json_deserializer=from_json,
            )
        self._engine = AsyncEngine(engine)
        # A read that later writes would fail at once with "locked": writers say so when they begin.
        self._writer = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        # Writers of one process queue up fairly instead of polling SQLite's lock against each other.
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if self.is_sqlite else nullcontext()
        self._file = Presence(Path(str(self.url.database))) if self.is_sqlite else None
        self.is_writing = False  # on SQLite: that this process holds the writer's lock now

    @property
    def place(self) -> str:
        return place(self.url)

    @asynccontextmanager
    async def reading(self, *, brief: bool = False) -> AsyncIterator[AsyncConnection]:
        """One snapshot on SQLite; on PostgreSQL each statement sees what was committed before it. `brief`: every
        statement is one of milliseconds, so on SQLite it may hold up the rest of the bot (bot/store/sqlite.py)."""
        async with self._transaction(self._engine, brief=brief) as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """One moment of everything, also over many statements, on both databases."""
        engine = self._engine if self.is_sqlite else self._engine.execution_options(isolation_level="REPEATABLE READ")
        async with self._transaction(engine) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, lock: Lock | None = None, *, brief: bool = False) -> AsyncIterator[AsyncConnection]:
        """All or nothing; with `lock` only one such transaction at a time, over all processes. `brief` as above."""
        async with self._turn, self._transaction(self._writer, brief=brief) as connection:
            if lock is not None and not self.is_sqlite:
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCKS, int(lock))))
            self.is_writing = True
            try:
                yield connection
            finally:
                self.is_writing = False

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine, *, brief: bool = False) -> AsyncIterator[AsyncConnection]:
        await self.look()
        if brief and self.is_sqlite:
            engine = engine.execution_options(brief=True)
        with translating(self.url):
            async with engine.begin() as connection:
                yield connection

    async def look(self) -> None:
        """Another file in the place of a SQLite database is taken up; StoreError when there is none any more."""
        if self._file is not None and self._file.changed():
            await self._engine.dispose()  # what is open there is still the old one

    def insert(self, table: sa.Table) -> Insert:
        """An INSERT that knows ON CONFLICT; each database has its own."""
        if self.is_sqlite:
            from sqlalchemy.dialects.sqlite import insert as sqlite_insert

            return sqlite_insert(table)
        from sqlalchemy.dialects.postgresql import insert as postgres_insert

        return postgres_insert(table)

    async def next_ids(self, connection: AsyncConnection, table: sa.Table, count: int) -> list[int]:
        """Ids for so many rows that a writing transaction is about to insert; never given before or again."""
        if self.is_sqlite:  # it has the only lock of a writer, and the insert moves the sequence along
            last = await connection.execute(_LAST_ID, {"name": table.name})
            first = (last.scalar_one_or_none() or 0) + 1
            return list(range(first, first + count))
        taken = await connection.execute(_NEXT_IDS, {"name": table.name, "count": count})
        return sorted(taken.scalars())

    async def prepare(self) -> None:
        """A SQLite file and its directory exist, for their owner only, in WAL mode."""
        if self.is_sqlite:
            await asyncio.to_thread(_prepare_file, self.url)

    async def close(self) -> None:
        await self._engine.dispose()


def parse(address: str) -> sa.URL:
    """The address with the driver that Kabar uses. StoreError for anything but SQLite files and PostgreSQL."""
    try:
        url = sa.make_url(address)
    except (sa.exc.ArgumentError, ValueError):
        url = None
    if url is not None and url.drivername in POSTGRES_NAMES:
        return url.set(drivername="postgresql+psycopg")
    if url is not None and url.drivername in SQLITE_NAMES and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite+aiosqlite")
    raise StoreError(
        "KABAR_DATABASE_URL must be sqlite:///path/to/kabar.db or postgresql://user:password@host/database"
    )


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{PAGES_KIB}")
    cursor.execute("PRAGMA synchronous=FULL")  # NORMAL may lose the last commits on power loss: a repeated alert
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    begin, brief = options.get("begin", "BEGIN"), options.get("brief", False)
    driver: Any = connection.connection.driver_connection
    driver.writes = begin != "BEGIN"
    driver.brief = brief and not driver.writes
    connection.exec_driver_sql(begin)
    driver.brief = brief


def _roll_back(connection: Any, _record: object, _error: object) -> None:
    """Before a connection is given up, which a cancelled task does. Closing it is not enough: as long as a statement of
    it is not collected as garbage, SQLite keeps its locks, and nobody could write."""
    with suppress(sqlite3.Error):
        connection.rollback()


def _prepare_file(url: sa.URL) -> None:
    path = Path(str(url.database))
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        with path.open("rb") as file:
            header = file.read(20)
    except OSError as error:
        raise StoreError(f"{place(url)} cannot be opened ({error.strerror}); check path and permissions") from error
    if header[18:20] == b"\x02\x02":
        return  # in WAL mode for good
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            finally:
                connection.close()
        except sqlite3.DatabaseError as error:
            # This one change does not wait for another process's lock by itself.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise StoreError(explain(url, error)) from error
            time.sleep(0.02)
        else:
            return
