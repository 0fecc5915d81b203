"""A conversation for tests of the Telegram adapter: it remembers what reached it and answers what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.domain.channel import Channel
from bot.domain.message import Message, say
from bot.domain.request import Request
from bot.domain.story import Language
from bot.platforms.telegram import Telegram, Timeouts, connect
from bot.ports import Beat, MenuEntry, Offer
from tests.adapters.fake_telegram import FakeTelegram

QUICK = Timeouts(
    connect=5, read=5, first_retry=0.01, longest_retry=0.05, reply_retry=0.01, reply_wait=5, part=0, press=60, stop=5
)
MENU = (
    MenuEntry(
        name="latest",
        summary={Language.EN: "Newest stories", Language.ID: "Berita terbaru"},
        aliases=("terbaru", "baru"),
    ),
    MenuEntry(name="more", summary={Language.EN: "One story in full " + "x" * 300}),
)
IMPATIENT = Timeouts(connect=5, read=0.3, reply_retry=0.01, reply_wait=5, part=0)
Answer = Callable[[Request], Awaitable[Message | None]]


class Talk:
    """A conversation that remembers; it answers "re: <text>" unless the test gives another answer."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.requests: list[Request] = []
        self.replies: list[tuple[Request, Message, tuple[str, ...]]] = []
        self.places: list[tuple[str, ...]] = []
        self.beats: list[Beat] = []
        self.to_offer: list[Offer] = []
        self._answer = answer
        self._news = asyncio.Event()

    async def answer(self, request: Request) -> Message | None:
        self.requests.append(request)
        self._notify()
        return await self._answer(request) if self._answer else say(f"re: {request.text}")

    async def sent(self, request: Request, message: Message, message_ids: Sequence[str]) -> None:
        self.replies.append((request, message, tuple(message_ids)))
        self._notify()

    async def offers(self, request: Request) -> Sequence[Offer]:
        self.requests.append(request)
        self._notify()
        return self.to_offer

    async def moved(self, old: Channel, new: Channel) -> None:
        self.places.append(("moved", str(old), str(new)))
        self._notify()

    async def gone(self, channel: Channel, reason: str) -> None:
        self.places.append(("gone", str(channel), reason))
        self._notify()

    async def back(self, channel: Channel) -> None:
        self.places.append(("back", str(channel), ""))
        self._notify()

    async def report(self, beat: Beat) -> None:
        self.beats.append(beat)
        self._notify()

    @property
    def states(self) -> list[tuple[str, str]]:
        """The beats without repetitions."""
        told = [(beat.state, beat.cause) for beat in self.beats]
        return [one for number, one in enumerate(told) if number == 0 or told[number - 1] != one]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await self._news.wait()

    def _notify(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def running(
    tg: FakeTelegram,
    talk: Talk,
    *,
    times: Timeouts = QUICK,
    clock: Callable[[], datetime] = now,
    menu: Sequence[MenuEntry] = MENU,
) -> AsyncIterator[Telegram]:
    bot = connect(token=tg.token, base_url=tg.base_url, menu=menu, clock=clock, timeouts=times)
    await bot.start(talk, talk.report)
    try:
        yield bot
    finally:
        await bot.stop()


async def heard(tg: FakeTelegram, act: Callable[[], object]) -> list[Request]:
    """The requests that come of `act`; a private "end" afterwards shows that all was read."""
    talk = Talk(nothing)
    act()
    tg.say(9999, "end")
    async with running(tg, talk):
        await talk.until(lambda: "end" in [request.text for request in talk.requests])
    return [request for request in talk.requests if request.text != "end"]


async def nothing(request: Request) -> None:
    return None


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def channel(chat_id: int | str, thread: int | str = "") -> Channel:
    return Channel(platform="telegram", address=str(chat_id), thread=str(thread))


@asynccontextmanager
async def bot_of(tg: FakeTelegram, token: str | None = None, clock: Hands | None = None) -> AsyncIterator[Telegram]:
    times = clock or Hands()
    bot = connect(
        token=tg.token if token is None else token, base_url=tg.base_url, menu=(), clock=times, timeouts=IMPATIENT
    )
    try:
        yield bot
    finally:
        await bot.stop()
