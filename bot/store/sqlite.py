"""Which calls of SQLite go to their connection's thread, and which are made on the spot.

A statement of a few microseconds costs ten times as much when it goes to a thread and back, and while the bot is busy
the thread also waits for Python's lock. So the statements of a brief transaction are made where they stand. What may
wait for a disk or for another process never is: taking the lock that writers need, and writing down what was done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import aiosqlite


class Connection(aiosqlite.Connection):
    """An aiosqlite connection that knows when it need not be asked through its thread. `brief` is set while the
    statements of a transaction are short ones, `writes` while that transaction has the lock of a writer."""

    brief = False
    writes = False
    _asked = False  # the thread is at work, also for somebody who does not wait for it any more

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.brief and not self._asked:
            return fn(*args, **kwargs)
        self._asked = True
        try:
            result = await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        except Exception:
            self._asked = False
            raise
        self._asked = False
        return result

    def cursor(self) -> Cursor:  # type: ignore[override]
        return Cursor(self, self._conn.cursor())

    async def commit(self) -> None:
        self.brief = self.brief and not self.writes
        await super().commit()
        self.brief = False

    async def rollback(self) -> None:
        """A connection is rolled back whenever it is given back: after a commit there is nothing to do."""
        self.brief = False
        if self._asked or self.in_transaction:
            await super().rollback()

    async def close(self) -> None:
        self.brief = False
        await super().close()


class Cursor(aiosqlite.Cursor):
    """Made and closed on the spot: neither touches the file."""

    _conn: Connection

    async def __aenter__(self) -> Cursor:
        return self

    async def close(self) -> None:
        if self._conn._asked:
            await super().close()
        else:
            self._cursor.close()


def connect(*args: Any, **options: Any) -> Connection:
    """As aiosqlite.connect, for SQLAlchemy's `async_creator_fn`."""
    options["check_same_thread"] = False
    connection = Connection(partial(sqlite3.connect, *args, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # a program that forgot to close it can end all the same
    return connection
