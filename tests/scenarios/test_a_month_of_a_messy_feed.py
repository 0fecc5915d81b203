"""A month with feeds whose publishers change everything that can be changed but the news: each story is told once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bot.domain.channel import Channel
from bot.domain.feed import Feed, FeedSpec, Fetched
from bot.domain.story import Language, Topic
from bot.sources.answers import Response, Validators
from bot.sources.document import Document
from bot.sources.feed_source import FeedSource
from bot.sources.formats import read_document
from tests.scenarios.town import POST, Clock, PostOffice, town, wants

START = datetime(2026, 10, 5, 1, 0, tzinfo=UTC)
MANY, SHOWN = 1_000, 40
LOOKS = 2  # with the day's twist, and as many without it
SYLLABLES = [
    "bra",
    "cil",
    "dov",
    "fem",
    "gar",
    "hul",
    "jin",
    "kom",
    "lur",
    "mes",
    "nop",
    "pra",
    "ril",
    "sot",
    "tuv",
    "wex",
]
MONTHS = ("", "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
          "Nopember", "Desember")  # fmt: skip
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jum'at", "Sabtu", "Minggu")


def word(chance: random.Random) -> str:
    return "".join(chance.choice(SYLLABLES) for _ in range(3)).title()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One story as the publisher has it."""

    n: int
    title: str
    at: datetime
    guid: str | None
    link: str | None
    date: str | None


def rfc822(at: datetime) -> str:
    return at.strftime("%a, %d %b %Y %H:%M:%S +0000")


def indonesian(at: datetime) -> str:
    """`Senin, 02 Nopember 2026 14:30 WIB`, and every third one in another zone."""
    zone, hours = (("WIB", 7), ("WITA", 8), ("WIT", 9))[at.day % 3]
    local = at + timedelta(hours=hours)
    return f"{DAYS[local.weekday()]}, {local:%d} {MONTHS[local.month]} {local:%Y %H:%M} {zone}"


Twist = Callable[[list[Entry], datetime], list[Entry]]


def each(change: Callable[[Entry, datetime], Entry]) -> Twist:
    return lambda entries, now: [change(one, now) for one in entries]


def shuffled(entries: list[Entry], now: datetime) -> list[Entry]:
    return random.Random(now.isoformat()).sample(entries, len(entries))


def secure(text: str | None) -> str | None:
    return text and text.replace("http://", "https://")


def hashed(one: Entry, now: datetime) -> str:
    return f"{one.n:x}-{int(now.timestamp()):x}"


# What the publisher does to its whole feed, a day each; the next day it is as it was.
TWISTS: dict[str, Twist] = {
    "guids and links become https": each(lambda one, _: replace(one, guid=secure(one.guid), link=secure(one.link))),
    "every guid is new at every look": each(lambda one, now: replace(one, guid=hashed(one, now))),
    "no guids": each(lambda one, _: replace(one, guid=None)),
    "one guid for all": each(lambda one, _: replace(one, guid="the-feed")),
    "tracking in links, and no guids": each(
        lambda one, now: replace(one, guid=None, link=f"{one.link}/?utm_source=rss&utm_id={hashed(one, now)}#top")
    ),
    "mobile addresses": each(lambda one, _: replace(one, link=(one.link or "").replace("//", "//m."))),
    "turned round": lambda entries, _: entries[::-1],
    "in any order": shuffled,
    "all dated now": each(lambda one, now: replace(one, date=rfc822(now))),
    "all dated a week back": each(lambda one, _: replace(one, date=rfc822(one.at - timedelta(days=7)))),
    "undated": each(lambda one, _: replace(one, date=None)),
    "the year 2099": each(lambda one, _: replace(one, date="Thu, 01 Jan 2099 00:00:00 GMT")),
    "the year -1": each(lambda one, _: replace(one, date="-0001-11-30T00:00:00+00:00")),
    "two hours ago": each(lambda one, _: replace(one, date="2 jam yang lalu")),
    "Indonesian dates": each(lambda one, _: replace(one, date=indonesian(one.at))),
    "titles in capitals": each(lambda one, _: replace(one, title=one.title.upper())),
    "titles edited": each(lambda one, _: replace(one, title=f"Breaking: {one.title} (updated)")),
    "titles cut": each(lambda one, _: replace(one, title=one.title[:60] + "…")),
    "every entry twice": lambda entries, _: [one for one in entries for _ in range(2)],
    "new links and guids, same dates": each(
        lambda one, now: replace(one, guid=hashed(one, now), link=f"https://new.example/{hashed(one, now)}")
    ),
    "new links and guids, undated": each(
        lambda one, now: replace(one, guid=hashed(one, now), link=f"https://new.example/{hashed(one, now)}", date=None)
    ),
    "links to the front page": each(lambda one, _: replace(one, link="https://paper.example/")),
    "nothing at all": lambda entries, _: [],
    "only the newest three": lambda entries, _: entries[:3],
}
ENCODINGS = {"titles cut": "windows-1252", "titles in capitals": "utf-16", "no guids": "utf-7"}


