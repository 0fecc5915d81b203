"""What the Slack tests put around the adapter: a scripted conversation, a book of beats, a quick pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from inspect import isawaitable
from typing import Any

from bot.domain.channel import Channel
from bot.domain.errors import StoreError
from bot.domain.message import Message, say
from bot.domain.request import Request
from bot.domain.story import Language
from bot.platforms.slack.adapter import Slack
from bot.platforms.slack.api import TIMEOUT, Api
from bot.platforms.slack.connection import Pace
from bot.platforms.slack.routes import Credentials
from bot.ports import Ask, Beat, Installation, MenuEntry, Offer, Reply
from tests.adapters.fake_slack import (
    APP_TOKEN,
    BOT_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    PATIENCE,
    SIGNING_SECRET,
    TEAM,
    FakeSlack,
    Place,
)

QUICK = Pace(first_retry=0.01, longest_retry=0.05, handshake=1.0, lived=0.0, beat=0.02, close=0.2, linger=0.5, part=0.0)
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


Script = Callable[[Request], Message | Awaitable[Message | None] | None] | Message | None


class Talk(Changing):
    """A Conversation that answers by `script` (a function, a Message, None) and remembers what it was told."""

    def __init__(self, script: Script = None) -> None:
        super().__init__()
        self.script = script
        self.requests: list[Request] = []
        self.outcomes: list[tuple[Request, Message, tuple[str, ...]]] = []
        self.lost: list[tuple[Channel, str]] = []
        self.found: list[Channel] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def answer(self, request: Request) -> Message | None:
        self.requests.append(request)
        await self.notice()
        await self.may_answer.wait()
        said = self.script(request) if callable(self.script) else self.script
        return await said if isawaitable(said) else said

    async def sent(self, request: Request, message: Message, message_ids: Sequence[str]) -> None:
        self.outcomes.append((request, message, tuple(message_ids)))
        await self.notice()

    async def moved(self, old: Channel, new: Channel) -> None:
        raise AssertionError("a Slack channel never moves")

    async def back(self, channel: Channel) -> None:
        self.found.append(channel)
        await self.notice()

    async def offers(self, request: Request) -> Sequence[Offer]:
        raise AssertionError("Slack has no inline queries")

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


class Ledger:
    """Installations, as the store keeps them."""

    def __init__(self) -> None:
        self.rows: dict[str, Installation] = {}
        self.states: dict[str, datetime] = {}
        self.broken = False

    def _check(self) -> None:
        if self.broken:
            raise StoreError("the disk is full")

    async def get(self, platform: str, team: str) -> Installation | None:
        self._check()
        return self.rows.get(team)

    async def save(self, installation: Installation) -> None:
        self._check()
        self.rows[installation.team] = installation

    async def revoke(self, platform: str, team: str) -> None:
        self._check()
        self.rows[team] = replace(self.rows[team], token="", revoked=True)

    async def all(self, platform: str) -> list[Installation]:
        self._check()
        return list(self.rows.values())

    async def begin(self, state: str, now: datetime) -> None:
        self._check()
        self.states[state] = now

    async def complete(self, state: str, now: datetime) -> bool:
        self._check()
        begun = self.states.pop(state, None)
        return begun is not None and now - begun <= timedelta(minutes=10)


def adapter(
    base_url: str,
    *,
    bot_token: str | None = BOT_TOKEN,
    app_token: str | None = APP_TOKEN,
    signing_secret: str | None = None,
    installations: Ledger | None = None,
    watch: Watch | None = None,
    pace: Pace = QUICK,
    timeout: Any = TIMEOUT,
    admins_only: bool = False,
) -> Slack:
    return Slack(
        api=Api(clock=watch or Watch(), base_url=base_url, timeout=timeout),
        credentials=Credentials(
            bot_token=bot_token,
            app_token=app_token,
            signing_secret=signing_secret,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            public_url="https://kabar.example/",
            installations=installations,
        ),
        menu=MENU,
        clock=watch or Watch(),
        invite_text=INVITE,
        admins_only=admins_only,
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
async def running(slack: FakeSlack, script: Script = None, **options: Any) -> AsyncIterator[tuple[Slack, Talk, Book]]:
    """A started adapter whose connection stands; by default it echoes what it was asked."""
    talk, book = Talk(script or (lambda request: say(f"echo {request.text}"))), Book()
    async with opened(slack, **options) as platform:
        await platform.start(talk, book)
        await book.says("ok")
        yield platform, talk, book


@asynccontextmanager
async def listening(slack: FakeSlack, script: Script = None, **options: Any) -> AsyncIterator[tuple[Slack, Talk, Book]]:
    """The same over HTTP."""
    watch = options.pop("watch", None) or Watch()
    ready = {"app_token": None, "signing_secret": SIGNING_SECRET, "watch": watch, **options}
    async with running(slack, script, **ready) as (platform, talk, book):
        slack.over_http(platform.routes, watch)
        yield platform, talk, book


async def visit(platform: Slack, path: str, query: dict[str, str] | None = None, language: str = "en") -> Reply:
    """A browser opens one of the bot's pages."""
    handler = platform.routes()["GET", path]
    return await handler(Ask(method="GET", path=path, query=query or {}, headers={"accept-language": language}))


async def install(slack: FakeSlack, platform: Slack, place: Place) -> Reply:
    """Somebody of that workspace lets the bot in."""
    begun = await visit(platform, "/slack/install")
    return await visit(platform, "/slack/oauth_redirect", slack.allow(begun.headers["Location"], place))
