"""What the running platform says about itself: at once when something changes, and again and again while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.log import logger
from bot.platforms.slack.errors import FIXES
from bot.ports import Beat, Clock

PART = "slack"
HARMLESS = frozenset({"", "no_app_token"})
log = logger("slack")


class Health:
    """Two things can be wrong at a time: receiving (`socket`) and the bot's token. The token is named first. Before the
    first news nothing is said: a start is no trouble."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._report: Callable[[Beat], Awaitable[None]] | None = None
        self._socket: str | None = None
        self._token = ""
        self._fix = ""

    def begin(self, report: Callable[[Beat], Awaitable[None]]) -> None:
        self._report = report

    async def socket(self, cause: str, fix: str = "") -> None:
        """`cause` "" means connected."""
        changed = cause != self._socket
        self._socket, self._fix = cause, fix
        if changed:
            await self.tell()

    async def token(self, cause: str) -> None:
        """`cause` "" means that Slack took the token just now."""
        changed = cause != self._token
        self._token = cause
        if changed:
            await self.tell()

    def beat(self) -> Beat | None:
        cause = self._token or self._socket
        if cause is None:
            return None
        fix = (self._fix if not self._token else "") or FIXES.get(cause, "")
        state = "ok" if cause in HARMLESS else "failing"
        return Beat(part=PART, at=self._clock(), state=state, cause=cause, fix=fix)

    async def tell(self) -> None:
        beat = self.beat()
        if beat is None or self._report is None:
            return
        if beat.state != "ok":
            log.warning("%s: %s", beat.cause, beat.fix)
        try:
            await self._report(beat)
        except Exception as error:  # noqa: BLE001  a beat that cannot be written must not end receiving
            log.warning("could not report (%s)", error)

    async def keep_telling(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self.tell()
