"""What becomes of an event that turned out to be another one: everything of it is the other's from then on."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.domain.delivery import DeliveryState
from bot.store.connection import AsyncConnection
from bot.store.holding import CAUGHT_UP
from bot.store.rows import chunks
from bot.store.tables import changes, chats, coverages, outbox, stories, thumbs

FOLDED = "folded"
# Of two alerts of one event a chat has the one that got further: there or on its way, waiting, given up.
ON_ITS_WAY = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.UNKNOWN)
AT_REST = (DeliveryState.QUEUED, DeliveryState.PARKED, DeliveryState.HELD)


async def fold(connection: AsyncConnection, gone: int, survivor: int, at: datetime) -> None:
    """`gone` becomes a part of `survivor`. Links to its id still lead to it: its first story belongs there now."""
    mine = sa.update(stories).where(stories.c.coverage_id == gone)
    await connection.execute(mine.values(coverage_id=survivor))
    for table, key in ((changes, ("kind", "story_id", "unit")), (thumbs, ("chat_id", "user_id"))):
        twin = table.alias()
        same = [twin.c[name] == table.c[name] for name in key]
        doubled = sa.exists().where(twin.c.coverage_id == survivor, *same)
        await connection.execute(sa.delete(table).where(table.c.coverage_id == gone, doubled))
        moved = sa.update(table).where(table.c.coverage_id == gone)
        await connection.execute(moved.values(coverage_id=survivor))
    restating = sa.update(coverages).where(coverages.c.restates == gone)
    itself = sa.case((coverages.c.id == survivor, sa.null()), else_=survivor)
    await connection.execute(restating.values(restates=itself))
    within = sa.and_(coverages.c.id == survivor, coverages.c.restates == survivor)
    await connection.execute(sa.update(coverages).where(within).values(restates=None))
    await _fold_deliveries(connection, gone, survivor, at)
    await connection.execute(sa.delete(coverages).where(coverages.c.id == gone))


async def _fold_deliveries(connection: AsyncConnection, gone: int, survivor: int, at: datetime) -> None:
    """A chat keeps one alert of the event, the one that got further; it is not sent what waits beside that."""
    theirs = sa.select(outbox.c.chat_id).where(outbox.c.story_id == gone)
    lock = sa.select(chats.c.id).where(chats.c.id.in_(theirs)).order_by(chats.c.id)
    await connection.execute(lock.with_for_update(key_share=True))  # the chat before its rows, as everywhere
    twin = outbox.alias()
    pair = [outbox.c.story_id == gone, twin.c.story_id == survivor]
    pair += [twin.c[name] == outbox.c[name] for name in ("chat_id", "kind", "change_id")]
    ahead = sa.select(outbox.c.id, twin.c.id).where(*pair, _progress(outbox) > _progress(twin))
    swapped = [(row[0], row[1]) for row in await connection.execute(ahead)]
    for some in chunks(swapped):
        sent, waiting = [one for one, _ in some], [other for _, other in some]
        for ids, story in ((waiting, None), (sent, survivor), (waiting, gone)):  # the key allows no two of one story
            await connection.execute(sa.update(outbox).where(outbox.c.id.in_(ids)).values(story_id=story))
    doubled = sa.exists().where(*pair[1:])
    left_over = sa.update(outbox).where(outbox.c.story_id == gone, outbox.c.state.in_(AT_REST), doubled)
    over = {"state": DeliveryState.EXPIRED, "reason": FOLDED, "due_at": None, "settled_at": at}
    await connection.execute(left_over.values(over))
    only = sa.update(outbox).where(outbox.c.story_id == gone, ~doubled)
    await connection.execute(only.values(story_id=survivor))


def _progress(row: sa.FromClause) -> sa.ColumnElement[int]:
    told = sa.or_(row.c.state.in_(ON_ITS_WAY), row.c.reason == CAUGHT_UP)
    return sa.case((told, 2), (row.c.state.in_(AT_REST), 1), else_=0)
