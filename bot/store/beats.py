"""The last sign of life of each part of the running bot."""

from __future__ import annotations

import sqlalchemy as sa

from bot.ports import Beat
from bot.store.database import Database
from bot.store.tables import beats


class BeatTable:
    """bot.ports.Beats."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def beat(self, beat: Beat) -> None:
        values = {"at": beat.at, "state": beat.state, "cause": beat.cause, "fix": beat.fix}
        insert = self._database.insert(beats).values(part=beat.part, **values)
        async with self._database.writing() as connection:
            await connection.execute(insert.on_conflict_do_update(index_elements=["part"], set_=values))

    async def beats(self) -> list[Beat]:
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(beats).order_by(beats.c.part))
            return [Beat(part=row.part, at=row.at, state=row.state, cause=row.cause, fix=row.fix) for row in rows]
