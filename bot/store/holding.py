"""What is told all in one: what quiet hours or a pause held back, and what came faster than a chat can take it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.subscription import Chat, ChatState
from bot.store.chats import chats_by_id
from bot.store.connection import AsyncConnection
from bot.store.rows import chunks, delivery_values
from bot.store.tables import HOLDING, WAITING, chats, outbox

CAUGHT_UP = "caught_up"  # why a held delivery expired: a catch-up tells of it
CROWD = 10  # messages that may wait for one chat before they become a list
TOLD_TOGETHER = (DeliveryKind.ALERT, DeliveryKind.CHANGE, DeliveryKind.CATCH_UP)


async def held_chats(connection: AsyncConnection) -> list[Chat]:
    """By id, without those that are parked."""
    ids = (await connection.execute(sa.select(outbox.c.chat_id).where(HOLDING).distinct())).scalars()
    found = await chats_by_id(connection, list(ids))
    return [chat for chat in found.values() if chat.state is ChatState.ACTIVE]


async def plan_catch_up(connection: AsyncConnection, chat_id: int, now: datetime) -> int:
    """How many stories the one message holds that this makes of all that is held. A chat that cannot be reached keeps
    it for its return."""
    chat = sa.select(chats.c.state).where(chats.c.id == chat_id).with_for_update(key_share=True)
    if (await connection.execute(chat)).scalar_one_or_none() != ChatState.ACTIVE:
        return 0
    held = sa.select(outbox).where(outbox.c.chat_id == chat_id, HOLDING)
    rows = list(await connection.execute(held.order_by(outbox.c.created_at, outbox.c.id)))
    telling = [row for row in rows if row.kind in TOLD_TOGETHER]
    stories = set(_stories_of(telling))
    as_they_are = [row for row in rows if row.kind not in TOLD_TOGETHER]
    if len(telling) == 1:
        as_they_are.append(telling.pop())
    elif telling:
        await _tell_together(connection, chat_id, telling, now)
    await _let_go(connection, as_they_are, now)
    return len(stories)


async def tell_crowds_together(connection: AsyncConnection, chat_ids: Collection[int], now: datetime) -> set[int]:
    """For chats for which more waits than anybody wants to get one by one: all that waits becomes one list. What was
    tried already stays as it is. The ids of the chats."""
    # Spelt so that SQLite does not look through all that is queued for others.
    queued = outbox.c.state.concat("") == DeliveryState.QUEUED
    fresh = [WAITING, queued, outbox.c.attempts == 0, outbox.c.due_at <= now]
    theirs = [outbox.c.chat_id.in_(chat_ids), outbox.c.kind.in_(TOLD_TOGETHER), *fresh]
    count = sa.select(outbox.c.chat_id).where(*theirs).group_by(outbox.c.chat_id)
    crowded = set((await connection.execute(count.having(sa.func.count() > CROWD))).scalars())
    for chat_id in sorted(crowded):
        waiting = sa.select(outbox).where(*theirs, outbox.c.chat_id == chat_id)
        rows = list(await connection.execute(waiting.order_by(outbox.c.created_at, outbox.c.id)))
        await _tell_together(connection, chat_id, rows, now)
    return crowded


async def _tell_together(connection: AsyncConnection, chat_id: int, rows: Sequence[sa.Row[Any]], now: datetime) -> None:
    stories = list(dict.fromkeys(_stories_of(rows)))
    values = delivery_values(DeliveryKind.CATCH_UP, chat_id, now, payload=json.dumps(stories))
    await connection.execute(sa.insert(outbox).values(values))
    for ids in chunks([row.id for row in rows]):
        told = {"state": DeliveryState.EXPIRED, "reason": CAUGHT_UP, "settled_at": now, "due_at": None}
        await connection.execute(sa.update(outbox).where(outbox.c.id.in_(ids)).values(told))


async def take_apart(connection: AsyncConnection, chat_ids: Collection[int]) -> None:
    """Undoes the catch-ups of these chats that were not tried yet: what they would have told is held again."""
    waits = outbox.c.state.in_([DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.PARKED])
    theirs = sa.select(outbox).where(outbox.c.chat_id.in_(chat_ids), outbox.c.kind == DeliveryKind.CATCH_UP)
    for row in list(await connection.execute(theirs.where(waits, ~outbox.c.uncertain))):
        held = {"state": DeliveryState.HELD, "reason": row.reason, "settled_at": None}
        for ids in chunks(json.loads(row.payload or "[]")):
            expired = sa.update(outbox).where(outbox.c.chat_id == row.chat_id, outbox.c.story_id.in_(ids))
            await connection.execute(expired.where(outbox.c.reason == CAUGHT_UP).values(held))
        await connection.execute(sa.delete(outbox).where(outbox.c.id == row.id))


async def tell_singly(connection: AsyncConnection, catch_up_id: int, now: datetime) -> int:
    """What a list told that its chat could not be given is queued again one by one: one story may be to blame, and the
    others are not lost for it. They count as tried, so that no list is made of them again. How many."""
    row = (await connection.execute(sa.select(outbox).where(outbox.c.id == catch_up_id))).one()
    queued = {"state": DeliveryState.QUEUED, "reason": None, "settled_at": None, "due_at": now, "attempts": 1}
    again = 0
    for ids in chunks(json.loads(row.payload or "[]")):
        told = [outbox.c.chat_id == row.chat_id, outbox.c.story_id.in_(ids), outbox.c.reason == CAUGHT_UP]
        single = sa.update(outbox).where(*told, outbox.c.kind != DeliveryKind.CATCH_UP)
        again += (await connection.execute(single.values(queued))).rowcount
    return again


async def _let_go(connection: AsyncConnection, rows: Sequence[sa.Row[Any]], now: datetime) -> None:
    """Queued as if it had come up just now, or a night of quiet would look like a stuck outbox. A doubtful one keeps
    its time: that is how far back to look for it in the chat."""
    since = sa.case((outbox.c.uncertain, outbox.c.created_at), else_=sa.literal(now, outbox.c.created_at.type))
    for ids in chunks([row.id for row in rows]):
        queue = sa.update(outbox).where(outbox.c.id.in_(ids))
        await connection.execute(queue.values(state=DeliveryState.QUEUED, due_at=now, created_at=since))


def _stories_of(rows: Sequence[sa.Row[Any]]) -> Iterator[int]:
    for row in rows:
        if row.kind == DeliveryKind.CATCH_UP:
            yield from json.loads(row.payload or "[]")
        else:
            yield row.story_id
