"""The connection to Slack: stays up by itself, says so when it does not, and ends without leaving anything behind."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from bot.domain.errors import PlatformUnavailable
from bot.domain.message import Message, say
from tests.adapters.fake_slack import APP_TOKEN, BOT, FakeSlack
from tests.adapters.slack_bench import NEWS, Book, Talk, adapter, opened, running


async def test_beats_go_on_while_it_is_connected() -> None:
    async with FakeSlack() as slack, running(slack) as (_, _talk, book):
        await book.until(lambda: len(book.beats) >= 3)
        assert {(beat.part, beat.state, beat.cause) for beat in book.beats} == {("slack", "ok", "")}


async def test_a_cut_connection_is_opened_again() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, book):
        for connections in (2, 3):
            await slack.drop()
            await slack.wait_for_socket(connections)
        await slack.command("/kabar", "still there")
        await talk.answered()
        assert all(beat.state == "ok" for beat in book.beats)


async def test_slack_asks_for_a_new_connection_and_the_old_one_is_read_on() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        old = slack.sockets[0]
        await slack.ask_to_reconnect()
        await slack.wait_for_socket(2)
        assert not old.closed
        slack.sockets.reverse()
        await slack.command("/kabar", "over the old one")
        slack.sockets.reverse()
        await slack.command("/kabar", "over the new one")
        await talk.answered(2)
        assert {request.text for request in talk.requests} == {"over the old one", "over the new one"}


@pytest.mark.parametrize(
    ("method", "error", "cause", "word"),
    [
        ("apps.connections.open", "invalid_auth", "invalid_token", "KABAR_SLACK_APP_TOKEN"),
        ("apps.connections.open", "internal_error", "unreachable", "internal_error"),
        ("auth.test", "account_inactive", "revoked", "KABAR_SLACK_BOT_TOKEN"),
    ],
)
async def test_it_says_why_it_cannot_connect_and_goes_on_trying(method: str, error: str, cause: str, word: str) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.fail_always(method, error)
        book = Book()
        await platform.start(Talk(), book)
        beat = await book.says("failing", cause)
        assert word in beat.fix
        tries = slack.count(method)
        await slack.wait_for(lambda: slack.count(method) >= tries + 2)
        slack.mend()
        await book.says("ok")


async def test_no_network_at_first() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        platform = adapter(f"http://127.0.0.1:{free.getsockname()[1]}/api/")
    book = Book()
    await platform.start(Talk(), book)
    assert "network" in (await book.says("failing", "unreachable")).fix
    await platform.stop()


async def test_a_slack_that_never_says_hello() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.deaf = True
        book = Book()
        await platform.start(Talk(), book)
        await book.says("failing", "unreachable")
        slack.deaf = False
        await book.says("ok")


async def test_every_attempt_takes_a_fresh_address() -> None:
    async with FakeSlack() as slack, running(slack) as (_, _talk, _book):
        await slack.drop()
        await slack.wait_for_socket(2)
        assert slack.count("apps.connections.open") == 2


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"oauth": ["U9"], "bot": [BOT]}}]
)
async def test_an_app_that_was_removed_says_so(event: dict[str, object]) -> None:
    async with FakeSlack() as slack, running(slack) as (_, _talk, book):
        await slack.event(event)
        beat = await book.says("failing", "revoked")
        assert "install it again" in beat.fix


async def test_somebodys_own_revoked_token_is_no_trouble() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, book):
        await slack.event({"type": "tokens_revoked", "tokens": {"oauth": ["U9"], "bot": []}})
        await slack.command("/kabar", "help")
        await talk.answered()
        assert all(beat.state == "ok" for beat in book.beats)


async def test_a_token_revoked_while_sending_is_reported_until_it_works_again() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, _talk, book):
        slack.fail_next("chat.postMessage", "token_revoked")
        with pytest.raises(PlatformUnavailable):
            await platform.send(NEWS, say("x"), key="k")
        await book.says("failing", "revoked")
        beats = len(book.beats)
        await book.until(lambda: len(book.beats) >= beats + 2)
        await book.says("failing", "revoked")
        await platform.send(NEWS, say("x"), key="k")
        await book.says("ok")


async def test_a_missing_permission_while_answering_is_reported() -> None:
    async with FakeSlack() as slack, running(slack) as (_, _talk, book):
        slack.fail_next("chat.postMessage", "missing_scope", extra={"needed": "chat:write"})
        await slack.command("/kabar", "help")
        await book.says("failing", "missing_scope")


async def test_without_an_app_token_it_sends_and_says_that_it_is_deaf() -> None:
    async with FakeSlack() as slack, opened(slack, app_token=None) as platform:
        book = Book()
        slack.fail_next("auth.test", "internal_error")
        await platform.start(Talk(), book)
        beat = await book.says("ok", "no_app_token")
        assert "KABAR_SLACK_APP_TOKEN" in beat.fix
        await book.until(lambda: len(book.beats) >= 3)
        await platform.send(NEWS, say("x"), key="k")
        assert slack.sockets == []


async def test_a_report_that_cannot_be_written_stops_nothing() -> None:
    async def broken(_beat: object) -> None:
        raise OSError("disk full")

    async with FakeSlack() as slack, opened(slack) as platform:
        talk = Talk(say("yes"))
        await platform.start(talk, broken)
        await slack.wait_for_socket()
        await slack.command("/kabar", "help")
        await talk.answered()


async def test_a_conversation_that_breaks_its_word_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def script(request: object) -> Message:
        if len(talk.requests) == 1:
            raise RuntimeError("oops")
        return say("yes")

    async with FakeSlack() as slack, running(slack, script) as (_, talk, _book):
        await slack.command("/kabar", "help")
        await slack.command("/kabar", "help")
        await talk.answered()
    assert "a background task failed" in caplog.text


async def test_garbage_on_the_line_is_passed_over() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        for frame in (
            "not json",
            "[]",
            "{}",
            '{"type": "what"}',
            '{"type":"events_api","envelope_id":"e","payload":[]}',
        ):
            await slack.sockets[-1].send_str(frame)
        await slack.command("/kabar", "help")
        await talk.answered()


async def test_an_event_that_was_not_acknowledged_comes_again_under_the_same_key() -> None:
    async with FakeSlack(redeliver_after=0.05) as slack, running(slack) as (_, talk, _book):
        event = slack.said("hi", channel="D1DIRECT") | {"type": "message", "channel_type": "im"}
        await slack.drop()
        envelope = await slack.event(event)
        assert not envelope.acknowledged.is_set()
        await slack.wait_for(envelope.acknowledged.is_set)
        assert envelope.retry >= 1
        assert (await talk.asked()).key == f"message:{event['client_msg_id']}"


# --- the end ---


async def test_stop_lets_a_running_answer_finish() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        talk.may_answer.clear()
        await slack.command("/kabar", "help")
        await talk.asked()
        stopping = asyncio.ensure_future(platform.stop())
        asyncio.get_running_loop().call_later(0.05, talk.may_answer.set)
        await stopping
        assert len(slack.messages) == 1
        assert len(talk.outcomes) == 1


async def test_stop_waits_no_longer_than_it_may() -> None:
    before = asyncio.all_tasks()
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        talk.may_answer.clear()
        await slack.command("/kabar", "help")
        await talk.asked()
        began = time.monotonic()
        await platform.stop()
        assert time.monotonic() - began < 5
        assert slack.messages == []
    assert asyncio.all_tasks() == before


async def test_what_arrives_while_stopping_stays_for_the_next() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        talk.may_answer.clear()
        await slack.command("/kabar", "help")
        await talk.asked()
        stopping = asyncio.ensure_future(platform.stop())
        await asyncio.sleep(0)
        late = await slack.deliver("slash_commands", {"command": "/kabar", "text": "late"}, wait=False)
        asyncio.get_running_loop().call_later(0.05, talk.may_answer.set)
        await stopping
        assert not late.acknowledged.is_set()
        assert len(talk.requests) == 1


async def test_stop_is_harmless_before_start_and_twice() -> None:
    async with FakeSlack() as slack:
        platform = adapter(slack.base_url, app_token=APP_TOKEN)
        await platform.stop()
        await platform.start(Talk(), book := Book())
        await book.says("ok")
        await platform.stop()
        await platform.stop()
