"""The half of the program that reads: rules, fetching, parsing, polling, hubs, and who hears what came of it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from bot import __version__
from bot.app.hubs import subscriber
from bot.app.world import World
from bot.ports import Committed, Grouping, Judge, Meter, Platform, Source, Unwatched
from bot.services.feed_notices import FeedNotices
from bot.services.holder import Holder
from bot.services.intake import Intake
from bot.services.operator import Operator
from bot.services.poll import Pace, Poller
from bot.services.rounds import Rounds
from bot.services.watching import WatchList
from bot.store.store import Store
from bot.texts import Texts

if TYPE_CHECKING:
    from bot.editorial.score import Rulebook
    from bot.services.hubs import Subscriber
    from bot.settings import Settings
    from bot.sources.http import Fetcher
    from bot.sources.pool import ParserPool
    from bot.web.metrics import Metrics

PARSE_AND_COMMIT = timedelta(seconds=15)


class Newsroom:
    """Settings, store and what reads feeds, each part made when it is first needed. `platforms` are the chat platforms
    that deliveries may go to; `hurried` is called when something is to be delivered."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        world: World | None = None,
        poll_every: timedelta | None = None,
        at_once: int | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.world = world or World()
        self.platforms: dict[str, Platform] = {}
        self.poll_every = poll_every
        self._at_once = at_once or settings.polling.at_once
        self.hurried: Callable[[], None] = lambda: None
        self._closing: list[Callable[[], Awaitable[None]]] = []

    @property
    def texts(self) -> Texts:
        """For what the command line says."""
        return Texts(self.settings.chat.language)

    @cached_property
    def holder(self) -> Holder:
        return Holder()

    @cached_property
    def rulebook(self) -> Rulebook:
        from bot.editorial.rules.loader import load

        return load(self.settings.rule_files)

    @cached_property
    def judge(self) -> Judge:
        from bot.editorial.judge import EditorialJudge

        return EditorialJudge(lambda: self.rulebook)

    @cached_property
    def grouping(self) -> Grouping:
        from bot.services.grouping import EventWindow

        return EventWindow(self.rulebook)

    @cached_property
    def fetcher(self) -> Fetcher:
        from bot.sources.http import Fetcher, Limits

        contact = f"+{self.settings.polling.contact}" if self.settings.polling.contact else "self-hosted news bot"
        fetcher = Fetcher(
            user_agent=f"Kabar/{__version__} ({contact})",
            allow_private=self.settings.allow_private,
            clock=self.world.clock,
            limits=Limits(deadline=self.settings.polling.deadline.total_seconds()),
        )
        self._closing.append(fetcher.close)
        return fetcher

    @cached_property
    def parsers(self) -> ParserPool:
        from bot.sources.pool import ParserPool

        pool = ParserPool()
        self._closing.append(pool.close)
        return pool

    def source(self, kind: str) -> Source:
        from bot.sources.registry import connect

        if kind not in self._sources:
            self._sources[kind] = connect(kind, self.fetcher, self.parsers, self.world.clock)
        return self._sources[kind]

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return {}

    @property
    def look_lease(self) -> timedelta:
        """How long one process has a feed to itself."""
        return self.settings.polling.deadline + PARSE_AND_COMMIT

    @cached_property
    def poller(self) -> Poller:
        every = self.poll_every or self.settings.polling.every
        return Poller(
            feeds=self.store.feeds,
            stories=self.store.stories,
            sources=self.source,
            intake=Intake(
                stories=self.store.stories,
                judge=self.judge,
                watching=WatchList(self.store.chats, lambda: self.rulebook.companies),
            ),
            grouping=self.grouping,
            clock=self.world.clock,
            random=self.world.random,
            pace=Pace(
                every=every,
                fastest=self.settings.polling.fastest,
                slowest=self.settings.polling.slowest,
                fixed=self.poll_every is not None,
            ),
            lease=self.look_lease,
            at_once=self._at_once,
            notices=FeedNotices(
                operator=self.operator, clock=self.world.clock, texts=self.texts, zone=self.settings.chat.zone
            ),
            queue=self.fetcher.queue,
            stored=self.stored,
            holder=self.holder.name,
            hubs=self.subscriber,
        )

    @cached_property
    def rounds(self) -> Rounds:
        return Rounds(
            poller=self.poller, feeds=self.store.feeds, clock=self.world.clock, usual=self.settings.polling.every
        )

    @cached_property
    def subscriber(self) -> Subscriber | None:
        return subscriber(self.settings.public_url, self.store.hubs, self.fetcher, self.world)

    @cached_property
    def operator(self) -> Operator:
        return Operator(
            chats=self.store.chats,
            outbox=self.store.outbox,
            notices=self.store.notices,
            clock=self.world.clock,
            channel=self.settings.access.operator,
        )

    @cached_property
    def metrics(self) -> Metrics | None:
        """None where nothing listens, so that nobody could ask."""
        if not self.settings.needs_http:
            return None
        from bot.web.metrics import Metrics

        return Metrics(
            self.store.bookkeeping,
            self.world.clock,
            version=__version__,
            schema=self.store.schema_version,
            database=self.store.kind,
            platforms=self.settings.platforms,
        )

    @property
    def meter(self) -> Meter:
        return self.metrics or Unwatched()

    def stored(self, committed: Committed) -> None:
        """What looks at feeds brought is counted, and goes out at once."""
        self.meter.stored(new_stories=committed.new_stories, alerts=committed.alerts)
        if committed.alerts:
            self.hurried()

    async def synchronise(self) -> None:
        """The feeds of config/feeds.toml become the store's."""
        await self.store.feeds.synchronise(self.settings.feeds, self.world.clock())

    async def warm_up(self) -> None:
        """What questions would have to wait for otherwise: the rules are read beside the loop, and the collector of
        garbage need not look again at what was made so far, which would stop everything for 70 ms now and then."""
        await asyncio.to_thread(lambda: self.rulebook)
        gc.collect()
        gc.freeze()
