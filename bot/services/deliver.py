"""Sending what is due and writing down what became of it; after every outcome it is decided here what happens next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled, retry_delay
from bot.domain.digest import Digest
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
from bot.ports import Chats, Clock, Outbox, Platform, Stories
from bot.services.present import Presenter
from bot.texts import Texts

LEASE = timedelta(seconds=40)
SEND_WITHIN = 25.0  # seconds; shorter than the lease, so that nobody takes over what may still go out
LAST_WORD = 4.0  # seconds; a stop may take 15 in all, and what runs it waits before and after this
AT_ONCE = 20
SHORT_WAIT = timedelta(seconds=4)
LOOK_AGAIN = 1.0  # seconds; a platform that is slow to answer in one chat must not keep the others waiting
SETTLE_AFTER = timedelta(seconds=5)
MOVED_AGAIN = timedelta(seconds=1)  # a platform that sends us in circles must not keep us busy
MOST_FAULTS = 6
LOG = logger("deliver")


class Unsaid(StrEnum):
    """Why a delivery is dropped instead of sent."""

    FORGOTTEN = "story_forgotten"
    UNWANTED = "unsubscribed"


@dataclass(slots=True, kw_only=True)
class DeliverReport:
    """The sums of a round, as `kabar deliver --once --json` prints them: `held` is what still waits at its end."""

    sent: int = 0
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
        stories: Stories,
        chats: Chats,
        platforms: Mapping[str, Platform],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        language: str,
        zone: str,
    ) -> None:
        self._outbox = outbox
        self._stories = stories
        self._chats = chats
        self._platforms = platforms
        self._clock = clock
        self._sleep = sleep
        self._language = language
        self._zone = zone

    async def drain(self) -> DeliverReport:
        """Sends what is due until nothing is, waiting out pauses of a few seconds between messages of one chat."""
        report = DeliverReport()
        running: set[asyncio.Task[None]] = set()
        names = frozenset(self._platforms)
        try:
            while True:
                now = self._clock()
                room = AT_ONCE - len(running)
                claimed = await self._outbox.claim(now, now + LEASE, room, names) if room else []
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
        depth = await self._outbox.depth()
        waiting = (DeliveryState.QUEUED, DeliveryState.UNKNOWN, DeliveryState.SENDING, DeliveryState.PARKED)
        report.held = sum(depth.get(state, 0) for state in waiting)
        return report

    async def _deliver(self, delivery: PendingDelivery, report: DeliverReport) -> None:
        chat, platform = delivery.chat, self._platforms[delivery.chat.channel.platform]
        try:
            message = await self._message(delivery)
            if isinstance(message, Unsaid):
                await self._settle(delivery, DeliveryState.EXPIRED, reason=message)
                return
            if delivery.uncertain:
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
                return await platform.send(delivery.chat.channel, message, key=delivery.key)
        except TimeoutError as error:
            raise OutcomeUnknown("no answer in time") from error

    async def _message(self, delivery: PendingDelivery) -> Message | Unsaid:
        """What to send, as the chat is set now: what it does not want any more stays unsaid."""
        chat = delivery.chat
        mode, topics = chat.preferences.mode, chat.preferences.topics
        if not topics or not (mode.digests if delivery.kind is DeliveryKind.DIGEST else mode.alerts):
            return Unsaid.UNWANTED
        texts = Texts(chat.preferences.language or self._language)
        presenter = Presenter(texts, chat.preferences.zone or self._zone, self._clock())
        if delivery.kind is DeliveryKind.DIGEST:
            digest = Digest.from_json(delivery.payload or "{}")
            ids = [i for _topic, group in digest.groups for i in group]
            return presenter.digest(digest, {story.id: story for story in await self._stories.many(ids)})
        story = await self._stories.get(delivery.story_id or 0)
        if story is None:
            return Unsaid.FORGOTTEN
        scores = await self._stories.verdict(story.id)
        reached = [t for t in scores if t in topics and scores[t].clears is not None]
        return presenter.alert(story, reached) if reached else Unsaid.UNWANTED

    async def _sent(
        self, delivery: PendingDelivery, message: Message, ids: tuple[str, ...], report: DeliverReport
    ) -> None:
        channel = delivery.chat.channel
        rest = self._clock() + self._platforms[channel.platform].pause(channel)
        await self._settle(delivery, DeliveryState.SENT, message_ids=ids, hold_chat_until=rest)
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
