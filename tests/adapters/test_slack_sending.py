"""Posting to Slack: exactly once where it can be known, and the right word for every way in which it fails."""

from __future__ import annotations

import asyncio
import logging
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bot.domain.channel import Channel, User
from bot.domain.errors import (
    ChannelGone,
    MessageRejected,
    OutcomeUnknown,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
)
from bot.domain.message import Message, paragraph, say
from bot.platforms.slack import connect
from bot.platforms.slack.errors import DEFAULT_WAIT, LONGEST_WAIT, TokenRefused, meaning, retry_after
from tests.adapters.fake_slack import APP_TOKEN, BOT_TOKEN, TEAM, FakeSlack, Posted
from tests.adapters.slack_bench import MENU, NEWS, Book, Talk, Watch, adapter, opened

LONG = Message(paragraphs=tuple(paragraph(f"{n} " + "word " * 120) for n in range(40)), stories=(1,))


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


async def test_a_message_arrives_marked_and_without_previews() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        ids = await platform.send(NEWS, say("Hello <!channel>"), key="kabar-1")
        [posted] = slack.messages
        assert ids == (posted.ts,)
        assert posted.shown == "Hello <!channel>"
        assert posted.metadata == {
            "event_type": "kabar_delivery",
            "event_payload": {"key": "kabar-1", "part": 1, "parts": 1},
        }
        body = posted.body
        assert (body["unfurl_links"], body["unfurl_media"], body["mrkdwn"]) == (False, False, False)
        assert body["text"] == "Hello &lt;!channel&gt;"
        assert not {"link_names", "parse", "thread_ts"} & body.keys()


async def test_a_preview_is_asked_for() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        await platform.send(NEWS, Message(paragraphs=(paragraph("x"),), preview=True), key="k")
        assert slack.messages[0].body["unfurl_links"] is True


async def test_a_thread_gets_its_message() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        root = slack.said("start")["ts"]
        await platform.send(Channel(platform="slack", address=NEWS.address, thread=root), say("x"), key="k")
        assert slack.messages[0].thread_ts == root


async def test_connect_gives_a_platform() -> None:
    async with FakeSlack() as slack:
        platform = connect(bot_token=BOT_TOKEN, base_url=slack.base_url, menu=MENU, clock=Watch())
        assert platform.name == "slack"
        assert await platform.send(NEWS, say("x"), key="k") == (slack.messages[0].ts,)
        assert platform.pause(NEWS) == timedelta(seconds=1)
        assert await platform.is_admin(NEWS, User(id="U1ANNA"))
        await platform.stop()


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ({"error": "ratelimited", "status": 429, "headers": {"Retry-After": "7"}}, RateLimited),
        ({"error": "ratelimited"}, RateLimited),
        ({"error": "internal_error"}, OutcomeUnknown),
        ({"error": "fatal_error", "status": 500}, OutcomeUnknown),
        ({"status": 503, "raw": "<html>busy</html>"}, OutcomeUnknown),
        ({"status": 200, "raw": "<html>a hotel's login page</html>"}, OutcomeUnknown),
        ({"status": 403, "raw": "blocked"}, PlatformUnavailable),
        ({"reset": True}, OutcomeUnknown),
        ({"hang": True}, OutcomeUnknown),
        ({"error": "token_revoked"}, TokenRefused),
        ({"error": "missing_scope", "extra": {"needed": "chat:write"}}, TokenRefused),
        ({"error": "is_archived"}, ChannelGone),
        ({"error": "invalid_blocks"}, MessageRejected),
        ({"error": "something_new"}, PlatformUnavailable),
    ],
)
async def test_every_trouble_has_its_word(trouble: dict[str, Any], expected: type[Exception]) -> None:
    async with FakeSlack() as slack, opened(slack, timeout=aiohttp.ClientTimeout(total=0.3)) as platform:
        slack.fail_next("chat.postMessage", **trouble)
        with pytest.raises(expected) as caught:
            await platform.send(NEWS, say("x"), key="k")
        assert type(caught.value) is expected
        assert slack.count("chat.postMessage") == 1
        assert BOT_TOKEN not in str(caught.value)
        if trouble.get("status") == 429:
            assert caught.value.retry_after == timedelta(seconds=7)  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "restricted_action_read_only_channel", "cannot_dm_bot"])  # fmt: skip  # noqa: E501
def test_a_chat_that_is_gone(code: str) -> None:
    error = meaning(code)
    assert isinstance(error, ChannelGone)
    assert error.reason == code


