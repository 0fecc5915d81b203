"""Whether the database can be worked with: said once in the log when that changes, and to whoever asks at any time."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from bot.domain.errors import Hindered, OtherVersion, StoreError
from bot.log import logger
from bot.ports import Clock, Housekeeping

ANSWER_WITHIN = 1.8  # seconds; who asks may count on two
FRESH = timedelta(seconds=1)
WELL_EVERY = timedelta(seconds=10)
# What work fails with and the trial does not see (a disk with room for one line, one damaged page) counts for so long,
# and each time twice as long when it comes back soon: it shall not be said again and again that all is well.
UNSEEN_COUNTS, AT_MOST, SOON = timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=5)
SILENT = "the database does not answer; it is locked, overloaded or cannot be reached"
LOG = logger("database")


class Readiness:
    """Tries the database out now and then, and hears of every failure. In trouble each cause is logged once, however
    many fail with it and however often, until all is well again."""

    def __init__(self, housekeeping: Housekeeping, clock: Clock) -> None:
        self._housekeeping = housekeeping
        self._clock = clock
        self._trial: asyncio.Task[None] | None = None
        self._looked_at: datetime | None = None
        self.outdated = False  # another version of Kabar has changed the schema: this one must not write any more
        self._found = ""  # what the last trial ran into
        self._failed_with = ""  # what work failed with since the last trouble that the trial saw too
        self._failed_at: datetime | None = None
        self._counts = UNSEEN_COUNTS
        self._well_at: datetime | None = None
        self._since: datetime | None = None  # of the trouble that there is
        self._said: set[str] = set()

    async def cause(self) -> str:
        """What keeps Kabar from its work; empty when nothing does. Within two seconds."""
        if self._looked_at is None or not timedelta() <= self._clock() - self._looked_at < FRESH:
            await self._look()
        return self._now()

    async def keep(self) -> None:
        """To be called every few seconds: looks often while there is trouble, and now and then while there is none."""
        recent = self._looked_at is not None and timedelta() <= self._clock() - self._looked_at < WELL_EVERY
        if not recent or self._now():
            await self._look()

    def failed(self, error: StoreError) -> None:
        """Something could not be done because of the database; it is tried again by whoever tried."""
        if isinstance(error, Hindered):
            LOG.info("%s", error)
            return
        self._failed_with, self._failed_at = str(error), self._clock()
        self._tell(self._failed_with)

    async def _look(self) -> None:
        trial = self._trial = self._trial or asyncio.create_task(self._housekeeping.try_out(self._clock()))
        done, _still_waiting = await asyncio.wait({trial}, timeout=ANSWER_WITHIN)
        before = self._found
        self._found = SILENT
        if done:
            self._trial = None
            trouble = _trouble(trial)
            self._found = str(trouble or "")
            if trouble is None or isinstance(trouble, OtherVersion):
                self.outdated = trouble is not None
        self._looked_at = self._clock()
        if before and not self._found:
            self._failed_at = None  # that was this trouble, and it is over
        self._tell(self._now())

    def _now(self) -> str:
        if self._found:
            return self._found
        if self._failed_at is not None and self._clock() - self._failed_at < self._counts:
            return self._failed_with
        return ""

    def _tell(self, cause: str) -> None:
        now = self._clock()
        if cause:
            if self._since is None:
                soon = self._well_at is not None and now - self._well_at < SOON
                self._counts = min(self._counts * 2, AT_MOST) if soon else UNSEEN_COUNTS
                self._since = now
            if cause not in self._said:
                self._said.add(cause)
                LOG.error("not ready: %s. Nothing is lost; what could not be done is tried again", cause)
        elif self._since is not None:
            LOG.warning("ready again after %.0f seconds", (now - self._since).total_seconds())
            self._since, self._well_at = None, now
            self._said.clear()


def _trouble(trial: asyncio.Task[None]) -> StoreError | None:
    """What the trial ran into; any other error is a bug and goes to whoever asked."""
    try:
        trial.result()
    except StoreError as error:
        return error
    return None