@dataclass
class Publisher:
    """A feed that brings news at every look, and has a twist a day."""

    clock: Clock
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    stories: list[Entry] = field(default_factory=list)
    twist: Twist | None = None
    encoding: str | None = None
    shows: int = SHOWN

    def writes(self) -> None:
        names = [word(self.chance) for _ in range(4)]
        title = f"{names[0]} {names[1]} shows artificial intelligence for {names[2]} – “{names[3]}”"
        link = f"http://paper.example/{names[0].lower()}/{len(self.stories)}"
        date = rfc822(self.clock())
        one = Entry(n=len(self.stories), title=title, at=self.clock(), guid=link, link=link, date=date)
        self.stories.append(one)

    async def get(self, url: str, *, validators: Validators | None = None, access: object = None) -> Response:
        entries = self.stories[-self.shows :][::-1]
        if self.twist is not None:
            entries = self.twist(entries, self.clock())
        encoding = f' encoding="{self.encoding}"' if self.encoding else ""
        text = f"<?xml version='1.0'{encoding}?><rss version='2.0'><channel><title>Paper</title>"
        body = (text + "".join(map(printed, entries)) + "</channel></rss>").encode()
        return Response(status=200, body=body, headers={}, url=url, validators=Validators())


def printed(one: Entry) -> str:
    link = f"<link>{escape(one.link)}</link>" if one.link else ""
    guid = f"<guid isPermaLink='false'>{escape(one.guid)}</guid>" if one.guid else ""
    date = f"<pubDate>{one.date}</pubDate>" if one.date else ""
    return f"<item><title>{escape(one.title)}</title>{link}{guid}{date}</item>"


def searched(one: Entry, now: datetime) -> Entry:
    """How Google News shows it: behind a redirect that is another one each time."""
    way = hashed(one, now)
    return replace(one, title=f"{one.title} - Paper", link=f"https://news.google.com/rss/articles/{way}", guid=way)


class Inline:
    async def read(self, body: bytes, content_type: str | None, base_url: str | None, now: datetime) -> Document:
        return read_document(body, content_type, base_url, now)


class Wire:
    """The real source over publishers that are not on the network."""

    def __init__(self, clock: Clock, **publishers: Publisher) -> None:
        self._sources = {name: FeedSource(one, Inline(), clock) for name, one in publishers.items()}

    async def fetch(self, feed: Feed) -> Fetched:
        return await self._sources[feed.id].fetch(feed)


async def settle(alive: Any, clock: Clock, *names: str) -> None:
    """Feeds nobody has read yet, and a chat that wants all AI news."""
    specs = [
        FeedSpec(id=name, url=f"http://{name}.example/feed", title=name.title(), language=Language.EN) for name in names
    ]
    await alive.store.feeds.synchronise(specs, clock())
    chat = await alive.store.chats.meet(Channel(platform=POST, address="1"))
    await alive.store.chats.save(replace(chat, preferences=wants(Topic.AI), since=clock()))


def told_once(post: PostOffice) -> int:
    """How many stories were told; none of them twice."""
    heard = Counter(story for receipt in post.receipts for story in receipt.stories)
    assert set(heard.values()) <= {1}
    return len(post.receipts)


async def test_a_month_of_a_messy_feed_tells_every_story_once(tmp_path: Path) -> None:
    clock = Clock(START)
    publisher, post = Publisher(clock, shows=MANY), PostOffice()
    for _ in range(MANY):
        publisher.writes()
    wire: Any = Wire(clock, paper=publisher)
    async with town(tmp_path, clock, wire, post) as alive:
        await settle(alive, clock, "paper")
        await alive.poll_and_deliver()
    assert told_once(post) == 0
    publisher.shows = SHOWN
    for name, twist in TWISTS.items():
        async with town(tmp_path, clock, wire, post) as alive:  # a new process every day
            for publisher.twist, publisher.encoding in ((twist, ENCODINGS.get(name)), (None, None)):
                for _ in range(LOOKS):
                    clock.forward(hours=12 / LOOKS)
                    publisher.writes()
                    await alive.poll_and_deliver()
        assert told_once(post) == len(publisher.stories) - MANY, name
    clock.forward(days=31)
    publisher.shows = len(publisher.stories)  # what was gone for a month is shown again
    async with town(tmp_path, clock, wire, post) as alive:
        await alive.poll_and_deliver()
    assert told_once(post) == len(publisher.stories) - MANY


async def test_the_same_stories_through_google_news_are_told_once(tmp_path: Path) -> None:
    clock = Clock(START)
    paper, post = Publisher(clock), PostOffice()
    search = Publisher(clock, stories=paper.stories, twist=each(searched))
    wire: Any = Wire(clock, paper=paper, search=search)
    async with town(tmp_path, clock, wire, post) as alive:
        await settle(alive, clock, "paper", "search")
        await alive.poll_and_deliver()
        for _ in range(12):
            clock.forward(hours=4)
            paper.writes()
            await alive.poll_and_deliver()
            await alive.poll_and_deliver()
    assert told_once(post) == 12
