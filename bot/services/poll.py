"""Reading feeds: what is new in a document, what the rules say of it, and what is written down in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from bot.domain.errors import Gone, Malformed, SourceError, StoreError, Unavailable
from bot.domain.feed import Feed, FeedOutcome, FeedState, Fetched
from bot.domain.identity import Keys, Known, canonical_url, content_hash, is_same, keys_of
from bot.domain.schedule import next_poll
from bot.domain.story import Item, Language
from bot.log import logger
from bot.ports import Clock, EditedStory, Feeds, Judge, NewStory, Reading, Source, Stories

ITEMS_BETWEEN_BREATHS = 20
LOG = logger("poll")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRead:
    """What one look at one feed came to. `problem` is the cause code when it failed."""

    feed: Feed
    entries: int = 0
    new_stories: int = 0
    alerts: int = 0
    not_modified: bool = False
    problem: str | None = None
    detail: str | None = None


@dataclass(slots=True, kw_only=True)
class PollReport:
    """The sums of a round, as `kabar poll --once --json` prints them."""

    feeds: int = 0
    fetched: int = 0
    not_modified: int = 0
    failed: int = 0
    entries: int = 0
    new_stories: int = 0
    alerts: int = 0
    reads: list[FeedRead] = field(default_factory=list)

    def add(self, read: FeedRead) -> None:
        self.feeds += 1
        self.failed += read.problem is not None
        self.not_modified += read.not_modified
        self.fetched += read.problem is None and not read.not_modified
        self.entries += read.entries
        self.new_stories += read.new_stories
        self.alerts += read.alerts
        self.reads.append(read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a feed is read: `every` unless the feed says otherwise, `fixed` when set by hand for a try-out."""

    every: timedelta
    fixed: bool = False


