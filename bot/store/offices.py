"""Who does what only one process may do at a time. A row with an end, not a lock of the session: those break behind
poolers, and a process that stands still would hold one for ever."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import offices


class OfficeTable:
    """bot.ports.Offices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, holder: str, now: datetime, until: datetime) -> str:
        held = {"holder": holder, "until": until}
        free = sa.or_(offices.c.holder == holder, offices.c.until <= now)
        insert = self._database.insert(offices).values(name=name, **held)
        take = insert.on_conflict_do_update(index_elements=["name"], set_=held, where=free)
        async with self._database.writing() as connection:
            await connection.execute(take)
            holds = await connection.execute(sa.select(offices.c.holder).where(offices.c.name == name))
            return str(holds.scalar_one())

    async def leave(self, name: str, holder: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(sa.delete(offices).where(offices.c.name == name, offices.c.holder == holder))