@pytest.mark.parametrize(
    ("code", "cause"),
    [("invalid_auth", "invalid_token"), ("account_inactive", "revoked"), ("missing_scope", "missing_scope")],
)
def test_a_bad_token_parks_no_chat(code: str, cause: str) -> None:
    error = meaning(code, needed="chat:write")
    assert isinstance(error, TokenRefused)
    assert isinstance(error, PlatformUnavailable)
    assert error.cause == cause
    assert "chat:write" in str(error)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("12", timedelta(seconds=12)), ("0", timedelta(seconds=1)), ("-3", timedelta(seconds=1)), (None, DEFAULT_WAIT),
        ("soon", DEFAULT_WAIT), ("nan", DEFAULT_WAIT), ("inf", DEFAULT_WAIT), ("9" * 400, DEFAULT_WAIT),
        ("99999999", LONGEST_WAIT),
    ],
)  # fmt: skip
def test_retry_after_is_read_with_care(header: str | None, wait: timedelta) -> None:
    assert retry_after(header) == wait


async def test_no_connection_means_surely_not_delivered() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        platform = adapter(f"http://127.0.0.1:{free.getsockname()[1]}/api/")
    with pytest.raises(PlatformUnavailable):
        await platform.send(NEWS, say("x"), key="k")
    with pytest.raises(PlatformRefused) as caught:
        await platform.check()
    assert caught.value.reason == "unreachable"
    await platform.stop()


async def test_an_address_that_is_none() -> None:
    platform = adapter("nonsense://127.0.0.1/api/")
    with pytest.raises(PlatformUnavailable):
        await platform.send(NEWS, say("x"), key="k")
    await platform.stop()


async def test_nothing_to_see_is_refused_here() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        with pytest.raises(MessageRejected):
            await platform.send(NEWS, say(" "), key="k")
        assert slack.calls == []


async def test_a_chat_of_another_workspace_is_not_written_to() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        await platform.check()
        with pytest.raises(ChannelGone):
            await platform.send(Channel(platform="slack", address="T9OTHER/C1NEWS0"), say("x"), key="k")
        assert slack.messages == []


# --- was it delivered? ---


async def test_a_reset_after_the_message_was_stored_is_found_again() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.fail_next("chat.postMessage", reset=True, store=True)
        with pytest.raises(OutcomeUnknown):
            await platform.send(NEWS, say("x"), key="kabar-7")
        assert len(slack.messages) == 1
        assert await platform.was_delivered(NEWS, "kabar-7", an_hour_ago()) == (slack.messages[0].ts,)
        assert await platform.was_delivered(NEWS, "kabar-70", an_hour_ago()) == ()


async def test_a_thread_is_searched_as_a_thread() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        channel = Channel(platform="slack", address=NEWS.address, thread=slack.said("start")["ts"])
        slack.fail_next("chat.postMessage", error="internal_error", store=True)
        with pytest.raises(OutcomeUnknown):
            await platform.send(channel, say("x"), key="k")
        assert await platform.was_delivered(channel, "k", an_hour_ago()) == (slack.messages[0].ts,)
        assert await platform.was_delivered(NEWS, "k", an_hour_ago()) == ()


async def test_the_history_is_read_page_by_page() -> None:
    async with FakeSlack(page=2) as slack, opened(slack) as platform:
        ids = await platform.send(NEWS, say("x"), key="k")
        for n in range(7):
            slack.said(f"chatter {n}")
        assert await platform.was_delivered(NEWS, "k", an_hour_ago()) == ids
        assert slack.count("conversations.history") == 4


async def test_only_the_bots_own_marks_count() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        forged = {"event_type": "kabar_delivery", "event_payload": {"key": "k", "part": 1, "parts": 1}}
        slack.history.append(Posted("C1NEWS0", slack.said("x")["ts"], "U1ANNA", metadata=forged))
        assert await platform.was_delivered(NEWS, "k", an_hour_ago()) == ()


@pytest.mark.parametrize("error", ["missing_scope", "channel_not_found"])
async def test_what_this_token_is_never_told(error: str) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.fail_next("conversations.history", error)
        assert await platform.was_delivered(NEWS, "k", an_hour_ago()) is None


@pytest.mark.parametrize("trouble", [{"error": "internal_error"}, {"error": "ratelimited"}, {"reset": True}])
async def test_what_cannot_be_asked_now_is_asked_later(trouble: dict[str, Any]) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        for _ in range(2):  # aiohttp itself asks once more when a kept connection breaks under a GET
            slack.fail_next("conversations.history", **trouble)
        with pytest.raises(OutcomeUnknown):
            await platform.was_delivered(NEWS, "k", an_hour_ago())


