"""The ledger of deliveries: who may send what now, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled
from bot.domain.subscription import ChatState
from bot.store.chats import chats_by_id
from bot.store.database import Database, Lock
from bot.store.moving import move_chat
from bot.store.rows import delivery_of
from bot.store.tables import WAITING, chats, outbox

FINAL = (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.EXPIRED)
DOUBTFUL = (DeliveryState.SENDING, DeliveryState.UNKNOWN)
HELD_BY_ITS_FENCE = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.QUEUED, DeliveryState.PARKED)


class OutboxTable:
    """bot.ports.Outbox.

    Who locks a chat and its rows on PostgreSQL locks the chat first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan_digest(self, chat_id: int, day: date, payload: str, until: datetime, now: datetime) -> bool:
        fresh = sa.and_(chats.c.id == chat_id, sa.or_(chats.c.last_digest.is_(None), chats.c.last_digest < day))
        take_date = sa.update(chats).where(fresh).values(last_digest=day, digest_until=until)
        async with self._database.writing() as connection:
            state = (await connection.execute(take_date.returning(chats.c.state))).scalar_one_or_none()
            if state is None:
                return False
            parked = state == ChatState.PARKED
            values = {
                "kind": DeliveryKind.DIGEST,
                "chat_id": chat_id,
                "local_date": day,
                "payload": payload,
                "state": DeliveryState.PARKED if parked else DeliveryState.QUEUED,
                "due_at": None if parked else now,
                "created_at": now,
                "fence": 0,
                "attempts": 0,
                "uncertain": False,
                "plain": False,
                "message_ids": [],
            }
            insert = self._database.insert(outbox).values(values)
            insert = insert.on_conflict_do_nothing(index_elements=["chat_id", "local_date"])
            options = {"preserve_rowcount": True}
            return (await connection.execute(insert, execution_options=options)).rowcount == 1

    async def claim(
        self, now: datetime, until: datetime, limit: int, platforms: Collection[str]
    ) -> list[PendingDelivery]:
        async with self._database.writing() as connection:
            ids: list[int] = []
            for kind in DeliveryKind:  # alerts first
                if len(ids) < limit:
                    chosen = _candidates(kind, now, platforms).limit(limit - len(ids))
                    ids.extend((await connection.execute(chosen)).scalars())
            if not ids:
                return []
            # On PostgreSQL the chats are locked by now, so this second look sees whatever another deliverer took
            # between our first look and the lock.
            sibling = outbox.alias()
            take = (
                sa.update(outbox)
                .where(outbox.c.id.in_(ids), outbox.c.due_at <= now, ~_in_flight(sibling, now))
                .values(
                    state=DeliveryState.SENDING,
                    due_at=until,
                    fence=outbox.c.fence + 1,
                    attempts=outbox.c.attempts + 1,
                    uncertain=sa.or_(outbox.c.uncertain, outbox.c.state.in_(DOUBTFUL)),
                )
                .returning(*outbox.c)
            )
            rows = {row.id: row for row in await connection.execute(take)}
            found = await chats_by_id(connection, [row.chat_id for row in rows.values()])
            return [delivery_of(rows[i], found) for i in ids if i in rows]

    async def settle(self, settled: Settled) -> bool:
        held = [outbox.c.id == settled.delivery_id, outbox.c.fence == settled.fence]
        if settled.state is DeliveryState.SENT:
            # That it arrived stays true when the chat was parked meanwhile; unless written it would be sent again.
            held.append(outbox.c.state.in_(HELD_BY_ITS_FENCE))
        else:
            held.append(outbox.c.state == DeliveryState.SENDING)
        again = settled.state in (DeliveryState.QUEUED, DeliveryState.UNKNOWN)
        values: dict[str, Any] = {
            "state": settled.state,
            "due_at": (settled.not_before or settled.at) if again else None,
            "settled_at": settled.at if settled.state in FINAL else None,
            "reason": settled.reason,
        }
        if settled.plain:
            values["plain"] = True
        if settled.message_ids:
            values["message_ids"] = list(settled.message_ids)
        async with self._database.writing() as connection:
            if settled.hold_chat_until is not None:
                its_chat = sa.select(outbox.c.chat_id).where(*held).scalar_subquery()
                hold = sa.update(chats).where(chats.c.id == its_chat)
                await connection.execute(hold.values(hold_until=settled.hold_chat_until))
            return (await connection.execute(sa.update(outbox).where(*held).values(values))).rowcount == 1

    async def park(self, chat_id: int, reason: str, now: datetime) -> int:
        async with self._database.writing() as connection:
            chat = sa.update(chats).where(chats.c.id == chat_id)
            await connection.execute(chat.values(state=ChatState.PARKED, parked_reason=reason))
            lapsed = sa.and_(outbox.c.state == DeliveryState.SENDING, outbox.c.due_at <= now)
            doubtful = sa.or_(outbox.c.uncertain, outbox.c.state == DeliveryState.UNKNOWN, lapsed)
            waiting = sa.update(outbox).where(outbox.c.chat_id == chat_id, WAITING)
            park = waiting.values(state=DeliveryState.PARKED, due_at=None, uncertain=doubtful, reason=reason)
            return (await connection.execute(park)).rowcount

    async def move(self, chat_id: int, new: Channel) -> None:
        async with self._database.writing(Lock.STORIES) as connection:  # no alert is planned for a chat that goes
            await move_chat(connection, chat_id, new)

    async def depth(self) -> Mapping[DeliveryState, int]:
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state))
            return dict.fromkeys(DeliveryState, 0) | {DeliveryState(state): n for state, n in rows}

    async def oldest_queued(self) -> datetime | None:
        oldest = (
            sa.select(outbox.c.created_at)
            .join(chats, chats.c.id == outbox.c.chat_id)
            .where(outbox.c.state == DeliveryState.QUEUED, chats.c.state == ChatState.ACTIVE)
            .order_by(outbox.c.created_at)
            .limit(1)
        )
        async with self._database.reading() as connection:
            return (await connection.execute(oldest)).scalar_one_or_none()

    async def next_due(self, platforms: Collection[str]) -> datetime | None:
        async with self._database.reading() as connection:
            moments = [
                (await connection.execute(query)).scalar_one_or_none()
                for query in (*(_next_of(kind, platforms) for kind in DeliveryKind), _next_held(platforms))
            ]
            return min((moment for moment in moments if moment is not None), default=None)

    async def of_chat(
        self, chat_id: int, kind: DeliveryKind | None = None
    ) -> list[tuple[PendingDelivery, DeliveryState]]:
        query = sa.select(outbox).where(outbox.c.chat_id == chat_id).order_by(outbox.c.created_at, outbox.c.id)
        if kind is not None:
            query = query.where(outbox.c.kind == kind)
        async with self._database.reading() as connection:
            found = await chats_by_id(connection, [chat_id])
            return [(delivery_of(row, found), DeliveryState(row.state)) for row in await connection.execute(query)]


