"""Whatever somebody types gets an answer: commands, numbers, buttons, group rules, and plain nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands.registry import by_word, commands, menu
from bot.domain.channel import Channel, User
from bot.domain.delivery import DeliveryState
from bot.domain.errors import StoreError
from bot.domain.story import Language, Topic
from bot.domain.subscription import ChatState, Mode
from bot.ports import Beat
from bot.texts import Texts
from tests.builders import MINUTE, NOW, a_request, a_spec, an_item, put, subscribe
from tests.unit.chatroom import (
    ADMIN,
    DESK,
    GROUP,
    HERE,
    LANGUAGES,
    MEMBER,
    NEWS,
    Chatroom,
    actions,
    an_empty_room,
    buttons,
    furnished,
    well,
)

NUMBERS = count(1)


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Chatroom]:
    async with an_empty_room(tmp_path) as room:
        yield room


@pytest.fixture
async def room(empty: Chatroom) -> Chatroom:
    return await furnished(empty)


# --- everything gets an answer --------------------------------------------------------------------------------------

ARGUMENTS = {
    "latest": ["", "ai", "phk", "tech layoffs", "ai 3", "3 ai", "0", "99", "999999999", "+5", "+999999999", "sport"],
    "digest": ["", "now", "today", "hari ini", "now 2", "2026-03-14 2", "2026-02-31 1", "08:00", "8", "8.30", "7 pm",
               "jam 7 malam", "off", "mati", "25:00", "tomorrow", "07:30 WITA"],
    "catchup": ["", "x"],
    "missed": ["", "x"],
    "more": ["", "1", "#2", "s1", "99", "0", "two"],
    "sources": ["", "1", "s1", "99"],
    "search": ["", "robots", "robots acme", "robots +2", "the"],
    "company": ["", "acme", "pt acme tbk", "nobody at all"],
    "layoffs": ["", "week", "minggu", "year tech", "month id", "decade"],
    "export": ["", "csv", "json year", "opml", "pdf"],
    "start": ["", "topics", "topics +ai", "topics -ai", "topics +all", "topics sport", "mode", "mode both",
              "mode never", "language", "language id", "language klingon", "s1", "story_1", "story_999", "story_",
              "payload"],
    "subscribe": ["", "ai", "semua", "ai digest 07:30 wib", "ai high", "layoffs both Europe/Berlin", "sport",
                  "@news ai", "@nowhere ai", "#general", "ai Mars/Base"],
    "unsubscribe": ["", "ai", "layoffs", "sport", "@news", "@nowhere"],
    "topics": ["", "ai", "+ai", "-ai", "+ai -layoffs", "semua", "sport", "+", "ai @news"],
    "watch": ["", "Nvidia", "data center", "YouTube", "words YouTube", "kata pusat data", "ai", "the", "a", "123",
              "+10", "+9999", "x" * 70, "Nvidia @news", "“quoted words”"],
    "unwatch": ["", "Nvidia", "i1", "i999999", "nobody", "all", "semua"],
    "mute": ["", "Tesla", "Tesla 7d", "7d Tesla", "Tesla 2 minggu", "Tesla 0d", "7d", "1", "1 company", "1 words", "s1",
             "1 words 9", "s1 words 1 7d", "s1 cancel", "s999", "99", "phk", "+10", "smartwatch 24 jam"],
    "unmute": ["", "Tesla", "i1", "i2 s1", "nobody", "all"],
    "settings": ["", "panel", "mode digest", "mode", "mode sometimes", "mode = both", "threshold high", "threshold 7",
                 "high threshold", "digest 08:00", "digest late", "digest", "zone WIB", "zone new york", "zone Mars",
                 "zone utc+7", "topics ai", "topics", "topics sport", "topics +ai", "language id", "language klingon",
                 "quiet 22-07", "quiet off", "quiet", "quiet 9-9", "break 1000", "break 1.000", "break many",
                 "break off", "style compact", "style", "preview on", "preview maybe", "silent ya", "open on",
                 "mood digest", "colour red",
                 "topics=ai,layoffs mode=both zone=New York digest=07:15 quiet=22:00-07:00 break=500",
                 "topics= quiet= break=", "mode=never", "=", "=x", "@news", "@news mode digest", "@nowhere"],
    "language": ["", "en", "id", "bahasa", "bahasa indonesia", "fr", "id @news"],
    "timezone": ["", "WIB", "berlin", "New York", "utc+7", "+8", "UTC+99", "Mars", "Asia/Jakarta", "jakrta"],
    "quiet": ["", "22-07", "22:30-06.45", "10 pm to 7 am", "jam 22 sampai 7", "off", "mati", "break 1000",
              "tembus 1.000", "break off", "break", "9-9", "later", "22"],
    "pause": ["", "2h", "until 08:00", "sampai besok", "please", "now"],
    "resume": ["", "x"],
    "why": ["", "1", "s1", "s999999999999999", "99"],
    "whynot": ["", "acme jobs", "https://wire.example/n/1", "https://nowhere.example/x"],
    "rules": ["", "test Acme cuts 100 jobs", "robot", "try", "proposals"],
    "good": ["", "1", "s1", "s999"],
    "bad": ["", "1", "s1", "s999"],
    "help": ["", "latest", "/latest", "terbaru", "latst", "nonsense"],
    "home": ["", "x"],
    "feeds": ["", "1", "2", "0", "99999", "x"],
    "suggest": ["", "example.com/feed", "https://example.com/rss.xml", "not an address", "http://", "a.b",
                "https://user:pw@example.com/feed", "javascript:alert(1)", "https://wire.example/feed.xml"],
    "health": ["", "x"],
    "import": ["", "x"],
    "admin": ["", "status", "feeds", "rules", "chats", "errors", "aturan", "statis", "x"],
}  # fmt: skip
HOSTILE = [
    "\x00", "\n\n\n", "\u202e\ud800", "\U0001f600" * 99, "a" * 5000, "a " * 3000, "/" * 50, "[]()*_`", "{0}{close}%s",
    "'; DROP TABLE x; --", "@", "@@", "#", "# 1", "<#C1|x>", "1 2 3", "-1", "9" * 30, "s" + "9" * 30, "s" + "9" * 15,
    "\u0663", "\uff19", "\u0660\u0668:\u0660\u0660", "1\u0669:00", "00:60", "24:00", "+-5", "= :", ",,,,", "ai,ai ai",
    "a/b", "../../etc/passwd", "zone ../..", "zone " + "x" * 500, "Etc/GMT+12", "localtime", "Factory", "/start /help",
]  # fmt: skip


def test_every_command_is_tried() -> None:
    assert set(ARGUMENTS) == set(commands())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ARGUMENTS)
async def test_every_command_answers_whatever_its_arguments(room: Chatroom, name: str, language: str) -> None:
    hostile = HOSTILE if language == "en" else HOSTILE[::4]  # the words differ, their reader does not
    channel = DESK if commands()[name].operator else HERE
    for word in (name, *commands()[name].aliases):
        for argument in [*ARGUMENTS[name], *hostile] if word == name else ARGUMENTS[name][:2]:
            message = await room.say(f"/{word} {argument}", language=Language(language), channel=channel)
            assert "{" not in message.text.replace("{0}{close}%s", ""), "a blank that nobody filled in"


@pytest.mark.parametrize("name", ARGUMENTS)
async def test_every_command_answers_on_an_empty_database(empty: Chatroom, name: str) -> None:
    for argument in ARGUMENTS[name]:
        await empty.say(f"/{name} {argument}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_button_can_be_pressed(room: Chatroom, language: str) -> None:
    """From what every command shows, on and on, until there is no button left that was not pressed."""
    spoken = Texts(language)
    some = slice(None) if language == "en" else slice(1)  # the buttons are the same, their labels differ
    queue = [f"/{name} {argument}" for name in ARGUMENTS for argument in ARGUMENTS[name][some]]
    starting, pressed = len(queue), set()
    for text in queue:
        key, is_pressed = f"press {next(NUMBERS)}", text in pressed
        message = await room.say(text, language=Language(language), key=key, pressed=is_pressed)
        if pressed and text in pressed:
            assert spoken.say("unknown.command", word=text.split()[0]) not in message.text
        for button in buttons(message):
            if button.action not in pressed:
                pressed.add(button.action)
                queue.append(button.action)
    assert len(queue) - starting == len(pressed) > 20


anything = st.one_of(
    st.text(st.characters(codec=None), max_size=60),
    st.builds(
        lambda slash, name, rest: f"{slash}{name} {' '.join(rest)}",
        st.sampled_from(["/", "", "//", "/ "]),
        st.sampled_from(sorted(by_word())),
        st.lists(
            st.one_of(
                st.sampled_from([word for words in ARGUMENTS.values() for word in words] + HOSTILE[:12]),
                st.text(max_size=8),
            ),
            max_size=4,
        ),
    ),
)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(anything, min_size=1, max_size=3), st.sampled_from(LANGUAGES))
async def test_any_text_at_all_gets_an_answer(room: Chatroom, texts: list[str], language: str) -> None:
    channel = Channel(platform="chat", address=f"any {next(NUMBERS)}")
    for text in texts:
        await room.say(text, channel=channel, language=Language(language))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(anything, st.booleans())
async def test_any_text_in_a_group_is_answered_or_ignored(room: Chatroom, text: str, addressed: bool) -> None:
    channel = Channel(platform="chat", address=f"any {next(NUMBERS)}")
    message = await room.hear(text, channel=channel, private=False, addressed=addressed)
    assert not addressed or message is not None
    if message is not None:
        well(message, text)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None), max_size=40), st.text(max_size=10), st.text(max_size=10))
async def test_no_platform_detail_breaks_it(room: Chatroom, zone: str, reply_to: str, name: str) -> None:
    channel = Channel(platform="chat", address=f"any {next(NUMBERS)}")
    for text in ("/subscribe all both", "1", "/latest", "/settings", "/digest 09:00"):
        await room.say(text, channel=channel, zone=zone, reply_to=reply_to, user=User(id="9", name=name))


async def test_the_menu_has_every_command_in_both_languages() -> None:
    for entry in menu():
        assert set(entry.summary) == set(Language)
        assert all(entry.summary.values())
        assert entry.usage.startswith(f"/{entry.name}")


async def test_help_names_every_command(room: Chatroom) -> None:
    for channel, operator in ((HERE, False), (DESK, True)):
        text = (await room.say("/help", channel=channel)).text
        for name, command in commands().items():
            shown = not command.hidden and (operator or not command.operator)
            assert (f"/{name} – " in text) is shown, name
    for name in commands():
        assert f"/{name}" in (await room.say(f"/help {name}")).text


async def test_nothing_typed_is_a_call_for_help(room: Chatroom) -> None:
    assert (await room.say("   ")).text == (await room.say("/help")).text


async def test_a_command_is_known_with_and_without_slash_case_and_bot_name(room: Chatroom) -> None:
    expected = (await room.say("/latest ai 2")).text
    for text in ("latest ai 2", "/LATEST ai 2", "/latest@kabar_bot ai 2", "  /latest   ai,2  ", "/terbaru ai 2"):
        assert (await room.say(text)).text == expected


@pytest.mark.parametrize(
    ("typed", "close"),
    [("/latst", "latest"), ("/subcribe ai", "subscribe"), ("setings", "settings"), ("/terbar", "terbaru")],
)
async def test_a_slip_of_the_finger_is_understood(room: Chatroom, typed: str, close: str) -> None:
    message = await room.say(typed)
    assert f"Did you mean /{close}?" in message.text
    assert [b.action for b in buttons(message)] == [f"/{close}"]


@pytest.mark.parametrize("typed", ["/admn", "/unwach", "/hom"])
async def test_what_is_in_no_menu_is_not_proposed(room: Chatroom, typed: str) -> None:
    proposed = {action.removeprefix("/") for action in actions(await room.say(typed))}
    assert not proposed & {"admin", "unwatch", "home"}


async def test_an_unknown_command_and_plain_words(room: Chatroom) -> None:
    assert (await room.say("/zzz")).text == "I don’t know /zzz. /help shows all commands."
    assert (await room.say("weather on Mars?")).text.startswith("I found no story for “weather on Mars?”.")
    answer = await room.say("cuaca di Mars?", language=Language.ID)
    assert answer.text.startswith("Tidak ada berita untuk “cuaca di Mars?”.")
    assert actions(answer) == ["/latest", "/help"]


# --- lists and numbers ----------------------------------------------------------------------------------------------


async def test_latest_is_newest_first_and_pages_on_to_the_end(room: Chatroom) -> None:
    message = await room.say("/latest ai 5")
    seen = []
    while True:
        seen += [line.split(". ")[1] for line in message.text.split("\n") if line[:1].isdigit()]
        older = [b.action for b in buttons(message) if b.label == "Older stories"]
        if not older:
            break
        message = await room.say(older[0])
    assert seen == [f"Headline n{n} about robots" for n in range(1, 13)]


async def test_latest_follows_the_chats_topics_and_level(room: Chatroom) -> None:
    await room.say("/subscribe layoffs")
    message = await room.say("/latest 15")
    assert len(message.stories) == 2
    assert message.text.startswith("Latest: Layoffs")
    await room.say("/settings threshold high")
    assert len((await room.say("/latest ai 15")).stories) == 0, "six points are not enough for a strict chat"


@pytest.mark.parametrize("typed", ["2", "#2", "2.", "no 2", "nomor 2", " 2 ", "/more 2", "more 2", "/baca 2"])
async def test_a_number_opens_its_story(room: Chatroom, typed: str) -> None:
    await room.say("/latest ai 5")
    assert (await room.say(typed)).text.startswith("Headline n2 about robots\n")


async def test_a_number_means_the_newest_list_unless_it_replies_to_another(room: Chatroom) -> None:
    await room.say("/latest ai 5")
    await room.say("/latest ai 5 +5")
    assert (await room.say("1")).text.startswith("Headline n6 ")
    assert (await room.say("1")).text.startswith("Headline n6 "), "an opened story is no new list"
    assert (await room.say("1", reply_to="b1")).text.startswith("Headline n1 ")
    assert (await room.say("1", reply_to="unknown")).text.startswith("Headline n6 ")


async def test_a_reply_without_a_number_to_one_story(room: Chatroom) -> None:
    await room.say("/latest ai 5")
    await room.say("3")
    assert (await room.say("/why", reply_to="b2")).text.startswith("Headline n3 ")
    assert "Which one?" in (await room.say("/why", reply_to="b1")).text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("6", "There is no number 6 in that list; it ends at 5."),
        ("0", "There is no number 0 in that list"),
        ("/more two", "“two” isn’t a number. For example: /more 2"),
        ("/why", "Which one? Add its number, for example /why 1 (the list ends at 5)."),
        ("/more s987654", "That story is too old"),
    ],
)
async def test_a_number_that_means_nothing(room: Chatroom, typed: str, says: str) -> None:
    await room.say("/latest ai 5")
    assert says in (await room.say(typed)).text


async def test_what_to_type_is_said_in_the_readers_words(room: Chatroom) -> None:
    await room.say("/terbaru ai 5", language=Language.ID)
    assert "/kenapa 1" in (await room.say("/kenapa", language=Language.ID)).text
    assert "/lanjut 2" in (await room.say("/more dua", language=Language.ID)).text


async def test_a_number_before_any_list(room: Chatroom) -> None:
    assert "There is no list" in (await room.say("1")).text


async def test_another_chats_list_is_not_mine(room: Chatroom) -> None:
    await room.say("/latest ai 5", channel=GROUP)
    assert "There is no list" in (await room.say("1")).text


async def test_why_shows_rules_points_and_threshold(room: Chatroom) -> None:
    await room.say("/latest ai 5")
    text = (await room.say("/why 1")).text
    assert "AI: 6 points, 5 needed – chosen" in text
    assert "ai.model" in text
    assert "“new model”" in text


async def test_the_digest_of_the_moment_changes_no_setting(room: Chatroom) -> None:
    message = await room.say("/digest")
    assert "stories for you: 14" in message.text
    assert len(message.stories) == 10
    assert not (await room.chat()).is_subscribed
    assert (await room.chat()).last_digest is None
    assert (await room.say("10")).text.startswith(message.text.split("10. ")[1].split("\n")[0])
    rest = await room.press("2 ›", message)
    assert (len(rest.stories), rest.in_place) == (4, True)
    assert not set(rest.stories) & set(message.stories)


# --- groups and channels --------------------------------------------------------------------------------------------

CHANGES = ["/subscribe ai", "/unsubscribe", "/settings mode digest", "/language id", "/digest 08:00", "subscribe ai"]
SHOWS = ["/settings", "/language", "/digest", "/digest now", "/latest", "/help", "/feeds", "/health", "/start"]


@pytest.mark.parametrize("text", CHANGES)
async def test_in_a_group_only_admins_change_settings(room: Chatroom, text: str) -> None:
    refused = await room.say(text, channel=GROUP, private=False, user=MEMBER)
    assert refused.text == Texts("en").say("group.admins_only")
    before = await room.chat(GROUP)
    assert not before.is_subscribed
    assert before.preferences.language is None
    allowed = await room.say(text, channel=GROUP, private=False, user=ADMIN)
    assert allowed.text != refused.text


@pytest.mark.parametrize("text", SHOWS)
async def test_in_a_group_everyone_may_look(room: Chatroom, text: str) -> None:
    answer = await room.say(text, channel=GROUP, private=False, user=MEMBER)
    assert answer.text != Texts("en").say("group.admins_only")


@pytest.mark.parametrize("text", ["hello", "latest", "2", "@someone look", "subscribe ai", ""])
async def test_chatter_that_is_not_for_the_bot_is_ignored(room: Chatroom, text: str) -> None:
    assert await room.hear(text, channel=GROUP, private=False, addressed=False) is None
    assert await room.store.chats.find(GROUP) is None, "and nobody is noted down"


async def test_a_number_right_after_a_list_is_for_the_bot(room: Chatroom) -> None:
    overheard = {"channel": GROUP, "private": False, "addressed": False}
    assert await room.hear("2", **overheard) is None
    await room.say("/latest ai 5", channel=GROUP, private=False)
    room.clock.tick(9 * MINUTE)
    assert (await room.say("2", **overheard)).text.startswith("Headline n2 ")
    room.clock.tick(2 * MINUTE)
    assert await room.hear("2", **overheard) is None
    assert await room.hear("2", **(overheard | {"channel": NEWS})) is None


async def test_a_list_of_one_story_is_a_list_and_an_opened_story_is_none(room: Chatroom) -> None:
    await room.say("/latest ai 5")
    newest = (await room.say("1")).text
    assert (await room.say("2")).text != newest, "the list still counts"
    await room.say("/latest ai 1 +1")
    assert (await room.say("1")).text.startswith("Headline n2 "), "not the first of the list before"
    assert "no number 2" in (await room.say("2")).text


async def test_a_channel_is_subscribed_from_a_private_chat_by_its_admins(room: Chatroom) -> None:
    refused = await room.say("/subscribe ai @news", user=MEMBER)
    assert refused.text.startswith("Only admins of @news can change what I send there")
    assert await room.store.chats.find(NEWS) is None
    await room.say("/subscribe ai digest @news", user=ADMIN)
    assert (await room.chat(NEWS)).preferences.topics == {Topic.AI}
    assert (await room.chat(NEWS)).preferences.mode is Mode.DIGEST
    assert not (await room.chat()).is_subscribed
    assert "I can’t see @nowhere." in (await room.say("/subscribe ai @nowhere", user=ADMIN)).text
    assert "Only admins" in (await room.say("/unsubscribe @news", user=MEMBER)).text
    await room.say("/unsubscribe @news", user=ADMIN)
    assert not (await room.chat(NEWS)).is_subscribed


async def test_a_channel_cannot_be_named_in_a_group(room: Chatroom) -> None:
    await room.say("/subscribe ai @news", channel=GROUP, private=False, user=ADMIN)
    assert await room.store.chats.find(NEWS) is None
    assert not (await room.chat(GROUP)).is_subscribed


# --- gestures, parked chats, trouble --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["/latest", "/subscribe ai", "/nonsense", "/more 99", "/subscribe sport"])
async def test_the_same_gesture_twice_is_answered_once(room: Chatroom, text: str) -> None:
    await room.say(text, key="g1")
    assert await room.hear(text, key="g1") is None
    restarted = room.restarted()
    assert await restarted.answer(a_request(text, channel=HERE, key="g1")) is None
    await room.say(text, key="g2")


async def test_the_same_gesture_twice_at_once_is_answered_once(room: Chatroom) -> None:
    answers = await asyncio.gather(*(room.hear("/latest", key="g1") for _ in range(5)))
    assert sum(answer is not None for answer in answers) == 1


async def test_without_a_key_every_line_counts(room: Chatroom) -> None:
    await room.say("/latest")
    await room.say("/latest")


async def test_a_parked_chat_that_speaks_is_back_with_all_it_missed(room: Chatroom) -> None:
    chat = await subscribe(room.store, "me")
    await room.conversation.gone(HERE, "blocked")
    assert (await room.chat()).state is ChatState.PARKED
    await put(room.store, an_item("Robot missed", id="missed"))
    await room.say("/latest")
    revived = await room.chat()
    assert (revived.state, revived.parked_reason) == (ChatState.ACTIVE, None)
    assert revived.preferences == chat.preferences
    assert [state for _one, state in await room.store.outbox.of_chat(chat.id)] == [DeliveryState.QUEUED]


async def test_a_moved_chat_keeps_its_settings_and_its_numbers(room: Chatroom) -> None:
    await room.say("/subscribe ai", channel=HERE)
    await room.say("/latest ai 5", channel=HERE)
    await room.conversation.moved(HERE, NEWS)
    assert (await room.chat(NEWS)).preferences.topics == {Topic.AI}
    assert (await room.say("2", channel=NEWS)).text.startswith("Headline n2 ")
    assert await room.store.chats.find(HERE) is None


async def test_what_is_not_known_can_move_and_go(empty: Chatroom) -> None:
    await empty.conversation.moved(HERE, NEWS)
    await empty.conversation.gone(HERE, "kicked")
    assert await empty.store.chats.find(HERE) is None


class Broken:
    """Chats of a database that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> object:
        async def fail(*_args: object, **_values: object) -> None:
            raise self._error

        return fail


