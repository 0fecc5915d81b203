"""Values and stand-ins for tests: each builder needs only what the test is about, the rest is an ordinary day."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings

from bot.domain.channel import Channel, User
from bot.domain.coverage import Coverage
from bot.domain.delivery import Turn
from bot.domain.event import Event, EventKind
from bot.domain.feed import Feed, FeedOutcome, FeedSpec, FeedState, Fetched
from bot.domain.identity import canonical_url, content_hash, keys_of
from bot.domain.message import Message
from bot.domain.request import Request
from bot.domain.story import Item, Language, Story, Topic
from bot.domain.subscription import Chat, Mode, Preferences
from bot.domain.verdict import Level, Reason, TopicScore, Verdict
from bot.ports import (
    Beat,
    Committed,
    Conversation,
    Grouping,
    Identity,
    NewStory,
    Placement,
    Reading,
    Routes,
    Told,
)
from bot.store.store import Store

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)  # a Saturday, 16:30 in Jakarta
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THRESHOLDS = {Level.LOW: 3.0, Level.NORMAL: 5.0, Level.HIGH: 8.0}
EMPTY: list[bytes] = []
FILLED: dict[str, sqlite3.Connection] = {}
patient = settings(deadline=None)  # a busy machine is no failure


class Timepiece:
    """A clock that stands still until somebody moves it; sleeping moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def tick(self, step: timedelta) -> datetime:
        self.now += step
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.tick(timedelta(seconds=seconds))
        await asyncio.sleep(0)


# --- values ------------------------------------------------------------------------------------------------------


def an_item(title: str = "Acme opens its new model to everyone", **values: object) -> Item:
    return Item(**({"title": title, "summary": "It can do a lot."} | values))  # type: ignore[arg-type]


def a_story(story_id: int = 1, **values: object) -> Story:
    usual: dict[str, object] = {
        "feed_id": "wire",
        "source": "The Wire",
        "title": "Acme opens its new model to everyone",
        "url": f"https://wire.example/{story_id}",
        "summary": "It can do a lot.",
        "content": "",
        "language": Language.EN,
        "published": NOW - HOUR,
        "first_seen": NOW,
    }
    return Story(id=story_id, **(usual | values))  # type: ignore[arg-type]


def a_spec(feed_id: str = "wire", **values: object) -> FeedSpec:
    usual: dict[str, object] = {"url": f"https://{feed_id}.example/feed.xml", "title": feed_id.title()}
    return FeedSpec(id=feed_id, **(usual | values))  # type: ignore[arg-type]


def a_feed(feed_id: str = "wire", **values: object) -> Feed:
    return Feed(spec=a_spec(feed_id), **values)  # type: ignore[arg-type]


def a_reason(rule: str = "ai.model", points: float = 6.0, field: str = "title", text: str = "new model") -> Reason:
    return Reason(
        rule=rule, points=points, field=field, text=text, why={"en": "a new model", "id": "model kecerdasan baru"}
    )


def a_score(topic: Topic = Topic.AI, score: float = 6.0, reasons: Sequence[Reason] | None = None) -> TopicScore:
    if reasons is None:
        reasons = (a_reason(points=score),) if score else ()
    return TopicScore(topic=topic, score=score, thresholds=THRESHOLDS, reasons=tuple(reasons))


def a_verdict(scores: Mapping[Topic, float] | None = None) -> Verdict:
    given = {Topic.AI: 6.0} if scores is None else scores
    return Verdict(topics={topic: a_score(topic, given.get(topic, 0.0)) for topic in Topic})


def an_event(company: str | None = "Acme", headcount: int | None = None, **values: object) -> Event:
    usual: dict[str, object] = {"percent": None, "tech": True, "kind": EventKind.LAYOFF, "ai_cause": None}
    return Event(company=company, headcount=headcount, **(usual | values))  # type: ignore[arg-type]


def a_coverage(coverage_id: int = 1, **values: object) -> Coverage:
    lead = values.pop("lead", None) or a_story(coverage_id)
    return Coverage(id=coverage_id, lead=lead, **({"outlets": 1} | values))  # type: ignore[arg-type]


def a_request(text: str, *, key: str = "", **values: object) -> Request:
    usual: dict[str, object] = {
        "channel": Channel(platform="terminal", address="you"),
        "user": User(id="7", name="Ani"),
    }
    return Request(text=text, key=key, **(usual | values))  # type: ignore[arg-type]


# --- a store with things in it -----------------------------------------------------------------------------------


