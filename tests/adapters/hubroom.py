"""A publisher, its hub, and a reader with the real store, poller, fetcher and listener between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.domain.hub import HubSubscription
from bot.services.health import Health, Part
from bot.services.hubs import Subscriber
from bot.services.intake import Intake
from bot.services.poll import Pace, Poller
from bot.services.pushes import Pushes
from bot.sources import registry
from bot.sources.document import Document
from bot.sources.formats import read_document
from bot.sources.http import Fetcher, Limits
from bot.sources.hub_callback import HubCallback
from bot.sources.websub import HubClient, PushReader
from bot.store.store import Store
from bot.web import Listener
from tests.adapters.fake_hub import FakeHub
from tests.adapters.feedserver import FeedServer
from tests.builders import MINUTE, NobodyWatches, TagGrouping, Timepiece, WordJudge, a_spec

PUBLIC = "https://kabar.example/base"
LEASE = MINUTE


class Inline:
    """Reads in this process, and can be kept waiting."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.before: Callable[[], Awaitable[None]] | None = None

    async def read(self, body: bytes, content_type: str | None, base_url: str | None, now: datetime) -> Document:
        if self.before is not None:
            await self.before()
        self.bodies.append(body)
        return read_document(body, content_type, base_url, now)


@dataclass
class Replica:
    """One process: its own store object, caches and listener."""

    store: Store
    subscriber: Subscriber
    poller: Poller
    pushes: Pushes
    pool: Inline
    listener: Listener


@dataclass
class HubRoom:
    path: Path
    web: FeedServer
    hub: FakeHub
    clock: Timepiece = field(default_factory=Timepiece)
    replicas: list[Replica] = field(default_factory=list)
    allowed: tuple[str, ...] = ("127.0.0.1",)

    @property
    def first(self) -> Replica:
        return self.replicas[0]

    async def start(self, public_url: str = PUBLIC) -> Replica:
        """One more process on the same database."""
        store = await Store.open(f"sqlite:///{self.path}/kabar.db", upgrade=True)
        fetcher = Fetcher(
            user_agent="Kabar/1 (+x)", clock=self.clock, allow_private=self.allowed, limits=Limits(deadline=5)
        )
        pool = Inline()
        subscriber = Subscriber(
            hubs=store.hubs, asks=HubClient(fetcher), public_url=public_url, clock=self.clock, random=lambda: 0.0
        )
        poller = Poller(
            feeds=store.feeds,
            stories=store.stories,
            sources=lambda kind: registry.connect(kind, fetcher, pool, self.clock),
            intake=Intake(stories=store.stories, judge=WordJudge(), watching=NobodyWatches()),
            grouping=TagGrouping(),
            clock=self.clock,
            random=lambda: 0.0,
            pace=Pace(every=15 * MINUTE),
            lease=LEASE,
            at_once=4,
            hubs=subscriber,
        )
        pushes = Pushes(
            hubs=store.hubs,
            reads=PushReader(pool, self.clock),
            poller=poller,
            clock=self.clock,
            sleep=self.clock.sleep,
            lease=LEASE,
        )

        async def ready() -> str:
            return ""

        listener = Listener("127.0.0.1:0", ready)
        callback = HubCallback(store.hubs, subscriber, pushes)
        listener.serve(lambda: [callback.routes()])
        await listener.start()
        replica = Replica(store, subscriber, poller, pushes, pool, listener)
        self.replicas.append(replica)
        self._closing.append(fetcher.close)
        return replica

    _closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def end(self, replica: Replica) -> None:
        self.replicas.remove(replica)
        await replica.listener.stop()
        await replica.store.close()

    async def close(self) -> None:
        for replica in list(self.replicas):
            await self.end(replica)
        for close in self._closing:
            await close()

    def document(self, *titles: str, hub: str | None = "", self_link: str = "") -> bytes:
        """Newest first; names this room's hub unless told otherwise."""
        named = self.hub.url if hub == "" else hub
        links = f"<atom:link rel='hub' href='{named}'/>" if named else ""
        links += f"<atom:link rel='self' href='{self_link}'/>" if self_link else ""
        items = "".join(
            f"<item><title>{title}</title><link>https://wire.example/{title.replace(' ', '-')}</link></item>"
            for title in titles
        )
        head = "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>t</title>"
        return f"{head}{links}{items}</channel></rss>".encode()

    async def feed(self, **values: object) -> str:
        """A feed that was read once; its address."""
        url = self.web.publish("/feed", self.document("robot zero"))
        await self.first.store.feeds.add(a_spec(url=url, **values), self.clock())
        await self.first.poller.poll_due()
        return url

    async def subscribed(self) -> HubSubscription:
        """A feed whose hub agreed."""
        await self.feed()
        await self.first.subscriber.tick()
        return await self.the_one()

    async def the_one(self) -> HubSubscription:
        (one,) = await self.first.store.hubs.all()
        return one

    async def health(self) -> Part:
        store = self.first.store
        health = Health(
            feeds=store.feeds,
            outbox=store.outbox,
            beats=store.beats,
            housekeeping=store.housekeeping,
            clock=self.clock,
            platforms=(),
            hubs=store.hubs,
        )
        return next(part for part in await health.parts() if part.name == "hubs")


@asynccontextmanager
async def hub_room(path: Path) -> AsyncIterator[HubRoom]:
    rooms: list[HubRoom] = []

    def reach(callback: str) -> str:
        """Whichever process answers first: here the last one."""
        assert callback.startswith(PUBLIC)
        return callback.replace(PUBLIC, f"http://127.0.0.1:{rooms[0].replicas[-1].listener.port}")

    async with FeedServer() as web, FakeHub(reach=reach) as hub:
        room = HubRoom(path, web, hub)
        rooms.append(room)
        await room.start()
        try:
            yield room
        finally:
            await room.close()
