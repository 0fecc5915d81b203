"""What the Slack tests put around the adapter: a scripted conversation, a book of beats, a quick pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.channel import Channel
from bot.domain.message import Message, say
from bot.domain.request import Request
from bot.domain.story import Language
from bot.platforms.slack.adapter import Slack
from bot.platforms.slack.api import TIMEOUT, Api
from bot.platforms.slack.connection import Pace
from bot.ports import Beat, MenuEntry
from tests.adapters.fake_slack import APP_TOKEN, BOT_TOKEN, PATIENCE, TEAM, FakeSlack

QUICK = Pace(first_retry=0.01, longest_retry=0.05, handshake=1.0, lived=0.0, beat=0.02, close=0.2, linger=0.5)
MENU = tuple(
    MenuEntry(name=name, summary={Language.EN: f"{name} in English", Language.ID: f"{name} bahasa"}, usage=usage)
    for name, usage in (("latest", "/latest [topic]"), ("help", "/help"), ("more", "/more NUMBER"), ("search", ""))
)
INVITE = {Language.EN: "Invite me first.", Language.ID: "Undang saya dulu."}
NEWS = Channel(platform="slack", address=f"{TEAM}/C1NEWS0")


class Watch:
    """The hands of a clock that only tests move."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Changing:
    """Something that tests wait for without sleeping."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()

    async def notice(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)


class Talk(Changing):
    """A Conversation that answers by `script` (a function, a Message, None) and remembers what it was told."""

    def __init__(self, script: Callable[[Request], Message | None] | Message | None = None) -> None:
        super().__init__()
        self.script = script
        self.requests: list[Request] = []
        self.outcomes: list[tuple[Request, Message, tuple[str, ...]]] = []
        self.lost: list[tuple[Channel, str]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def answer(self, request: Request) -> Message | None:
        self.requests.append(request)
        await self.notice()
        await self.may_answer.wait()
        return self.script(request) if callable(self.script) else self.script

    async def sent(self, request: Request, message: Message, message_ids: Sequence[str]) -> None:
        self.outcomes.append((request, message, tuple(message_ids)))
        await self.notice()

    async def moved(self, old: Channel, new: Channel) -> None:
        raise AssertionError("a Slack channel never moves")

    async def gone(self, channel: Channel, reason: str) -> None:
        self.lost.append((channel, reason))
        await self.notice()

    async def asked(self, count: int = 1) -> Request:
        """The newest of at least `count` requests."""
        await self.until(lambda: len(self.requests) >= count)
        return self.requests[-1]

    async def answered(self, count: int = 1) -> tuple[Request, Message, tuple[str, ...]]:
        await self.until(lambda: len(self.outcomes) >= count)
        return self.outcomes[-1]


class Book(Changing):
    """Beats, as they are reported."""

    def __init__(self) -> None:
        super().__init__()
        self.beats: list[Beat] = []

    async def __call__(self, beat: Beat) -> None:
        self.beats.append(beat)
        await self.notice()

    async def says(self, state: str, cause: str = "") -> Beat:
        """Waits until the newest beat is this one."""
        await self.until(lambda: self.beats and (self.beats[-1].state, self.beats[-1].cause) == (state, cause))
        return self.beats[-1]


def adapter(
    base_url: str,
    *,
    bot_token: str = BOT_TOKEN,
    app_token: str | None = APP_TOKEN,
    watch: Watch | None = None,
    pace: Pace = QUICK,
    timeout: Any = TIMEOUT,
) -> Slack:
    return Slack(
        api=Api(bot_token=bot_token, base_url=base_url, timeout=timeout),
        app_token=app_token,
        signing_secret=None,
        menu=MENU,
        clock=watch or Watch(),
        invite_text=INVITE,
        pace=pace,
    )


@asynccontextmanager
async def opened(slack: FakeSlack, **options: Any) -> AsyncIterator[Slack]:
    """An adapter for sending, closed afterwards."""
    platform = adapter(slack.base_url, **options)
    try:
        yield platform
    finally:
        await platform.stop()


@asynccontextmanager
async def running(
    slack: FakeSlack, script: Callable[[Request], Message | None] | Message | None = None, **options: Any
) -> AsyncIterator[tuple[Slack, Talk, Book]]:
    """A started adapter whose connection stands; by default it echoes what it was asked."""
    talk, book = Talk(script or (lambda request: say(f"echo {request.text}"))), Book()
    async with opened(slack, **options) as platform:
        await platform.start(talk, book)
        await book.says("ok")
        yield platform, talk, book
