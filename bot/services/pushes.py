"""What becomes of a document that a hub brings: it goes the way of every look at a feed, once, and within bounds."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from bot.domain.errors import SourceError
from bot.domain.feed import Feed
from bot.domain.hub import HubSubscription, Push
from bot.domain.story import Item
from bot.log import logger
from bot.ports import Clock, Committed, Hubs, ReadsPushes

AT_ONCE = 4
WAITING = 32  # pushes that are being taken in or wait for it; each holds its document in memory
PER_FEED, WITHIN = 30, timedelta(minutes=1)
REMEMBERED = 2_000  # digests of documents that were taken in
# A feed that is being read is waited for this long, in steps; a hub waits about ten seconds for an answer.
PATIENCE, STEP = 6.0, 0.5
PROVED_FOR = timedelta(hours=1)  # so long it need not be written down again
LOOK_AFTER = timedelta(minutes=5)  # a document that could not be used makes nobody look sooner than this again
LOG = logger("hubs")


class Takes(Protocol):
    """The part of the poller that stores what came without a look."""

    async def take(self, feed: Feed, items: Sequence[Item]) -> Committed: ...


class Pushes:
    """`lease`: how long taking one in may last."""

    def __init__(
        self,
        *,
        hubs: Hubs,
        reads: ReadsPushes,
        poller: Takes,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
        lease: timedelta,
    ) -> None:
        self._hubs = hubs
        self._reads = reads
        self._poller = poller
        self._clock = clock
        self._sleep = sleep
        self._lease = lease
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._recent: dict[str, deque[datetime]] = {}

    async def take(self, subscription: HubSubscription, body: bytes, content_type: str | None) -> Push:
        """Takes in a document whose signature was found right. Whoever hears TAKEN may forget the document: it is
        stored."""
        digest = hashlib.sha256(subscription.key.encode() + body).hexdigest()
        if digest in self._taken:
            return Push.AGAIN
        if self._waiting >= WAITING or self._is_flood(subscription.feed_id):
            await self._hubs.wake(subscription.feed_id, self._clock() + LOOK_AFTER)
            return Push.BUSY
        self._waiting += 1
        try:
            async with self._places:
                came = await self._take(subscription, body, content_type)
        finally:
            self._waiting -= 1
        if came is Push.TAKEN:
            self._taken[digest] = None
            while len(self._taken) > REMEMBERED:
                self._taken.popitem(last=False)
        return came

    async def _take(self, subscription: HubSubscription, body: bytes, content_type: str | None) -> Push:
        feed, until = await self._leased(subscription.feed_id)
        if feed is None:
            await self._hubs.wake(subscription.feed_id, self._clock())
            return Push.BUSY
        try:
            if feed.is_first_read:  # its first look is silent: a part of it that came before would spoil that
                return await self._useless(feed)
            try:
                items = await self._reads.read(feed, body, content_type)
            except SourceError as error:
                LOG.warning("feed %s: what its hub brought: %s", feed.id, error.detail)
                return await self._useless(feed)
            committed = await self._poller.take(feed, items)
            if self._clock() > until:  # somebody else may have had the feed by then, and nothing was written
                return Push.BUSY
        finally:
            with suppress(Exception):
                await self._hubs.release(feed)
        if committed.new_stories:
            LOG.info("feed %s: its hub brought %d new", feed.id, committed.new_stories)
        await self._proved(subscription)
        return Push.TAKEN

    async def _leased(self, feed_id: str) -> tuple[Feed | None, datetime]:
        """The feed, once nobody reads it; what a look under way found may be older than what was brought."""
        waited = 0.0
        while True:
            now = self._clock()
            feed = await self._hubs.lease(feed_id, uuid4().hex, now, now + self._lease)
            if feed is not None or waited >= PATIENCE:
                return feed, now + self._lease
            await self._sleep(STEP)
            waited += STEP

    async def _useless(self, feed: Feed) -> Push:
        last = feed.last_try or self._clock()
        await self._hubs.wake(feed.id, max(self._clock(), last + LOOK_AFTER))
        return Push.USELESS

    async def _proved(self, subscription: HubSubscription) -> None:
        """From now on the feed is looked at less often."""
        now, one = self._clock(), await self._hubs.find(subscription.key)
        if one is not None and (one.pushed_at is None or now - one.pushed_at > PROVED_FOR):
            await self._hubs.write(replace(one, pushed_at=now))

    def _is_flood(self, feed_id: str) -> bool:
        now = self._clock()
        recent = self._recent.setdefault(feed_id, deque(maxlen=PER_FEED))
        if len(recent) == PER_FEED and now - recent[0] < WITHIN:
            return True
        recent.append(now)
        return False
