"""One delivery from the outbox to a chat: after every outcome it is decided here what happens next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.delivery import (
    LEAVE_BY,
    DeliveryKind,
    DeliveryState,
    PendingDelivery,
    Settled,
    Shown,
    is_late,
    retry_delay,
)
from bot.domain.errors import (
    ChannelGone,
    ChannelMoved,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    PlatformUnavailable,
    RateLimited,
    StoreError,
)
from bot.domain.message import Message
from bot.domain.subscription import Chat
from bot.log import logger
from bot.ports import Clock, Meter, Outbox, Platform
from bot.services.compose import Composer, Held, Unsaid
from bot.services.operator import Operator

SETTLE_AFTER = timedelta(seconds=5)
MOVED_AGAIN = timedelta(seconds=1)  # a platform that sends us in circles must not keep us busy
MOST_FAULTS = 6
PERHAPS_ARRIVED = "perhaps_arrived"
LOG = logger("deliver")


@dataclass(slots=True, kw_only=True)
class DeliverReport:
    """The sums of a round, as `kabar deliver --once --json` prints them: `held` is what still waits at its end."""

    sent: int = 0
    edited: int = 0
    retried: int = 0
    parked: int = 0
    dead: int = 0
    held: int = 0


class Courier:
    """Carries single deliveries to one platform and writes down what became of them. `send_within`: seconds that the
    platform may take for one. `unwritten` keeps, by delivery, what the database would not take."""

    def __init__(
        self,
        platform: Platform,
        *,
        outbox: Outbox,
        composer: Composer,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        operator: Operator | None,
        meter: Meter,
        unwritten: dict[int, Settled],
        send_within: float,
    ) -> None:
        self._platform = platform
        self._outbox = outbox
        self._composer = composer
        self._clock = clock
        self._sleep = sleep
        self._operator = operator
        self._meter = meter
        self._unwritten = unwritten
        self._send_within = send_within

    async def write_down(self) -> None:
        """What became of deliveries while the database was in trouble: before others are taken up, or they would go out
        again. Raises StoreError."""
        for settled in tuple(self._unwritten.values()):
            await self._write(settled)

    async def deliver(self, delivery: PendingDelivery, report: DeliverReport) -> None:
        """At its moment, unless its time is over by then. Raises StoreError only."""
        chat = delivery.chat
        LEAVE_BY.set(delivery.until)
        try:
            message = await self._composer.compose(delivery)
            # An edit may simply be made again. All else is asked about before it is held back: told in a list later it
            # would be there twice.
            if delivery.uncertain and delivery.kind is not DeliveryKind.EDIT:
                arrived = await self._platform.was_delivered(chat.channel, delivery.key, delivery.created_at)
                if arrived:
                    await self._sent(delivery, message, arrived, report)
                    return
                if arrived is None and chat.preferences.once:
                    await self._settle(delivery, DeliveryState.EXPIRED, reason=PERHAPS_ARRIVED)
                    return
            if isinstance(message, Unsaid | Held):
                state = DeliveryState.HELD if isinstance(message, Held) else DeliveryState.EXPIRED
                await self._settle(delivery, state, reason=message)
                return
            wait = (delivery.leave_at - self._clock()).total_seconds()
            if wait > 0:
                await self._sleep(wait)
            if delivery.plain:
                message = message.plain()
            ids = await self._send(delivery, message)
            await self._sent(delivery, message, ids, report)
        except DeliveryError as error:
            await self._failed(delivery, error, report)
        except StoreError:
            raise
        except Exception as error:
            LOG.exception("delivery %d to %s met a fault of ours", delivery.id, chat.channel)
            mostly = delivery.attempts < MOST_FAULTS
            await self._failed(delivery, OutcomeUnknown(repr(error)) if mostly else MessageRejected("fault"), report)

    async def _send(self, delivery: PendingDelivery, message: Message) -> tuple[str, ...]:
        if is_late(self._clock()):
            raise PlatformUnavailable("its time ran out before it could leave")
        try:
            async with asyncio.timeout(self._send_within):
                if delivery.kind is DeliveryKind.EDIT:
                    return await self._platform.edit(delivery.chat.channel, delivery.answers, message)
                return await self._platform.send(delivery.chat.channel, message, key=delivery.key)
        except TimeoutError as error:
            raise OutcomeUnknown("no answer in time") from error

    async def _sent(
        self, delivery: PendingDelivery, message: Message | Unsaid | Held, ids: tuple[str, ...], report: DeliverReport
    ) -> None:
        channel = delivery.chat.channel
        rest = self._clock() + self._platform.pause(channel)
        in_place = delivery.kind is DeliveryKind.EDIT and ids == delivery.answers
        shown = None
        if isinstance(message, Message) and not in_place:
            kind = "list" if message.numbered and message.stories else "alert"
            shown = Shown(channel=channel, stories=message.stories, kind=kind)
        await self._settle(delivery, DeliveryState.SENT, message_ids=ids, hold_chat_until=rest, shown=shown)
        if in_place:
            report.edited += 1
        else:
            report.sent += 1

    async def _failed(self, delivery: PendingDelivery, error: DeliveryError, report: DeliverReport) -> None:
        now = self._clock()
        chat = delivery.chat
        LOG.warning("delivery %d to %s: %s", delivery.id, chat.channel, error)
        match error:
            case RateLimited(retry_after=wait):
                self._meter.asked_to_wait(chat.channel.platform, wait)
                await self._again(delivery, DeliveryState.QUEUED, "rate_limited", now + wait, report)
            case OutcomeUnknown():
                until = now + max(SETTLE_AFTER, retry_delay(delivery.attempts))
                await self._again(delivery, DeliveryState.UNKNOWN, str(error), until, report)
            case ChannelMoved(new=new):
                await self._again(delivery, DeliveryState.QUEUED, "moved", now + MOVED_AGAIN, report)
                await self._outbox.move(chat.id, new)
            case ChannelGone(reason=reason):
                await self._settle(delivery, DeliveryState.QUEUED, reason=reason, not_before=now)
                report.parked += await self._outbox.park(chat.id, reason, now)
            case MessageRejected(detail=detail) if delivery.kind is DeliveryKind.EDIT:
                await self._settle(delivery, DeliveryState.EXPIRED, reason=detail)  # the alert itself stands
            case MessageRejected() if not delivery.plain:
                await self._settle(delivery, DeliveryState.QUEUED, reason=str(error), not_before=now, plain=True)
                report.retried += 1
            case MessageRejected(detail=detail):
                LOG.error("delivery %d to %s is given up: %s", delivery.id, chat.channel, detail)
                await self._settle(delivery, DeliveryState.DEAD, reason=detail)
                if delivery.kind is DeliveryKind.CATCH_UP:  # one story's words must not cost the others
                    await self._outbox.tell_singly(delivery, now)
                await self._tell_operator(chat, detail, now)
                report.dead += 1
            case PlatformUnavailable() | _:
                until = now + retry_delay(delivery.attempts)
                await self._again(delivery, DeliveryState.QUEUED, str(error), until, report)

    async def _again(
        self, delivery: PendingDelivery, state: DeliveryState, reason: str, until: datetime, report: DeliverReport
    ) -> None:
        """Tried again at `until`; what waits behind it in this chat waits too, so that the order is kept."""
        await self._settle(delivery, state, reason=reason, not_before=until, hold_chat_until=until)
        report.retried += 1

    async def _settle(
        self,
        delivery: PendingDelivery,
        state: DeliveryState,
        *,
        reason: str | None = None,
        message_ids: tuple[str, ...] = (),
        not_before: datetime | None = None,
        hold_chat_until: datetime | None = None,
        plain: bool = False,
        shown: Shown | None = None,
    ) -> None:
        settled = Settled(
            delivery_id=delivery.id,
            fence=delivery.fence,
            state=state,
            at=self._clock(),
            reason=reason,
            message_ids=message_ids,
            not_before=not_before,
            hold_chat_until=hold_chat_until,
            plain=plain or delivery.plain,
            shown=shown,
        )
        self._meter.settled(delivery.chat.channel.platform, delivery.kind, state)
        await self._write(settled)

    async def _write(self, settled: Settled) -> None:
        self._unwritten[settled.delivery_id] = settled
        held = await self._outbox.settle(settled)
        self._unwritten.pop(settled.delivery_id, None)
        if not held:
            LOG.warning("delivery %d was taken over by another process", settled.delivery_id)

    async def _tell_operator(self, chat: Chat, detail: str, now: datetime) -> None:
        """Once a chat and day: a platform that refuses everything must not flood whoever is to mend it."""
        if self._operator is not None:
            values = {"chat": str(chat.channel), "detail": detail}
            await self._operator.begins(f"dead:{chat.id}:{now:%Y-%m-%d}", "given_up", values)
