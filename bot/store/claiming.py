"""Which deliveries may go out now, which one a chat gets first, and when the next one may."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.selectable import NamedFromClause

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Turn
from bot.domain.subscription import ChatState
from bot.store.chats import chats_by_id
from bot.store.connection import AsyncConnection
from bot.store.database import Database
from bot.store.rows import delivery_of
from bot.store.tables import WAITING, chats, outbox
from bot.store.turns import reserve

DOUBTFUL = (DeliveryState.SENDING, DeliveryState.UNKNOWN)
# What a plan that does not walk an index begins with, as PostgreSQL calls it.
OTHER_WAYS = ("sort", "material", "bitmapscan", "seqscan", "hashjoin", "mergejoin")
ANSWERING = (DeliveryKind.CHANGE, DeliveryKind.EDIT)
# A list goes where its stories would have gone: in a chat after what is older and before what is newer.
NEWS = (DeliveryKind.ALERT, DeliveryKind.CATCH_UP)


async def walk_indexes(connection: AsyncConnection) -> None:
    """For the rest of the transaction PostgreSQL takes rows in the order of an index and stops when it has enough. By
    its statistics it would rather sort all that waits: they lag behind just when very much was planned at once."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(*(sa.func.set_config(f"enable_{way}", "off", True) for way in OTHER_WAYS)))


