"""How SQLAlchemy's connections are awaited.

`sqlalchemy.ext.asyncio` does the same and loads the whole ORM for it, which costs 6 MB and is used by nothing here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, TypeVarTuple, overload

import sqlalchemy as sa
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlalchemy.util.concurrency import greenlet_spawn

T = TypeVar("T")
Rows = TypeVarTuple("Rows")

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
Options = Mapping[str, Any] | None


class AsyncConnection:
    """A connection inside its transaction."""

    __slots__ = ("_sync",)

    def __init__(self, sync: sa.Connection) -> None:
        self._sync = sync

    @property
    def dialect(self) -> sa.Dialect:
        return self._sync.dialect

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*Rows], parameters: Parameters = None, *, execution_options: Options = None
    ) -> sa.CursorResult[*Rows]: ...

    @overload
    async def execute(
        self, statement: sa.Executable, parameters: Parameters = None, *, execution_options: Options = None
    ) -> sa.CursorResult[*tuple[Any, ...]]: ...

    async def execute(
        self, statement: sa.Executable, parameters: Parameters = None, *, execution_options: Options = None
    ) -> sa.CursorResult[*tuple[Any, ...]]:
        return await greenlet_spawn(self._sync.execute, statement, parameters, execution_options=execution_options)

    async def exec_driver_sql(self, statement: str, parameters: Any = None) -> sa.CursorResult[*tuple[Any, ...]]:
        return await greenlet_spawn(self._sync.exec_driver_sql, statement, parameters)

    async def batches(self, statement: sa.Executable, size: int) -> AsyncIterator[Sequence[sa.Row[*tuple[Any, ...]]]]:
        """Its rows, so many at a time, without ever holding them all."""
        result = await greenlet_spawn(self._sync.execute, statement, execution_options={"stream_results": True})
        try:
            while rows := await greenlet_spawn(result.fetchmany, size):
                yield rows
        finally:
            await greenlet_spawn(result.close)

    async def run_sync(self, work: Callable[..., T], *args: Any) -> T:
        """`work(connection, *args)`, which awaits nothing itself."""
        return await greenlet_spawn(work, self._sync, *args)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """A part of the transaction that can be undone alone."""
        async with _within(self._sync.begin_nested):
            yield


class AsyncEngine:
    """Where connections come from."""

    def __init__(self, sync_engine: sa.Engine) -> None:
        self.sync_engine = sync_engine

    def execution_options(self, **options: Any) -> AsyncEngine:
        """The same with other options."""
        return AsyncEngine(self.sync_engine.execution_options(**options))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A connection with a transaction that is committed at the end, or rolled back."""
        sync = await greenlet_spawn(self.sync_engine.connect)
        try:
            async with _within(sync.begin):
                yield AsyncConnection(sync)
        finally:
            await _to_the_end(greenlet_spawn(sync.close))

    async def dispose(self) -> None:
        """Closes what is not in use. Whoever comes from now on gets a connection that is made anew, also while the old
        ones are still being closed."""
        old = self.sync_engine.pool
        self.sync_engine.dispose(close=False)
        await greenlet_spawn(old.dispose)


@asynccontextmanager
async def _within(begin: Callable[[], sa.Transaction]) -> AsyncIterator[None]:
    transaction = await greenlet_spawn(begin)
    transaction.__enter__()
    try:
        yield
    except BaseException as error:
        await greenlet_spawn(transaction.__exit__, type(error), error, error.__traceback__)
        raise
    await greenlet_spawn(transaction.__exit__, None, None, None)


async def _to_the_end(closing: Coroutine[Any, Any, None]) -> None:
    """Also when it is cancelled meanwhile: half given back, a connection would be lost."""
    task = asyncio.create_task(closing)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
