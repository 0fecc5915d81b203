"""The figures a watcher asks for every few seconds: counted without going through all that was ever sent."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.feed import FeedState
from bot.domain.subscription import ChatState
from bot.ports import Beat, Figures, Queue
from bot.store.connection import AsyncConnection
from bot.store.database import Database
from bot.store.tables import beats, chats, feeds, offices, outbox

# SENT and EXPIRED are nearly everything; how many there are says nothing about today.
COUNTED = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.HELD,
    DeliveryState.PARKED,
    DeliveryState.DEAD,
)


class BookkeepingTable:
    """bot.ports.Bookkeeping."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def figures(self, now: datetime) -> Figures:
        async with self._database.reading() as connection:
            states, next_poll = await _feeds(connection)
            signs = await connection.execute(sa.select(beats))
            return Figures(
                feeds=states,
                next_poll=next_poll,
                queues=await _queues(connection),
                beats=tuple(
                    Beat(part=row.part, at=row.at, state=row.state, cause=row.cause, fix=row.fix) for row in signs
                ),
                offices=tuple(
                    (await connection.execute(sa.select(offices.c.name).where(offices.c.until > now))).scalars()
                ),
            )


async def _feeds(connection: AsyncConnection) -> tuple[dict[FeedState, int], datetime | None]:
    """How many are in which state, and when the first of those that are still asked is due."""
    query = sa.select(feeds.c.state, sa.func.count(), sa.func.min(feeds.c.next_poll)).where(feeds.c.listed)
    rows = list(await connection.execute(query.group_by(feeds.c.state)))
    due = [earliest for state, _count, earliest in rows if state != FeedState.GONE]
    return {FeedState(state): count for state, count, _ in rows}, min(due, default=None)


async def _queues(connection: AsyncConnection) -> tuple[Queue, ...]:
    """Edits have no age: their row is armed again and again, and they wait on purpose. Nor has what waits for a chat
    that is asked to wait itself (parked)."""
    waits = sa.and_(
        outbox.c.state == DeliveryState.QUEUED,
        outbox.c.kind != DeliveryKind.EDIT,
        chats.c.state == ChatState.ACTIVE,
    )
    since = sa.func.min(sa.case((waits, outbox.c.created_at)), type_=outbox.c.created_at.type)
    query = (
        sa.select(chats.c.platform, outbox.c.state, sa.func.count(), since)
        .join(chats, chats.c.id == outbox.c.chat_id)
        .where(outbox.c.state.in_(COUNTED))
        .group_by(chats.c.platform, outbox.c.state)
    )
    depth: dict[str, dict[DeliveryState, int]] = defaultdict(dict)
    oldest: dict[str, datetime] = {}
    for platform, state, count, first in await connection.execute(query):
        depth[platform][DeliveryState(state)] = count
        if first is not None:
            oldest[platform] = first
    return tuple(Queue(platform=name, depth=depth[name], oldest=oldest.get(name)) for name in sorted(depth))