@asynccontextmanager
async def a_store(directory: Path) -> AsyncIterator[Store]:
    """A database with the schema and nothing in it; the schema is made once and copied."""
    path = directory / "kabar.db"
    if EMPTY:
        path.write_bytes(EMPTY[0])
    store = await Store.open(f"sqlite:///{path}", upgrade=True)
    if not EMPTY:
        await store.close()
        EMPTY.append(path.read_bytes())
        store = await Store.open(f"sqlite:///{path}", upgrade=True)
    try:
        yield store
    finally:
        await store.close()


async def filled(file: Path, name: str, fill: Callable[[], Awaitable[object]]) -> None:
    """What `fill` puts into the empty database in that file; it is made once and copied."""
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT (SELECT count(*) FROM chats) + (SELECT count(*) FROM feeds)").fetchone() == (0,)
        if name in FILLED:
            FILLED[name].backup(database)
            return
        await fill()
        FILLED[name] = sqlite3.connect(":memory:")
        database.backup(FILLED[name])


async def put(
    store: Store,
    *items: Item,
    feed_id: str = "wire",
    scores: Mapping[Topic, float] | None = None,
    at: datetime = NOW,
    announce: bool = True,
    grouping: Grouping | None = None,
    **judged: object,
) -> Committed:
    """Stores the items as new stories of a feed, with a hand-made verdict; their ids are in the order given. `judged`
    are further values of NewStory; without a grouping of its own, stories that share a #tag are one event."""
    if await store.feeds.find(feed_id) is None:
        await store.feeds.add(a_spec(feed_id), at)
    new = tuple(
        NewStory(
            item=item,
            keys=keys.all,
            url=canonical_url(item.link) if item.link else None,
            source=feed_id.title(),
            language=Language.EN,
            content_hash=content_hash(item),
            verdict=a_verdict(scores),
            announce=announce,
            **judged,  # type: ignore[arg-type]
        )
        for item, keys in zip(items, keys_of(feed_id, items), strict=True)
    )
    outcome = FeedOutcome(feed_id=feed_id, lease=None, at=at, next_poll=at + HOUR, state=FeedState.OK)
    return await store.stories.commit(Reading(outcome=outcome, new=new), grouping or TagGrouping())


class TagGrouping:
    """Stories whose titles carry the same #tag tell one event; of two tags the story joins both."""

    def __init__(self) -> None:
        self._newest = 0
        self._events: dict[str, int] = {}

    @property
    def newest(self) -> int:
        return self._newest

    def restore(self, told: Sequence[Told]) -> None:
        for one in told:
            self._newest = max(self._newest, one.story_id)
            for tag in _tags(one.title):
                self._events[tag] = one.coverage_id or one.story_id

    def place(self, told: Told) -> Placement:
        self._newest = max(self._newest, told.story_id)
        known = sorted({self._events[tag] for tag in _tags(told.title) if tag in self._events})
        event = known[0] if known else None
        for tag, named in list(self._events.items()):
            if named in known:
                self._events[tag] = known[0]
        for tag in _tags(told.title):
            self._events[tag] = event or told.story_id
        return Placement(coverage_id=event, joined=tuple(known[1:]), why="the same tag")

    def reset(self) -> None:
        self._newest = 0
        self._events.clear()


def _tags(title: str) -> list[str]:
    return [word for word in title.split() if word.startswith("#")]


def some_items(count: int, *, prefix: str = "n") -> list[Item]:
    """Stories that have nothing in common, the first one newest."""
    return [
        an_item(
            f"Headline {prefix}{n} about robots",
            id=f"{prefix}{n}",
            link=f"https://wire.example/{prefix}/{n}",
            published=NOW - n * MINUTE,
        )
        for n in range(1, count + 1)
    ]


async def subscribe(
    store: Store,
    address: str = "1",
    *,
    platform: str = "chat",
    topics: Iterable[Topic] = (Topic.AI,),
    mode: Mode = Mode.ALERT,
    level: Level = Level.NORMAL,
) -> Chat:
    chat = await store.chats.meet(Channel(platform=platform, address=address))
    chat = replace(chat, preferences=Preferences(topics=frozenset(topics), mode=mode, level=level), since=NOW)
    await store.chats.save(chat)
    return chat


# --- stand-ins for the outside -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message that arrived in a chat."""

    channel: Channel
    message: Message
    key: str


