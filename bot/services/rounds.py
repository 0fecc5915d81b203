"""How a running bot goes from round to round: after a long rest many feeds are due, and are not all asked at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.log import logger
from bot.ports import Clock, Feeds
from bot.services.poll import Poller
from bot.services.poll_report import FeedRead, PollReport

RESTED_AFTER = timedelta(minutes=10)  # without a round: the bot was off, or its machine asleep
AT_ONCE = 100  # so many may be due without harm
APART = timedelta(seconds=0.2)  # further ones, unless they are so many that it would take longer than a usual interval
LOG = logger("poll")


class Rounds:
    """`usual`: how often a feed is read usually."""

    def __init__(self, *, poller: Poller, feeds: Feeds, clock: Clock, usual: timedelta) -> None:
        self._poller = poller
        self._feeds = feeds
        self._clock = clock
        self._usual = usual
        self._last: datetime | None = None

    async def next(self, *, progress: Callable[[FeedRead], None] | None = None) -> PollReport:
        """Reads what is due; `progress` hears of each feed."""
        now = self._clock()
        rested = self._last is None or now - self._last > RESTED_AFTER
        self._last = now
        if rested and (spread := await self._feeds.spread(now, AT_ONCE, APART, self._usual)):
            LOG.info("%d feeds are due at once: they are read one after the other, not in a burst", spread)
        return await self._poller.poll_due(progress=progress)