def _candidates(kind: DeliveryKind, now: datetime, platforms: Collection[str]) -> sa.Select[int]:
    """The oldest due delivery of each chat that may be written to now, if it is of `kind`; longest due first. On
    PostgreSQL their chats are locked against other deliverers, who pass them over; planning an alert does not wait."""
    sibling = outbox.alias()
    comes_first = sa.or_(
        sibling.c.kind < outbox.c.kind, sa.and_(sibling.c.kind == outbox.c.kind, sibling.c.id < outbox.c.id)
    )
    better = sa.exists().where(sibling.c.chat_id == outbox.c.chat_id, sibling.c.due_at <= now, comes_first)
    return (
        sa.select(outbox.c.id)
        .join(chats, chats.c.id == outbox.c.chat_id)
        .where(outbox.c.kind == kind, outbox.c.due_at <= now)
        .where(_reachable(platforms), sa.or_(chats.c.hold_until.is_(None), chats.c.hold_until <= now))
        .where(~better, ~_in_flight(outbox.alias(), now))
        .order_by(outbox.c.due_at, outbox.c.id)
        .with_for_update(of=chats, key_share=True, skip_locked=True)
    )


def _reachable(platforms: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(chats.c.state == ChatState.ACTIVE, chats.c.platform.in_(list(platforms)))


def _in_flight(sibling: sa.FromClause, now: datetime | None) -> sa.ColumnElement[bool]:
    """Whether a delivery of the same chat is being sent; one whose lease ran out by `now` is not any more."""
    flying = [sibling.c.chat_id == outbox.c.chat_id, sibling.c.state == DeliveryState.SENDING]
    flying.append(sibling.c.due_at.is_not(None) if now is None else sibling.c.due_at > now)
    return sa.exists().where(*flying)


def _free() -> sa.ColumnElement[bool]:
    """It waits for its own moment only: while one of its chat is in flight, that one's lease is what counts."""
    return sa.or_(outbox.c.state == DeliveryState.SENDING, ~_in_flight(outbox.alias(), None))


def _next_of(kind: DeliveryKind, platforms: Collection[str]) -> sa.Select[Any]:
    not_held = sa.or_(chats.c.hold_until.is_(None), chats.c.hold_until <= outbox.c.due_at)
    return (
        sa.select(outbox.c.due_at)
        .join(chats, chats.c.id == outbox.c.chat_id)
        .where(outbox.c.kind == kind, WAITING, _reachable(platforms), not_held, _free())
        .order_by(outbox.c.due_at)
        .limit(1)
    )


def _next_held(platforms: Collection[str]) -> sa.Select[Any]:
    """When the first chat that was asked to wait may hear what is due for it."""
    return (
        sa.select(chats.c.hold_until)
        .join_from(chats, outbox, outbox.c.chat_id == chats.c.id)
        .where(chats.c.hold_until.is_not(None), outbox.c.due_at < chats.c.hold_until, _reachable(platforms), _free())
        .order_by(chats.c.hold_until)
        .limit(1)
    )
