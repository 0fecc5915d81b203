"""What happens to an update, however it came: each chat's in their order, chats side by side; and how it is told
whether receiving works."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from telegram import Update

from bot.domain.errors import KabarError, MessageRejected, PlatformRefused, RateLimited
from bot.platforms.telegram.client import Client, Timeouts
from bot.platforms.telegram.errors import FIXES
from bot.platforms.telegram.events import NAME
from bot.platforms.telegram.updates import place_of
from bot.ports import Beat, Clock

FIRST_CONFLICTS, AFTER_CONFLICT = 6, 2.0  # times, seconds
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

    @property
    def waiting(self) -> int:
        return len(self._running)

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


class Intake:
    """Puts an update into its chat's lane. `arrived` is told of it at once, whatever the chat is still busy with."""

    def __init__(self, client: Client, *, arrived: Callable[[Update], None], handle: Handler, lanes: Lanes) -> None:
        self._client = client
        self._arrived = arrived
        self._handle = handle
        self.lanes = lanes

    def take(self, raw: dict[str, Any]) -> asyncio.Future[None] | None:
        """Done when the update is handled (its reply may still be on the way); None when it cannot be read."""
        try:
            update = Update.de_json(raw, self._client)
            place = place_of(update)
        except Exception as error:  # noqa: BLE001 - whatever the library cannot read
            log.warning("skipped update %s: cannot be read (%s)", raw.get("update_id"), type(error).__name__)
            return None
        self._arrived(update)
        done = asyncio.get_running_loop().create_future()
        self.lanes.put(place, partial(self._one, update, done))
        return done

    async def _one(self, update: Update, done: asyncio.Future[None]) -> None:
        try:
            rest = await self._handle(update)
        finally:
            if not done.done():
                done.set_result(None)
        if rest is not None:
            await rest()


async def go_on(
    round_of: Callable[[], Awaitable[None]],
    *,
    pulse: Pulse,
    timeouts: Timeouts,
    failed: Callable[[KabarError], None] = lambda error: None,
) -> None:
    """Runs rounds until it is cancelled; a failure is told, waited out and followed by the next round."""
    failures = 0
    while True:
        try:
            await round_of()
            failures = 0
        except KabarError as error:
            failures += 1
            failed(error)
            await pulse.failing(*_cause(error))
            await asyncio.sleep(_pause(error, failures, timeouts))
        except Exception:  # a loop that ends is a bot that is silent
            log.exception("receiving failed")
            await pulse.failing("internal", "An error in Kabar itself: see the log, please report it.")
            await asyncio.sleep(timeouts.longest_retry)


def _pause(error: KabarError, failures: int, timeouts: Timeouts) -> float:
    if isinstance(error, RateLimited):
        return error.retry_after.total_seconds()
    if isinstance(error, PlatformRefused) and error.reason == "conflict" and failures <= FIRST_CONFLICTS:
        # Most likely the last poll of a process that ended, or that lost the duty, still hangs: soon it does not.
        return min(timeouts.first_retry, AFTER_CONFLICT)
    return min(timeouts.longest_retry, timeouts.first_retry * (1 << min(failures - 1, 10)))


def _cause(error: KabarError) -> tuple[str, str]:
    """The short code and the operator's sentence for a failure of receiving."""
    if isinstance(error, PlatformRefused):
        return error.reason, error.detail
    if isinstance(error, MessageRejected):  # of all that is asked for here only a webhook's address can be refused
        return "webhook_refused", f"{FIXES['webhook_refused']} ({error.detail})"
    code = "rate_limited" if isinstance(error, RateLimited) else "unreachable"
    return code, FIXES[code]