async def waiting_since(connection: AsyncConnection) -> dict[DeliveryKind, datetime]:
    """By kind the earliest moment that one of it waits for, in the order in which kinds go out; none waits of a kind
    that is missing. A few steps in an index, however much waits."""
    earliest = [_earliest(kind).scalar_subquery().label(kind) for kind in DeliveryKind]
    found = (await connection.execute(sa.select(*earliest))).one()
    return {kind: at for kind, at in zip(DeliveryKind, found, strict=True) if at is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A delivery to lease, and where it goes."""

    id: int
    chat_id: int
    channel: Channel


async def choose(
    connection: AsyncConnection, kinds: Sequence[DeliveryKind], now: datetime, platforms: Collection[str], limit: int
) -> list[Chosen]:
    """Deliveries of `kinds` to lease now, at most one an address, in the order in which they go out."""
    await walk_indexes(connection)
    chosen: dict[tuple[str, str], Chosen] = {}
    news = [kind for kind in kinds if kind in NEWS]
    for equals in (news, *([kind] for kind in kinds if kind not in NEWS)):
        room = limit - len(chosen)
        if not room:
            break
        due = [
            row for kind in equals for row in await connection.execute(_candidates(kind, now, platforms).limit(room))
        ]
        for row in sorted(due, key=lambda row: (row.due_at, row.id))[:room]:
            channel = Channel(platform=row.platform, address=row.address, thread=row.thread)
            # The topics of a group are chats of their own under the group's limits.
            one = Chosen(id=row.id, chat_id=row.chat_id, channel=channel)
            chosen.setdefault((row.platform, row.address), one)
    return list(chosen.values())


async def take_turns(
    database: Database,
    connection: AsyncConnection,
    chosen: Sequence[Chosen],
    turn: Callable[[Channel], Turn | None],
    now: datetime,
) -> dict[int, datetime]:
    """By id the moment at which each may leave; now where nothing limits it."""
    limited: dict[Turn, list[int]] = {}
    for one in chosen:
        if (its := turn(one.channel)) is not None:
            limited.setdefault(its, []).append(one.id)
    leave_at = {one.id: now for one in chosen}
    for its, ids in sorted(limited.items(), key=lambda pair: pair[0].key):  # always locked in one order
        leave_at |= zip(ids, await reserve(database, connection, its, len(ids), now), strict=True)
    return leave_at


async def lease(
    connection: AsyncConnection, leave_at: Mapping[int, datetime], now: datetime, until: datetime, holder: str = ""
) -> list[PendingDelivery]:
    """Those of the ids that are still to be had, in the same order."""
    # On PostgreSQL the chats are locked by now, so this second look sees whatever another deliverer took between our
    # first look and the lock.
    take = (
        sa.update(outbox)
        .where(outbox.c.id.in_(leave_at), outbox.c.due_at <= now, ~_in_flight(now))
        .values(
            state=DeliveryState.SENDING,
            due_at=until,
            holder=holder,
            fence=outbox.c.fence + 1,
            attempts=outbox.c.attempts + 1,
            uncertain=sa.or_(outbox.c.uncertain, outbox.c.state.in_(DOUBTFUL)),
        )
        .returning(*outbox.c)
    )
    rows = {row.id: row for row in await connection.execute(take)}
    found = await chats_by_id(connection, [row.chat_id for row in rows.values()])
    answers = await _answers(connection, list(rows.values()))
    return [
        delivery_of(row, found, answers.get(one, ()), leave_at=at)
        for one, at in leave_at.items()
        if (row := rows.get(one)) is not None
    ]


async def next_moment(
    connection: AsyncConnection, waiting: Mapping[DeliveryKind, datetime], platforms: Collection[str]
) -> datetime | None:
    """When one of what waits may go out, now or earlier included. `waiting` is not empty."""
    await walk_indexes(connection)
    queries = [_next_of(kind, platforms) for kind in waiting]
    queries.append(_next_held(min(waiting.values()), platforms))
    found = (await connection.execute(sa.select(*(query.scalar_subquery() for query in queries)))).one()
    return min((moment for moment in found if moment is not None), default=None)


def _earliest(kind: DeliveryKind) -> sa.Select[Any]:
    return sa.select(outbox.c.due_at).where(outbox.c.kind == kind, WAITING).order_by(outbox.c.due_at).limit(1)


def _candidates(kind: DeliveryKind, now: datetime, platforms: Collection[str]) -> sa.Select[Any]:
    """The first due delivery of each chat that may be written to now, if it is of `kind`; longest due first. On
    PostgreSQL their chats are locked against other deliverers, who pass them over; planning an alert does not wait."""
    sibling = outbox.alias()
    if kind in NEWS:
        comes_first = sa.and_(sibling.c.kind.in_(NEWS), sibling.c.id < outbox.c.id)
    else:
        comes_first = sa.tuple_(sibling.c.kind, sibling.c.id) < sa.tuple_(outbox.c.kind, outbox.c.id)
    better = sa.exists().where(sibling.c.chat_id == outbox.c.chat_id, sibling.c.due_at <= now, comes_first)
    return (
        sa.select(outbox.c.id, outbox.c.chat_id, outbox.c.due_at, chats.c.platform, chats.c.address, chats.c.thread)
        .join(chats, chats.c.id == outbox.c.chat_id)
        .where(outbox.c.kind == kind, outbox.c.due_at <= now)
        .where(_reachable(platforms), sa.or_(chats.c.hold_until.is_(None), chats.c.hold_until <= now))
        .where(~_in_flight(now), ~better)
        .order_by(outbox.c.due_at, outbox.c.id)
        .with_for_update(of=chats, key_share=True, skip_locked=True)
    )


def _reachable(platforms: Collection[str]) -> sa.ColumnElement[bool]:
    # Spelt so that no planner looks for the chats of a platform first: that may be all of them.
    platform = chats.c.platform.concat("")
    return sa.and_(chats.c.state == ChatState.ACTIVE, platform.in_(list(platforms)))


def _in_flight(now: datetime | None) -> sa.ColumnElement[bool]:
    """Whether a delivery to the same address is being sent; one whose lease ran out by `now` is not any more. What is
    in flight is little, whatever waits, so it is looked at once and not for every row."""
    flying = outbox.alias()
    lasts = flying.c.due_at.is_not(None) if now is None else flying.c.due_at > now
    return outbox.c.chat_id.in_(neighbours(flying).where(flying.c.state == DeliveryState.SENDING, lasts))


def neighbours(deliveries: NamedFromClause[Any]) -> sa.Select[Any]:
    """The chats at the addresses of some deliveries: the topics of a group are chats of their own."""
    its_chat, neighbour = chats.alias(), chats.alias()
    same_address = sa.and_(neighbour.c.platform == its_chat.c.platform, neighbour.c.address == its_chat.c.address)
    return (
        sa.select(neighbour.c.id)
        .select_from(deliveries)
        .join(its_chat, its_chat.c.id == deliveries.c.chat_id)
        .join(neighbour, same_address)
    )


def _free() -> sa.ColumnElement[bool]:
    """It waits for its own moment only: while one of its chat is in flight, that one's lease is what counts."""
    return sa.or_(outbox.c.state == DeliveryState.SENDING, ~_in_flight(None))


def _next_of(kind: DeliveryKind, platforms: Collection[str]) -> sa.Select[Any]:
    not_held = sa.or_(chats.c.hold_until.is_(None), chats.c.hold_until <= outbox.c.due_at)
    next_of = _earliest(kind).join(chats, chats.c.id == outbox.c.chat_id)
    return next_of.where(_reachable(platforms), not_held, _free())


def _next_held(earliest: datetime, platforms: Collection[str]) -> sa.Select[Any]:
    """When the first chat that was asked to wait may hear what is due for it; nothing is due before `earliest`."""
    return (
        sa.select(chats.c.hold_until)
        .join_from(chats, outbox, outbox.c.chat_id == chats.c.id)
        .where(chats.c.hold_until > earliest, outbox.c.due_at < chats.c.hold_until, _reachable(platforms), _free())
        .order_by(chats.c.hold_until)
        .limit(1)
    )


async def _answers(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> Mapping[int, Sequence[str]]:
    """By the id of an edit or a reply, the ids under which its chat got the alert; without those that got none yet."""
    asking = {(row.chat_id, row.story_id): row.id for row in rows if row.kind in ANSWERING}  # at most one a chat
    if not asking:
        return {}
    columns = (outbox.c.chat_id, outbox.c.story_id, outbox.c.state, outbox.c.message_ids)
    alerts = sa.select(*columns).where(
        outbox.c.kind == DeliveryKind.ALERT,
        outbox.c.story_id.in_({story_id for _chat_id, story_id in asking}),
        outbox.c.chat_id.in_({chat_id for chat_id, _story_id in asking}),
    )
    found = {}
    for row in await connection.execute(alerts):
        # The state is compared here: asked for it, SQLite would look through everything that was ever sent.
        if row.state == DeliveryState.SENT and (asked := asking.get((row.chat_id, row.story_id))) is not None:
            found[asked] = row.message_ids
    return found


async def held_by(connection: AsyncConnection, now: datetime) -> set[str]:
    """Who has taken something up and may still be at it."""
    held = [outbox.c.state == DeliveryState.SENDING, outbox.c.due_at > now]
    holders = (await connection.execute(sa.select(outbox.c.holder).where(*held).distinct())).scalars()
    return {holder for holder in holders if holder}


async def take_back(connection: AsyncConnection, gone: Collection[str], now: datetime) -> int:
    """What holders that are gone had taken up is to be had at once, as doubtful as after its lease."""
    held = [outbox.c.state == DeliveryState.SENDING, outbox.c.due_at > now, outbox.c.holder.in_(gone)]
    return (await connection.execute(sa.update(outbox).where(*held).values(due_at=now))).rowcount
