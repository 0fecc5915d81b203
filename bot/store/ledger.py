"""What became of deliveries: how many are in which state, and what each chat got or did not get."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.subscription import ChatState
from bot.ports import Entry
from bot.store.claiming import walk_indexes
from bot.store.connection import AsyncConnection
from bot.store.holding import CAUGHT_UP
from bot.store.rows import chunks
from bot.store.tables import chats, outbox, stories


async def depth(connection: AsyncConnection) -> dict[DeliveryState, int]:
    rows = await connection.execute(sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state))
    return dict.fromkeys(DeliveryState, 0) | {DeliveryState(state): n for state, n in rows}


async def oldest_queued(connection: AsyncConnection) -> datetime | None:
    """Edits are left out: the same row is armed again and again, so its age says nothing, and they wait on purpose."""
    oldest = (
        sa.select(outbox.c.created_at)
        .join(chats, chats.c.id == outbox.c.chat_id)
        .where(outbox.c.state == DeliveryState.QUEUED, outbox.c.kind != DeliveryKind.EDIT)
        .where(chats.c.state == ChatState.ACTIVE)
        .order_by(outbox.c.created_at)
        .limit(1)
    )
    await walk_indexes(connection)
    return (await connection.execute(oldest)).scalar_one_or_none()


async def entries(connection: AsyncConnection, chat_id: int, since: datetime, story_id: int | None) -> list[Entry]:
    """Of one event all that tells of it, its edits and replies too; else the alerts. An alert that went into a catch-up
    shares its fate."""
    theirs = sa.select(outbox).where(outbox.c.chat_id == chat_id, outbox.c.created_at >= since)
    theirs = theirs.order_by(outbox.c.created_at.desc(), outbox.c.id.desc())
    if story_id is None:
        wanted = theirs.where(outbox.c.kind == DeliveryKind.ALERT)
    else:
        reports = sa.select(stories.c.id).where(stories.c.coverage_id == story_id)
        wanted = theirs.where(sa.or_(outbox.c.story_id == story_id, outbox.c.story_id.in_(reports)))
    rows = list(await connection.execute(wanted))
    fates: Mapping[int, sa.Row[Any]] = {}
    if any(row.reason == CAUGHT_UP for row in rows):
        catch_ups = theirs.where(outbox.c.kind == DeliveryKind.CATCH_UP)
        fates = await _fates(connection, list(await connection.execute(catch_ups)))
    return [_entry_of(row, fates.get(row.story_id) if row.reason == CAUGHT_UP else None) for row in rows]


async def _fates(connection: AsyncConnection, catch_ups: Sequence[sa.Row[Any]]) -> Mapping[int, sa.Row[Any]]:
    """By event the catch-up that told of it, of `catch_ups` with the newest first: what was held back once more went
    into the next one. An event that became a part of another one is found under both."""
    fates: dict[int, sa.Row[Any]] = {}
    for one in catch_ups:
        for told in json.loads(one.payload or "[]"):
            fates.setdefault(told, one)
    for ids in chunks(list(fates)):
        homes = sa.select(stories.c.id, stories.c.coverage_id).where(stories.c.id.in_(ids))
        for story_id, coverage_id in await connection.execute(homes):
            fates.setdefault(coverage_id, fates[story_id])
    return fates


def _entry_of(row: sa.Row[Any], fate: sa.Row[Any] | None) -> Entry:
    ended = row if fate is None else fate
    return Entry(
        kind=DeliveryKind(row.kind),
        story_id=row.story_id,
        state=DeliveryState(ended.state),
        reason=ended.reason or row.reason,
        created_at=row.created_at,
        settled_at=ended.settled_at,
    )
