"""Values for the tests of the store: one story, one reading, one subscribed chat, with only what matters named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled
from bot.domain.event import Event, EventKind
from bot.domain.feed import FeedOutcome, FeedSpec, FeedState
from bot.domain.identity import content_hash, keys_of
from bot.domain.story import Item, Language, Topic
from bot.domain.subscription import Chat, Mode, Preferences
from bot.domain.verdict import Level, Reason, TopicScore, Verdict
from bot.ports import Committed, EditedStory, Grouping, NewStory, Reading
from bot.store.store import Store
from tests.builders import TagGrouping

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
THRESHOLDS = {Level.LOW: 3.0, Level.NORMAL: 5.0, Level.HIGH: 8.0}
REASON = Reason(rule="ai-model", points=6.0, field="title", text="new model", why={"en": "a model", "id": "model baru"})
NUMBERS = count(1)
TODAY = date(2026, 3, 14)
ALL = ("telegram", "slack")


def spec(feed_id: str = "wire", url: str | None = None, title: str = "The Wire", weight: float = 1.0) -> FeedSpec:
    return FeedSpec(id=feed_id, url=url or f"https://{feed_id}.example/feed.xml", title=title, weight=weight)


def outcome(feed_id: str = "wire", *, at: datetime = NOW, lease: str | None = None) -> FeedOutcome:
    return FeedOutcome(feed_id=feed_id, lease=lease, at=at, next_poll=at + HOUR, state=FeedState.OK)


def verdict(scores: Mapping[Topic, float] | None = None) -> Verdict:
    given = {Topic.AI: 6.0} if scores is None else scores
    return Verdict(
        topics={
            topic: TopicScore(
                topic=topic,
                score=given.get(topic, 0.0),
                thresholds=THRESHOLDS,
                reasons=(REASON,) if topic in given else (),
            )
            for topic in Topic
        }
    )


def new_story(
    name: str | None = None,
    *,
    feed_id: str = "wire",
    scores: Mapping[Topic, float] | None = None,
    announce: bool = True,
    published: datetime | None = None,
    title: str | None = None,
    guid: str | None = None,
    source: str = "The Wire",
    **judged: object,
) -> NewStory:
    """A story that `name` tells apart: it makes its address, and its title unless given. `judged`: further values of
    NewStory."""
    name = name or f"story-{next(NUMBERS)}"
    url = f"https://news.example/{name}"
    item = Item(id=guid, title=title or f"Title of {name}", link=url, published=published, summary="S", content="C" * 9)
    return NewStory(
        item=item,
        keys=keys_of(feed_id, [item])[0].all,
        url=url,
        source=source,
        language=Language.EN,
        content_hash=content_hash(item),
        verdict=verdict(scores),
        announce=announce,
        **judged,  # type: ignore[arg-type]
    )


def cuts(headcount: int | None = None, kind: EventKind = EventKind.LAYOFF, **values: object) -> dict[str, object]:
    """What NewStory says of job cuts at Acme."""
    usual: dict[str, object] = {"company": "Acme", "percent": None, "tech": True, "ai_cause": None}
    event = Event(headcount=headcount, kind=kind, **(usual | values))  # type: ignore[arg-type]
    return {"event": event, "employer": "acme", "figures": frozenset({headcount} - {None})}


async def commit(
    store: Store,
    *new: NewStory,
    feed_id: str = "wire",
    at: datetime = NOW,
    lease: str | None = None,
    edited: Iterable[EditedStory] = (),
    seen: Iterable[str] = (),
    established: bool = False,
    grouping: Grouping | None = None,
) -> Committed:
    """One reading of a feed, which is added when it is not there. Stories that share a #tag tell one event."""
    if await store.feeds.find(feed_id) is None:
        await store.feeds.add(spec(feed_id), at)
    what = outcome(feed_id, at=at, lease=lease)
    return await store.stories.commit(
        Reading(outcome=what, established=established, new=new, edited=tuple(edited), seen=tuple(seen)),
        grouping or TagGrouping(),
    )


async def stored(store: Store, *new: NewStory, at: datetime = NOW, feed_id: str = "wire") -> list[int]:
    """Commits the stories; their ids."""
    await commit(store, *new, at=at, feed_id=feed_id)
    known = await store.stories.known([story.keys[0] for story in new])
    return [known[story.keys[0]].story_id for story in new]


def channel(name: str = "1", *, platform: str = "telegram", thread: str = "") -> Channel:
    return Channel(platform=platform, address=name, thread=thread)


async def subscribed(
    store: Store,
    where: Channel | None = None,
    *,
    topics: Iterable[Topic] = (Topic.AI,),
    mode: Mode = Mode.ALERT,
    level: Level = Level.NORMAL,
) -> Chat:
    chat = await store.chats.meet(where or channel())
    preferences = Preferences(topics=frozenset(topics), mode=mode, level=level)
    chat = replace(chat, preferences=preferences, since=NOW)
    await store.chats.save(chat)
    return chat


async def claim(
    store: Store, at: datetime = NOW, limit: int = 99, platforms: Collection[str] = ALL
) -> list[PendingDelivery]:
    return await store.outbox.claim(at, at + MINUTE, limit, platforms)


def settled(delivery: PendingDelivery, state: DeliveryState, at: datetime = NOW) -> Settled:
    return Settled(delivery_id=delivery.id, fence=delivery.fence, state=state, at=at)


async def states(store: Store, chat: Chat) -> list[DeliveryState]:
    return [state for _, state in await store.outbox.of_chat(chat.id)]


async def told(store: Store, at: datetime = NOW) -> list[PendingDelivery]:
    """Everything that is due is sent, message after message; what that was."""
    sent: list[PendingDelivery] = []
    while some := await claim(store, at):
        for one in some:
            await store.outbox.settle(settled(one, DeliveryState.SENT, at))
        sent += some
    return sent


def report(title: str, source: str = "The Wire", **values: object) -> NewStory:
    """A story of that title, by that outlet."""
    return new_story(title=title, source=source, **values)  # type: ignore[arg-type]


async def rows(store: Store, chat: Chat, kind: DeliveryKind) -> list[tuple[PendingDelivery, DeliveryState]]:
    """What a chat has of one kind in the ledger."""
    return await store.outbox.of_chat(chat.id, kind)
