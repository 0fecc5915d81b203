"""Reading feeds that are due: what a look at one comes to, and what is written down of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from bot.domain.errors import Gone, Malformed, SourceError, StoreError
from bot.domain.feed import Feed, FeedOutcome, FeedState, Fetched, Move, moved_address, shown_address
from bot.domain.schedule import Rhythm, next_poll
from bot.domain.story import Item
from bot.log import logger
from bot.ports import Clock, Committed, Feeds, Grouping, HubNews, Reading, Source, Stories
from bot.services.feed_notices import FeedNotices
from bot.services.grouping import catch_up
from bot.services.intake import Intake
from bot.services.poll_report import FeedRead, PollReport, read_of
from bot.services.poll_round import Look, Round

# A feed that waits for its host longer than this share of its lease would lose the lease before it was read.
PATIENCE = 0.5
# Feeds are claimed ahead: one may wait for another's look before its own.
LOOKS_A_LEASE = 2
LOG = logger("poll")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a feed is read: `every` until its rhythm is known, unless the feed says otherwise; then by its rhythm,
    between `fastest` and `slowest` (`every` itself always lies between them). `fixed` when set by hand for a
    try-out."""

    every: timedelta
    fastest: timedelta = timedelta(minutes=5)
    slowest: timedelta = timedelta(hours=3)
    fixed: bool = False

    def interval(self, feed: Feed, rhythm: Rhythm, now: datetime, *, comes: bool = False) -> timedelta:
        """`comes`: its news are brought by its hub."""
        if self.fixed:
            return self.every
        if feed.spec.every is not None:
            return feed.spec.every
        fastest, slowest = min(self.fastest, self.every), max(self.slowest, self.every)
        if comes:
            return slowest
        return rhythm.interval(self.every, fastest=fastest, slowest=slowest, now=now)


def no_queue(url: str) -> float:
    """Where no host makes anybody wait."""
    return 0.0


