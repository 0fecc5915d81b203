"""What becomes of a chat whose address changes, and of the one that may already be there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryState
from bot.domain.subscription import ChatState
from bot.store.chats import queue_parked
from bot.store.tables import chat_topics, chats, outbox, shown

PREFERENCES = ("mode", "level_rank", "language", "zone", "digest_at", "since")
# Of two deliveries of the same thing the one that got further stays: what was sent must not be sent again.
FURTHEST_FIRST = (
    DeliveryState.SENT,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.QUEUED,
    DeliveryState.PARKED,
    DeliveryState.EXPIRED,
    DeliveryState.DEAD,
)


async def move_chat(connection: AsyncConnection, chat_id: int, new: Channel) -> None:
    """The chat with the older settings stays, at the new address, with everything of both."""
    address = {"platform": new.platform, "address": new.address, "thread": new.thread}
    there = sa.and_(*(chats.c[name] == value for name, value in address.items()))
    query = sa.select(chats).where(sa.or_(chats.c.id == chat_id, there)).order_by(chats.c.id).with_for_update()
    rows = list(await connection.execute(query))
    moved = next((row for row in rows if row.id == chat_id), None)
    if moved is None or all(getattr(moved, name) == value for name, value in address.items()):
        return
    values: dict[str, Any] = dict(address)
    if len(rows) == 2:
        kept, other = rows
        values |= await _settings(connection, kept, other)
        await _merge_deliveries(connection, kept.id, other.id)
        await connection.execute(sa.delete(chats).where(chats.c.id == other.id))
    else:
        kept = moved
    await connection.execute(sa.update(chats).where(chats.c.id == kept.id).values(values))
    if values.get("state") is ChatState.ACTIVE:
        await queue_parked(connection, kept.id)
    old_place = [shown.c[name] == getattr(moved, name) for name in address]
    await connection.execute(sa.update(shown).where(*old_place).values(address))


async def _settings(connection: AsyncConnection, kept: sa.Row[Any], other: sa.Row[Any]) -> dict[str, Any]:
    """The older chat's own, unless it never subscribed to anything. A digest date that either has is taken; the chat
    can be reached when either can, and waits as long as either was asked to."""
    values: dict[str, Any] = {}
    count = sa.select(sa.func.count()).select_from(chat_topics).where(chat_topics.c.chat_id == kept.id)
    if kept.since is None and (await connection.execute(count)).scalar_one() == 0:
        values |= {name: getattr(other, name) for name in PREFERENCES}
        hers = sa.update(chat_topics).where(chat_topics.c.chat_id == other.id)
        await connection.execute(hers.values(chat_id=kept.id))
    digests = [(row.last_digest, row.digest_until) for row in (kept, other) if row.last_digest is not None]
    if digests:
        values["last_digest"], values["digest_until"] = max(digests, key=lambda digest: digest[0])
    values["hold_until"] = max((row.hold_until for row in (kept, other) if row.hold_until), default=None)
    if ChatState.ACTIVE in (kept.state, other.state):
        values |= {"state": ChatState.ACTIVE, "parked_reason": None}
    return values


async def _merge_deliveries(connection: AsyncConnection, kept_id: int, other_id: int) -> None:
    columns: list[sa.Column[Any]] = [outbox.c.id, outbox.c.story_id, outbox.c.local_date, outbox.c.state]
    both = sa.select(*columns).where(outbox.c.chat_id.in_([kept_id, other_id])).order_by(outbox.c.id)
    best: dict[tuple[Any, Any], Any] = {}
    doubled = []
    for row in await connection.execute(both):
        key = (row.story_id, row.local_date)
        first = best.setdefault(key, row)
        if first is row:
            continue
        further, behind = sorted((first, row), key=lambda r: FURTHEST_FIRST.index(DeliveryState(r.state)))
        best[key] = further
        doubled.append(behind.id)
    if doubled:
        await connection.execute(sa.delete(outbox).where(outbox.c.id.in_(doubled)))
    await connection.execute(sa.update(outbox).where(outbox.c.chat_id == other_id).values(chat_id=kept_id))
