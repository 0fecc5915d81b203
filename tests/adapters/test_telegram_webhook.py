"""Updates that Telegram brings: from Telegram only, each once, each chat's in order; a webhook that fails is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.message import Message, say
from bot.domain.request import Request
from bot.platforms.telegram import Telegram, Timeouts, connect
from bot.ports import Ask, Reply
from tests.adapters.fake_telegram import FakeTelegram
from tests.adapters.fake_telegram_talk import MENU, QUICK, Talk, nothing, now

URL = "https://bot.example/telegram/webhook"
SECRET = "s3cret_of-the-operator"
PATH = ("POST", "/telegram/webhook")


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


@asynccontextmanager
async def hooked(
    tg: FakeTelegram, talk: Talk, *, url: str = URL, secret: str | None = SECRET, times: Timeouts = QUICK
) -> AsyncIterator[Telegram]:
    bot = connect(
        token=tg.token,
        base_url=tg.base_url,
        menu=MENU,
        clock=now,
        webhook_url=url,
        webhook_secret=secret,
        timeouts=times,
    )
    await bot.start(talk, talk.report)
    try:
        yield bot
    finally:
        await bot.stop()


async def bring(tg: FakeTelegram, bot: Telegram, body: bytes | None = None, secret: str | None = None) -> Reply:
    """What Telegram does with its oldest update; it keeps those that were not taken."""
    update = tg.pending[0] if body is None else None
    raw = json.dumps(update).encode() if body is None else body
    headers = {"x-telegram-bot-api-secret-token": tg.webhook_secret if secret is None else secret}
    reply = await bot.routes()[PATH](Ask(method="POST", path=PATH[1], headers=headers, body=raw))
    if update is not None and reply.status == 200:
        tg.pending.remove(update)
    return reply


async def test_updates_are_brought_and_answered(tg: FakeTelegram) -> None:
    talk = Talk()
    async with hooked(tg, talk) as bot:
        await tg.wait_for(lambda: tg.webhook)
        tg.say(42, "/latest")
        assert (await bring(tg, bot)).status == 200
        await talk.until(lambda: talk.replies)
        await talk.until(lambda: talk.states == [("ok", "")])
    (asked,) = tg.called("setWebhook")
    assert (asked["url"], asked["secret_token"]) == (URL, SECRET)
    assert {"message", "edited_message", "callback_query", "inline_query", "chat_member"} <= set(
        asked["allowed_updates"]
    )
    assert tg.sent[0].text == "re: /latest"
    assert (tg.called("getUpdates"), tg.called("deleteWebhook"), tg.webhook) == ([], [], URL)


async def test_without_a_webhook_nothing_is_listened_to(tg: FakeTelegram) -> None:
    assert connect(token=tg.token, base_url=tg.base_url, menu=MENU, clock=now).routes() == {}


@pytest.mark.parametrize(
    ("url", "told", "paths"),
    [
        ("https://bot.example", URL, {"/telegram/webhook"}),
        ("https://bot.example/", URL, {"/telegram/webhook"}),
        ("https://bot.example/kabar/tg", "https://bot.example/kabar/tg", {"/telegram/webhook", "/kabar/tg"}),
    ],
)
async def test_where_it_listens(tg: FakeTelegram, url: str, told: str, paths: set[str]) -> None:
    async with hooked(tg, Talk(), url=url) as bot:
        await tg.wait_for(lambda: tg.webhook)
        assert (tg.webhook, set(bot.routes())) == (told, {("POST", path) for path in paths})


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + "x", "é\udc00", "x" * 100_000])
async def test_a_wrong_secret(tg: FakeTelegram, secret: str) -> None:
    talk = Talk()
    async with hooked(tg, talk) as bot:
        tg.say(42, "/latest")
        assert (await bring(tg, bot, secret=secret)).status == 403
        reply = await bot.routes()[PATH](Ask(method="POST", path=PATH[1], body=json.dumps(tg.pending[0]).encode()))
        assert reply.status == 403
    assert talk.requests == []


@pytest.mark.parametrize("secret", [None, "with space", "é" * 300])
async def test_there_is_always_a_secret_that_telegram_takes(tg: FakeTelegram, secret: str | None) -> None:
    talk = Talk()
    async with hooked(tg, talk, secret=secret) as bot:
        await tg.wait_for(lambda: tg.webhook)
        assert len(tg.webhook_secret) >= 32
        tg.say(42, "/latest")
        assert (await bring(tg, bot, secret="")).status == 403
        assert (await bring(tg, bot)).status == 200
        await talk.until(lambda: talk.replies)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"update_id": "1"}',
        b'{"update_id": true}',
        b'{"message": {}}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id": ' + b"9" * 5_000 + b"}",
    ],
)
async def test_a_broken_body(tg: FakeTelegram, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with hooked(tg, Talk()) as bot:
        await tg.wait_for(lambda: tg.webhook)
        assert (await bring(tg, bot, body)).status == 400
    assert "Traceback" not in caplog.text


async def test_an_update_nobody_can_read_is_taken_so_that_it_does_not_come_again(tg: FakeTelegram) -> None:
    talk = Talk()
    async with hooked(tg, talk) as bot:
        await tg.wait_for(lambda: tg.webhook)
        assert (await bring(tg, bot, b'{"update_id": 1, "message": {"cannot": "be read"}}')).status == 200
        tg.say(42, "/latest")
        await bring(tg, bot)
        await talk.until(lambda: talk.replies)


async def test_a_repeat_is_taken_once(tg: FakeTelegram) -> None:
    talk = Talk()
    async with hooked(tg, talk) as bot:
        await tg.wait_for(lambda: tg.webhook)
        tg.say(42, "/latest")
        body = json.dumps(tg.pending[0]).encode()
        assert [(await bring(tg, bot, body)).status for _ in range(3)] == [200] * 3
        tg.say(42, "end")
        tg.pending.pop(0)
        await bring(tg, bot)
        await talk.until(lambda: len(talk.replies) == 2)
    assert [request.text for request in talk.requests] == ["/latest", "end"]


async def test_each_chat_in_its_order_and_no_waiting(tg: FakeTelegram) -> None:
    release = asyncio.Event()

    async def slow(request: Request) -> Message:
        if request.text == "slow":
            await release.wait()
        return say(request.text)

    talk = Talk(slow)
    async with hooked(tg, talk) as bot:
        await tg.wait_for(lambda: tg.webhook)
        for chat, text in ((1, "slow"), (1, "after it"), (2, "quick")):
            tg.say(chat, text)
            assert (await bring(tg, bot)).status == 200
        await tg.wait_for_messages(1)
        release.set()
        await tg.wait_for_messages(3)
    assert [sent.text for sent in tg.sent] == ["quick", "slow", "after it"]


async def test_before_the_start_and_after_the_end_nothing_is_lost(tg: FakeTelegram) -> None:
    bot = connect(
        token=tg.token,
        base_url=tg.base_url,
        menu=MENU,
        clock=now,
        webhook_url=URL,
        webhook_secret=SECRET,
        timeouts=QUICK,
    )
    tg.say(42, "/latest")
    assert (await bring(tg, bot, secret=SECRET)).status == 503
    talk = Talk()
    await bot.start(talk, talk.report)
    await tg.wait_for(lambda: tg.webhook)
    assert (await bring(tg, bot)).status == 200
    await bot.stop()
    assert tg.sent[0].text == "re: /latest"
    tg.say(42, "/latest")
    assert (await bring(tg, bot)).status == 503


async def test_more_than_can_be_worked_off_is_not_taken(tg: FakeTelegram) -> None:
    release = asyncio.Event()

    async def slow(request: Request) -> None:
        await release.wait()

    async with hooked(tg, Talk(slow)) as bot:
        await tg.wait_for(lambda: tg.webhook)
        statuses = set()
        for number in range(2100):
            tg.say(1 + number % 50, "x")
            statuses.add((await bring(tg, bot)).status)
        assert statuses == {200, 503}
        assert 100 <= len(tg.pending) < 150
        release.set()


async def test_a_webhook_that_cannot_be_reached_is_told(tg: FakeTelegram) -> None:
    talk = Talk(nothing)
    tg.webhook_error = {"last_error_date": int(now().timestamp()), "last_error_message": "Connection refused"}
    async with hooked(tg, talk, times=replace(QUICK, watch=0.05)):
        await talk.until(lambda: talk.beats and talk.beats[-1].state == "failing")
        assert talk.beats[-1].cause == "webhook_unreachable"
        assert "Connection refused" in talk.beats[-1].fix
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        tg.webhook_error = {"last_error_date": int(long_ago.timestamp()), "last_error_message": "Connection refused"}
        await talk.until(lambda: talk.beats[-1].state == "ok")


async def test_a_webhook_somebody_else_took_is_told_and_taken_back(tg: FakeTelegram) -> None:
    talk = Talk(nothing)
    async with hooked(tg, talk, times=replace(QUICK, watch=0.05)):
        await talk.until(lambda: talk.states == [("ok", "")])
        tg.webhook = "https://elsewhere.example/"
        await talk.until(lambda: talk.beats[-1].state == "failing")
        assert talk.beats[-1].cause == "conflict"
        await talk.until(lambda: talk.beats[-1].state == "ok")
        assert tg.webhook == URL


async def test_an_address_telegram_refuses_is_told(tg: FakeTelegram) -> None:
    talk = Talk(nothing)
    async with hooked(tg, talk, url="http://bot.example/telegram/webhook"):
        await talk.until(lambda: talk.beats)
    assert talk.beats[0].cause == "webhook_refused"
    assert "https url must be provided" in talk.beats[0].fix


async def test_a_start_without_a_network_waits_for_it(tg: FakeTelegram) -> None:
    await tg.down()
    talk: Any = Talk()
    async with hooked(tg, talk):
        await talk.until(lambda: len(talk.beats) > 1)
        await tg.up()
        await tg.wait_for(lambda: tg.webhook)
        await talk.until(lambda: talk.beats[-1].state == "ok")
    assert talk.states == [("failing", "unreachable"), ("ok", "")]