class Poller:
    """Reads feeds that are due, several at once; one feed's trouble stays its own."""

    def __init__(
        self,
        *,
        feeds: Feeds,
        stories: Stories,
        sources: Callable[[str], Source],
        judge: Judge,
        clock: Clock,
        random: Callable[[], float],
        pace: Pace,
        lease: timedelta,
        at_once: int,
    ) -> None:
        self._feeds = feeds
        self._stories = stories
        self._sources = sources
        self._judge = judge
        self._clock = clock
        self._random = random
        self._pace = pace
        self._lease = lease
        self._at_once = at_once

    async def poll_due(
        self,
        *,
        only: Collection[str] | None = None,
        progress: Callable[[FeedRead], None] | None = None,
        report: PollReport | None = None,
    ) -> PollReport:
        """Reads every feed that is due (or exactly `only`) once; `progress` hears of each as it ends. `report` may be
        brought along by a caller that might lose patience: it holds what was read until then."""
        report = report or PollReport()
        lease, began = uuid4().hex, self._clock()
        if self._pace.fixed and only is None:  # an earlier run, or a poll beside this one, planned at the usual pace
            await self._feeds.bring_forward(began + self._pace.every)
        left = None if only is None else set(only)
        running: set[asyncio.Task[FeedRead]] = set()
        try:
            while True:
                until = self._clock() + self._lease
                room = self._at_once - len(running)
                claimed = await self._feeds.claim(began, lease, until, room, left) if room and left != set() else []
                if left is not None:
                    left = left - {feed.id for feed in claimed} if claimed else set()
                running |= {asyncio.create_task(self.poll_feed(feed)) for feed in claimed}
                if not running:
                    return report
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for read in await asyncio.gather(*done):
                    report.add(read)
                    if progress:
                        progress(read)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def poll_feed(self, feed: Feed) -> FeedRead:
        """Fetch, judge, commit. What goes wrong with this feed is written down with it and ends here; only trouble with
        the store leaves this function."""
        try:
            fetched = await self._sources(feed.spec.kind).fetch(feed)
            reading = await self._read(feed, fetched)
        except SourceError as error:
            return await self._failed(feed, error)
        except StoreError:
            raise
        except Exception:
            LOG.exception("feed %s: could not be dealt with", feed.id)
            return await self._failed(feed, Malformed("internal", "Kabar could not deal with it; please report this"))
        committed = await self._stories.commit(reading)
        if feed.state is FeedState.FAILING:
            LOG.info("feed %s reads well again", feed.id)
        return FeedRead(
            feed=feed,
            entries=len(fetched.items or ()),
            new_stories=committed.new_stories,
            alerts=committed.alerts,
            not_modified=fetched.items is None,
        )

    async def _read(self, feed: Feed, fetched: Fetched) -> Reading:
        now = self._clock()
        outcome = FeedOutcome(
            feed_id=feed.id,
            lease=feed.lease,
            at=now,
            next_poll=self._next(feed, now, fetched.min_interval, failures=0),
            state=FeedState.OK,
            cursor=fetched.cursor,
            title=fetched.title,
        )
        if not fetched.items:
            return Reading(outcome=outcome)
        keys = keys_of(feed.id, fetched.items)
        known = await self._stories.known([key for one in keys for key in one.all])
        new: list[NewStory] = []
        edited: dict[int, EditedStory] = {}
        seen: list[str] = []
        learnt: list[tuple[str, int]] = []
        for n, (item, item_keys) in enumerate(zip(fetched.items, keys, strict=True)):
            if n % ITEMS_BETWEEN_BREATHS == 0:
                await asyncio.sleep(0)
            match = _match(feed, item, item_keys, known)
            if match is None:
                new.append(self._story(feed, item, item_keys))
                continue
            seen += [key for key in item_keys.all if key in known]
            learnt += [(key, match.story_id) for key in item_keys.all if key not in known]
            if match.feed_id == feed.id and match.content_hash != content_hash(item):
                edited[match.story_id] = EditedStory(story_id=match.story_id, new=self._story(feed, item, item_keys))
        return Reading(
            outcome=outcome,
            established=not feed.is_first_read,
            new=tuple(reversed(new)),  # documents begin with the newest, but it happened last: tell it last
            edited=tuple(edited.values()),
            seen=tuple(seen),
            learnt=tuple(learnt),
        )

    def _story(self, feed: Feed, item: Item, keys: Keys) -> NewStory:
        language = self._judge.detect(item, feed.spec.language)
        source = feed.spec.title or (urlsplit(feed.spec.url).hostname or feed.id)
        return NewStory(
            item=replace(item, published=item.published or item.updated),
            keys=keys.all,
            url=canonical_url(item.link) if item.link else None,
            source=source,
            language=language or Language.EN,
            content_hash=content_hash(item),
            verdict=self._judge.score(
                item, language=language, source=source, weight=feed.spec.weight, hints=feed.spec.topics
            ),
            announce=not feed.is_first_read,
        )

    async def _failed(self, feed: Feed, error: SourceError) -> FeedRead:
        now = self._clock()
        failures = feed.failures + 1
        hold = now + error.retry_after if isinstance(error, Unavailable) and error.retry_after else None
        LOG.warning("feed %s: %s", feed.id, error.detail)
        outcome = FeedOutcome(
            feed_id=feed.id,
            lease=feed.lease,
            at=now,
            next_poll=self._next(feed, now, error.retry_after, failures=failures),
            state=FeedState.GONE if isinstance(error, Gone) else FeedState.FAILING,
            failures=failures,
            problem=error.cause,
            problem_detail=error.detail,
            hold_until=hold,
        )
        await self._stories.commit(Reading(outcome=outcome))
        return FeedRead(feed=feed, problem=error.cause, detail=error.detail)

    def _next(self, feed: Feed, now: datetime, asked: timedelta | None, *, failures: int) -> datetime:
        interval = self._pace.every if self._pace.fixed else feed.spec.every or self._pace.every
        if self._pace.fixed and not failures:
            asked = None
        return next_poll(
            now=now,
            interval=interval,
            asked=asked,
            failures=failures,
            jitter=self._random(),
            fixed=self._pace.fixed,
        )


def _match(feed: Feed, item: Item, keys: Keys, known: Mapping[str, Known]) -> Known | None:
    """The known story this item is, if any."""
    url = canonical_url(item.link) if item.link else None
    for key in keys.all:
        found = known.get(key)
        if found is not None and is_same(item, url, feed.id, key, found):
            return found
    return None