class Poller:
    """Reads feeds that are due, several at once; one feed's trouble stays its own."""

    def __init__(
        self,
        *,
        feeds: Feeds,
        stories: Stories,
        sources: Callable[[str], Source],
        intake: Intake,
        grouping: Grouping,
        clock: Clock,
        random: Callable[[], float],
        pace: Pace,
        lease: timedelta,
        at_once: int,
        notices: FeedNotices | None = None,
        queue: Callable[[str], float] = no_queue,
        stored: Callable[[Committed], None] = lambda committed: None,
        holder: str = "",
        hubs: HubNews | None = None,
    ) -> None:
        """`queue`: seconds until an address would have its turn at its host. `stored` hears of every commit.
        `holder` signs the leases."""
        self._feeds = feeds
        self._stories = stories
        self._sources = sources
        self._intake = intake
        self._grouping = grouping
        self._storing = asyncio.Lock()  # the grouping is asked and told within one transaction after the other
        self._clock = clock
        self._random = random
        self._pace = pace
        self._lease = lease
        self._at_once = at_once
        self._notices = notices
        self._queue = queue
        self._stored = stored
        self._holder = holder
        self._hubs = hubs

    async def poll_due(
        self,
        *,
        only: Collection[str] | None = None,
        progress: Callable[[FeedRead], None] | None = None,
        report: PollReport | None = None,
    ) -> PollReport:
        """Reads every feed that is due (or exactly `only`) once; `progress` hears of each as it ends. `report` may be
        brought along by a caller that might lose patience: it holds what was read until then."""
        heard = report or PollReport()
        await self._intake.refresh()
        lease, began = f"{self._holder}/{uuid4().hex}", self._clock()
        if self._pace.fixed and only is None:  # an earlier run, or a poll beside this one, planned at the usual pace
            await self._feeds.bring_forward(began + self._pace.every)
        left = None if only is None else set(only)

        async def claim(limit: int) -> Sequence[Feed]:
            if left is not None and not left:
                return []
            until = self._clock() + self._lease * LOOKS_A_LEASE
            claimed = await self._feeds.claim(began, lease, until, limit, left)
            if left is not None:
                left.difference_update({feed.id for feed in claimed} if claimed else set(left))
            return claimed

        async def write(looks: Sequence[Look]) -> None:
            for look in await self._written(looks, heard):
                read = read_of(look)
                heard.add(read)
                if progress:
                    progress(read)

        look = self._look if only is None else self._look_at
        await Round(claim=claim, look=look, write=write, at_once=self._at_once).run()
        return heard

    async def _look(self, feed: Feed) -> Look | None:
        """Looks at the feed, or gives it back when its host is so crowded that it would only fill a place."""
        try:
            wait = timedelta(seconds=self._queue(feed.spec.url))
        except SourceError:  # an address that cannot be asked: the look says so
            wait = timedelta()
        if wait <= self._lease * PATIENCE:
            return await self._look_at(feed)
        await self._feeds.give_back(feed, self._clock() + wait)
        return None

    async def _look_at(self, feed: Feed) -> Look:
        """Fetch and judge. What goes wrong with this feed is part of the look; only trouble with the store leaves this
        function."""
        try:
            fetched = await self._sources(feed.spec.kind).fetch(feed)
            reading = await self._read(feed, fetched)
        except SourceError as error:
            return self._failed(feed, error)
        except StoreError:
            raise
        except Exception:
            LOG.exception("feed %s: could not be dealt with", feed.id)
            return self._failed(feed, _internal())
        entries = len(fetched.items or ()) + fetched.known
        return Look(feed=feed, reading=reading, entries=entries, not_modified=fetched.items is None, fetched=fetched)

    async def take(self, feed: Feed, items: Sequence[Item]) -> Committed:
        """Judges and commits what came for a leased feed without a look at it."""
        now = self._clock()
        await self._intake.refresh()
        reading = await self._intake.read(feed, items, FeedOutcome.without_look(feed, now, feed.rhythm))
        rhythm = feed.rhythm.after(now, len(reading.new))
        return await self._commit([replace(reading, outcome=FeedOutcome.without_look(feed, now, rhythm))])

    async def _written(self, looks: Sequence[Look], report: PollReport) -> list[Look]:
        """The looks as they were written down, in one transaction; each in its own when something is wrong with one."""
        try:
            report.count(await self._commit([look.reading for look in looks]))
        except StoreError:
            raise
        except Exception:
            if len(looks) > 1:
                return [one for look in looks for one in await self._written([look], report)]
            (look,) = looks
            if look.error is not None:
                raise
            LOG.exception("feed %s: could not be stored", look.feed.id)
            return await self._written([self._failed(look.feed, _internal())], report)
        for look in looks:
            await self._tell(look)
        return list(looks)

    async def _commit(self, readings: Sequence[Reading]) -> Committed:
        if not any(reading.new or reading.edited for reading in readings):
            return await self._stories.commit_all(readings, self._grouping)
        async with self._storing:
            await catch_up(self._grouping, self._stories, self._clock())
            committed = await self._stories.commit_all(readings, self._grouping)
        self._stored(committed)
        return committed

    async def _tell(self, look: Look) -> None:
        """The log and the operator's chat, of a look that is written down."""
        feed, outcome = look.feed, look.reading.outcome
        if look.error is not None:
            if self._notices is not None:
                await self._notices.failed(feed, look.error, outcome.failures)
            return
        if feed.state is FeedState.FAILING:
            LOG.info("feed %s reads well again", feed.id)
        if outcome.address is not None:
            LOG.info("feed %s moved for good to %s", feed.id, shown_address(outcome.address))
        if self._notices is not None:
            await self._notices.read_well(feed, outcome.rhythm or feed.rhythm)
        if self._hubs is not None and look.fetched is not None:
            await self._hubs.saw(feed, look.fetched, missed=bool(look.reading.new))

    async def _read(self, feed: Feed, fetched: Fetched) -> Reading:
        now = self._clock()
        if not fetched.items:
            return Reading(outcome=self._outcome(feed, fetched, now, feed.rhythm))
        outcome = self._outcome(feed, fetched, now, feed.rhythm)
        reading = await self._intake.read(feed, fetched.items, outcome, others=fetched.known, is_first=fetched.is_first)
        # What a feed held when it was first read says nothing of its pace.
        rhythm = feed.rhythm if not reading.established else feed.rhythm.after(now, len(reading.new))
        outcome = self._outcome(feed, fetched, now, rhythm, found=bool(reading.new))
        return replace(reading, outcome=outcome)

    def _outcome(
        self, feed: Feed, fetched: Fetched, now: datetime, rhythm: Rhythm, *, found: bool = False
    ) -> FeedOutcome:
        moved = Move.seen(feed.move, fetched.moved_to, now)
        is_for_good = moved is not None and moved.is_for_good(now)
        comes = self._hubs is not None and not found and self._hubs.brings(feed.id)
        return FeedOutcome(
            feed_id=feed.id,
            lease=feed.lease,
            at=now,
            next_poll=self._next(
                feed, rhythm, now, fetched.min_interval, failures=0, insists=fetched.retry_after, comes=comes
            ),
            state=FeedState.OK,
            cursor=None if fetched.cursor == feed.cursor else fetched.cursor,
            title=fetched.title,
            problem=_oddity(feed, fetched),
            hold_until=now + fetched.retry_after if fetched.retry_after else None,
            rhythm=rhythm,
            move=None if is_for_good else moved,
            address=moved_address(feed.spec.url, moved.to) if moved is not None and is_for_good else None,
        )

    def _failed(self, feed: Feed, error: SourceError) -> Look:
        now = self._clock()
        failures = feed.failures + 1
        LOG.warning("feed %s: %s", feed.id, error.detail)
        # Where a feed once moved to is no longer there: what the operator wrote may know where it is now.
        goes_home = feed.is_lost(now) or (feed.moved_from is not None and isinstance(error, Gone))
        if goes_home:
            LOG.info("feed %s: its new address is lost; back to %s", feed.id, shown_address(feed.moved_from or ""))
        outcome = FeedOutcome(
            feed_id=feed.id,
            lease=feed.lease,
            at=now,
            next_poll=self._next(feed, feed.rhythm, now, None, failures=failures, insists=error.retry_after),
            state=FeedState.GONE if isinstance(error, Gone) and not goes_home else FeedState.FAILING,
            cursor="" if goes_home else None,  # the validators belong to the other document
            failures=failures,
            problem=error.cause,
            problem_detail=error.detail,
            hold_until=now + error.retry_after if error.retry_after else None,
            move=feed.move,
            goes_home=goes_home,
        )
        return Look(feed=feed, reading=Reading(outcome=outcome), error=error)

    def _next(
        self,
        feed: Feed,
        rhythm: Rhythm,
        now: datetime,
        asked: timedelta | None,
        *,
        failures: int,
        insists: timedelta | None = None,
        comes: bool = False,
    ) -> datetime:
        """`asked`: a wish, which a pace set by hand overrides; `insists`: a Retry-After, which nothing does."""
        if self._pace.fixed:
            asked = None
        if insists is not None:
            asked = max(asked or timedelta(), insists)
        return next_poll(
            now=now,
            interval=self._pace.interval(feed, rhythm, now, comes=comes),
            asked=asked,
            failures=failures,
            jitter=self._random(),
            fixed=self._pace.fixed,
        )


def _internal() -> SourceError:
    return Malformed("internal", "Kabar could not deal with it; please report this")


def _oddity(feed: Feed, fetched: Fetched) -> str | None:
    """What is odd about a feed that reads well; as long as nothing changes, that is so too."""
    if fetched.items is None and feed.state is FeedState.OK:
        return feed.problem
    return fetched.notice
