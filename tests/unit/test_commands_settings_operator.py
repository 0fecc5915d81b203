"""What concerns the whole bot: who may ask it, suggested feeds, imported lists, the operator's pages, the home page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.commands.registry import commands, menu
from bot.domain.access import Access
from bot.domain.channel import Channel, User
from bot.domain.delivery import DeliveryKind
from bot.domain.feed import FeedOutcome, FeedState
from bot.domain.message import Attachment, Message
from bot.domain.story import Language, Topic
from bot.ports import Reading
from bot.services import opml
from bot.texts import Texts
from tests.builders import DAY, NOW, TagGrouping, a_request, a_spec, subscribe
from tests.unit.chatroom import DESK, HERE, LANGUAGES, MEMBER, Chatroom, actions, an_empty_room, buttons, furnished

SHELL = Channel(platform="terminal", address="you")


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Chatroom]:
    async with an_empty_room(tmp_path) as room:
        yield room


@pytest.fixture
async def room(empty: Chatroom) -> Chatroom:
    return await furnished(empty)


async def at_the_desk(room: Chatroom) -> list[str]:
    """What the operator's chat is going to be told."""
    desk = await room.store.chats.find(DESK)
    ledger = await room.store.outbox.of_chat(desk.id, DeliveryKind.NOTICE) if desk else []
    return [delivery.payload or "" for delivery, _state in ledger]


# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["/latest", "hello", "2", "/start", "/subscribe ai"])
async def test_a_stranger_is_told_once_what_to_ask_for(room: Chatroom, text: str, language: str) -> None:
    room.open_to(Access(allowed=frozenset({"chat:friend", "chat:77"}), operator=DESK))
    answer = await room.say(text, language=Language(language))
    assert answer.text == Texts(language).say("access.refused", chat="chat:me")
    assert await room.store.chats.find(HERE) is None, "nothing is kept of strangers"
    assert await room.hear("chatter", private=False, addressed=False) is None
    assert await room.conversation.offers(a_request("robots", channel=HERE, user=MEMBER)) == ()


async def test_friends_and_the_operator_are_let_in(room: Chatroom) -> None:
    room.open_to(Access(allowed=frozenset({"chat:friend", "chat:77"}), operator=DESK))
    friend, guest = Channel(platform="chat", address="friend"), User(id="77", name="Citra")
    for request in ({"channel": friend}, {"user": guest}, {"channel": DESK}, {"channel": SHELL}):
        assert "invited chats only" not in (await room.say("/latest", **request)).text


# --- the operator's own -----------------------------------------------------------------------------------------------

OWN = [name for name, command in commands().items() if command.operator]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", OWN)
async def test_the_operators_commands_are_nobody_elses(room: Chatroom, name: str, language: str) -> None:
    answer = await room.say(f"/{name}", language=Language(language))
    assert answer.text == Texts(language).say("access.operator", command=name)
    assert name not in [entry.name for entry in menu()]
    for channel in (DESK, SHELL):
        assert (await room.say(f"/{name}", channel=channel)).text != Texts("en").say("access.operator", command=name)


async def ill_feed(room: Chatroom) -> None:
    outcome = FeedOutcome(
        feed_id="satu", lease=None, at=NOW, next_poll=NOW + DAY, state=FeedState.FAILING, failures=3,
        problem="http_404", problem_detail="gone",
    )  # fmt: skip
    await room.store.stories.commit(Reading(outcome=outcome), TagGrouping())


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("", "Something needs attention"),
        ("status", "Something needs attention"),
        ("feeds", "2 feeds, with trouble: 1"),
        ("rules", "rules and vetoes"),
        ("aturan", "rules and vetoes"),
        ("chats", "2 chats"),
        ("errors", "Troubles going on: 0"),
    ],
)
async def test_the_pages_of_the_operator(room: Chatroom, page: str, says: str) -> None:
    await ill_feed(room)
    await room.say("/subscribe ai")
    answer = await room.say(f"/admin {page}", channel=DESK)
    assert says in answer.text
    assert all(action.startswith("/admin ") for action in actions(answer))
    assert len(actions(answer)) == 4


async def test_an_ill_feed_is_told_with_cause_and_fix(room: Chatroom) -> None:
    await ill_feed(room)
    room.clock.tick(timedelta(hours=3))
    text = (await room.say("/admin feeds", channel=DESK)).text
    assert "Satu" in text
    assert "3 h" in text
    assert Texts("en").say("cli.fix.http_404") in text
    assert "https://satu.example/feed.xml" in text
    assert (
        Texts("id").say("cli.fix.http_404") in (await room.say("/admin feeds", channel=DESK, language=Language.ID)).text
    )


async def test_chats_are_counted_by_platform_and_state(room: Chatroom) -> None:
    await subscribe(room.store, "1", platform="telegram")
    gone = await subscribe(room.store, "2", platform="telegram")
    await room.store.outbox.park(gone.id, "blocked", NOW)
    await room.store.chats.meet(Channel(platform="slack", address="T1/C1"))
    text = (await room.say("/admin chats", channel=DESK)).text
    assert "Telegram: 2, subscribed: 2, on hold: 1" in text
    assert "Slack: 1, subscribed: 0, on hold: 0" in text


async def test_what_is_going_on_is_listed_until_it_is_over(room: Chatroom) -> None:
    await room.kit.operator.begins("feed:satu", "error", {"part": "x", "cause": "y", "fix": "z"})
    assert "feed:satu" in (await room.say("/admin errors", channel=DESK)).text
    await room.kit.operator.ends("feed:satu", "over", {"part": "x"})
    assert "feed:satu" not in (await room.say("/admin errors", channel=DESK)).text


