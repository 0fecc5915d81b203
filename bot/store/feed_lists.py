"""What is told of the feeds: their figures, and lists that end at a page. Reading all of them costs 25 µs a feed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.domain.feed import Feed, FeedState
from bot.ports import FeedCounts
from bot.store.connection import AsyncConnection
from bot.store.rows import feed_of
from bot.store.tables import feeds


async def counts(connection: AsyncConnection) -> FeedCounts:
    failing = sa.and_(feeds.c.listed, feeds.c.state.in_([FeedState.FAILING, FeedState.GONE]))
    allowed = sa.case((feeds.c.hold_until > feeds.c.next_poll, feeds.c.hold_until), else_=feeds.c.next_poll)
    polled = sa.case((feeds.c.state != FeedState.GONE, allowed))
    query = sa.select(
        sa.func.count().label("listed"),
        sa.func.count(feeds.c.last_ok).label("read"),
        sa.func.count(sa.case((feeds.c.state == FeedState.OK, 1))).label("well"),
        sa.func.count(sa.case((failing, 1))).label("failing"),
        sa.func.count(feeds.c.problem).label("problem"),
        sa.func.max(feeds.c.last_ok).label("newest"),
        sa.func.min(polled).label("due"),
    )
    row = (await connection.execute(query.where(feeds.c.listed))).one()
    if not row.failing:
        return FeedCounts(**row._mapping)
    longest = sa.select(feeds.c.id, feeds.c.title, feeds.c.problem_since).where(failing)
    worst = (await connection.execute(longest.order_by(feeds.c.problem_since, feeds.c.id).limit(1))).one()
    return FeedCounts(**row._mapping, worst=worst.title or worst.id, since=worst.problem_since)


async def page(connection: AsyncConnection, limit: int, offset: int) -> list[Feed]:
    return await _some(connection, sa.select(feeds).order_by(feeds.c.problem.is_(None), feeds.c.id), limit, offset)


async def troubled(connection: AsyncConnection, limit: int) -> list[Feed]:
    ill = sa.select(feeds).where(feeds.c.problem.is_not(None)).order_by(feeds.c.problem_since, feeds.c.id)
    return await _some(connection, ill, limit)


async def quiet(connection: AsyncConnection, before: datetime) -> list[Feed]:
    still = sa.select(feeds).where(feeds.c.state == FeedState.OK, feeds.c.newest_at < before).order_by(feeds.c.id)
    return await _some(connection, still)


async def _some(
    connection: AsyncConnection, query: sa.Select[tuple[object, ...]], limit: int | None = None, offset: int = 0
) -> list[Feed]:
    rows = await connection.execute(query.where(feeds.c.listed).limit(limit).offset(offset or None))
    return [feed_of(row) for row in rows]