# --- messages of several parts ---


async def test_a_long_message_goes_on_where_it_stopped() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.fail_next("chat.postMessage", "ratelimited", status=429, headers={"Retry-After": "3"}, pass_first=1)
        with pytest.raises(RateLimited):
            await platform.send(NEWS, LONG, key="k")
        assert len(slack.messages) == 1
        ids = await platform.send(NEWS, LONG, key="k")
        assert list(ids) == [message.ts for message in slack.messages]
        assert _parts_seen(slack) == list(range(1, len(ids) + 1))
        assert len(ids) > 2


@pytest.mark.parametrize("store", [True, False])
async def test_it_goes_on_even_after_a_restart(store: bool) -> None:
    async with FakeSlack() as slack:
        async with opened(slack) as platform:
            slack.fail_next("chat.postMessage", reset=True, store=store, pass_first=1)
            with pytest.raises(OutcomeUnknown):
                await platform.send(NEWS, LONG, key="k")
        async with opened(slack) as again:
            assert await again.was_delivered(NEWS, "k", an_hour_ago()) == ()
            ids = await again.send(NEWS, LONG, key="k")
            assert await again.was_delivered(NEWS, "k", an_hour_ago()) == ids
        assert _parts_seen(slack) == list(range(1, len(ids) + 1))


async def test_two_deliveries_do_not_mix() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        await asyncio.gather(*(platform.send(NEWS, say(f"story {n}"), key=f"k{n}") for n in range(20)))
        assert sorted(m.shown for m in slack.messages) == sorted(f"story {n}" for n in range(20))


def _parts_seen(slack: FakeSlack) -> list[int]:
    return [message.metadata["event_payload"]["part"] for message in slack.messages if message.metadata]


# --- the token, channels, silence about secrets ---


async def test_check_says_who_we_are() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        identity = await platform.check()
        assert (identity.name, identity.place) == ("kabar", "Acme")
        assert slack.count("apps.connections.open") == 1
        assert slack.messages == []


@pytest.mark.parametrize(
    ("method", "error", "reason", "word"),
    [
        ("auth.test", "invalid_auth", "invalid_token", "KABAR_SLACK_BOT_TOKEN"),
        ("auth.test", "token_revoked", "revoked", "install it again"),
        ("auth.test", "account_inactive", "revoked", "install it again"),
        ("apps.connections.open", "invalid_auth", "invalid_token", "KABAR_SLACK_APP_TOKEN"),
        ("apps.connections.open", "missing_scope", "missing_scope", "connections:write"),
        ("auth.test", "internal_error", "unreachable", "network"),
    ],
)
async def test_check_says_what_to_do(method: str, error: str, reason: str, word: str) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.fail_next(method, error)
        with pytest.raises(PlatformRefused) as caught:
            await platform.check()
        assert caught.value.reason == reason
        assert word in caught.value.detail


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("#news", "C1NEWS0"), ("@news", "C1NEWS0"), ("News", "C1NEWS0"), ("C1NEWS0", "C1NEWS0"),
        ("<#C1NEWS0|news>", "C1NEWS0"), ("#random", None), ("C2OTHER", None), ("C9NOWHERE", None), ("#", None),
        ("", None),
    ],
)  # fmt: skip
async def test_find_channel(name: str, found: str | None) -> None:
    async with FakeSlack(page=1) as slack, opened(slack) as platform:
        channel = await platform.find_channel(name)
        assert channel == (Channel(platform="slack", address=f"{TEAM}/{found}") if found else None)


async def test_find_channel_when_slack_is_silent() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.fail_next("users.conversations", "internal_error")
        assert await platform.find_channel("#news") is None
    async with FakeSlack() as slack, opened(slack, bot_token="xoxb-wrong") as platform:
        assert await platform.find_channel("#news") is None


async def test_no_secret_is_logged_at_any_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with FakeSlack() as slack, opened(slack) as platform:
        book = Book()
        await platform.check()
        await platform.start(Talk(say("answer")), book)
        await book.says("ok")
        await slack.command("/kabar", "latest")
        await slack.wait_for_messages(1)
        slack.fail_next("chat.postMessage", "invalid_auth")
        with pytest.raises(PlatformUnavailable):
            await platform.send(NEWS, say("x"), key="k")
        slack.deaf = True
        await slack.drop()
        await book.says("failing", "invalid_token")
    for secret in (BOT_TOKEN, APP_TOKEN, "ticket-", "/respond/"):
        assert not [r for r in caplog.records if r.name.startswith(("kabar", "slack")) and secret in r.getMessage()]
