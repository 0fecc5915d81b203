"""When what quiet hours or a pause held back goes out: all of a chat's in one message, once nothing holds it back."""

from __future__ import annotations

from bot.ports import Clock, Outbox
from bot.services.compose import Composer


class Holds:
    def __init__(self, *, outbox: Outbox, composer: Composer, clock: Clock) -> None:
        self._outbox = outbox
        self._composer = composer
        self._clock = clock

    async def release_due(self) -> int:
        """Queues a catch-up for every chat that may be written to again; how many stories they hold."""
        released = 0
        for chat in await self._outbox.held():
            if not chat.preferences.is_paused(self._clock()) and not self._composer.is_quiet(chat):
                released += await self._outbox.plan_catch_up(chat.id, self._clock())
        return released
