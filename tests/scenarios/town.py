"""A small town for scenarios: feeds that say what they are told to, a post office that keeps receipts, a clock that is
set by hand, and the real services and store in between. Any step of it can be the last one before a crash."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bot.domain.channel import Channel, User
from bot.domain.delivery import Turn
from bot.domain.errors import DeliveryError
from bot.domain.feed import Feed, FeedSpec, Fetched
from bot.domain.message import Message
from bot.domain.story import Item, Language, Topic
from bot.domain.subscription import Chat, Mode, Preferences
from bot.editorial.judge import EditorialJudge
from bot.editorial.rules.loader import load as load_rules
from bot.editorial.score import Rulebook
from bot.ports import Beat, Conversation, Identity, Routes
from bot.services.compose import Composer
from bot.services.deliver import Deliverer
from bot.services.digests import Digests
from bot.services.grouping import EventWindow
from bot.services.holds import Holds
from bot.services.intake import Intake
from bot.services.poll import Pace, Poller
from bot.services.watching import WatchList
from bot.store.store import Store

RULES = Path(__file__).resolve().parents[2] / "config" / "rules"
POST = "post"


@cache
def rulebook() -> Rulebook:
    return load_rules({path.name: path.read_text("utf-8") for path in sorted(RULES.glob("*.toml"))})


class Clock:
    """Shows what it is set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class Crash(BaseException):
    """The process is dead: nothing catches it, and nothing that is called afterwards does anything."""


# Dying before one of these, after it, or after the last change is all the same to the world.
READS = frozenset(
    {"get", "many", "verdict", "known", "ranked", "counts", "digest_chats", "next_due", "depth", "fetch"}
    | {"coverage", "coverages", "levels", "changes", "placed", "interests", "watches", "held"}
)


class Steps:
    """Counts what changes the world, store and post alike; after the chosen one the process dies."""

    def __init__(self, last: int | None = None) -> None:
        self.count = 0
        self._last = last

    @property
    def is_dead(self) -> bool:
        return self._last is not None and self.count >= self._last

    def check(self) -> None:
        if self.is_dead:
            raise Crash

    def watch(self, what: Any) -> Any:
        return _Watched(what, self)


class _Watched:
    def __init__(self, what: Any, steps: Steps) -> None:
        self._what, self._steps = what, steps

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._what, name)
        if not asyncio.iscoroutinefunction(value):
            return value

        async def call(*args: Any, **kwargs: Any) -> Any:
            self._steps.check()
            result = await value(*args, **kwargs)
            self._steps.count += name not in READS
            self._steps.check()
            return result

        return call


class Press:
    """A source whose documents are set by hand: feed id → items, or an error to raise."""

    def __init__(self) -> None:
        self.documents: dict[str, Sequence[Item] | Exception] = {}
        self.reads: Counter[str] = Counter()

    async def fetch(self, feed: Feed) -> Fetched:
        self.reads[feed.id] += 1
        document = self.documents.get(feed.id, ())
        if isinstance(document, Exception):
            raise document
        return Fetched(items=tuple(document), cursor="read")


@dataclass(frozen=True, slots=True)
class Receipt:
    channel: Channel
    text: str
    key: str
    stories: tuple[int, ...]


