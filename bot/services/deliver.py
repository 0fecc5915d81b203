"""Draining the outbox: how much is taken up at once, and that one platform's or chat's trouble is not the others'."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.delivery import DeliveryState, PendingDelivery, Settled
from bot.ports import Clock, Meter, Outbox, Platform, Unwatched
from bot.services.compose import Composer
from bot.services.courier import Courier, DeliverReport
from bot.services.operator import Operator

AT_ONCE = 32  # deliveries of one platform that are on their way together
CLAIMED_AT_ONCE = 10  # each has its moment then: more would bind other processes' turns for long
WORTH_A_CLAIM = 5  # free places; fewer are filled all the same when something is slow
SHORT_WAIT = timedelta(seconds=4)
LOOK_AGAIN = timedelta(seconds=0.25)
OVER = frozenset({DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """`lease`: how long a delivery is ours; `send`: seconds a platform may take for it, shorter than the lease, so that
    nobody takes over what may still go out; `last_word`: seconds that what is on its way gets at a stop, which may take
    15 in all, and what runs it waits before and after this."""

    lease: timedelta = timedelta(seconds=40)
    send: float = 36.0
    last_word: float = 3.0


class Deliverer:
    """Drains the outbox to the platforms that are connected, side by side: what one of them makes us wait for is not
    the others' trouble. At most one message an address is in flight."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        composer: Composer,
        platforms: Mapping[str, Platform],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        operator: Operator | None = None,
        meter: Meter | None = None,
        patience: Patience | None = None,
        holder: str = "",
    ) -> None:
        self._outbox = outbox
        self._composer = composer
        self._platforms = platforms
        self._clock = clock
        self._sleep = sleep
        self._operator = operator
        self._meter = meter or Unwatched()
        self._patience = patience or Patience()
        self._holder = holder
        self._draining: dict[str, asyncio.Event] = {}
        self._unwritten: dict[str, dict[int, Settled]] = {}  # by platform, for the time the database takes nothing

    def hurry(self) -> None:
        """Something new was planned: whoever only waits for a later moment looks again at once."""
        for news in self._draining.values():
            news.set()

    async def drain(self, *, counting: bool = True) -> DeliverReport:
        """Sends what is due until nothing is, waiting out pauses of a few seconds between messages of one chat;
        platforms that another call is draining are left to it. With `counting` the report says what is held, for which
        the whole ledger is gone through."""
        report = DeliverReport()
        free = [platform for name, platform in self._platforms.items() if name not in self._draining]
        lanes = [asyncio.create_task(self._drain(platform, report)) for platform in free]
        try:
            if lanes:
                await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for lane in lanes:
                lane.cancel()
            outcomes = await asyncio.gather(*lanes, return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        if not counting:
            return report
        depth = await self._outbox.depth()
        report.held = sum(count for state, count in depth.items() if state not in OVER)
        return report

    async def _drain(self, platform: Platform, report: DeliverReport) -> None:
        courier = self._courier(platform)
        running: set[asyncio.Task[None]] = set()
        news = self._draining[platform.name] = asyncio.Event()
        looked: datetime | None = None
        try:
            await courier.write_down()
            while True:
                now, room = self._clock(), AT_ONCE - len(running)
                rested = looked is None or now - looked >= LOOK_AGAIN
                claimed: list[PendingDelivery] = []
                if room >= WORTH_A_CLAIM or not running or (room and rested):
                    looked = now
                    news.clear()
                    claimed = await self._claim(platform, now, min(room, CLAIMED_AT_ONCE))
                running |= {asyncio.create_task(courier.deliver(delivery, report)) for delivery in claimed}
                if running:
                    running = await self._some_done(running, news)
                    continue
                due = await self._outbox.next_due([platform.name])
                if due is None or due - self._clock() > SHORT_WAIT:
                    return
                await self._rest(max(due - self._clock(), timedelta(milliseconds=10)), news)
        finally:
            del self._draining[platform.name]
            await self._last_words(running)

    def _courier(self, platform: Platform) -> Courier:
        return Courier(
            platform,
            outbox=self._outbox,
            composer=self._composer,
            clock=self._clock,
            sleep=self._sleep,
            operator=self._operator,
            meter=self._meter,
            unwritten=self._unwritten.setdefault(platform.name, {}),
            send_within=self._patience.send,
        )

    async def _claim(self, platform: Platform, now: datetime, most: int) -> list[PendingDelivery]:
        until = now + self._patience.lease
        claimed = await self._outbox.claim(now, until, most, [platform.name], turn=platform.turn, holder=self._holder)
        if claimed:
            await self._composer.look_again(claimed)
        return claimed

    async def _some_done(self, running: set[asyncio.Task[None]], news: asyncio.Event) -> set[asyncio.Task[None]]:
        """Those that still run when one has ended, when something new came or after a moment: a platform that is slow
        to answer in one chat must not keep the others waiting."""
        called = asyncio.create_task(news.wait())
        try:
            seconds = LOOK_AGAIN.total_seconds()
            done, _ = await asyncio.wait({*running, called}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            called.cancel()
        await asyncio.gather(*(done & running))
        return running - done

    async def _rest(self, wait: timedelta, news: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(self._sleep(wait.total_seconds())), asyncio.create_task(news.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    async def _last_words(self, running: set[asyncio.Task[None]]) -> None:
        """What is on its way may still arrive: it gets a moment to say so. What stays silent keeps its lease and is
        taken up again as uncertain, as after a crash."""
        if running:
            _, silent = await asyncio.wait(running, timeout=self._patience.last_word)
            for task in silent:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
