"""What becomes of a chat whose address changes, and of the one that may already be there."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import sqlalchemy as sa

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryState
from bot.domain.subscription import ChatState
from bot.store import holding, interests
from bot.store.chats import queue_parked
from bot.store.connection import AsyncConnection
from bot.store.rows import SETTINGS
from bot.store.tables import chat_topics, chats, outbox, shown, thumbs

PREFERENCES = (*SETTINGS, "since")
# Of two deliveries of the same thing the one that got further stays: what was sent must not be sent again.
FURTHEST_FIRST: tuple[str, ...] = (
    DeliveryState.SENT,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    holding.CAUGHT_UP,  # told in another message
    DeliveryState.QUEUED,
    DeliveryState.HELD,
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
    # A message id counts within one address. At the new one it may be another message's, which an edit would overwrite.
    forget = sa.update(outbox).where(outbox.c.chat_id == chat_id, outbox.c.state == DeliveryState.SENT)
    await connection.execute(forget.values(message_ids=[]))
    values: dict[str, Any] = dict(address)
    if len(rows) == 2:
        kept, other = rows
        values |= await _settings(connection, kept, other)
        await holding.take_apart(connection, [kept.id, other.id])  # or both would tell the same
        await _merge_deliveries(connection, kept.id, other.id)
        await interests.move(connection, other.id, kept.id)
        await _move_thumbs(connection, other.id, kept.id)
        await connection.execute(sa.delete(chats).where(chats.c.id == other.id))
    else:
        kept = moved
    await connection.execute(sa.update(chats).where(chats.c.id == kept.id).values(values))
    if values.get("state") is ChatState.ACTIVE:
        await queue_parked(connection, kept.id)
    old_place = [shown.c[name] == getattr(moved, name) for name in address]
    await connection.execute(sa.update(shown).where(*old_place).values(address))


async def _settings(connection: AsyncConnection, kept: sa.Row[Any], other: sa.Row[Any]) -> dict[str, Any]:
    """The older chat's own, unless it never subscribed to anything. A digest date that either has is taken, and what
    either was shown is read; the chat can be reached when either can, and waits as long as either was asked to."""
    values: dict[str, Any] = {}
    count = sa.select(sa.func.count()).select_from(chat_topics).where(chat_topics.c.chat_id == kept.id)
    if kept.since is None and (await connection.execute(count)).scalar_one() == 0:
        values |= {name: getattr(other, name) for name in PREFERENCES}
        hers = sa.update(chat_topics).where(chat_topics.c.chat_id == other.id)
        await connection.execute(hers.values(chat_id=kept.id))
    digests = [(row.last_digest, row.digest_until) for row in (kept, other) if row.last_digest is not None]
    if digests:
        values["last_digest"], values["digest_until"] = max(digests, key=lambda digest: digest[0])
    for latest in ("hold_until", "read_until"):
        values[latest] = max((at for row in (kept, other) if (at := getattr(row, latest))), default=None)
    if ChatState.ACTIVE in (kept.state, other.state):
        values |= {"state": ChatState.ACTIVE, "parked_reason": None}
    return values


async def _merge_deliveries(connection: AsyncConnection, kept_id: int, other_id: int) -> None:
    names = ("id", "kind", "story_id", "change_id", "local_date", "state", "reason", "message_ids")
    columns: list[sa.Column[Any]] = [outbox.c[name] for name in names]
    both = sa.select(*columns).where(outbox.c.chat_id.in_([kept_id, other_id])).order_by(outbox.c.id)
    best: dict[tuple[Hashable, ...], sa.Row[Any]] = {}
    doubled = []
    for row in await connection.execute(both):
        first = best.setdefault(_what(row), row)
        if first is row:
            continue
        further, behind = sorted((first, row), key=_standing)
        best[_what(row)] = further
        doubled.append(behind.id)
    if doubled:
        await connection.execute(sa.delete(outbox).where(outbox.c.id.in_(doubled)))
    await connection.execute(sa.update(outbox).where(outbox.c.chat_id == other_id).values(chat_id=kept_id))


def _what(row: sa.Row[Any]) -> tuple[Hashable, ...]:
    """The same for two deliveries of the same thing, of which a chat gets one."""
    if row.story_id is not None:
        return (row.kind, row.story_id, row.change_id)
    return (row.local_date,) if row.local_date is not None else (row.id,)


def _standing(row: sa.Row[Any]) -> tuple[int, bool]:
    """Furthest first; of two that were sent the one that can still be edited."""
    got = row.reason if row.reason == holding.CAUGHT_UP else row.state
    return FURTHEST_FIRST.index(got), not row.message_ids


async def _move_thumbs(connection: AsyncConnection, old_id: int, new_id: int) -> None:
    """One opinion a person and event: the one in the chat that stays counts where there are two."""
    twin = thumbs.alias()
    hers = (twin.c.chat_id == new_id, twin.c.coverage_id == thumbs.c.coverage_id, twin.c.user_id == thumbs.c.user_id)
    await connection.execute(sa.delete(thumbs).where(thumbs.c.chat_id == old_id, sa.exists().where(*hers)))
    await connection.execute(sa.update(thumbs).where(thumbs.c.chat_id == old_id).values(chat_id=new_id))
