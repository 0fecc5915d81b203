"""A chat that asks: real commands over a real store, with stories that the shipped rules have judged and grouped."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.commands.command import Context, Kit, words_of
from bot.commands.registry import by_word
from bot.domain.access import Access
from bot.domain.channel import Channel, User
from bot.domain.chart import Chart
from bot.domain.errors import CommandError
from bot.domain.feed import FeedOutcome, FeedState
from bot.domain.message import Button, Message, Role, say
from bot.domain.story import Item, Language, Topic
from bot.domain.subscription import Chat, Preferences
from bot.editorial.judge import EditorialJudge
from bot.ports import Grouping
from bot.services.digests import Digests
from bot.services.grouping import EventWindow, catch_up
from bot.services.health import Health
from bot.services.intake import Intake
from bot.services.operator import Operator
from bot.store.store import Store
from bot.texts import Texts
from tests.builders import DAY, HOUR, NOW, NobodyWatches, TagGrouping, Timepiece, a_request, a_spec, a_store, filled
from tests.unit.facts import shipped

HERE = Channel(platform="chat", address="me")
DESK = Channel(platform="chat", address="boss")
LANGUAGES = ("en", "id")
ANI = User(id="1", name="Ani")
PICTURE = b"\x89PNG picture"
# What people type, by mistake or on purpose.
HOSTILE = (
    "x" * 10_000,
    "a\x00b\x07c\x1b[31m\u202e",
    "🤖🔥👍",
    "'; DROP TABLE stories; --",
    "100% %s %d {0} {name}",
    "line\none\r\nline\ttwo",
    "\\ * _ ` [a](b) <b>&amp;</b> <!channel>",
    "-1 99999999999999999999 +99999999",
    '"" “” « »',
    "s99999999999999999999999",
    "(((((((((a)))))))))" * 8,
    "/" * 300,
    "NEAR AND OR NOT * ^ :",
)


@dataclass
class Pencil:
    """Draws what it is told to: a picture, or None."""

    picture: bytes | None = PICTURE
    charts: list[Chart] = field(default_factory=list)

    async def __call__(self, chart: Chart) -> bytes | None:
        self.charts.append(chart)
        return self.picture


@dataclass
class Room:
    """Asks as one chat; every answer is remembered, so that its numbers count."""

    store: Store
    file: Path
    clock: Timepiece
    pencil: Pencil
    kit: Kit
    window: EventWindow
    language: str = "en"
    answers: list[Message] = field(default_factory=list)

    async def ask(
        self, text: str, *, channel: Channel = HERE, user: User = ANI, language: str | None = None, **request: object
    ) -> Message:
        """The answer, or the sentence of a refusal."""
        match = re.match(r"/(\S+)\s*(.*)", text, re.DOTALL)
        assert match, text
        asked = a_request(text, **({"channel": channel, "user": user} | request))
        chat = await self.store.chats.meet(channel)
        context = Context(
            request=asked, chat=chat, kit=self.kit, texts=Texts(language or self.language), now=self.clock()
        )
        try:
            answer = await by_word()[match[1]].run(words_of(match[2]), context)
        except CommandError as error:
            answer = say(str(error))
        self.answers.append(well(answer))
        if answer.stories:
            kind = "list" if answer.numbered else "alert"
            await self.store.chats.remember(channel, [f"m{len(self.answers)}"], answer.stories, kind, self.clock())
        return answer

    async def publish(
        self,
        feed_id: str,
        *items: Item,
        at: datetime | None = None,
        language: Language | None = None,
        apart: bool = False,
    ) -> None:
        """A look at a feed that was read before: what it holds now is news. `apart`: each an event of its own."""
        at = at or self.clock()
        if await self.store.feeds.find(feed_id) is None:
            await self.store.feeds.add(a_spec(feed_id, language=language), at - DAY)
            await self._commit(feed_id, (), at - DAY)
        await self._commit(feed_id, items, at, TagGrouping() if apart else None)

    async def first_look(self, feed_id: str, *items: Item) -> None:
        """What a feed holds when it is read for the first time."""
        await self.store.feeds.add(a_spec(feed_id), self.clock())
        await self._commit(feed_id, items, self.clock())

    async def _commit(
        self, feed_id: str, items: tuple[Item, ...], at: datetime, grouping: Grouping | None = None
    ) -> None:
        feed = await self.store.feeds.find(feed_id)
        assert feed is not None
        intake = Intake(stories=self.store.stories, judge=self.kit.judge, watching=NobodyWatches())
        outcome = FeedOutcome(feed_id=feed_id, lease=None, at=at, next_poll=at + HOUR, state=FeedState.OK)
        await catch_up(self.window, self.store.stories, at)
        await self.store.stories.commit(await intake.read(feed, items, outcome), grouping or self.window)

    async def set(self, channel: Channel = HERE, **preferences: object) -> Chat:
        chat = await self.store.chats.meet(channel)
        chat = replace(chat, preferences=Preferences(**preferences), since=NOW)  # type: ignore[arg-type]
        await self.store.chats.save(chat)
        return chat


def well(message: Message) -> Message:
    """An answer says something, its buttons can be pressed, its table is not too wide for a phone."""
    assert message.text.strip()
    for button in buttons(message):
        assert len(button.action.encode()) <= 56, button
        assert button.label.strip()
        assert button.action.removeprefix("/").split()[0] in by_word(), button
    for part in message.paragraphs:
        assert part.role is not Role.TABLE or all(len(line) <= 34 for line in part.text.splitlines()), part.text
    return message


def buttons(message: Message) -> list[Button]:
    return [button for row in message.buttons for button in row]


def actions(message: Message) -> list[str]:
    return [button.action for button in buttons(message)]


def titled(title: str, n: int = 0, *, at: datetime = NOW, summary: str = "", site: str = "wire", **more: str) -> Item:
    """An item with an address of its own."""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{title} {n}".lower())
    return Item(
        id=slug,
        title=title,
        summary=summary,
        link=f"https://{site}.example/{slug}",
        published=at,
        content=more.get("content", ""),
    )


@asynccontextmanager
async def a_room(directory: Path, *, access: Access | None = None) -> AsyncIterator[Room]:
    async with a_store(directory) as store:
        clock, pencil, book = Timepiece(), Pencil(), shipped()
        kit = Kit(
            stories=store.stories,
            chats=store.chats,
            feeds=store.feeds,
            outbox=store.outbox,
            thumbs=store.thumbs,
            judge=EditorialJudge(lambda: book),
            rules=lambda: book,
            draw=pencil,
            access=access or Access(operator=DESK),
            operator=Operator(chats=store.chats, outbox=store.outbox, notices=store.notices, clock=clock, channel=DESK),
            digests=Digests(
                chats=store.chats, stories=store.stories, outbox=store.outbox, clock=clock, zone="Asia/Jakarta"
            ),
            health=Health(
                feeds=store.feeds,
                outbox=store.outbox,
                beats=store.beats,
                housekeeping=store.housekeeping,
                clock=clock,
                platforms=(),
            ),
            platforms={},
            clock=clock,
            language=Language.EN,
            zone="Asia/Jakarta",
        )
        yield Room(store, directory / "kabar.db", clock, pencil, kit, EventWindow(book))


async def a_newsy_day(room: Room, *topics: Topic) -> None:
    """Cuts at three companies in both languages, told by several outlets; news of AI; and things that are no news. With
    `topics` HERE heard of it."""
    await filled(room.file, f"a newsy day {topics}", lambda: _newsy(room, *topics))


async def _newsy(room: Room, *topics: Topic) -> None:
    if topics:
        await room.set(topics=frozenset(topics))
    intel = "The chip maker said on Thursday it would cut 15% of its workforce because of artificial intelligence."
    await room.publish("wire", titled("Intel to cut 15,000 jobs", at=NOW - 5 * HOUR, summary=intel), at=NOW - 5 * HOUR)
    await room.publish(
        "courier",
        titled("Intel will cut 15,000 jobs as it restructures", at=NOW - 4 * HOUR, site="courier", summary=intel),
        at=NOW - 4 * HOUR,
    )
    await room.publish(
        "harian",
        titled(
            "Intel PHK 15.000 karyawan",
            at=NOW - 3 * HOUR,
            site="harian",
            summary="Intel akan memangkas 15.000 pekerja.",
        ),
        titled("Tokopedia PHK 450 karyawan", at=NOW - 2 * DAY, site="harian"),
        at=NOW - 3 * HOUR,
        language=Language.ID,
    )
    await room.publish(
        "wire",
        titled("Spotify lays off 1,500 employees, 17% of staff", at=NOW - 20 * DAY),
        titled("Dropbox may cut hundreds of jobs, sources say", at=NOW - DAY),
        titled("New AI model writes poems about the sea", at=NOW - 2 * HOUR),
        titled("Town council opens a new swimming pool", at=NOW - 2 * HOUR),
        titled("Arsenal sacks its coach after third defeat", at=NOW - 2 * HOUR),
        at=NOW - 2 * HOUR,
    )


MONTH = timedelta(days=30)
