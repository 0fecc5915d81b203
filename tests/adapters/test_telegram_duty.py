"""Of several processes with one token one asks Telegram for updates, and another goes on where that one ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar

import pytest

from bot.domain.message import say
from bot.platforms.telegram import Telegram, connect
from tests.adapters.fake_telegram import FakeTelegram
from tests.adapters.fake_telegram_talk import MENU, QUICK, Talk, channel, now

T = TypeVar("T")


class Baton:
    """Fits ports.Duty: who holds it, a test says."""

    def __init__(self) -> None:
        self.has = asyncio.Event()
        self.lost = asyncio.Event()

    def give(self) -> None:
        self.lost.clear()
        self.has.set()

    def take_away(self) -> None:
        self.has.clear()
        self.lost.set()

    async def begun(self) -> None:
        await self.has.wait()

    async def unless_lost(self, work: Awaitable[T]) -> T | None:
        task, lost = asyncio.ensure_future(work), asyncio.create_task(self.lost.wait())
        try:
            await asyncio.wait([task, lost], return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for one in (task, lost):
                one.cancel()
            await asyncio.gather(task, lost, return_exceptions=True)


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


def replica(tg: FakeTelegram, baton: Baton) -> Telegram:
    bot = connect(token=tg.token, base_url=tg.base_url, menu=MENU, clock=now, timeouts=QUICK, duty=baton)
    assert isinstance(bot, Telegram)
    return bot


async def test_one_asks_the_other_stands_by_and_takes_over(tg: FakeTelegram) -> None:
    first, second, heard_first, heard_second = Baton(), Baton(), Talk(), Talk()
    one, two = replica(tg, first), replica(tg, second)
    first.give()
    await one.start(heard_first, heard_first.report)
    await two.start(heard_second, heard_second.report)
    try:
        tg.say(42, "to the first")
        await heard_first.until(lambda: heard_first.replies)
        first.take_away()
        second.give()
        tg.say(42, "to the second")
        await heard_second.until(lambda: heard_second.replies)
        assert [request.text for request in heard_first.requests] == ["to the first"]
        assert heard_second.requests[-1].text == "to the second"
        assert "conflict" not in {cause for talk in (heard_first, heard_second) for _state, cause in talk.states}
    finally:
        await one.stop()
        await two.stop()


async def test_who_stands_by_can_send(tg: FakeTelegram) -> None:
    tg.chat(42)
    bot, talk = replica(tg, Baton()), Talk()
    await bot.start(talk, talk.report)
    try:
        assert await bot.send(channel(42), say("an alert"), key="k")
    finally:
        await bot.stop()
    assert tg.called("getUpdates") == []
