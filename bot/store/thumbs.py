"""What people think of alerts: one opinion a person, chat and event."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.ports import Opinion
from bot.store.coverage import events_of
from bot.store.database import Database, Lock
from bot.store.tables import thumbs


class ThumbTable:
    """bot.ports.Thumbs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, coverage_id: int, chat_id: int, user_id: str, up: bool | None, now: datetime) -> None:
        async with self._database.writing(Lock.STORIES) as connection:  # the event is not folded meanwhile
            event = (await events_of(connection, [coverage_id])).get(coverage_id)
            if event is None:
                return  # forgotten: a button lives longer than what it is about
            key = {"coverage_id": event, "chat_id": chat_id, "user_id": user_id}
            if up is None:
                mine = [thumbs.c[name] == value for name, value in key.items()]
                await connection.execute(sa.delete(thumbs).where(*mine))
                return
            insert = self._database.insert(thumbs).values(**key, up=up, at=now)
            change = insert.on_conflict_do_update(index_elements=list(key), set_={"up": up, "at": now})
            await connection.execute(change)

    async def given(self, coverage_id: int, chat_id: int, user_id: str) -> bool | None:
        async with self._database.reading() as connection:
            event = (await events_of(connection, [coverage_id])).get(coverage_id)
            mine = sa.select(thumbs.c.up).where(thumbs.c.coverage_id == event, thumbs.c.chat_id == chat_id)
            return (await connection.execute(mine.where(thumbs.c.user_id == user_id))).scalar_one_or_none()

    async def since(self, since: datetime) -> list[Opinion]:
        ups = sa.func.sum(sa.case((thumbs.c.up, 1), else_=0))
        downs = sa.func.sum(sa.case((thumbs.c.up, 0), else_=1))
        query = sa.select(thumbs.c.coverage_id, ups.label("up"), downs.label("down")).where(thumbs.c.at > since)
        query = query.group_by(thumbs.c.coverage_id).order_by(thumbs.c.coverage_id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [Opinion(coverage_id=row.coverage_id, up=int(row.up), down=int(row.down)) for row in rows]