async def test_a_page_that_there_is_not(room: Chatroom) -> None:
    assert "Did you mean /admin chats?" in (await room.say("/admin chat", channel=DESK)).text


# --- feeds from readers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["example.com/feed", "https://example.com/feed", "<https://example.com/feed>"])
async def test_a_suggestion_reaches_the_operator_once(room: Chatroom, typed: str) -> None:
    assert (await room.say(f"/suggest {typed}")).text.startswith("Thank you. I’ve passed it on")
    (notice,) = await at_the_desk(room)
    assert '"suggested"' in notice
    assert "https://example.com/feed" in notice
    assert "Budi" in notice
    assert "suggested already" in (await room.say("/suggest http://example.com/feed")).text
    assert len(await at_the_desk(room)) == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Which feed do you miss?"),
        ("please add it", "doesn’t look like an address"),
        ("javascript:alert(1)", "doesn’t look like an address"),
        ("ftp://example.com/feed", "doesn’t look like an address"),
        ("https://" + "a" * 400 + ".com/x", "doesn’t look like an address"),
        ("https://wire.example/feed.xml", "already"),
    ],
)
async def test_a_suggestion_that_is_none(room: Chatroom, typed: str, says: str) -> None:
    assert says in (await room.say(f"/suggest {typed}")).text
    assert await at_the_desk(room) == []


async def test_nobody_floods_the_operator_and_no_password_is_passed_on(room: Chatroom) -> None:
    await room.say("/suggest https://me:secret@example.com/feed")
    assert "secret" not in "".join(await at_the_desk(room))
    answers = [await room.say(f"/suggest example{n}.com/feed") for n in range(8)]
    assert len(await at_the_desk(room)) == 5
    assert "enough for today" in answers[-1].text
    assert "passed it on" in (await room.say("/suggest late.com/feed", user=User(id="3", name="Citra"))).text
    room.clock.tick(DAY)
    assert "passed it on" in (await room.say("/suggest tomorrow.com/feed")).text


async def test_without_an_operator_a_suggestion_says_what_can_be_done(room: Chatroom) -> None:
    alone = type(room.kit.operator)(
        chats=room.store.chats, outbox=room.store.outbox, notices=room.store.notices, clock=room.clock, channel=None
    )
    room.conversation = room.restarted(operator=alone)
    assert "kabar feeds add https://example.com/feed" in (await room.say("/suggest example.com/feed")).text


def a_list(*feeds: str) -> Attachment:
    content = opml.write([a_spec(name) for name in feeds])
    return Attachment(name="feeds.opml", media_type="text/x-opml", content=content)


@pytest.mark.parametrize("text", ["/import", "/impor", ""])
async def test_a_feed_list_is_added_by_the_operator(room: Chatroom, text: str) -> None:
    answer = await room.say(text, channel=DESK, file=a_list("wire", "tiga", "empat"))
    assert answer.text.startswith("2 feeds added; there before: 1.")
    assert len(await room.store.feeds.all()) == 4
    again = await room.say(text, channel=DESK, file=a_list("wire", "tiga", "empat"))
    assert "0 feeds added; there before: 3." in again.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "isn’t a feed list"),
        (b"\xff\xfe\x00junk", "isn’t a feed list"),
        (b"<html><body>no</body></html>", "isn’t a feed list"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><opml/>', "isn’t a feed list"),
        (b"<opml><body/></opml>", "There is no feed in"),
        (b"<opml><body>" + b'<outline xmlUrl="https://a.example/%d"/>' * 1 + b"</body></opml>", "One feed added"),
    ],
)
async def test_a_file_that_is_no_feed_list(room: Chatroom, content: bytes, says: str) -> None:
    file = Attachment(name="x\u202e.opml", media_type="text/xml", content=content)
    assert says in (await room.say("/import", channel=DESK, file=file)).text


async def test_too_many_feeds_at_once(room: Chatroom) -> None:
    lines = b"".join(b'<outline xmlUrl="https://a.example/%d"/>' % n for n in range(5_001))
    file = Attachment(name="x.opml", media_type="text/xml", content=b"<opml><body>" + lines + b"</body></opml>")
    assert "Please split the file" in (await room.say("/import", channel=DESK, file=file)).text
    assert len(await room.store.feeds.all()) == 2


async def test_others_cannot_import(room: Chatroom) -> None:
    for text in ("/import", ""):
        answer = await room.say(text, file=a_list("tiga"))
        assert answer.text == Texts("en").say("access.operator", command="import")
    assert len(await room.store.feeds.all()) == 2


# --- the home page ----------------------------------------------------------------------------------------------------


def numbers(message: Message) -> list[str]:
    return [button.label for button in buttons(message) if button.label.isdigit()]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_home_page_in_short(room: Chatroom, language: str) -> None:
    await room.say("/subscribe ai both 07:30", language=Language(language))
    home = await room.say("/home", language=Language(language))
    assert Texts(language).say("home.latest") in home.text
    assert numbers(home) == ["1", "2", "3", "4", "5"]
    assert len(home.stories) == 5
    assert "/settings" in actions(home)
    assert "home" not in [entry.name for entry in menu()]


async def test_the_home_page_of_an_empty_bot(empty: Chatroom) -> None:
    home = await empty.say("/home")
    assert Texts("en").say("home.nothing") in home.text
    assert Topic.AI not in (await empty.prefs()).topics