@pytest.mark.parametrize(
    ("error", "key"), [(StoreError("the disk is full"), "trouble.database"), (ZeroDivisionError(), "trouble.other")]
)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_trouble_is_said_in_the_readers_language(
    empty: Chatroom, error: Exception, key: str, language: str
) -> None:
    broken = empty.restarted(chats=Broken(error))
    message = await broken.answer(a_request("/latest", key="g1", language=Language(language)))
    assert message is not None
    assert message.text == Texts(language).say(key)
    again = await broken.answer(a_request("/latest", key="g1"))
    assert again is not None, "what was not answered may be asked again"


# --- feeds and health -----------------------------------------------------------------------------------------------


async def test_an_empty_bot_says_what_is_missing(empty: Chatroom) -> None:
    assert "no feeds to read yet" in (await empty.say("/latest")).text
    assert "no feeds to read yet" in (await empty.say("/feeds")).text
    await empty.store.feeds.add(a_spec(), NOW)
    assert "haven’t read any feeds yet" in (await empty.say("/latest")).text
    await put(empty.store, an_item("Weather"), scores={})
    assert "Nothing on AI, Tech layoffs and Layoffs so far. I have read one feed" in (await empty.say("/latest")).text


async def test_feeds_come_in_pages_with_the_ill_ones_first(empty: Chatroom) -> None:
    await empty.store.feeds.synchronise([a_spec(f"f{n:02}") for n in range(40)], NOW)
    await put(empty.store, an_item(), feed_id="f07", at=NOW - timedelta(minutes=12))
    message = await empty.say("/feeds")
    assert message.text.startswith("40 feeds")
    assert "Page 1 of 3" in message.text
    pages = [message]
    while len(pages) < 4 and (todo := [b.action for b in buttons(pages[-1]) if b.label.endswith("›")]):
        pages.append(await empty.say(todo[0], pressed=True))
    assert [page.in_place for page in pages] == [False, True, True]
    lines = [line for page in pages for line in page.paragraphs[2].text.split("\n")]
    assert len(lines) == len(set(lines)) == 40
    assert "✓ F07 – read 12 min ago" in lines


async def test_health_names_what_is_wrong_and_what_to_do(room: Chatroom) -> None:
    text = (await room.say("/health")).text
    assert "Something needs attention" in text
    assert "start it: kabar run" in text
    for part in ("scheduler", "telegram"):
        await room.store.beats.beat(Beat(part=part, at=NOW, state="ok"))
    assert (await room.say("/health")).text.startswith("All well")
    await room.store.beats.beat(Beat(part="telegram", at=NOW, state="failing", cause="conflict"))
    text = (await room.say("/health", language=Language.ID)).text
    assert Texts("id").say("health.cause.conflict") in text
    assert Texts("id").say("health.fix.conflict") in text
