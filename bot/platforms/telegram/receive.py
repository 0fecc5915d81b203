"""How updates are taken from Telegram: when they are asked for, when they count as handled, how long to wait after a
failure.

Telegram forgets an update once a later offset is asked for. So the next one is asked for only after everything of the
last answer was handled; whatever a crash interrupts comes again and Request.key tells the repeats. Chats do not wait
for each other; within a chat the order is kept. One slow command must not silence all: after `patience` polling goes
on beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from telegram import Update

from bot.domain.errors import KabarError, PlatformRefused, RateLimited
from bot.platforms.telegram.client import Client, Timeouts
from bot.platforms.telegram.errors import FIXES
from bot.platforms.telegram.updates import NAME, place_of
from bot.ports import Beat, Clock

OK_EVERY = timedelta(seconds=4)  # with a poll of 25 s a sign of life comes at least every 30 s

Work = Callable[[], Awaitable[None]]
Handler = Callable[[Update], Awaitable[Work | None]]
"""Handles an update; what it returns (sending the reply) is done in the chat's turn, but polling goes on."""

log = logging.getLogger("kabar.telegram")


class Pulse:
    """Tells the operator's health page how receiving goes: every failure at once, good news now and then."""

    def __init__(self, report: Callable[[Beat], Awaitable[None]], clock: Clock) -> None:
        self._report = report
        self._clock = clock
        self._last_ok: datetime | None = None
        self._cause = ""

    async def ok(self) -> None:
        now = self._clock()
        if self._cause:
            log.info("receiving again after: %s", self._cause)
        if self._last_ok is None or now - self._last_ok >= OK_EVERY:
            self._last_ok, self._cause = now, ""
            await self._tell(Beat(part=NAME, at=now, state="ok"))

    async def failing(self, cause: str, fix: str) -> None:
        if cause != self._cause:
            log.warning("%s: %s", cause, fix)
        self._last_ok, self._cause = None, cause
        await self._tell(Beat(part=NAME, at=self._clock(), state="failing", cause=cause, fix=fix))

    async def _tell(self, beat: Beat) -> None:
        try:
            await self._report(beat)
        except Exception:  # a health page that cannot be written must not stop the bot
            log.exception("could not report the state %s", beat.state)


class Lanes:
    """Runs one piece of work at a time for each place, in the order it came; places run side by side."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def put(self, place: str, work: Work) -> None:
        task = asyncio.create_task(self._run(self._last.get(place), work), name=f"telegram {place}")
        self._last[place] = task
        self._running.add(task)
        task.add_done_callback(lambda done: self._leave(place, done))

    async def finish(self, seconds: float) -> None:
        """Waits for what runs, then cancels what is left."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, earlier: asyncio.Task[None] | None, work: Work) -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        try:
            await work()
        except Exception:  # a request that fails must not stop the next one
            log.exception("a request failed")

    def _leave(self, place: str, done: asyncio.Task[None]) -> None:
        self._running.discard(done)
        if self._last.get(place) is done:
            del self._last[place]


class Receiver:
    """The polling loop. `prepare` (who am I?) runs until it succeeds once; it and the polls may raise KabarError."""

    def __init__(
        self,
        client: Client,
        *,
        prepare: Callable[[], Awaitable[None]],
        handle: Handler,
        pulse: Pulse,
        lanes: Lanes,
        timeouts: Timeouts,
    ) -> None:
        self._client = client
        self._prepare = prepare
        self._handle = handle
        self._pulse = pulse
        self._lanes = lanes
        self._timeouts = timeouts
        self._prepared = False
        self._quick = True
        self._offset: int | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        failures = 0
        while True:
            try:
                await self._round()
                failures = 0
            except KabarError as error:
                failures += 1
                self._quick = not _is_conflict(error)
                await self._pulse.failing(*_cause(error))
                await asyncio.sleep(self._pause(error, failures))
            except Exception:  # a loop that ends is a bot that is silent
                log.exception("receiving failed")
                await self._pulse.failing("internal", "An error in Kabar itself: see the log, please report it.")
                await asyncio.sleep(self._timeouts.longest_retry)

    async def _round(self) -> None:
        if not self._prepared:
            await self._prepare()
            self._prepared = True
        # After a start or a failure the first poll does not linger, to know soon how it is now. Not so beside another
        # poller: there only a poll that held out is good news.
        poll = 0 if self._quick else self._timeouts.poll
        updates = await self._client.raw_updates(self._offset, poll, poll + self._timeouts.poll_margin)
        self._quick = False
        await self._pulse.ok()
        # Without news everything before is confirmed, so no offset is needed. That matters: after a quiet week
        # Telegram numbers anew, perhaps from below.
        self._offset = max((int(update["update_id"]) for update in updates), default=-1) + 1 or None
        await self._handle_all(updates)

    async def _handle_all(self, updates: Sequence[dict[str, Any]]) -> None:
        handled: list[asyncio.Future[None]] = []
        for raw in updates:
            update = self._readable(raw)
            if update is not None:
                done = asyncio.get_running_loop().create_future()
                handled.append(done)
                self._lanes.put(place_of(update), partial(self._one, update, done))
        if handled:
            await asyncio.wait(handled, timeout=self._timeouts.patience)
            await self._pulse.ok()

    async def _one(self, update: Update, done: asyncio.Future[None]) -> None:
        try:
            rest = await self._handle(update)
        finally:
            done.set_result(None)
        if rest is not None:
            await rest()

    def _readable(self, raw: dict[str, Any]) -> Update | None:
        try:
            return Update.de_json(raw, self._client)
        except Exception as error:  # noqa: BLE001 - whatever the library cannot read
            log.warning("skipped update %s: cannot be read (%s)", raw.get("update_id"), type(error).__name__)
            return None

    def _pause(self, error: KabarError, failures: int) -> float:
        if isinstance(error, RateLimited):
            return error.retry_after.total_seconds()
        return min(self._timeouts.longest_retry, self._timeouts.first_retry * (1 << min(failures - 1, 10)))


def _is_conflict(error: KabarError) -> bool:
    return isinstance(error, PlatformRefused) and error.reason == "conflict"


def _cause(error: KabarError) -> tuple[str, str]:
    """The short code and the operator's sentence for a failure of receiving."""
    if isinstance(error, PlatformRefused):
        return error.reason, error.detail
    code = "rate_limited" if isinstance(error, RateLimited) else "unreachable"
    return code, FIXES[code]
