"""Sending what is due and writing down what became of it; after every outcome it is decided here what happens next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled, retry_delay
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
from bot.log import logger
from bot.ports import Chats, Clock, Outbox, Platform
from bot.services.compose import Composer, Held, Unsaid

LEASE = timedelta(seconds=40)
SEND_WITHIN = 25.0  # seconds; shorter than the lease, so that nobody takes over what may still go out
LAST_WORD = 4.0  # seconds; a stop may take 15 in all, and what runs it waits before and after this
AT_ONCE = 20
SHORT_WAIT = timedelta(seconds=4)
LOOK_AGAIN = 1.0  # seconds; a platform that is slow to answer in one chat must not keep the others waiting
SETTLE_AFTER = timedelta(seconds=5)
MOVED_AGAIN = timedelta(seconds=1)  # a platform that sends us in circles must not keep us busy
MOST_FAULTS = 6
OVER = frozenset({DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.EXPIRED})
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


class Deliverer:
    """Drains the outbox to the platforms that are connected. At most one message a chat is in flight."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        chats: Chats,
        composer: Composer,
        platforms: Mapping[str, Platform],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._outbox = outbox
        self._chats = chats
        self._composer = composer
        self._platforms = platforms
        self._clock = clock
        self._sleep = sleep

    async def drain(self, *, counting: bool = True) -> DeliverReport:
        """Sends what is due until nothing is, waiting out pauses of a few seconds between messages of one chat. With
        `counting` the report says what is held, for which the whole ledger is gone through."""
        report = DeliverReport()
        running: set[asyncio.Task[None]] = set()
        names = frozenset(self._platforms)
        try:
            while True:
                now = self._clock()
                room = AT_ONCE - len(running)
                claimed = await self._outbox.claim(now, now + LEASE, room, names) if room else []
                if claimed:
                    self._composer.look_again()
                running |= {asyncio.create_task(self._deliver(delivery, report)) for delivery in claimed}
                if running:
                    done, running = await asyncio.wait(running, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
                    await asyncio.gather(*done)
                    continue
                due = await self._outbox.next_due(names)
                if due is None or due - self._clock() > SHORT_WAIT:
                    break
                await self._sleep(max(0.01, (due - self._clock()).total_seconds()))
        finally:
            # What is on its way may still arrive: it gets a moment to say so. What stays silent keeps its lease and is
            # taken up again as uncertain, as after a crash.
            if running:
                _, silent = await asyncio.wait(running, timeout=LAST_WORD)
                for task in silent:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
        if not counting:
            return report
        depth = await self._outbox.depth()
        report.held = sum(count for state, count in depth.items() if state not in OVER)
        return report

    async def _deliver(self, delivery: PendingDelivery, report: DeliverReport) -> None:
        chat, platform = delivery.chat, self._platforms[delivery.chat.channel.platform]
        try:
            message = await self._composer.compose(delivery)
            if isinstance(message, Unsaid | Held):
                state = DeliveryState.HELD if isinstance(message, Held) else DeliveryState.EXPIRED
                await self._settle(delivery, state, reason=message)
                return
            if delivery.uncertain and delivery.kind is not DeliveryKind.EDIT:  # an edit may simply be made again
                arrived = await platform.was_delivered(chat.channel, delivery.key, delivery.created_at)
                if arrived:
                    await self._sent(delivery, message, arrived, report)
                    return
            if delivery.plain:
                message = message.plain()
            ids = await self._send(platform, delivery, message)
            await self._sent(delivery, message, ids, report)
        except DeliveryError as error:
            await self._failed(delivery, error, report)
        except StoreError:
            raise
        except Exception as error:
            LOG.exception("delivery %d to %s met a fault of ours", delivery.id, chat.channel)
            mostly = delivery.attempts < MOST_FAULTS
            await self._failed(delivery, OutcomeUnknown(repr(error)) if mostly else MessageRejected("fault"), report)

    async def _send(self, platform: Platform, delivery: PendingDelivery, message: Message) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(SEND_WITHIN):
                if delivery.kind is DeliveryKind.EDIT:
                    return await platform.edit(delivery.chat.channel, delivery.answers, message)
                return await platform.send(delivery.chat.channel, message, key=delivery.key)
        except TimeoutError as error:
            raise OutcomeUnknown("no answer in time") from error

    async def _sent(
        self, delivery: PendingDelivery, message: Message, ids: tuple[str, ...], report: DeliverReport
    ) -> None:
        channel = delivery.chat.channel
        rest = self._clock() + self._platforms[channel.platform].pause(channel)
        await self._settle(delivery, DeliveryState.SENT, message_ids=ids, hold_chat_until=rest)
        if delivery.kind is DeliveryKind.EDIT and ids == delivery.answers:
            report.edited += 1
            return
        kind = "list" if message.numbered and message.stories else "alert"
        await self._chats.remember(channel, ids, message.stories, kind, self._clock())
        report.sent += 1

    async def _failed(self, delivery: PendingDelivery, error: DeliveryError, report: DeliverReport) -> None:
        now = self._clock()
        chat = delivery.chat
        LOG.warning("delivery %d to %s: %s", delivery.id, chat.channel, error)
        match error:
            case RateLimited(retry_after=wait):
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
        )
        if not await self._outbox.settle(settled):
            LOG.warning("delivery %d was taken over by another process", delivery.id)
