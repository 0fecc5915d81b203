"""What people do in Slack becomes a request, and the answer goes where it was asked for."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.channel import Channel
from bot.domain.message import Button, Message, paragraph, say
from bot.domain.story import Language
from tests.adapters.fake_slack import BOT, BOT_ID, TEAM, FakeSlack, Room
from tests.adapters.slack_bench import NEWS, Watch, running

LIST = Message(
    paragraphs=(paragraph("Two stories"),),
    buttons=((Button(label="1", action="/more s11"), Button(label="2", action="/more s12")),),
    stories=(11, 12),
)


def channel(channel_id: str, thread: str = "") -> Channel:
    return Channel(platform="slack", address=f"{TEAM}/{channel_id}", thread=thread)


# --- slash commands ---


@pytest.mark.parametrize(
    ("command", "text", "typed"),
    [
        ("/kabar", "latest 5", "/latest 5"), ("/kabar", "", "/help"), ("/kabar", "  Latest  ai ", "/Latest  ai"),
        ("/kabar", "2", "2"), ("/kabar", "/more 2", "/more 2"), ("/kabar", "terbaru", "terbaru"),
        ("/latest", "ai", "/latest ai"), ("/latest", "", "/latest"),
        ("/search", "R&amp;D &lt;x&gt;", "/search R&D <x>"),
        ("/kabar", "feeds <https://a.example/f?x=1&amp;y|a.example>", "feeds https://a.example/f?x=1&y"),
        ("/kabar", "latest <#C1NEWS0|news>", "/latest <#C1NEWS0|news>"),
    ],
)  # fmt: skip
async def test_a_slash_command_types_for_you(command: str, text: str, typed: str) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        envelope = await slack.command(command, text)
        request, _, ids = await talk.answered()
        assert request.text == typed
        assert request.channel == NEWS
        assert (request.private, request.addressed, request.reply_to) == (False, True, None)
        assert request.key == f"command:{envelope.payload['trigger_id']}"
        [posted] = slack.messages
        assert posted.shown == f"echo {typed}"
        assert (posted.channel, posted.thread_ts, ids) == ("C1NEWS0", "", (posted.ts,))
        assert envelope.receipt == {"envelope_id": envelope.id}


async def test_a_command_in_a_direct_message_is_private() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        await slack.command("/kabar", "help", channel="D1DIRECT")
        assert (await talk.asked()).private


async def test_acknowledged_long_before_the_answer() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        talk.may_answer.clear()
        envelope = await slack.command("/kabar", "latest")
        await talk.asked()
        assert slack.messages == []
        assert envelope.latency is not None
        assert envelope.latency < 0.5
        talk.may_answer.set()
        await slack.wait_for_messages(1)


@pytest.mark.parametrize(("user", "words"), [("U1ANNA", "Invite me first."), ("U2BUDI", "Undang saya dulu.")])
async def test_where_the_bot_is_no_member_it_whispers(user: str, words: str) -> None:
    async with FakeSlack() as slack, running(slack, LIST) as (_, talk, _book):
        await slack.command("/kabar", "latest", channel="C2OTHER", user=user)
        request, message, ids = await talk.answered()
        [whisper] = slack.whispers
        assert slack.messages == []
        assert whisper.shown.startswith("Two stories")
        assert words in whisper.shown
        assert (request.channel, message, ids) == (channel("C2OTHER"), LIST, ())
        await slack.press(whisper, "2")
        await slack.wait_for_whispers(2)
        assert (await talk.asked(2)).text == "/more s12"


async def test_an_unknown_channel_is_whispered_to_as_well() -> None:
    async with FakeSlack() as slack, running(slack) as (_, _talk, _book):
        slack.fail_next("chat.postMessage", "channel_not_found")
        await slack.command("/kabar", "help")
        await slack.wait_for_whispers(1)


async def test_a_whisper_that_fails_ends_quietly() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        slack.fail_next("response_url", status=500)
        await slack.command("/kabar", "first", channel="C2OTHER")
        await slack.command("/kabar", "second")
        request, _, _ = await talk.answered()
        assert request.text == "second"


# --- mentions ---


async def test_a_mention_is_answered_in_its_thread_and_acts_on_the_channel() -> None:
    async with FakeSlack() as slack, running(slack, LIST) as (_, talk, _book):
        await slack.mention("latest 5")
        request, _, ids = await talk.answered()
        asked, answer = slack.history
        assert request.text == "latest 5"
        assert (request.channel, request.private, request.reply_to) == (NEWS, False, None)
        assert request.key == f"message:client-{asked.ts}"
        assert answer.thread_ts == asked.ts
        assert ids == (answer.ts, asked.ts)  # going on in this thread finds the list by its first message

        await slack.mention("2", thread_ts=asked.ts)
        request, _, _ = await talk.answered(2)
        assert (request.channel, request.reply_to, request.text) == (NEWS, asked.ts, "2")
        assert slack.messages[-1].thread_ts == asked.ts


async def test_a_mention_under_one_of_our_messages_is_a_reply_to_it() -> None:
    async with FakeSlack() as slack, running(slack, LIST) as (platform, talk, _book):
        [alert] = await platform.send(NEWS, say("Alert"), key="kabar-1")
        for known in (False, True):  # Slack may or may not say whose message the thread hangs on
            event = slack.said(f"<@{BOT}|kabar> why 1", thread_ts=alert)
            await slack.event(event | ({"parent_user_id": BOT} if known else {}))
            request, _, ids = await talk.answered(2 if known else 1)
            assert (request.channel, request.reply_to, request.text) == (NEWS, alert, "why 1")
            assert slack.messages[-1].thread_ts == alert
            assert alert not in ids  # it keeps the numbers it shows itself
        assert slack.count("conversations.replies") == 1


async def test_a_mention_in_somebody_elses_thread_acts_on_that_thread() -> None:
    async with FakeSlack() as slack, running(slack, LIST) as (_, talk, _book):
        root = slack.said("lunch?")["ts"]
        await slack.mention("subscribe ai", thread_ts=root)
        request, _, ids = await talk.answered()
        assert request.channel == channel("C1NEWS0", root)
        assert slack.messages[-1].thread_ts == root
        assert ids == (slack.messages[-1].ts, root)
        await slack.press(slack.messages[-1], "1")
        assert (await talk.asked(2)).channel == channel("C1NEWS0", root)
        await slack.mention("2", thread_ts=root)
        await talk.answered(3)
        assert slack.count("conversations.replies") == 1


async def test_a_thread_that_slack_will_not_show_counts_as_typed() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        root = slack.said("lunch?")["ts"]
        slack.fail_next("conversations.replies", "missing_scope")
        await slack.mention("help", thread_ts=root)
        assert (await talk.asked()).channel == channel("C1NEWS0", root)


async def test_only_the_name_asks_for_help() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        await slack.mention("")
        assert (await talk.asked()).text == "/help"


# --- direct messages ---


async def test_a_direct_message_is_plain_talk() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        await slack.direct_message("2")
        request, _, ids = await talk.answered()
        assert (request.text, request.private, request.channel) == ("2", True, channel("D1DIRECT"))
        assert slack.messages[-1].thread_ts == ""
        assert ids == (slack.messages[-1].ts,)
        await slack.direct_message("why 1", thread_ts=ids[0])
        request, _, _ = await talk.answered(2)
        assert (request.reply_to, request.channel) == (ids[0], channel("D1DIRECT"))
        assert slack.messages[-1].thread_ts == ids[0]


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "message_changed"}, {"subtype": "bot_message", "bot_id": "B9"}, {"bot_id": BOT_ID}, {"user": BOT},
        {"channel": "C1NEWS0", "channel_type": "channel"}, {"text": ""}, {"user": None},
    ],
)  # fmt: skip
async def test_what_is_not_meant_for_the_bot(change: dict[str, Any]) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        event = {**slack.said("hi", channel="D1DIRECT"), "type": "message", "channel_type": "im", **change}
        envelope = await slack.event(event)
        assert envelope.acknowledged.is_set()
        await slack.direct_message("meant")
        assert [request.text for request in [await talk.asked()]] == ["meant"]
        assert len(talk.requests) == 1


async def test_an_event_nobody_listens_to_is_acknowledged() -> None:
    async with FakeSlack() as slack, running(slack) as (_, _talk, _book):
        assert (await slack.event({"type": "reaction_added", "user": "U1ANNA"})).acknowledged.is_set()


# --- buttons ---


async def test_a_button_types_its_action_under_its_message() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        [shown] = await platform.send(NEWS, LIST, key="k")
        envelope = await slack.press(slack.messages[0], "2", user="U2BUDI")
        request, _, ids = await talk.answered()
        assert (request.text, request.reply_to, request.channel) == ("/more s12", shown, NEWS)
        assert request.user.id == "U2BUDI"
        assert slack.messages[-1].thread_ts == shown
        assert shown not in ids
        assert envelope.payload["actions"][0]["action_ts"] in request.key


async def test_a_button_in_a_direct_message_answers_below() -> None:
    async with FakeSlack() as slack, running(slack, LIST) as (_, talk, _book):
        await slack.direct_message("latest")
        await slack.wait_for_messages(1)
        await slack.press(slack.messages[0], "1")
        await talk.answered(2)
        assert slack.messages[1].thread_ts == ""


# --- who is asking ---


async def test_language_zone_and_name_come_from_the_profile() -> None:
    async with FakeSlack() as slack, running(slack, watch=(watch := Watch())) as (_, talk, _book):
        await slack.direct_message("hi", user="U2BUDI")
        request = await talk.asked()
        assert (request.language, request.zone) == (Language.ID, "Asia/Jakarta")
        assert (request.user.id, request.user.name) == ("U2BUDI", "Budi")
        await slack.direct_message("hi", user="U2BUDI")
        await talk.answered(2)
        assert slack.count("users.info") == 1
        watch.forward(timedelta(hours=2))
        await slack.direct_message("hi", user="U2BUDI")
        await talk.answered(3)
        assert slack.count("users.info") == 2


async def test_a_profile_that_cannot_be_read_is_no_trouble() -> None:
    async with FakeSlack() as slack, running(slack, watch=(watch := Watch())) as (_, talk, _book):
        slack.users["U1ANNA"]["locale"] = "fr-FR"
        slack.fail_next("users.info", "missing_scope")
        await slack.direct_message("hi")
        request = await talk.asked()
        assert (request.language, request.zone, request.user.name) == (None, None, "")
        watch.forward(timedelta(minutes=2))
        await slack.direct_message("hi")
        request = await talk.asked(2)
        assert (request.language, request.zone) == (None, "Europe/Berlin")


# --- answers that meet trouble ---


async def test_nothing_to_say_is_nothing_said() -> None:
    async with FakeSlack() as slack, running(slack, lambda r: None if r.text == "a" else say("b")) as (_, talk, _book):
        await slack.direct_message("a")
        await slack.direct_message("b")
        await talk.answered()
        assert [message.shown for message in slack.messages] == ["b"]


@pytest.mark.parametrize(
    "trouble",
    [{"error": "ratelimited", "status": 429, "headers": {"Retry-After": "1"}}, {"error": "team_added_to_org"}],
)
async def test_an_answer_is_tried_again(trouble: dict[str, Any]) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        slack.fail_next("chat.postMessage", **trouble)
        await slack.command("/kabar", "help")
        await talk.answered()
        assert len(slack.messages) == 1


async def test_an_answer_that_may_have_arrived_is_not_repeated() -> None:
    async with FakeSlack() as slack, running(slack, LIST) as (_, talk, _book):
        slack.fail_next("chat.postMessage", reset=True, store=True)
        await slack.command("/kabar", "latest")
        _, _, ids = await talk.answered()
        assert ids == ()
        assert len(slack.messages) == 1


async def test_an_answer_slack_refuses_comes_plain() -> None:
    async with FakeSlack() as slack, running(slack, LIST) as (_, talk, _book):
        slack.fail_next("chat.postMessage", "invalid_blocks")
        await slack.command("/kabar", "latest")
        await talk.answered()
        assert slack.messages[0].shown == "Two stories"
        assert not any(block["type"] == "actions" for block in slack.messages[0].blocks)


async def test_an_answer_slack_refuses_twice_is_given_up() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        slack.fail_next("chat.postMessage", "invalid_blocks")
        slack.fail_next("chat.postMessage", "invalid_blocks")
        await slack.command("/kabar", "a")
        await slack.wait_for(lambda: slack.count("chat.postMessage") >= 1)
        await slack.command("/kabar", "b")
        await slack.command("/kabar", "c")
        await talk.answered()
        assert all(request.text in "bc" for request, _, _ in talk.outcomes)


# --- what happens to channels ---


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("channel_archive", "is_archived"), ("channel_deleted", "channel_not_found"), ("group_left", "not_in_channel")],
)
async def test_a_channel_that_closes(kind: str, reason: str) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        await slack.event({"type": kind, "channel": "C1NEWS0", "user": "U1ANNA"})
        await talk.until(lambda: talk.lost)
        assert talk.lost == [(NEWS, reason)]


async def test_the_same_words_twice_are_two_gestures_and_one_gesture_twice_is_one() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        event = slack.said("hi", channel="D1DIRECT") | {"type": "message", "channel_type": "im"}
        await slack.event(event)
        await slack.event({**event, "ts": "1.000001"})  # the same client_msg_id
        await slack.direct_message("hi")
        await talk.asked(2)
        assert talk.requests[0].key == f"message:{event['client_msg_id']}" != talk.requests[1].key
        del event["client_msg_id"]
        envelope = await slack.event(event)
        await slack.deliver("events_api", envelope.payload)
        assert (await talk.asked(3)).key == f"message:{envelope.payload['event_id']}"
        command = await slack.command("/kabar", "help")
        await slack.deliver("slash_commands", command.payload)
        assert (await talk.asked(4)).key == f"command:{command.payload['trigger_id']}"
        await slack.direct_message("the last")
        assert (await talk.asked(5)).text == "the last"
        assert len(talk.requests) == 5


async def test_one_channel_is_answered_in_order_while_others_go_on() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        talk.may_answer.clear()
        for text in ("one", "two", "three"):
            await slack.direct_message(text)
        await slack.command("/kabar", "elsewhere")
        await talk.asked(2)
        assert {request.text for request in talk.requests} == {"one", "elsewhere"}
        talk.may_answer.set()
        await talk.answered(4)
        assert [m.shown for m in slack.messages if m.channel == "D1DIRECT"] == ["echo one", "echo two", "echo three"]


async def test_many_at_once_are_all_acknowledged_quickly() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        for n in range(50):
            slack.rooms[f"C{n}"] = Room(f"room{n}")
        envelopes = await asyncio.gather(*(slack.command("/kabar", f"latest {n}", channel=f"C{n}") for n in range(50)))
        await talk.answered(50)
        assert sorted(m.shown for m in slack.messages) == sorted(f"echo /latest {n}" for n in range(50))
        assert max(envelope.latency or 9 for envelope in envelopes) < 2.0
