"""What quiet hours or a pause held back, and how a chat gets it afterwards: all in one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.subscription import Chat, ChatState
from bot.store.chats import chats_by_id
from bot.store.rows import chunks, delivery_values
from bot.store.tables import HOLDING, chats, outbox

CAUGHT_UP = "caught_up"  # why a held delivery expired: a catch-up tells of it
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
    stories = list(dict.fromkeys(_stories_of(telling)))
    as_they_are = [row for row in rows if row.kind not in TOLD_TOGETHER]
    if len(telling) == 1:
        as_they_are.append(telling.pop())
    elif telling:
        values = delivery_values(DeliveryKind.CATCH_UP, chat_id, now, payload=json.dumps(stories))
        await connection.execute(sa.insert(outbox).values(values))
    await _let_go(connection, as_they_are, now)
    for ids in chunks([row.id for row in telling]):
        told = {"state": DeliveryState.EXPIRED, "reason": CAUGHT_UP, "settled_at": now}
        await connection.execute(sa.update(outbox).where(outbox.c.id.in_(ids)).values(told))
    return len(stories)


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
