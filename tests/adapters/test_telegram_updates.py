"""The rarer things people do in Telegram: edits, forwards, files, channels, groups that move, a bot that is let in."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.channel import Channel, User
from bot.domain.message import Attachment
from bot.domain.request import Request
from bot.domain.story import Language
from tests.adapters.fake_telegram import FakeTelegram, Refusal, person
from tests.adapters.fake_telegram_talk import Talk, heard, nothing, now, running

BOT = {"id": 123456, "is_bot": True, "first_name": "Kabar", "username": "kabar_bot"}
NEWS = {"id": -7, "type": "channel", "title": "News", "username": "news"}
CHANNEL_POST = {"type": "channel", "date": 1, "chat": NEWS, "message_id": 9}
OPML = b"<opml version='2.0'><body/></opml>"


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


# --- edits


async def test_an_edited_command_is_answered_anew_once_per_edit(tg: FakeTelegram) -> None:
    def act() -> None:
        tg.say(42, "/latst")
        edit = tg.say(42, "/latest", message_id=1)
        tg.say(42, "/latest", message_id=1)  # a link preview came: an edit to Telegram, none to people
        tg.pending.append(next(update for update in tg.pending if update["update_id"] == edit))  # told twice
        tg.say(42, "/latest 5", message_id=1)

    requests = await heard(tg, act)
    assert [request.text for request in requests] == ["/latst", "/latest", "/latest 5"]
    assert len({request.key for request in requests}) == 3


@pytest.mark.parametrize(
    ("text", "count"), [("/latest", 1), ("@kabar_bot latest", 1), ("just talking, edited", 0), ("/ban", 0)]
)
async def test_an_edit_in_a_group_counts_when_it_is_for_the_bot(tg: FakeTelegram, text: str, count: int) -> None:
    requests = await heard(tg, lambda: tg.say(-5, text, message_id=1, date=int(time.time()) - 90_000))
    assert len(requests) == count


async def test_an_edited_command_in_a_channel(tg: FakeTelegram) -> None:
    (request,) = await heard(tg, lambda: tg.say(-7, "/latest", kind="channel", message_id=1))
    assert (request.text, request.channel.address) == ("/latest", "-7")


# --- whose words they are


async def test_words_of_a_forwarded_post_are_never_a_command(tg: FakeTelegram) -> None:
    (request,) = await heard(tg, lambda: tg.say(42, "/unsubscribe", forward_origin=CHANNEL_POST, language="id"))
    assert request == Request(
        channel=Channel(platform="telegram", address="42"),
        user=User(id="42", name="User 42"),
        text="",
        key=request.key,
        language=Language.ID,
        about=Channel(platform="telegram", address="-7"),
        subject="/unsubscribe",
    )


async def test_a_forwarded_picture_has_its_caption_and_its_channel(tg: FakeTelegram) -> None:
    (request,) = await heard(tg, lambda: tg.say(42, None, caption="Look", photo=[], forward_origin=CHANNEL_POST))
    assert (request.text, request.subject, request.about) == ("", "Look", Channel(platform="telegram", address="-7"))


@pytest.mark.parametrize(
    "origin",
    [
        {"type": "user", "date": 1, "sender_user": person(5, None)},
        {"type": "hidden_user", "date": 1, "sender_user_name": "Somebody"},
        {"type": "chat", "date": 1, "sender_chat": {"id": -5, "type": "supergroup", "title": "G"}},
    ],
)
async def test_what_a_person_wrote_can_be_forwarded_too(tg: FakeTelegram, origin: Any) -> None:
    (request,) = await heard(tg, lambda: tg.say(42, "Wire cuts 300 jobs", forward_origin=origin))
    assert (request.text, request.subject, request.about) == ("", "Wire cuts 300 jobs", None)


async def test_forwards_in_a_group_and_shared_stories_are_not_for_us(tg: FakeTelegram) -> None:
    def act() -> None:
        tg.say(-5, "/latest", forward_origin=CHANNEL_POST)
        tg.say(-5, "/latest", via_bot=BOT)
        tg.say(42, "a story", via_bot=BOT)

    assert await heard(tg, act) == []


async def test_a_command_may_be_about_somebody_elses_message(tg: FakeTelegram) -> None:
    said = {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "supergroup"}, "from": person(5, None)}

    def act() -> None:
        tg.say(-5, "/more", reply_to_message=said | {"text": "Wire cuts 300 jobs"})
        tg.say(-5, "/more", reply_to_message=said | {"caption": "A chart", "photo": []})
        tg.say(-5, "/more", reply_to_message=said | {"text": "1. a story", "from": BOT})
        tg.say(-5, "not for the bot", reply_to_message=said | {"text": "Wire cuts 300 jobs"})

    requests = await heard(tg, act)
    assert [request.subject for request in requests] == ["Wire cuts 300 jobs", "A chart", "", ""]


async def test_a_linked_channel_speaks_as_itself_in_the_group(tg: FakeTelegram) -> None:
    as_channel = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
    talk = Talk(nothing)
    tg.chat(-5, statuses={-7: "administrator"})
    async with running(tg, talk) as bot:
        tg.say(-5, "/settings", sender_chat=NEWS, **{"from": as_channel})
        await talk.until(lambda: talk.requests)
        assert talk.requests[0].user == User(id="-7", name="News")
        assert not await bot.is_admin(talk.requests[0].channel, talk.requests[0].user)


async def test_an_admin_who_signs_in_a_channel_still_speaks_for_it(tg: FakeTelegram) -> None:
    talk = Talk(nothing)
    async with running(tg, talk) as bot:
        tg.say(-7, "/subscribe ai", kind="channel", author_signature="Editor")
        await talk.until(lambda: talk.requests)
        assert await bot.is_admin(talk.requests[0].channel, talk.requests[0].user)


async def test_the_general_topic_of_a_forum_is_the_group_itself(tg: FakeTelegram) -> None:
    (request,) = await heard(tg, lambda: tg.say(-5, "/latest", message_thread_id=1, is_topic_message=True))
    assert request.channel.thread == ""


async def test_indonesian_names_are_commands_of_ours_in_a_group(tg: FakeTelegram) -> None:
    (request,) = await heard(tg, lambda: tg.say(-5, "/baru"))
    assert request.addressed


# --- files


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("feeds.opml", "text/x-opml"),
        ("Feeds.XML", "application/octet-stream"),
        ("kabar.json", "application/json"),
        ("list.txt", ""),
        ("subscriptions", "text/xml"),
    ],
)
async def test_a_file_comes_with_the_request(tg: FakeTelegram, name: str, mime: str) -> None:
    (request,) = await heard(tg, lambda: tg.hand_in(42, name, OPML, mime, language="id"))
    assert request.file == Attachment(name=name, media_type=mime, content=OPML)
    assert (request.text, request.subject, request.language) == ("/import", "", Language.ID)


@pytest.mark.parametrize(
    ("name", "content"), [("photo.png", b"x"), ("feeds.opml", b"x" * 1_000_001), ("feeds.opml.exe", b"x"), ("", b"x")]
)
async def test_a_file_that_cannot_be_read_leaves_its_name(tg: FakeTelegram, name: str, content: bytes) -> None:
    (request,) = await heard(tg, lambda: tg.hand_in(42, name, content))
    assert (request.text, request.file, request.subject) == ("/import", None, name or "file")


@pytest.mark.parametrize("method", ["getFile", "file"])
async def test_a_file_that_telegram_does_not_give_leaves_its_name(tg: FakeTelegram, method: str) -> None:
    tg.fail(method, Refusal(code=400, description="Bad Request: file is temporarily unavailable"))
    (request,) = await heard(tg, lambda: tg.hand_in(42, "feeds.opml", OPML))
    assert (request.file, request.subject) == (None, "feeds.opml")


async def test_a_file_larger_than_it_was_said_to_be_is_left(tg: FakeTelegram) -> None:
    def act() -> None:
        tg.hand_in(42, "feeds.opml", b"x")
        tg.files["file0"] = ("documents/file0", b"x" * 1_000_001)

    (request,) = await heard(tg, act)
    assert request.file is None


async def test_the_words_under_a_file_are_the_command(tg: FakeTelegram) -> None:
    def act() -> None:
        tg.hand_in(-5, "feeds.opml", OPML, caption="/import@kabar_bot")
        tg.hand_in(-5, "feeds.opml", OPML, caption="my homework")
        tg.hand_in(-5, "feeds.opml", OPML)
        tg.hand_in(42, "feeds.opml", OPML, caption="/import now")
        tg.hand_in(42, "feeds.opml", OPML, forward_origin=CHANNEL_POST, caption="/unsubscribe")

    requests = await heard(tg, act)
    assert [(request.text, request.file is not None) for request in requests] == [
        ("/import", True),
        ("my homework", False),
        ("/import now", True),
        ("/import", True),
    ]


# --- chats


@pytest.mark.parametrize(("chat_id", "kind"), [(-5, "supergroup"), (-6, "group"), (-7, "channel")])
async def test_where_it_is_let_in_the_bot_introduces_itself(tg: FakeTelegram, chat_id: int, kind: str) -> None:
    status = "administrator" if kind == "channel" else "member"

    def act() -> None:
        tg.membership(chat_id, status, kind=kind, old="left")
        tg.membership(chat_id, "administrator", old=status)
        tg.membership(chat_id, "member", old="administrator")

    (request,) = await heard(tg, act)
    assert (request.text, request.channel.address, request.user.id) == ("/start", str(chat_id), "77")
    assert (request.private, request.addressed) == (False, True)


async def test_no_introduction_in_a_private_chat_or_long_after(tg: FakeTelegram) -> None:
    def act() -> None:
        tg.membership(42, "member", old="kicked")
        tg.membership(-5, "member", old="left")
        tg.pending[-1]["my_chat_member"]["date"] -= 90_000

    assert await heard(tg, act) == []


async def test_a_group_that_moves_is_told_of_once_and_not_greeted(tg: FakeTelegram) -> None:
    talk = Talk(nothing)
    async with running(tg, talk):
        tg.migrate(-8, -1008)
        tg.membership(-1008, "member", old="left")
        tg.say(-1008, "/latest")
        await talk.until(lambda: talk.requests)
    assert talk.places == [("moved", "telegram:-8", "telegram:-1008")]
    assert [request.text for request in talk.requests] == ["/latest"]


async def test_a_restriction_that_shuts_the_bot_out(tg: FakeTelegram) -> None:
    rights = (
        "can_send_messages can_send_audios can_send_documents can_send_photos can_send_videos can_send_video_notes "
        "can_send_voice_notes can_send_polls can_send_other_messages can_add_web_page_previews can_change_info "
        "can_invite_users can_pin_messages can_manage_topics can_edit_tag can_react_to_messages"
    )
    restricted = {"status": "restricted", "user": BOT, "until_date": 0} | dict.fromkeys(rights.split(), True)
    change = {"chat": tg.chat(-5).shown(), "from": person(77, None), "date": int(now().timestamp())}
    change["old_chat_member"] = restricted | {"is_member": True}
    talk = Talk()
    async with running(tg, talk):
        tg.push("my_chat_member", change | {"new_chat_member": restricted | {"is_member": False}})
        await talk.until(lambda: talk.places)
    assert talk.places == [("gone", "telegram:-5", "left")]
