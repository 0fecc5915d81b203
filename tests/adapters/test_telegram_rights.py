"""Who may change settings, for how long that is believed, and which channels the bot can be told to write to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.channel import User
from bot.domain.errors import RateLimited
from bot.platforms.telegram import Telegram
from tests.adapters.fake_telegram import FakeTelegram, flood
from tests.adapters.fake_telegram_talk import Hands, Talk, bot_of, channel, now, running


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        server.chat(42)
        yield server


@pytest.fixture
async def bot(tg: FakeTelegram) -> AsyncIterator[Telegram]:
    async with bot_of(tg) as one:
        yield one


async def test_who_may_change_settings(tg: FakeTelegram, bot: Telegram) -> None:
    tg.chat(-100, statuses={1: "creator", 2: "administrator", 3: "member", 4: "kicked"})
    answers = {user: await bot.is_admin(channel(-100), User(id=user)) for user in ("1", "2", "3", "4", "5", "x", "-8")}
    assert answers == {"1": True, "2": True, "3": False, "4": False, "5": False, "x": False, "-8": False}
    assert await bot.is_admin(channel(-100), User(id="-100"))  # an anonymous admin
    assert await bot.is_admin(channel(42), User(id="42"))
    assert not await bot.is_admin(channel(-404), User(id="1"))


async def test_a_demoted_admin_has_a_minute_at_most(tg: FakeTelegram) -> None:
    clock = Hands()
    chat = tg.chat(-100, statuses={1: "administrator"})
    async with bot_of(tg, clock=clock) as bot:
        assert await bot.is_admin(channel(-100), User(id="1"))
        chat.statuses[1] = "member"
        clock.now += timedelta(seconds=59)
        assert await bot.is_admin(channel(-100), User(id="1"))
        clock.now += timedelta(seconds=1)
        assert not await bot.is_admin(channel(-100), User(id="1"))
        assert len(tg.called("getChatMember")) == 2
        chat.statuses[1] = "administrator"
        clock.now -= timedelta(hours=1)  # a clock that is set back must not make an answer hold for an hour
        assert await bot.is_admin(channel(-100), User(id="1"))


async def test_a_demotion_that_telegram_tells_counts_at_once(tg: FakeTelegram) -> None:
    tg.chat(-100, statuses={1: "administrator", 2: "administrator"})
    at, talk = now(), Talk()
    async with running(tg, talk, clock=lambda: at) as bot:
        for user in ("1", "2"):
            assert await bot.is_admin(channel(-100), User(id=user))
        tg.promote(-100, 1, "member")
        tg.promote(-100, 2, "member", told=False)
        tg.say(-100, "/latest")
        await talk.until(lambda: talk.requests)
        assert not await bot.is_admin(channel(-100), User(id="1"))
        assert await bot.is_admin(channel(-100), User(id="2"))
        tg.membership(-100, "member", old="administrator")
        tg.say(-100, "/latest")
        await talk.until(lambda: len(talk.requests) == 2)
        assert not await bot.is_admin(channel(-100), User(id="2"))


async def test_another_channel_that_speaks_in_a_group_is_no_admin(tg: FakeTelegram, bot: Telegram) -> None:
    tg.chat(-100, statuses={-7: "administrator"})
    assert not await bot.is_admin(channel(-100), User(id="-7"))
    assert tg.called("getChatMember") == []


async def test_an_unreachable_telegram_is_no_answer_about_admins(tg: FakeTelegram, bot: Telegram) -> None:
    tg.chat(-100, statuses={1: "administrator"})
    tg.fail("getChatMember", flood(3))
    with pytest.raises(RateLimited):
        await bot.is_admin(channel(-100), User(id="1"))
    assert await bot.is_admin(channel(-100), User(id="1"))


async def test_find_channel(tg: FakeTelegram, bot: Telegram) -> None:
    tg.chat(-100, "channel", username="kabar_news")
    tg.chat(42, username="someone")
    for name in ("@kabar_news", "kabar_news", "t.me/kabar_news", "https://t.me/kabar_news/", "-100"):
        assert await bot.find_channel(name) == channel(-100)
    for name in ("@someone", "@nobody_here", "@", "#a b", "@x/../y", "42", "-7", "https://evil.example/kabar_news"):
        assert await bot.find_channel(name) is None


@pytest.mark.parametrize(
    ("kind", "status", "can_post", "found"),
    [
        ("channel", "administrator", True, True),
        ("channel", "administrator", False, False),
        ("channel", "left", True, False),
        ("channel", "kicked", True, False),
        ("supergroup", "member", True, True),
        ("supergroup", "left", True, False),
    ],
)
async def test_a_channel_counts_where_the_bot_can_post(
    tg: FakeTelegram, bot: Telegram, kind: str, status: str, can_post: bool, found: bool
) -> None:
    tg.chat(-100, kind, username="kabar_news", statuses={tg.me["id"]: status}, can_post=can_post)
    assert (await bot.find_channel("@kabar_news") is not None) is found
