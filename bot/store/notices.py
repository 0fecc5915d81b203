"""Which troubles are going on, so that the operator hears of each once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import notices


class NoticeTable:
    """bot.ports.Notices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begins(self, key: str, now: datetime) -> bool:
        insert = self._database.insert(notices).values(key=key, since=now)
        insert = insert.on_conflict_do_nothing(index_elements=["key"])
        async with self._database.writing() as connection:
            options = {"preserve_rowcount": True}
            return (await connection.execute(insert, execution_options=options)).rowcount == 1

    async def ends(self, key: str, now: datetime) -> bool:
        async with self._database.writing() as connection:
            return (await connection.execute(sa.delete(notices).where(notices.c.key == key))).rowcount == 1

    async def going_on(self, prefix: str) -> list[str]:
        # Not LIKE: it takes letters of either case for the same on SQLite.
        ours = sa.func.substr(notices.c.key, 1, len(prefix)) == prefix
        async with self._database.reading() as connection:
            keys = await connection.execute(
                sa.select(notices.c.key).where(ours).order_by(notices.c.since, notices.c.key)
            )
            return list(keys.scalars())
