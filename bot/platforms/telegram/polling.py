"""When updates are asked for, and when they count as handled.

Telegram forgets an update once a later offset is asked for. So the next one is asked for only after everything of the
last answer was handled; whatever a crash interrupts comes again and Request.key tells the repeats. Chats do not wait
for each other; within a chat the order is kept. One slow command must not silence all: after `patience` polling goes
on beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot.domain.errors import KabarError, PlatformRefused
from bot.platforms.telegram.client import Client, Timeouts
from bot.platforms.telegram.errors import FIXES
from bot.platforms.telegram.receive import Intake, Pulse, go_on
from bot.ports import Duty

log = logging.getLogger("kabar.telegram")


class Poller:
    """The polling loop. `prepare` (who am I?) runs until it succeeds once; it and the polls may raise KabarError."""

    def __init__(
        self,
        client: Client,
        intake: Intake,
        *,
        prepare: Callable[[], Awaitable[None]],
        pulse: Pulse,
        timeouts: Timeouts,
        duty: Duty | None = None,
    ) -> None:
        self._client = client
        self._intake = intake
        self._prepare = prepare
        self._pulse = pulse
        self._timeouts = timeouts
        self._duty = duty
        self._prepared = False
        self._quick = True
        self._dropped_webhook = False
        self._offset: int | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        await go_on(self._round, pulse=self._pulse, timeouts=self._timeouts, failed=self._failed)

    def _failed(self, error: KabarError) -> None:
        self._quick = not (isinstance(error, PlatformRefused) and error.reason == "conflict")

    async def _round(self) -> None:
        """One poll, when and as long as it is this process's to ask."""
        if self._duty is None:
            await self._poll()
            return
        await self._duty.begun()
        await self._duty.unless_lost(self._poll())

    async def _poll(self) -> None:
        if not self._prepared:
            await self._prepare()
            self._prepared = True
        # After a start or a failure the first poll does not linger, to know soon how it is now. Not so beside another
        # poller: there only a poll that held out is good news.
        poll = 0 if self._quick else self._timeouts.poll
        try:
            updates = await self._client.raw_updates(self._offset, poll, poll + self._timeouts.poll_margin)
        except PlatformRefused as refused:
            if refused.detail != FIXES["webhook"] or self._dropped_webhook:
                raise
            # Left over from a life with a webhook. One that comes back is another program's: that one is told of.
            log.warning("this bot had a webhook; it is removed, because no KABAR_TELEGRAM_WEBHOOK_URL is set")
            await self._client.drop_webhook()
            self._dropped_webhook = True
            return
        self._quick = False
        await self._pulse.ok()
        # Without news everything before is confirmed, so no offset is needed. That matters: after a quiet week
        # Telegram numbers anew, perhaps from below.
        self._offset = max((int(update["update_id"]) for update in updates), default=-1) + 1 or None
        await self._handle_all(updates)

    async def _handle_all(self, updates: Sequence[dict[str, Any]]) -> None:
        handled = [done for raw in updates if (done := self._intake.take(raw)) is not None]
        if handled:
            await asyncio.wait(handled, timeout=self._timeouts.patience)
            await self._pulse.ok()
