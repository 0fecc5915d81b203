"""Words without a command: numbers with a word beside them, questions, greetings; and what reaches the bot sideways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands.registry import by_word
from bot.commands.understanding import FOLLOW_UPS, understood
from bot.domain.channel import Channel
from bot.domain.story import Language
from bot.domain.subscription import ChatState
from bot.services.questions import telling
from bot.texts import Texts
from tests.builders import MINUTE, ScriptedPlatform, a_request, patient, put, some_items, subscribe
from tests.unit.askroom import a_newsy_day
from tests.unit.chatroom import (
    ADMIN,
    GROUP,
    HERE,
    LANGUAGES,
    MEMBER,
    NEWS,
    Chatroom,
    actions,
    an_empty_room,
)

OVERHEARD = {"channel": GROUP, "private": False, "addressed": False}
MENTIONED = {"channel": GROUP, "private": False}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Chatroom]:
    async with an_empty_room(tmp_path) as room:
        await a_newsy_day(room.asking)
        yield room


# --- numbers with a word ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("2", "/more 2"),
        ("open 2", "/more 2"),
        ("More 2", "/more 2"),
        ("lebih lanjut 2", "/more 2"),
        ("buka nomor 2", "/more 2"),
        ("why 2", "/why 2"),
        ("why 2?", "/why 2"),
        ("2 why", "/why 2"),
        ("kenapa 2", "/why 2"),
        ("mengapa no. 2?", "/why 2"),
        ("sources 2", "/sources 2"),
        ("source #2", "/sources 2"),
        ("sumber 2", "/sources 2"),
        ("read more number 2", "/more 2"),
    ],
)
async def test_a_number_with_a_word_beside_it(room: Chatroom, typed: str, command: str) -> None:
    await room.say("/latest 5")
    assert (await room.say(typed)).text == (await room.say(command)).text
    assert (await room.say(typed, **OVERHEARD | {"channel": HERE})).text == (await room.say(command)).text, (
        "right after"
    )
    room.clock.tick(11 * MINUTE)
    assert await room.hear(typed, **OVERHEARD | {"channel": HERE}) is None
    assert (await room.say(typed, reply_to="b1", **OVERHEARD | {"channel": HERE, "addressed": True})).text


@pytest.mark.parametrize(
    ("typed", "command"), [("why", "why"), ("Kenapa?", "why"), ("more", "more"), ("sumber", "sources")]
)
async def test_a_word_alone_replies_to_an_alert(room: Chatroom, typed: str, command: str) -> None:
    await room.store.chats.remember(HERE, ["alert"], [1], "alert", room.clock())
    expected = (await room.say(f"/{command} s1")).text
    assert (await room.say(typed, reply_to="alert")).text == expected
    assert (
        await room.say(typed, reply_to="alert", **OVERHEARD | {"channel": HERE, "addressed": True})
    ).text == expected


@pytest.mark.parametrize("typed", ["why not 2", "2 of them", "open the 2nd", "two", "no 2 ways about it"])
async def test_words_that_only_hold_a_number_are_overheard(room: Chatroom, typed: str) -> None:
    await room.say("/latest 5", **MENTIONED)
    assert await room.hear(typed, **OVERHEARD) is None


def test_every_follow_up_is_a_command() -> None:
    assert [name for name in FOLLOW_UPS if name not in by_word()] == []


# --- questions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("layoffs at Spotify?", "Spotify lays off 1,500 employees"),
        ("what is happening at Dropbox?", "Dropbox may cut hundreds"),
        ("apa kabar terbaru soal Tokopedia?", "Tokopedia PHK 450 karyawan"),
        ("tolong carikan berita Tokopedia dong", "Tokopedia PHK 450 karyawan"),
        ("news about poems", "New AI model writes poems"),
        ("latest on Dropbox", "Dropbox may cut hundreds"),
        ("why is Intel cutting jobs?", "Intel"),
        ("berita Intel", "Intel"),
        ("intel", "Intel"),
        ("who did Spotify lay off?", "Spotify lays off"),
        ("ada PHK di Tokopedia?", "Tokopedia PHK"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_question_is_answered_with_stories(room: Chatroom, typed: str, title: str, language: str) -> None:
    answer = await room.say(typed, language=Language(language))
    assert answer.numbered
    first = answer.text.split("1. ")[1]
    assert first.startswith(title)
    assert first.split("\n")[-1] == Texts(language).say("question.footer") or "WIB" in first, "with outlet and time"
    assert (await room.say("1")).stories == answer.stories[:1], "and its numbers count"


async def test_nothing_is_answered_that_no_outlet_said(room: Chatroom) -> None:
    """Every line but the heading and the last one is a title, the facts of a story or its outlet."""
    answer = await room.say("Is Intel in trouble?")
    stories = [await room.store.stories.coverage(one) for one in answer.stories]
    for part, coverage in zip(answer.paragraphs[1:-1], stories, strict=True):
        assert coverage is not None
        assert coverage.lead.title in part.text
        assert coverage.lead.source in part.text
        assert part.spans[1].link == coverage.lead.url


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed", ["weather in Atlantis", "???", "🤖", "is it?", "quux quuux"])
async def test_what_nobody_wrote_about_is_said_so(room: Chatroom, typed: str, language: str) -> None:
    answer = await room.say(typed, language=Language(language))
    assert answer.stories == ()
    assert actions(answer) == ["/latest", "/help"]


async def test_a_word_more_than_there_is_still_finds_the_rest(room: Chatroom) -> None:
    answer = await room.say("Dropbox jobs sources Timbuktu?")
    assert "Dropbox may cut hundreds of jobs" in answer.text
    assert (await room.say("Dropbox Timbuktu?")).stories == (), "half of the words is too little"


async def test_more_than_a_handful_leads_to_the_search(room: Chatroom) -> None:
    await put(room.store, *some_items(8), index="robot learn walk")
    answer = await room.say("robots that learn to walk?")
    assert len(answer.stories) == 5
    search = actions(answer)[-1]
    assert search.startswith("/search ")
    assert (await room.say(search)).stories[:5] == answer.stories


async def test_a_command_without_its_slash_that_makes_no_sense_is_a_question(room: Chatroom) -> None:
    assert "Dropbox may cut" in (await room.say("more about Dropbox")).text
    assert "Dropbox may cut" in (await room.say("company cuts at dropbox?")).text
    assert "isn’t a topic" in (await room.say("latest quuxes")).text, "found nothing either: then the command explains"
    assert "isn’t a topic" in (await room.say("/latest dropbox")).text, "with a slash it is a command"
    before = await room.prefs()
    await room.say("pause in hiring at Dropbox")
    await room.say("health insurer cuts jobs")
    await room.say("stop the cuts at Dropbox")
    assert await room.prefs() == before


async def test_topics_alone_are_the_latest_on_them(room: Chatroom) -> None:
    assert (await room.say("ai")).text == (await room.say("/latest ai")).text
    assert (await room.say("AI, tech layoffs")).text == (await room.say("/latest ai tech-layoffs")).text


@pytest.mark.parametrize("typed", ["hello", "Halo", "selamat pagi", "thanks!", "terima kasih", "ok"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_manners(room: Chatroom, typed: str, language: str) -> None:
    answer = await room.say(typed, language=Language(language))
    assert answer.text in (Texts(language).say("question.hello"), Texts(language).say("question.thanks"))


@pytest.mark.parametrize("typed", ["layoffs at Spotify?", "hello", "weather", "subscribe ai", "why"])
async def test_in_a_group_only_those_who_speak_to_it_are_answered(room: Chatroom, typed: str) -> None:
    assert await room.hear(typed, **OVERHEARD) is None
    assert (await room.say(typed, user=ADMIN, **MENTIONED)).text


@settings(parent=patient, max_examples=200)
@given(st.text(max_size=60), st.booleans(), st.booleans(), st.booleans())
def test_every_line_means_something_or_is_not_for_the_bot(
    text: str, addressed: bool, private: bool, right_after: bool
) -> None:
    request = a_request(text, addressed=addressed, private=private)
    meant = understood(request, right_after=right_after)
    assert meant is not None or not addressed
    if meant is not None and meant.command is not None:
        assert meant.command.name in by_word()


def test_only_small_words_tell_nothing() -> None:
    assert telling("what is the latest news on it?") == []
    assert telling("ada kabar apa hari ini?") == []
    assert telling("What did Google do in Jakarta this week") == ["google", "jakarta"]


# --- to share somewhere else ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_stories_are_offered_for_sharing(room: Chatroom, language: str) -> None:
    request = a_request("spotify", channel=HERE, user=MEMBER, language=Language(language))
    (offer,) = await room.conversation.offers(request)
    assert offer.title.startswith("Spotify lays off 1,500 employees")
    assert offer.description.startswith("Wire")
    assert offer.title in offer.message.text
    assert (offer.message.buttons, offer.message.stories) == ((), ())
    assert await room.store.chats.find(HERE) is None, "looking keeps nothing"


async def test_without_words_the_latest_are_offered(room: Chatroom) -> None:
    offers = await room.conversation.offers(a_request("", channel=HERE))
    latest = await room.say("/latest 10")
    assert [offer.id for offer in offers] == [f"s{one}" for one in latest.stories]
    assert await room.conversation.offers(a_request("timbuktu", channel=HERE)) == []


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None), max_size=40))
async def test_whatever_is_typed_elsewhere_does_no_harm(room: Chatroom, text: str) -> None:
    await room.conversation.offers(a_request(text, channel=HERE))


# --- chats that move and go -------------------------------------------------------------------------------------------


async def test_a_chat_goes_with_all_its_threads(room: Chatroom) -> None:
    topic, other = replace(NEWS, thread="7"), replace(NEWS, address="-1")
    for channel in (NEWS, topic, other):
        await room.store.chats.meet(channel)
    await room.conversation.gone(NEWS, "kicked")
    states = [(await room.chat(channel)).state for channel in (NEWS, topic, other)]
    assert states == [ChatState.PARKED, ChatState.PARKED, ChatState.ACTIVE]


async def test_one_thread_goes_alone(room: Chatroom) -> None:
    topic = replace(NEWS, thread="7")
    for channel in (NEWS, topic):
        await room.store.chats.meet(channel)
    await room.conversation.gone(topic, "topic_closed")
    assert [(await room.chat(channel)).state for channel in (NEWS, topic)] == [ChatState.ACTIVE, ChatState.PARKED]


async def test_a_workspace_that_takes_the_bot_out_is_parked_whole(room: Chatroom) -> None:
    for address in ("T1/C1", "T1/C2", "T10/C1"):
        await subscribe(room.store, address, platform="slack")
    await subscribe(room.store, "T1/C1", platform="telegram")
    await room.conversation.gone(Channel(platform="slack", address="T1/*"), "uninstalled")
    parked = {str(c.channel) for c in await room.store.chats.all() if c.state is ChatState.PARKED}
    assert parked == {"slack:T1/C1", "slack:T1/C2"}


async def test_a_workspace_that_lets_the_bot_in_again_hears_again(room: Chatroom) -> None:
    for address in ("T1/C1", "T1/C2"):
        await subscribe(room.store, address, platform="slack")
    everything = Channel(platform="slack", address="T1/*")
    await room.conversation.gone(Channel(platform="slack", address="T1/C1"), "not_in_channel")
    await room.conversation.gone(everything, "app_uninstalled")
    await room.conversation.back(everything)
    active = {str(c.channel) for c in await room.store.chats.all() if c.state is ChatState.ACTIVE}
    assert active == {"slack:T1/C2"}, "of the other channel it was put out before"
    await room.conversation.back(Channel(platform="slack", address="T1/C1"))
    assert all(chat.state is ChatState.ACTIVE for chat in await room.store.chats.all())


async def test_a_group_moves_with_its_threads(room: Chatroom) -> None:
    old, new = Channel(platform="chat", address="-5"), Channel(platform="chat", address="-1005")
    await room.say("/subscribe ai", channel=old)
    await room.say("/subscribe layoffs", channel=replace(old, thread="3"))
    await room.conversation.moved(old, new)
    assert (await room.prefs(new)).topics != (await room.prefs(replace(new, thread="3"))).topics
    assert await room.store.chats.find(old) is None


async def test_somebody_who_is_back_hears_again(room: Chatroom) -> None:
    await room.say("/subscribe ai", channel=GROUP, private=False, user=ADMIN)
    await room.conversation.gone(replace(GROUP, thread=""), "kicked")
    assert (await room.chat(GROUP)).state is ChatState.PARKED
    await room.say("/help", channel=GROUP, private=False)
    assert (await room.chat(GROUP)).state is ChatState.ACTIVE
    assert isinstance(room.platform, ScriptedPlatform)
