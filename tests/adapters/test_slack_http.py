"""Slack over HTTP: who may knock, what is acknowledged and when, and that nothing counts twice."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.message import Button, Field, FieldKind, Form, Message, paragraph, say
from bot.platforms.slack.http import Doorway, read
from bot.ports import Ask, Reply
from tests.adapters.fake_slack import SIGNING_SECRET, FakeSlack
from tests.adapters.fake_slack_wire import signature
from tests.adapters.slack_bench import NEWS, Book, Talk, Watch, adapter, listening, opened

PATH = "/slack/events"
COMMAND = urlencode({"command": "/kabar", "text": "help", "team_id": "T1TEAM", "channel_id": "C1NEWS0"}).encode()


def ask(body: bytes = COMMAND, *, at: str, signed: str | None = None, **headers: str) -> Ask:
    named = {"x-slack-request-timestamp": at, "x-slack-signature": signed or signature(SIGNING_SECRET, at, body)}
    return Ask(method="POST", path=PATH, headers={**named, **headers}, body=body)


def now(watch: Watch, by: float = 0) -> str:
    return str(int(watch().timestamp() + by))


# --- who may knock ---


@pytest.mark.parametrize("by", [-300, -299, 0, 299, 300])
async def test_what_slack_signed_is_let_in(by: float) -> None:
    watch, taken = Watch(), []
    watch.now = watch.now.replace(microsecond=0)
    door = Doorway(SIGNING_SECRET, watch, lambda payload: not taken.append(payload))
    assert await door(ask(at=now(watch, by))) == Reply()
    assert taken == [{"command": "/kabar", "text": "help", "team_id": "T1TEAM", "channel_id": "C1NEWS0"}]


@pytest.mark.parametrize("by", [-301, 301, -86_400, 10**9])
async def test_what_is_too_old_or_of_tomorrow_is_not(by: float) -> None:
    watch = Watch()
    assert (await Doorway(SIGNING_SECRET, watch, _never)(ask(at=now(watch, by)))).status == 401


@pytest.mark.parametrize(
    "at",
    ["abc", "nan", "inf", "", "9" * 5_000, "-1", "1e9", "١٧٢٢٠٠٠٠٠٠", " 1722000000", "0x10", "1722000000.0", "\x00"],
)
async def test_a_timestamp_that_is_none(at: str, caplog: pytest.LogCaptureFixture) -> None:
    body = COMMAND
    signed = signature(SIGNING_SECRET, at, body)
    reply = await Doorway(SIGNING_SECRET, Watch(), _never)(ask(body, at=at, signed=signed))
    assert reply.status == 401
    assert not caplog.records


@pytest.mark.parametrize("signed", ["", "v0=", "v0=" + "0" * 64, "v1=" + "0" * 64, "ü", "v0=\udcff", "9" * 5_000])
async def test_a_signature_that_is_none(signed: str) -> None:
    watch = Watch()
    headers = {"x-slack-request-timestamp": now(watch), "x-slack-signature": signed}
    door = Doorway(SIGNING_SECRET, watch, _never)
    assert (await door(Ask(method="POST", path=PATH, headers=headers, body=COMMAND))).status == 401
    assert (await door(Ask(method="POST", path=PATH, body=COMMAND))).status == 401


async def test_the_signature_is_of_the_very_bytes() -> None:
    watch = Watch()
    door, at = Doorway(SIGNING_SECRET, watch, _never), now(watch)
    signed = signature(SIGNING_SECRET, at, COMMAND)
    for body in (COMMAND + b" ", COMMAND.lower() + b"x", b"", COMMAND.replace(b"%2F", b"/")):
        assert (await door(ask(body, at=at, signed=signed))).status == 401
    assert (await door(ask(at=str(int(at) - 1), signed=signed))).status == 401
    other = signature("another-secret", at, COMMAND)
    assert (await door(ask(at=at, signed=other))).status == 401


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"", b"{", b"[]", b"{}}", b"payload=", b"payload=[1]", b"a=b", b"null", b'{"a":' * 100_000, b"%ff"],
)
async def test_a_body_that_is_none_is_refused_though_signed(body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    watch = Watch()
    assert (await Doorway(SIGNING_SECRET, watch, _never)(ask(body, at=now(watch)))).status == 401
    assert not caplog.records


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_body_whatsoever_breaks_the_reading(body: bytes) -> None:
    read(Ask(method="POST", path=PATH, body=body))
    read(Ask(method="POST", path=PATH, body=b"{" + body))
    read(Ask(method="POST", path=PATH, body=b"payload=" + body))


async def test_slack_asks_whether_it_is_us() -> None:
    async with FakeSlack() as slack, opened(slack, signing_secret=SIGNING_SECRET, watch=(watch := Watch())) as platform:
        body = json.dumps({"type": "url_verification", "token": "x", "challenge": "3eZbrw1a"}).encode()
        door = platform.routes()["POST", PATH]
        assert (await door(ask(body, at=now(watch)))).body == b"3eZbrw1a"  # even before the start
        assert (await door(ask(b"ssl_check=1&token=x", at=now(watch)))).status == 200


async def test_without_a_secret_nobody_may_knock() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        assert platform.routes() == {}


def _never(payload: object) -> bool:
    raise AssertionError(f"let in: {payload}")


# --- what is done ---


PANEL = Message(paragraphs=(paragraph("Panel"),), buttons=((Button(label="Go", action="/go"),),))
FORM = Form(title="F", submit="OK", action="/set", fields=(Field(key="a", label="A", kind=FieldKind.TEXT),))


async def test_everything_people_do_arrives_over_http_too() -> None:
    async with FakeSlack() as slack, listening(slack, PANEL) as (_, talk, _book):
        done = [await slack.command("/kabar", "latest")]
        await talk.answered()
        done += [await slack.press(slack.messages[0], "Go"), await slack.mention("2"), await slack.direct_message("3")]
        done += [await slack.open_home(), await slack.shortcut("kabar_why", slack.messages[0])]
        await talk.answered(6)
        assert sorted(r.text for r in talk.requests) == ["/go", "/home", "/latest", "/why", "2", "3"]
        assert all(one.reply == Reply() for one in done)
        talk.script = replace(say("x"), form=FORM)
        await slack.command("/kabar", "set")
        await talk.answered(7)
        assert (await slack.submit(slack.dialogs[0], {"a": "b"})).reply == Reply()  # an empty answer closes it
        assert (await talk.asked(8)).text == "/set a=b"
        assert slack.sockets == []


async def test_it_is_acknowledged_before_the_work() -> None:
    async with FakeSlack() as slack, listening(slack) as (_, talk, _book):
        talk.may_answer.clear()
        envelope = await slack.command("/kabar", "latest")
        assert envelope.acknowledged.is_set()
        await talk.asked()
        assert slack.messages == []
        talk.may_answer.set()
        await slack.wait_for_messages(1)


async def test_what_comes_again_counts_once() -> None:
    async with FakeSlack() as slack, listening(slack) as (_, talk, _book):
        for envelope in (await slack.direct_message("hi"), await slack.command("/kabar", "help")):
            for _ in range(3):
                assert (await slack.again(envelope)).acknowledged.is_set()
        event = {k: v for k, v in slack.said("x", channel="D1DIRECT").items() if k != "client_msg_id"}
        envelope = await slack.event({**event, "type": "message", "channel_type": "im"})
        await slack.again(envelope)
        await slack.direct_message("last")
        await talk.asked(4)
        assert sorted(request.text for request in talk.requests) == ["/help", "hi", "last", "x"]


async def test_before_the_start_and_after_the_end_slack_shall_come_again() -> None:
    async with FakeSlack() as slack:
        platform, watch = adapter(slack.base_url, app_token=None, signing_secret=SIGNING_SECRET), Watch()
        slack.over_http(platform.routes, watch)
        early = await slack.direct_message("early")
        assert early.reply is not None
        assert early.reply.status == 503
        await platform.start(talk := Talk(say("yes")), book := Book())
        await book.says("ok")
        assert (await slack.again(early)).acknowledged.is_set()
        await talk.answered()
        await platform.stop()
        assert not (await slack.direct_message("late")).acknowledged.is_set()
        assert [request.text for request in talk.requests] == ["early"]


async def test_a_gesture_that_comes_before_slack_said_who_we_are() -> None:
    async with FakeSlack() as slack:
        watch = Watch()
        platform = adapter(slack.base_url, app_token=None, signing_secret=SIGNING_SECRET, watch=watch)
        slack.over_http(platform.routes, watch)
        slack.fail_next("auth.test", "internal_error")
        await platform.start(talk := Talk(say("yes")), Book())
        await slack.command("/kabar", "help")
        await slack.event({"type": "channel_archive", "channel": "C1NEWS0", "user": "U1ANNA"})
        request, _, _ = await talk.answered()
        assert request.channel == NEWS
        await talk.until(lambda: talk.lost)
        assert talk.lost == [(NEWS, "is_archived")]
        await platform.stop()


async def test_signed_nonsense_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    async with FakeSlack() as slack, listening(slack) as (_, talk, _book):
        assert slack.http is not None
        for body in (b"{}", b'{"type":"event_callback","event":[]}', b'{"type":"block_actions"}', b'{"team":7}'):
            assert (await slack.http.send(body)).status == 200
        await slack.command("/kabar", "help")
        await talk.answered()


async def test_http_is_well_without_a_socket() -> None:
    async with FakeSlack() as slack, listening(slack) as (platform, _talk, book):
        assert (await platform.check()).place == "Acme"
        assert slack.count("apps.connections.open") == 0
        slack.fail_next("chat.postMessage", "token_revoked")
        await slack.command("/kabar", "help")
        await book.says("failing", "revoked")
        await platform.send(NEWS, say("x"), key="k")
        await book.says("ok")


async def test_a_clock_that_is_wrong_lets_nobody_in() -> None:
    async with FakeSlack() as slack, listening(slack, watch=(watch := Watch())) as (_, talk, _book):
        assert slack.http is not None
        slack.http.clock = lambda: watch() - timedelta(minutes=6)
        assert not (await slack.command("/kabar", "help")).acknowledged.is_set()
        assert talk.requests == []
