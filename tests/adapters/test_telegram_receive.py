"""What people do in Telegram reaches the conversation once, in order, and is answered where it was said."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.commands.registry import menu as registry_menu
from bot.domain.channel import Channel, User
from bot.domain.errors import PlatformRefused
from bot.domain.message import Message, paragraph, say, span
from bot.domain.request import Request
from bot.domain.story import Language
from bot.platforms.telegram import connect
from bot.platforms.telegram.menu import shown
from bot.ports import Beat, MenuEntry
from tests.adapters.fake_telegram import FakeTelegram, Refusal, Trouble, flood, person
from tests.adapters.fake_telegram_talk import MENU, QUICK, Talk, heard, nothing, now, running


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


async def test_a_private_question_and_its_answer(tg: FakeTelegram) -> None:
    talk = Talk()
    async with running(tg, talk):
        update = tg.say(42, "/latest 5", language="id-ID")
        await talk.until(lambda: talk.replies)
    (request,) = talk.requests
    assert request == Request(
        channel=Channel(platform="telegram", address="42"),
        user=User(id="42", name="User 42"),
        text="/latest 5",
        key=f"telegram:update:{update}",
        language=Language.ID,
    )
    (sent,) = tg.sent
    assert (sent.chat_id, sent.text, sent.reply_to) == (42, "re: /latest 5", None)
    assert talk.replies == [(request, say("re: /latest 5"), (str(sent.message_id),))]


BOT_SAID = {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "supergroup"}, "text": "1. a story"}
BY_BOT = {"from": {"id": 123456, "is_bot": True, "first_name": "Kabar", "username": "kabar_bot"}}
BY_OTHER = {"from": person(5, None)}


@pytest.mark.parametrize(
    ("text", "more", "words", "addressed"),
    [
        ("/latest", {}, "/latest", True),
        ("/LATEST@Kabar_Bot 5", {}, "/LATEST 5", True),
        ("/ban", {}, "/ban", False),
        ("/unknown@kabar_bot", {}, "/unknown", True),
        ("@kabar_bot latest 5", {}, "latest 5", True),
        ("what is new, @KABAR_bot?", {}, "what is new, ?", True),
        ("@kabar_bot: /more 2", {}, "/more 2", True),
        ("mail me@kabar_bot.example", {}, "mail me@kabar_bot.example", False),
        ("@kabar_bots latest", {}, "@kabar_bots latest", False),
        ("just talking", {}, "just talking", False),
        ("2", {"reply_to_message": BOT_SAID | BY_BOT}, "2", True),
        ("2", {"reply_to_message": BOT_SAID | BY_OTHER}, "2", False),
    ],
)
async def test_words_in_a_group(tg: FakeTelegram, text: str, more: Any, words: str, addressed: bool) -> None:
    (request,) = await heard(tg, lambda: tg.say(-5, text, user=7, language="en", **more))
    assert (request.text, request.addressed, request.private) == (words, addressed, False)
    assert (request.user.id, request.channel.address, request.language) == ("7", "-5", Language.EN)
    assert request.reply_to == ("1" if more.get("reply_to_message") == BOT_SAID | BY_BOT else None)


@pytest.mark.parametrize(
    "update",
    [
        lambda tg: tg.say(-5, "/latest@other_bot"),
        lambda tg: tg.say(42, None, photo=[]),
        lambda tg: tg.say(42, "old", date=int(time.time()) - 24 * 3600 - 60),
        lambda tg: tg.say(-7, "a channel's own post", kind="channel"),
        lambda tg: tg.say(-5, "/latest", is_automatic_forward=True, sender_chat={"id": -7, "type": "channel"}),
        lambda tg: tg.say(-5, "/latest", **{"from": {"id": 3, "is_bot": True, "first_name": "Other"}}),
        lambda tg: tg.push("edited_message", {"message_id": 1}),
        lambda tg: tg.push("message", {"cannot": "be read"}),
        lambda tg: tg.membership(-5, "member"),
    ],
)
async def test_what_is_not_for_us(tg: FakeTelegram, update: Callable[[FakeTelegram], int]) -> None:
    assert await heard(tg, lambda: update(tg)) == []


async def test_private_words_are_taken_as_they_are(tg: FakeTelegram) -> None:
    def act() -> None:
        tg.say(42, "/start story_12")
        tg.say(42, "/help@kabar_bot x")
        tg.say(42, "/help@other_bot")
        tg.say(42, "2", reply_to_message=BOT_SAID | BY_BOT, language="de")

    requests = await heard(tg, act)
    assert [one.text for one in requests] == ["/start story_12", "/help x", "/help@other_bot", "2"]
    assert requests[-1].reply_to == "1"
    assert [one.language for one in requests[-2:]] == [None, Language.EN]


async def test_a_topic_of_a_forum_is_a_channel_of_its_own(tg: FakeTelegram) -> None:
    opened = BOT_SAID | BY_BOT | {"message_id": 7}  # Telegram shows every message of a topic as a reply to its first
    talk = Talk()
    async with running(tg, talk):
        tg.say(-5, "/latest", thread=7, reply_to_message=opened)
        await talk.until(lambda: talk.replies)
    (request,) = talk.requests
    assert request.channel == Channel(platform="telegram", address="-5", thread="7")
    assert request.reply_to is None
    assert (tg.sent[0].thread, tg.sent[0].reply_to) == (7, 1)


async def test_a_thread_of_replies_in_a_plain_group_is_no_topic(tg: FakeTelegram) -> None:
    (request,) = await heard(tg, lambda: tg.say(-5, "/latest", message_thread_id=3))
    assert request.channel.thread == ""


async def test_an_anonymous_admin_speaks_as_the_group(tg: FakeTelegram) -> None:
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    group = {"id": -5, "type": "supergroup", "title": "G"}
    talk = Talk()
    async with running(tg, talk) as bot:
        tg.say(-5, "/latest", sender_chat=group, **{"from": anonymous})
        await talk.until(lambda: talk.replies)
        (request,) = talk.requests
        assert request.user == User(id="-5", name="G")
        assert await bot.is_admin(request.channel, request.user)


async def test_a_command_in_a_channel(tg: FakeTelegram) -> None:
    talk = Talk()
    async with running(tg, talk):
        tg.say(-7, "/latest@kabar_bot", kind="channel")
        await talk.until(lambda: talk.replies)
    (request,) = talk.requests
    assert (request.user.id, request.channel.address, request.text) == ("-7", "-7", "/latest")
    assert (request.private, request.addressed, tg.sent[0].reply_to) == (False, True, None)


async def test_chats_that_go_and_move(tg: FakeTelegram) -> None:
    talk = Talk()
    async with running(tg, talk):
        tg.membership(42, "kicked")
        await talk.until(lambda: len(talk.places) == 1)
        tg.membership(-5, "kicked")
        await talk.until(lambda: len(talk.places) == 2)
        tg.membership(-6, "left")
        await talk.until(lambda: len(talk.places) == 3)
        tg.migrate(-8, -1008)
        await talk.until(lambda: len(talk.places) == 4)
    assert talk.places == [
        ("gone", "telegram:42", "blocked"),
        ("gone", "telegram:-5", "kicked"),
        ("gone", "telegram:-6", "left"),
        ("moved", "telegram:-8", "telegram:-1008"),
    ]


async def test_a_chat_is_answered_in_order_and_waits_for_no_other(tg: FakeTelegram) -> None:
    release = asyncio.Event()

    async def slow(request: Request) -> Message:
        if request.text == "slow":
            await release.wait()
        return say(request.text)

    tg.say(1, "slow")
    tg.say(1, "after it")
    tg.say(2, "quick")
    talk = Talk(slow)
    async with running(tg, talk):
        await tg.wait_for_messages(1)
        release.set()
        await tg.wait_for_messages(3)
    assert [sent.text for sent in tg.sent] == ["quick", "slow", "after it"]


async def test_updates_are_confirmed_only_when_handled(tg: FakeTelegram) -> None:
    release = asyncio.Event()

    async def slow(request: Request) -> None:
        await release.wait()

    first = tg.say(42, "one")
    talk = Talk(slow)
    crashing = connect(token=tg.token, base_url=tg.base_url, menu=MENU, clock=now, timeouts=replace(QUICK, stop=0.01))
    await crashing.start(talk, talk.report)
    await talk.until(lambda: talk.requests)
    await crashing.stop()  # in the middle of the answer
    assert [update["update_id"] for update in tg.pending] == [first]
    release.set()
    async with running(tg, talk):
        await talk.until(lambda: len(talk.requests) == 2)
        await tg.wait_for(lambda: tg.called("getUpdates")[-1].get("offset") == first + 1)
    assert talk.requests[0].key == talk.requests[1].key


async def test_one_slow_command_does_not_silence_the_bot(tg: FakeTelegram) -> None:
    release = asyncio.Event()

    async def slow(request: Request) -> Message:
        if request.text == "slow":
            await release.wait()
        return say(request.text)

    talk = Talk(slow)
    async with running(tg, talk, times=replace(QUICK, patience=0.05)):
        tg.say(1, "slow")
        await talk.until(lambda: talk.requests)
        tg.say(2, "quick")
        await tg.wait_for_messages(1)
        release.set()
        await tg.wait_for_messages(2)
    assert [sent.text for sent in tg.sent] == ["quick", "slow"]


async def test_after_news_the_offset_is_dropped_again(tg: FakeTelegram) -> None:
    """After a week without updates Telegram may number from anywhere, also from below."""
    talk = Talk(nothing)
    update = tg.say(42, "a")
    async with running(tg, talk, times=replace(QUICK, poll=1)):
        await tg.wait_for(lambda: [call.get("offset") for call in tg.called("getUpdates")] == [None, update + 1, None])
        tg._next_update = 5
        tg.say(42, "b")
        await talk.until(lambda: len(talk.requests) == 2)


async def test_a_request_that_fails_stops_nothing(tg: FakeTelegram, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: Request) -> Message:
        if request.text == "bad":
            raise ValueError("inside")
        return say("fine")

    tg.say(42, "bad")
    tg.say(42, "good")
    talk = Talk(broken)
    with caplog.at_level(logging.ERROR):
        async with running(tg, talk):
            await tg.wait_for_messages(1)
    assert tg.sent[0].text == "fine"
    assert "a request failed" in caplog.text


@pytest.mark.parametrize("trouble", [flood(0.01), Refusal(code=400, description="Bad Request: can't parse entities")])
async def test_a_reply_is_tried_again(tg: FakeTelegram, trouble: Refusal) -> None:
    async def linked(request: Request) -> Message:
        return Message(paragraphs=(paragraph(span("a", link="https://a.example")),))

    tg.fail("sendMessage", trouble)
    tg.say(42, "a")
    talk = Talk(linked)
    async with running(tg, talk):
        await talk.until(lambda: talk.replies)
    assert len(tg.called("sendMessage")) == 2
    assert len(tg.sent[0].entities) == (0 if trouble.code == 400 else 1)


@pytest.mark.parametrize(
    "trouble", [flood(900), Trouble.RESET, Refusal(code=403, description="Forbidden: bot was blocked")]
)
async def test_a_reply_that_cannot_be_sent_is_logged_and_not_repeated(
    tg: FakeTelegram, trouble: Refusal | Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    tg.fail("sendMessage", trouble)
    talk = Talk()
    async with running(tg, talk):
        tg.say(42, "a")
        tg.say(42, "b")
        await talk.until(lambda: talk.replies)
    assert [request.text for request, _, _ in talk.replies] == ["b"]
    assert "could not answer in telegram:42" in caplog.text
    assert len(tg.called("sendMessage")) == 2


async def test_a_long_reply_points_at_the_question_once(tg: FakeTelegram) -> None:
    async def long(request: Request) -> Message:
        return say("x" * 4000, "y" * 4000)

    talk = Talk(long)
    async with running(tg, talk):
        tg.say(-5, "/latest")
        await talk.until(lambda: talk.replies)
    assert [sent.reply_to for sent in tg.sent] == [1, None]
    assert talk.replies[0][2] == tuple(str(sent.message_id) for sent in tg.sent)


async def test_the_menu_is_set_in_both_languages_everywhere(tg: FakeTelegram) -> None:
    async with running(tg, Talk()):
        await tg.wait_for(lambda: len(tg.menus) == 8)
    scopes = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
    assert set(tg.menus) == {(scope, language) for scope in scopes for language in ("", "id")}
    for scope in scopes:
        assert tg.menus[scope, ""][0] == {"command": "latest", "description": "Newest stories"}
        assert tg.menus[scope, "id"][0] == {"command": "terbaru", "description": "Berita terbaru"}
        assert tg.menus[scope, "id"][1]["command"] == "more"
        assert len(tg.menus[scope, "id"][1]["description"]) == 256


async def test_in_groups_what_a_chat_gets_is_chosen_in_the_menu_of_its_admins_only(tg: FakeTelegram) -> None:
    async with running(tg, Talk(), menu=registry_menu()):
        await tg.wait_for(lambda: len(tg.menus) == 8)
    words = {
        "": ({"latest", "digest", "why"}, {"subscribe", "mute", "settings", "pause"}),
        "id": ({"terbaru", "ringkasan", "kenapa"}, {"langganan", "pengaturan", "jeda"}),
    }
    for (scope, language), entries in tg.menus.items():
        shown_there, (read, choose) = {entry["command"] for entry in entries}, words[language]
        assert read <= shown_there
        assert choose & shown_there == (set() if scope == "all_group_chats" else choose)


def test_names_that_telegram_refuses_are_not_in_the_menu(caplog: pytest.LogCaptureFixture) -> None:
    words = {Language.EN: "what it does"}
    entries = [
        MenuEntry(name="Search", summary=words, aliases=("kapan-saja", "cari")),
        MenuEntry(name="who-is", summary=words, aliases=("siapa",)),
        MenuEntry(name="empty", summary={}),
        MenuEntry(name="siapa", summary=words),
    ]
    assert shown(entries, Language.EN) == [("search", "what it does"), ("siapa", "what it does")]
    assert shown(entries, Language.ID) == [("search", "what it does"), ("siapa", "what it does")]
    assert "cannot be in Telegram's menu" in caplog.text


async def test_without_a_menu_the_bot_still_answers(tg: FakeTelegram) -> None:
    tg.fail_always("setMyCommands", Refusal(code=400, description="Bad Request: BOT_COMMAND_INVALID"))
    tg.say(42, "a")
    talk = Talk()
    async with running(tg, talk):
        await talk.until(lambda: talk.replies)


async def test_signs_of_life_come_with_every_poll(tg: FakeTelegram) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    ticks = iter(range(0, 100_000, 25))
    talk = Talk()
    async with running(tg, talk, times=replace(QUICK, poll=1), clock=lambda: start + timedelta(seconds=next(ticks))):
        await talk.until(lambda: len(talk.beats) >= 2)
    assert [(beat.part, beat.state, beat.cause) for beat in talk.beats[:2]] == [("telegram", "ok", "")] * 2


async def test_many_updates_do_not_make_many_signs_of_life(tg: FakeTelegram) -> None:
    at = datetime.now(UTC)
    talk = Talk()
    async with running(tg, talk, clock=lambda: at):
        for number in range(20):
            tg.say(42, str(number))
            await tg.wait_for_messages(number + 1)
    assert len(talk.beats) == 1


async def test_a_second_poller_is_told_and_waited_out(tg: FakeTelegram) -> None:
    talk = Talk()
    conflict = Refusal(code=409, description="Conflict: terminated by other getUpdates request")
    tg.fail("getUpdates", conflict, conflict)
    tg.say(42, "a")
    async with running(tg, talk):
        await talk.until(lambda: talk.replies)
    assert talk.states == [("failing", "conflict"), ("ok", "")]
    assert "Another program" in talk.beats[0].fix


async def test_two_bots_on_one_token_both_say_so(tg: FakeTelegram) -> None:
    first, second = Talk(), Talk()
    async with running(tg, first), running(tg, second):
        for talk in (first, second):
            await talk.until(lambda talk=talk: [beat.cause for beat in talk.beats].count("conflict") >= 3)
            assert talk.states == [("ok", ""), ("failing", "conflict")]  # the other one's polls are no good news


async def test_a_webhook_left_over_is_removed_and_one_that_comes_back_is_told(tg: FakeTelegram) -> None:
    tg.webhook = "https://elsewhere.example/"
    talk = Talk()
    async with running(tg, talk, times=replace(QUICK, poll=1)):
        await talk.until(lambda: talk.beats)
        assert (talk.states, tg.webhook) == ([("ok", "")], "")
        tg.webhook = "https://elsewhere.example/"
        await talk.until(lambda: talk.beats[-1].state == "failing")
        assert (talk.beats[-1].cause, "deleteWebhook" in talk.beats[-1].fix) == ("conflict", True)
        assert len(tg.called("deleteWebhook")) == 1
        tg.webhook = ""
        await talk.until(lambda: talk.beats[-1].state == "ok")


async def test_a_network_that_goes_and_comes_back(tg: FakeTelegram) -> None:
    talk = Talk()
    async with running(tg, talk):
        await talk.until(lambda: talk.beats)
        await tg.down()
        await talk.until(lambda: talk.beats[-1].state == "failing")
        await tg.up()
        await talk.until(lambda: talk.beats[-1].state == "ok")
        tg.say(42, "a")
        await talk.until(lambda: talk.replies)
    assert talk.states == [("ok", ""), ("failing", "unreachable"), ("ok", "")]


async def test_a_start_without_a_network_waits_for_it(tg: FakeTelegram) -> None:
    await tg.down()
    talk = Talk()
    async with running(tg, talk):
        await talk.until(lambda: len(talk.beats) > 1)
        await tg.up()
        tg.say(42, "a")
        await talk.until(lambda: talk.replies)
        await tg.wait_for(lambda: len(tg.menus) == 8)
    assert talk.states == [("failing", "unreachable"), ("ok", "")]


async def test_a_wrong_token_is_said_at_start(tg: FakeTelegram) -> None:
    bot = connect(token="1:wrong", base_url=tg.base_url, menu=MENU, clock=now, timeouts=QUICK)
    talk = Talk()
    with pytest.raises(PlatformRefused, match="invalid_token"):
        await bot.start(talk, talk.report)
    await bot.stop()


async def test_a_token_revoked_while_running(tg: FakeTelegram) -> None:
    good = tg.token
    talk = Talk()
    async with running(tg, talk, times=replace(QUICK, poll=1)):
        await talk.until(lambda: talk.beats)
        tg.token = "1:another"
        await talk.until(lambda: ("failing", "invalid_token") in talk.states)
        tg.token = good
        await talk.until(lambda: talk.beats[-1].state == "ok")


@pytest.mark.parametrize("trouble", [Trouble.BAD_GATEWAY, Trouble.GIBBERISH, Trouble.RESET, flood(0.01)])
async def test_any_trouble_while_polling_passes(tg: FakeTelegram, trouble: Refusal | Trouble) -> None:
    talk = Talk()
    tg.fail("getUpdates", trouble)
    tg.say(42, "a")
    async with running(tg, talk):
        await talk.until(lambda: talk.replies)
    assert talk.states[-1] == ("ok", "")
    assert [request.text for request in talk.requests] == ["a"]


async def test_a_health_page_that_fails_does_not_stop_receiving(tg: FakeTelegram) -> None:
    async def report(beat: Beat) -> None:
        raise OSError("disk full")

    talk = Talk()
    bot = connect(token=tg.token, base_url=tg.base_url, menu=MENU, clock=now, timeouts=QUICK)
    await bot.start(talk, report)
    tg.say(42, "a")
    await talk.until(lambda: talk.replies)
    await bot.stop()


async def test_stop_ends_the_long_poll_at_once_and_lets_replies_finish(tg: FakeTelegram) -> None:
    release = asyncio.Event()

    async def slow(request: Request) -> Message:
        await release.wait()
        return say("done")

    talk = Talk(slow)
    bot = connect(token=tg.token, base_url=tg.base_url, menu=MENU, clock=now, timeouts=replace(QUICK, patience=0))
    await bot.start(talk, talk.report)
    tg.say(42, "a")
    await talk.until(lambda: talk.requests)
    await tg.wait_for(lambda: tg.polling)
    stopping = asyncio.create_task(bot.stop())
    await tg.wait_for(lambda: not tg.polling)
    assert not stopping.done()
    release.set()
    await stopping
    assert [sent.text for sent in tg.sent] == ["done"]
    await bot.stop()