@dataclass(slots=True)
class ScriptedPlatform:
    """A chat platform that does what it is told: `script` holds, by address, what each next send comes to: an error to
    raise, or an error after the message did arrive (`arrived`). `admins` are user ids; `channels` can be found."""

    name: str = "chat"
    script: dict[str, list[Exception | Callable[[], Awaitable[None]]]] = field(default_factory=dict)
    arrived: set[str] = field(default_factory=set)
    knows: bool = True
    gap: timedelta = timedelta(0)
    limit: Turn | None = None
    admins: set[str] = field(default_factory=set)
    channels: dict[str, Channel] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    edited: list[Said] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)
    flying: dict[str, int] = field(default_factory=dict)
    most_flying: int = 0

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        self.tries.append(channel.address)
        self.flying[channel.address] = self.flying.get(channel.address, 0) + 1
        self.most_flying = max(self.most_flying, self.flying[channel.address])
        try:
            await asyncio.sleep(0)
            waiting = self.script.get(channel.address)
            step = waiting.pop(0) if waiting else None
            if isinstance(step, BaseException):
                if channel.address in self.arrived:
                    self.said.append(Said(channel=channel, message=message, key=key))
                raise step
            if step is not None:
                await step()
            self.said.append(Said(channel=channel, message=message, key=key))
            return (f"m{len(self.said)}",)
        finally:
            self.flying[channel.address] -= 1

    async def edit(self, channel: Channel, message_ids: Sequence[str], message: Message) -> tuple[str, ...]:
        waiting = self.script.get(f"edit {channel.address}")
        step = waiting.pop(0) if waiting else None
        if isinstance(step, BaseException):
            raise step
        self.edited.append(Said(channel=channel, message=message, key=" ".join(message_ids)))
        return tuple(message_ids)

    def routes(self) -> Routes:
        return {}

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        if not self.knows:
            return None
        return tuple(f"m{n}" for n, one in enumerate(self.said, start=1) if (one.channel, one.key) == (channel, key))

    def heard(self, address: str = "1") -> list[str]:
        """The titles (first lines with a link, or all the words) a chat has been told."""
        return [one.message.text for one in self.said if one.channel.address == address]

    def pause(self, channel: Channel) -> timedelta:
        return self.gap

    def turn(self, channel: Channel) -> Turn | None:
        return self.limit

    async def is_admin(self, channel: Channel, user: User) -> bool:
        return user.id in self.admins

    async def find_channel(self, name: str) -> Channel | None:
        return self.channels.get(name)

    async def check(self) -> Identity:
        return Identity(name="scripted")

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """Nothing comes in by itself."""

    async def stop(self) -> None:
        """Nothing is open."""


class ScriptedSource:
    """Feeds that answer what they are told: items, nothing new (None), or trouble; the last answer stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Sequence[Item] | Exception | None]] = {}
        self.fetched: list[str] = []

    def says(self, feed_id: str, *answers: Sequence[Item] | Exception | None) -> None:
        self.answers[feed_id] = list(answers)

    async def fetch(self, feed: Feed) -> Fetched:
        self.fetched.append(feed.id)
        answers = self.answers[feed.id]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        await asyncio.sleep(0)
        if isinstance(answer, BaseException):
            raise answer
        return Fetched(items=None if answer is None else tuple(answer), cursor=f"seen {len(self.fetched)}")


class WordJudge:
    """Every `robot` in the title is six points for AI, every `layoff` six for tech layoffs."""

    def detect(self, item: Item, prior: Language | None) -> Language:
        return prior or Language.EN

    def score(self, item: Item, *, language: Language, source: str, weight: float, hints: Collection[Topic]) -> Verdict:
        low = item.title.lower()
        return a_verdict({Topic.AI: 6.0 * low.count("robot"), Topic.TECH_LAYOFFS: 6.0 * low.count("layoff")})

    def event(self, item: Item, language: Language, verdict: Verdict) -> Event | None:
        """`layoff` in the title: its first word is the company, its first number the people."""
        words = item.title.split()
        if "layoff" not in item.title.lower():
            return None
        numbers = [int(word) for word in words if word.isdigit()]
        return an_event(words[0], numbers[0] if numbers else None)

    def employer(self, company: str | None) -> str | None:
        return company.casefold() if company else None

    def figures(self, item: Item) -> frozenset[int]:
        return frozenset(int(word) for word in item.title.split() if word.isdigit())

    def index(self, item: Item, language: Language) -> str:
        return " ".join(f"{item.title} {item.summary}".lower().split())


class NobodyWatches:
    async def refresh(self) -> None: ...

    def of(self, item: Item, employer: str | None, language: Language) -> tuple[int, ...]:
        return ()
