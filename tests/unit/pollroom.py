"""A real store, a clock, scripted feeds and a poller over them."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.feed import Feed, Fetched
from bot.domain.story import Item, Story, Topic
from bot.domain.verdict import Level
from bot.ports import Judge
from bot.services.feed_notices import FeedNotices
from bot.services.intake import Intake
from bot.services.poll import Pace, Poller, no_queue
from bot.store.store import Store
from tests.builders import (
    MINUTE,
    NobodyWatches,
    ScriptedSource,
    TagGrouping,
    Timepiece,
    WordJudge,
    a_spec,
)

EVERY = 15 * MINUTE


class Wire(ScriptedSource):
    """A scripted source that can also be told exactly what a look brings, and remembers where it looked."""

    def __init__(self) -> None:
        super().__init__()
        self.brings: dict[str, Fetched] = {}
        self.asked: list[str] = []

    async def fetch(self, feed: Feed) -> Fetched:
        self.asked.append(feed.spec.url)
        if feed.id in self.brings:
            self.fetched.append(feed.id)
            return self.brings[feed.id]
        return await super().fetch(feed)


class Room:
    """`queue`: seconds that an address waits for its host."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Timepiece()
        self.source = Wire()
        self.grouping = TagGrouping()
        self.notices: FeedNotices | None = None
        self.queue = no_queue

    def poller(
        self, *, every: timedelta = EVERY, fixed: bool = False, at_once: int = 4, judge: Judge | None = None
    ) -> Poller:
        return Poller(
            feeds=self.store.feeds,
            stories=self.store.stories,
            sources=lambda kind: self.source,
            intake=Intake(stories=self.store.stories, judge=judge or WordJudge(), watching=NobodyWatches()),
            grouping=self.grouping,
            clock=self.clock,
            random=lambda: 0.0,
            pace=Pace(every=every, fixed=fixed),
            lease=MINUTE,
            at_once=at_once,
            notices=self.notices,
            queue=self.queue,
        )

    async def feeds(self, *names: str) -> None:
        await self.store.feeds.synchronise([a_spec(name) for name in names], self.clock())
        for name in names:
            self.source.says(name, [])

    async def look(self, **items: list[Item] | Exception | None) -> tuple[int, int, int]:
        """One round, a quarter of an hour after the last: entries, new stories, alerts."""
        for name, answer in items.items():
            self.source.says(name, answer)
        report = await self.poller().poll_due()
        self.clock.tick(EVERY)
        return report.entries, report.new_stories, report.alerts

    async def feed(self, name: str = "wire") -> Feed:
        found = await self.store.feeds.find(name)
        assert found is not None
        return found

    async def stories(self) -> list[Story]:
        found = await self.store.stories.latest(list(Topic), level=Level.LOW, limit=500)
        return [coverage.lead for coverage in found]