class PostOffice:
    """A platform that delivers at once and keeps receipts; `trouble` may make a letter fail."""

    name = POST

    def __init__(self, trouble: Callable[[Channel, Message], DeliveryError | None] | None = None) -> None:
        self.receipts: list[Receipt] = []
        self.edits: list[Receipt] = []
        self._trouble = trouble

    def texts(self, address: str) -> list[str]:
        return [receipt.text for receipt in self.receipts if receipt.channel.address == address]

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        if self._trouble and (error := self._trouble(channel, message)):
            raise error
        self.receipts.append(Receipt(channel, message.text, key, message.stories))
        return (str(len(self.receipts)),)

    async def edit(self, channel: Channel, message_ids: Sequence[str], message: Message) -> tuple[str, ...]:
        self.edits.append(Receipt(channel, message.text, " ".join(message_ids), message.stories))
        return tuple(message_ids)

    def routes(self) -> Routes:
        return {}

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        return None

    def pause(self, channel: Channel) -> timedelta:
        return timedelta(0)

    def turn(self, channel: Channel) -> Turn | None:
        return None

    async def check(self) -> Identity:
        return Identity(name="post")

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to disconnect."""

    async def is_admin(self, channel: Channel, user: User) -> bool:
        return True

    async def find_channel(self, name: str) -> Channel | None:
        return None


@dataclass
class Town:
    """The services of one process life over a store that outlives it."""

    store: Store
    clock: Clock
    press: Press
    post: PostOffice
    steps: Steps
    poller: Poller
    deliverer: Deliverer
    digests: Digests
    holds: Holds

    async def poll_and_deliver(self) -> None:
        await self.poller.poll_due()
        await self.digests.plan_due()
        await self.holds.release_due()
        await self.deliverer.drain()


@asynccontextmanager
async def town(
    path: Path, clock: Clock, press: Press, post: PostOffice, *, last_step: int | None = None, url: str | None = None
) -> Any:
    """One life of the process; leaving it is the end of that life, not of the database."""
    store = await Store.open(url or f"sqlite:///{path}/town.db", upgrade=True)
    steps = Steps(last_step)
    feeds, stories, chats, outbox = (steps.watch(p) for p in (store.feeds, store.stories, store.chats, store.outbox))
    composer = Composer(stories=stories, chats=chats, clock=clock, language="en", zone="Asia/Jakarta")
    try:
        yield Town(
            store=store,
            clock=clock,
            press=press,
            post=post,
            steps=steps,
            poller=Poller(
                feeds=feeds,
                stories=stories,
                sources=lambda kind: steps.watch(press),
                intake=Intake(
                    stories=stories,
                    judge=EditorialJudge(rulebook),
                    watching=WatchList(chats, lambda: rulebook().companies),
                ),
                grouping=EventWindow(rulebook()),
                clock=clock,
                random=lambda: 0.0,
                pace=Pace(every=timedelta(minutes=15)),
                lease=timedelta(seconds=45),
                at_once=4,
            ),
            deliverer=Deliverer(
                outbox=outbox,
                composer=composer,
                platforms={POST: steps.watch(post)},
                clock=clock,
                sleep=clock.sleep,
            ),
            holds=Holds(outbox=outbox, composer=composer, clock=clock),
            digests=Digests(chats=chats, stories=stories, outbox=outbox, clock=clock, zone="Asia/Jakarta"),
        )
    finally:
        await store.close()


async def settle_in(store: Store, clock: Clock, *feed_ids: str, **chats: Preferences) -> dict[str, Chat]:
    """Feeds that were read before (so that what they bring next is news) and subscribed chats by address."""
    specs = [FeedSpec(id=i, url=f"https://{i}.example/feed", title=i.title(), language=Language.EN) for i in feed_ids]
    await store.feeds.synchronise(specs, clock())
    saved = {}
    for address, preferences in chats.items():
        chat = await store.chats.meet(Channel(platform=POST, address=address))
        saved[address] = replace(chat, preferences=preferences, since=clock())
        await store.chats.save(saved[address])
    return saved


def wants(*topics: Topic, mode: Mode = Mode.ALERT, **more: Any) -> Preferences:
    return Preferences(topics=frozenset(topics or Topic), mode=mode, **more)


def news(n: int, *, link: str | None = None, title: str | None = None, published: datetime | None = None) -> Item:
    """A story that the shipped rules take for AI news."""
    return Item(
        id=f"guid-{n}",
        title=title or f"Artificial intelligence model number {n} released by a laboratory",
        link=link or f"https://paper.example/stories/{n}",
        published=published,
        summary="The company says its new large language model answers faster.",
    )


def dying() -> suppress:
    """Where a crash ends."""
    return suppress(Crash)
