"""The queue of deliveries: what is planned, who may send what now, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled, Turn
from bot.domain.subscription import Chat, ChatState
from bot.ports import Entry
from bot.store import claiming, holding, ledger
from bot.store.chats import chats_by_id, remember_shown
from bot.store.connection import AsyncConnection
from bot.store.database import Database, Lock
from bot.store.moving import move_chat
from bot.store.rows import delivery_of, delivery_values
from bot.store.tables import WAITING, chats, outbox
from bot.store.turns import reserve

FINAL = (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.EXPIRED)
HELD_BY_ITS_FENCE = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.QUEUED, DeliveryState.PARKED)
AT_REST = {"state": DeliveryState.PARKED, "due_at": None}
WHAT: tuple[sa.Column[Any], ...] = (outbox.c.kind, outbox.c.chat_id, outbox.c.story_id)


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
            rest = AT_REST if state == ChatState.PARKED else {}
            values = delivery_values(DeliveryKind.DIGEST, chat_id, now, local_date=day, payload=payload, **rest)
            insert = self._database.insert(outbox).values(values)
            insert = insert.on_conflict_do_nothing(index_elements=["chat_id", "local_date"])
            options = {"preserve_rowcount": True}
            return (await connection.execute(insert, execution_options=options)).rowcount == 1

    async def claim(
        self,
        now: datetime,
        until: datetime,
        limit: int,
        platforms: Collection[str],
        *,
        turn: Callable[[Channel], Turn | None] | None = None,
        holder: str = "",
    ) -> list[PendingDelivery]:
        async with self._database.reading() as connection:  # mostly there is nothing to send: no writer is kept waiting
            kinds = [kind for kind, at in (await claiming.waiting_since(connection)).items() if at <= now]
        if not kinds:
            return []
        async with self._database.writing() as connection:
            chosen = await claiming.choose(connection, kinds, now, platforms, limit)
            crowded = await holding.tell_crowds_together(connection, [one.chat_id for one in chosen], now)
            chosen = [one for one in chosen if one.chat_id not in crowded]  # their list comes next
            if not chosen:
                return []
            leave_at = dict.fromkeys([one.id for one in chosen], now)
            if turn is not None:
                leave_at |= await claiming.take_turns(self._database, connection, chosen, turn, now)
            return await claiming.lease(connection, leave_at, now, until, holder)

    async def take_back(self, is_gone: Callable[[str], bool], now: datetime) -> int:
        async with self._database.reading() as connection:
            gone = list(filter(is_gone, await claiming.held_by(connection, now)))
        if not gone:
            return 0
        async with self._database.writing() as connection:
            return await claiming.take_back(connection, gone, now)

    async def tell_singly(self, catch_up: PendingDelivery, now: datetime) -> int:
        async with self._database.writing() as connection:
            return await holding.tell_singly(connection, catch_up.id, now)

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
            await _hold_chat(connection, settled)
            if settled.shown is not None:
                await remember_shown(connection, settled.shown, settled.message_ids, settled.at)
            update = sa.update(outbox).where(*held).values(values).returning(*WHAT)
            row = (await connection.execute(update)).first() or await _armed_again(connection, settled)
            if row is not None and row.kind == DeliveryKind.EDIT and settled.message_ids:
                await _readdress(connection, row, settled.message_ids)
            return row is not None

    async def park(self, chat_id: int, reason: str, now: datetime) -> int:
        """What is held stays held, so that it comes in one when the chat returns."""
        async with self._database.writing() as connection:
            chat = sa.update(chats).where(chats.c.id == chat_id)
            await connection.execute(chat.values(state=ChatState.PARKED, parked_reason=reason))
            lapsed = sa.and_(outbox.c.state == DeliveryState.SENDING, outbox.c.due_at <= now)
            doubtful = sa.or_(outbox.c.uncertain, outbox.c.state == DeliveryState.UNKNOWN, lapsed)
            waiting = sa.update(outbox).where(outbox.c.chat_id == chat_id, WAITING)
            park = waiting.values(uncertain=doubtful, reason=reason, **AT_REST)
            return (await connection.execute(park)).rowcount

    async def move(self, chat_id: int, new: Channel) -> None:
        async with self._database.writing(Lock.STORIES) as connection:  # no alert is planned for a chat that goes
            await move_chat(connection, chat_id, new)

    async def depth(self) -> Mapping[DeliveryState, int]:
        async with self._database.reading() as connection:
            return await ledger.depth(connection)

    async def oldest_queued(self) -> datetime | None:
        async with self._database.reading() as connection:
            return await ledger.oldest_queued(connection)

    async def next_due(self, platforms: Collection[str]) -> datetime | None:
        async with self._database.reading() as connection:
            waiting = await claiming.waiting_since(connection)
            return await claiming.next_moment(connection, waiting, platforms) if waiting else None

    async def of_chat(
        self, chat_id: int, kind: DeliveryKind | None = None
    ) -> list[tuple[PendingDelivery, DeliveryState]]:
        query = sa.select(outbox).where(outbox.c.chat_id == chat_id).order_by(outbox.c.created_at, outbox.c.id)
        if kind is not None:
            query = query.where(outbox.c.kind == kind)
        async with self._database.reading() as connection:
            found = await chats_by_id(connection, [chat_id])
            return [(delivery_of(row, found), DeliveryState(row.state)) for row in await connection.execute(query)]

    async def held(self) -> list[Chat]:
        async with self._database.reading() as connection:
            return await holding.held_chats(connection)

    async def plan_catch_up(self, chat_id: int, now: datetime) -> int:
        async with self._database.writing() as connection:
            return await holding.plan_catch_up(connection, chat_id, now)

    async def spoke(self, channel: Channel, rest_until: datetime, turn: Turn | None, now: datetime) -> None:
        there = [chats.c.platform == channel.platform, chats.c.address == channel.address]
        async with self._database.writing() as connection:
            await connection.execute(_rest(rest_until).where(*there))
            if turn is not None:
                await reserve(self._database, connection, turn, 1, now)

    async def notify(self, chat_id: int, payload: str, now: datetime) -> None:
        async with self._database.writing() as connection:
            chat = sa.select(chats.c.state).where(chats.c.id == chat_id).with_for_update(key_share=True)
            state = (await connection.execute(chat)).scalar_one_or_none()
            if state is None:
                return
            rest = AT_REST if state == ChatState.PARKED else {}
            values = delivery_values(DeliveryKind.NOTICE, chat_id, now, payload=payload, **rest)
            await connection.execute(sa.insert(outbox).values(values))

    async def ledger(self, chat_id: int, *, since: datetime, story_id: int | None = None) -> list[Entry]:
        async with self._database.reading() as connection:
            return await ledger.entries(connection, chat_id, since, story_id)


async def _hold_chat(connection: AsyncConnection, settled: Settled) -> None:
    """Who asked to wait is not written to before, whoever has taken the delivery over meanwhile; nor are the other
    topics of a group, which are under the same limit."""
    if settled.hold_chat_until is None:
        return
    settling = outbox.alias()
    all_there = claiming.neighbours(settling).where(settling.c.id == settled.delivery_id)
    await connection.execute(_rest(settled.hold_chat_until).where(chats.c.id.in_(all_there)))


def _rest(until: datetime) -> sa.Update:
    shorter = sa.or_(chats.c.hold_until.is_(None), chats.c.hold_until < until)
    return sa.update(chats).where(shorter).values(hold_until=until)


async def _armed_again(connection: AsyncConnection, settled: Settled) -> sa.Row[Any] | None:
    """An edit whose story went on while the edit was on its way: that one is over, and the next has a later fence."""
    waits = outbox.c.state.in_([DeliveryState.QUEUED, DeliveryState.PARKED])
    later = sa.and_(outbox.c.id == settled.delivery_id, outbox.c.fence > settled.fence)
    query = sa.select(*WHAT).where(later, waits, outbox.c.kind == DeliveryKind.EDIT)
    return (await connection.execute(query)).first()


async def _readdress(connection: AsyncConnection, edit: sa.Row[Any], message_ids: Sequence[str]) -> None:
    """The alert has the ids that its edit left it with: the next edit must find it."""
    alert = [outbox.c.story_id == edit.story_id, outbox.c.chat_id == edit.chat_id]
    alert += [outbox.c.kind == DeliveryKind.ALERT, outbox.c.change_id == 0, outbox.c.state == DeliveryState.SENT]
    await connection.execute(sa.update(outbox).where(*alert).values(message_ids=list(message_ids)))
