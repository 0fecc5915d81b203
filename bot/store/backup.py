"""The portable copy: JSON lines that either database writes and either reads, whole or not at all."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TextIO

import sqlalchemy as sa
import sqlalchemy.exc

from bot.domain.errors import StoreError
from bot.store import search
from bot.store.connection import AsyncConnection
from bot.store.database import Database, Lock
from bot.store.schema import REVISIONS, Standing, alone, standing, step_to
from bot.store.tables import Moment, Words, metadata

FORMAT = 1
BATCH = 1_000
# Ids after a restore go on far above the old ones: what was sent since the backup was made carries ids (in buttons, as
# delivery keys) that must not come to mean something else.
LEAP = 1_000_000

# What a value is, so that a file can be read without the tables of the day it was written.
KINDS: Mapping[str, sa.types.TypeEngine[Any]] = {
    "moment": Moment(),
    "date": sa.Date(),
    "time": sa.Time(),
    "json": sa.JSON(),
    "text": Words(),
    "plain": sa.types.NullType(),
}
READ = {"moment": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat}


async def write_backup(database: Database, path: Path) -> None:
    """One moment of the whole database, beside a running bot too. First line: what this is; then each table's columns
    and rows; last line: how many rows there were, so that a cut file is recognised. Readable by its owner only."""
    await asyncio.to_thread(_refuse_own_files, database, path)
    part = path.with_name(path.name + ".part")
    try:
        file = await asyncio.to_thread(_create, part)
        try:
            async with database.snapshot() as connection:
                await _write(connection, file)
            await asyncio.to_thread(_finish, file, part, path)
        finally:
            file.close()
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"the backup {path} cannot be written ({error.strerror}); check space and permissions"
        ) from error


async def read_backup(database: Database, path: Path) -> None:
    """Replaces everything in the database by the backup, in one transaction: on any error what was there stays. A
    backup of an older schema is upgraded on the way."""
    try:
        file = await asyncio.to_thread(path.open, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"the backup {path} cannot be read ({error.strerror})") from error
    with file:
        try:
            await _replace(database, _lines(file), path)
        except (LookupError, TypeError, ValueError, sa.exc.SQLAlchemyError) as error:
            raise StoreError(f"{path} is no backup of Kabar, or is damaged; nothing was changed") from error


def _refuse_own_files(database: Database, path: Path) -> None:
    """StoreError for a directory, and for a place where the copy would overwrite what it is a copy of."""
    if path.is_dir():
        raise StoreError(f"the backup {path} cannot be written (it is a directory); name a file in it")
    if database.is_sqlite and database.url.database:
        whole = Path(database.url.database).resolve()
        if path.resolve() in [whole.with_name(whole.name + tail) for tail in ("", "-wal", "-shm", "-journal")]:
            raise StoreError(f"{path} is the database itself; name another file for the backup")


async def _replace(database: Database, lines: Iterator[Any], path: Path) -> None:
    schema = _checked_schema(next(lines, None), path)
    async with database.writing(Lock.SCHEMA) as connection:
        await alone(connection)
        await _empty(connection)
        await step_to(connection, schema)
        await _load(connection, lines, path)
        await step_to(connection, "head")
        await _leap(connection)


async def _write(connection: AsyncConnection, file: TextIO) -> None:
    file.write(_line({"kabar_backup": FORMAT, "schema": REVISIONS[-1]}))
    total = 0
    for table in metadata.sorted_tables:
        kinds = {column.name: _kind(column.type) for column in table.columns}
        file.write(_line({"table": table.name, "columns": kinds}))
        rows = sa.select(table).order_by(*table.primary_key.columns)
        async for some in connection.batches(rows, BATCH):
            text = "".join(_line([_plain(value) for value in row]) for row in some)
            await asyncio.to_thread(file.write, text)
            total += len(some)
    file.write(_line({"rows": total}))


async def _load(connection: AsyncConnection, lines: Iterator[Any], path: Path) -> None:
    insert: sa.Insert | None = None
    names: list[str] = []
    readers: list[Any] = []
    waiting: list[dict[str, Any]] = []
    total = 0
    for line in lines:
        if isinstance(line, list):
            if insert is None or len(line) != len(names):
                break
            values = (
                read(value) if read and value is not None else value for read, value in zip(readers, line, strict=True)
            )
            waiting.append(dict(zip(names, values, strict=True)))
            total += 1
        if waiting and insert is not None and (not isinstance(line, list) or len(waiting) == BATCH):
            await connection.execute(insert, waiting)
            waiting = []
        if isinstance(line, dict) and "table" in line:
            columns = line["columns"]
            names, readers = list(columns), [READ.get(kind) for kind in columns.values()]
            insert = sa.insert(sa.table(line["table"], *(sa.column(name, KINDS[columns[name]]) for name in names)))
        if isinstance(line, dict) and line.get("rows") == total:
            return
    raise StoreError(f"the backup {path} is incomplete; nothing was changed")


def _checked_schema(head: Any, path: Path) -> str:
    if not isinstance(head, dict) or head.get("kabar_backup") != FORMAT:
        raise StoreError(f"{path} is no backup of Kabar (`kabar db backup FILE` writes one); nothing was changed")
    schema = str(head.get("schema"))
    if standing(schema) is Standing.NEWER:
        raise StoreError(
            f"the backup {path} has schema {schema}, made by a newer version of Kabar; restore it with that version"
        )
    return schema


def _lines(file: Iterable[str]) -> Iterator[Any]:
    for line in file:
        yield json.loads(line)


async def _empty(connection: AsyncConnection) -> None:
    """Drops every table of Kabar, whatever version it is of."""
    there = sa.MetaData()
    await connection.run_sync(
        lambda sync: there.reflect(sync, only=lambda name, _: name in {*metadata.tables, "alembic_version"})
    )
    await connection.run_sync(there.drop_all)
    await connection.run_sync(search.tear_down)


async def _leap(connection: AsyncConnection) -> None:
    for table in metadata.sorted_tables:
        if "id" not in table.c or not isinstance(table.c.id.type, sa.BigInteger) or table.c.id.autoincrement is False:
            continue
        highest = (await connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0)))).scalar_one()
        if connection.dialect.name == "sqlite":
            forget = sa.text("DELETE FROM sqlite_sequence WHERE name = :name")
            leap = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :id)")
            await connection.execute(forget, {"name": table.name})
        else:
            leap = sa.text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :id)")
        await connection.execute(leap, {"name": table.name, "id": highest + LEAP})


def _kind(column_type: sa.types.TypeEngine[Any]) -> str:
    return next((kind for kind, known in KINDS.items() if type(known) is type(column_type)), "plain")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | time) else value


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _create(path: Path) -> TextIO:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")


def _finish(file: TextIO, part: Path, path: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    part.replace(path)
