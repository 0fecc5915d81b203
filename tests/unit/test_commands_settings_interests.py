"""Companies and words that a chat watches or mutes: what is meant, how it is taken away, which stories it holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.message import Message
from bot.domain.story import Item, Language, Topic
from bot.domain.subscription import Interest, InterestKind
from bot.services.interests import Watches, employer_key, muted_by, words_key
from bot.services.questions import named_in, phrases_of
from bot.texts import Texts
from tests.builders import DAY, HOUR, NOW, a_coverage, a_story, an_event
from tests.unit.askroom import a_newsy_day, titled
from tests.unit.chatroom import ADMIN, GROUP, HERE, LANGUAGES, MEMBER, Chatroom, actions, an_empty_room, buttons
from tests.unit.facts import shipped

WATCH, MUTE = InterestKind.WATCH, InterestKind.MUTE


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Chatroom]:
    async with an_empty_room(tmp_path) as room:
        await a_newsy_day(room.asking)
        yield room


async def held(room: Chatroom, kind: InterestKind) -> Mapping[str, str]:
    """Phrases by key."""
    chat = await room.chat()
    return {one.key: one.phrase for one in await room.store.chats.interests(chat.id) if one.kind is kind}


def an_interest(phrase: str, key: str | None = None, *, kind: InterestKind = WATCH, **values: object) -> Interest:
    key = key or words_key(phrase)
    assert key is not None
    return Interest(chat_id=1, kind=kind, phrase=phrase, key=key, **values)  # type: ignore[arg-type]


# --- what is meant ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Nvidia", "employer:Nvidia"),
        ("nvidia", "employer:Nvidia"),
        ("YouTube", "employer:Alphabet"),
        ("facebook", "employer:Meta"),
        ("words YouTube", "words:youtube"),
        ("kata Pusat Data", "words:pusat data"),
        ("data center", "words:data center"),
        ("“Quoted  words”", "words:quoted words"),
        ("PT Tokopedia Tbk", "employer:GoTo"),
    ],
)
@pytest.mark.parametrize("command", ["watch", "pantau", "mute", "bisukan"])
async def test_a_company_or_the_words(room: Chatroom, command: str, typed: str, key: str) -> None:
    await room.say(f"/{command} {typed}")
    assert list(await held(room, WATCH if command in ("watch", "pantau") else MUTE)) == [key]


async def test_a_company_that_only_a_stored_story_knows(room: Chatroom) -> None:
    await room.asking.publish("wire", titled("Blorpwerk lays off 300 employees", summary="Blorpwerk cuts 300 jobs."))
    assert "the words" not in (await room.say("/watch Blorpwerk")).text
    assert list(await held(room, WATCH)) == [employer_key("blorpwerk")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed", ["ai", "phk", "the", "yang", "a", "1234", "!!!", "x" * 61, "words", "+"])
async def test_what_says_too_little_is_not_kept(room: Chatroom, typed: str, language: str) -> None:
    for command in ("watch", "mute"):
        answer = await room.say(f"/{command} {typed}", language=Language(language))
        assert answer.text
        assert await held(room, WATCH) == {}
        assert await held(room, MUTE) == {}


async def test_brands_can_be_narrowed_to_the_words(room: Chatroom) -> None:
    answer = await room.say("/watch YouTube")
    assert "I watch Alphabet now" in answer.text
    assert "Google" in answer.text
    narrowed = await room.press("Only the words", answer)
    assert narrowed.in_place
    assert await held(room, WATCH) == {"words:youtube": "YouTube"}, "instead of the company"
    await room.press("Undo", narrowed)
    assert await held(room, WATCH) == {}


async def test_fifty_names_are_enough(room: Chatroom) -> None:
    for n in range(50):
        await room.say(f"/watch gadget{n}")
    assert "50 names already" in (await room.say("/watch gadget50")).text
    assert len(await held(room, WATCH)) == 50
    await room.say("/watch gadget7")  # there already
    await room.say("/mute gadget50")  # the other list has room
    first = await room.say("/watch")
    assert first.text.startswith("You watch 50 names")
    pages, page = [first], first
    while later := [button for button in buttons(page) if button.label.endswith("›")]:
        page = await room.say(later[0].action, pressed=True)
        assert page.in_place
        pages.append(page)
    shown = [line for one in pages for line in one.paragraphs[1].text.split("\n")]
    assert len(shown) == len(set(shown)) == 50
    assert "I no longer watch" in (await room.say("/unwatch all")).text
    assert await held(room, WATCH) == {}


async def test_the_list_takes_away_in_place(room: Chatroom) -> None:
    await room.say("/watch Nvidia")
    await room.say("/watch data center")
    answer = await room.press("✕ Nvidia", await room.say("/watch"))
    assert (answer.in_place, "Nvidia" in answer.text) == (True, False)
    answer = await room.press("✕ data center", answer)
    assert answer.text.startswith("You watch no name yet.")
    assert answer.in_place


@pytest.mark.parametrize("typed", ["Nvidia", "NVIDIA", "i1"])
async def test_a_name_is_taken_away_however_it_is_spelt(room: Chatroom, typed: str) -> None:
    await room.say("/watch Nvidia")
    await room.say("/watch chip exports")
    assert "Did you mean chip exports?" in (await room.say("/unwatch chip export")).text
    assert (await room.say(f"/unwatch {typed}")).text == "Done. I no longer watch Nvidia."
    assert list(await held(room, WATCH)) == ["words:chip exports"]


async def test_in_a_group_members_only_look(room: Chatroom) -> None:
    group = {"channel": GROUP, "private": False}
    for text in ("/watch Nvidia", "/mute Nvidia", "/unwatch Nvidia", "/mute s1 company"):
        assert (await room.say(text, user=MEMBER, **group)).text == Texts("en").say("group.admins_only")
    for text in ("/watch", "/mute"):
        assert (await room.say(text, user=MEMBER, **group)).text != Texts("en").say("group.admins_only")
    assert "I watch Nvidia" in (await room.say("/watch Nvidia", user=ADMIN, **group)).text


# --- muting for a while, and by a story ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "length"),
    [
        ("Tesla 7d", timedelta(days=7)),
        ("7d Tesla", timedelta(days=7)),
        ("Tesla 24h", timedelta(hours=24)),
        ("Tesla 2w", timedelta(days=14)),
        ("Tesla 2 minggu", timedelta(days=14)),
        ("Tesla 24 jam", timedelta(hours=24)),
        ("Tesla 999 months", timedelta(days=366)),
        ("Tesla", None),
    ],
)
async def test_a_mute_lasts_as_long_as_was_said(room: Chatroom, typed: str, length: timedelta | None) -> None:
    answer = await room.say(f"/mute {typed}")
    (mute,) = [one for one in await room.store.chats.interests((await room.chat()).id) if one.kind is MUTE]
    assert (mute.phrase, mute.until) == ("Tesla", NOW + length if length else None)
    assert ("until" in answer.text) is (length is not None)
    if length is not None:
        room.clock.tick(length)
        assert (await room.say("/mute")).text.startswith("You mute nothing"), "what has ended is not shown"


@pytest.mark.parametrize("typed", ["7d", "Tesla 0d", "99", "s999999"])
async def test_a_mute_of_nothing_is_asked_back(room: Chatroom, typed: str) -> None:
    await room.say("/latest 5")
    await room.say(f"/mute {typed}")
    assert await held(room, MUTE) == {}


async def listed(room: Chatroom, words: str) -> tuple[int, Message]:
    """The number of the story whose title begins with `words` in the latest list."""
    message = await room.say("/latest 9")
    lines = [line for line in message.text.split("\n") if line[:1].isdigit()]
    (line,) = [line for line in lines if line.split(". ", 1)[1].startswith(words)]
    return int(line.split(".")[0]), message


async def test_the_number_of_a_story_mutes_its_company(room: Chatroom) -> None:
    number, _list = await listed(room, "Intel")
    answer = await room.say(f"/mute {number} 7d")
    assert answer.text.startswith("Muted until")
    assert list(await held(room, MUTE)) == ["employer:Intel"]


async def test_a_story_without_a_company_is_asked_about(room: Chatroom) -> None:
    number, _list = await listed(room, "New AI model")
    answer = await room.say(f"/mute {number}")
    assert "What shall I leave out from now on?" in answer.text
    assert await held(room, MUTE) == {}
    await room.press("“poems”", answer)
    assert list(await held(room, MUTE)) == ["words:poems"]


async def test_mute_under_an_alert_asks_in_place_and_the_alert_stays(room: Chatroom) -> None:
    """Company, words or nothing; whatever is chosen, the story can still be read there."""
    await room.say("/subscribe all")
    coverage = await room.store.stories.coverage(1)
    assert coverage is not None
    question = await room.say("/mute s1", pressed=True)
    assert question.in_place
    assert coverage.lead.title in question.text
    assert [button.label for button in buttons(question)][:2] == ["Intel", "Intel, for a week"]
    back = await room.press("Nothing", question)
    assert "/more s1" in actions(back), "the alert with its own buttons"
    muted = await room.press("Intel, for a week", question)
    assert muted.in_place
    assert coverage.lead.title in muted.text
    assert "Muted until 21 Mar" in muted.text
    assert await held(room, MUTE) == {"employer:Intel": "Intel"}
    undone = await room.press("Undo", muted)
    assert (undone.in_place, "/mute s1" in actions(undone)) == (True, True)
    assert await held(room, MUTE) == {}
    await room.say("/mute s1 words 1 24h", pressed=True)
    assert [key[:6] for key in await held(room, MUTE)] == ["words:"]


async def test_what_is_muted_is_not_told(room: Chatroom) -> None:
    await room.say("/mute Intel")
    chat = await room.chat()
    coverage = await room.store.stories.coverage(1)
    assert coverage is not None
    mutes = await room.store.chats.interests(chat.id)
    assert muted_by(mutes, coverage, NOW) == mutes[0]


# --- which stories an interest holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "title", "summary", "employer", "found"),
    [
        ("Alphabet", "YouTube opens a studio in Jakarta", "", None, True),
        ("Alphabet", "A chip maker grows", "Its customers include Google.", None, True),
        ("Alphabet", "Search firm cuts jobs", "", "Alphabet", True),
        ("Alphabet", "The alphabetical order of things", "", None, False),
        ("Apple", "Apple’s new phone", "", None, True),
        ("Apple", "An apple a day", "", None, False),
        ("Target", "Startups target growth", "", None, False),
        ("data center", "A data-center boom", "", None, True),
        ("data center", "DATA CENTER", "", None, True),
        ("data center", "Data in the center", "", None, False),
        ("data center", "Energy", "x" * 300 + " data center", None, False),
        ("pusat data", "Pusat data baru di Batam", "", None, True),
    ],
)
def test_a_watch_finds_whole_names_and_words(
    phrase: str, title: str, summary: str, employer: str | None, found: bool
) -> None:
    company = shipped().companies.named(phrase)
    watch = an_interest(phrase, employer_key(company.name) if company else None, id=7)
    watches = Watches([an_interest("something else", id=8), watch], shipped().companies)
    item = Item(title=title, summary=summary)
    assert watches.of(item, employer, Language.EN) == ((7,) if found else ())


def test_what_many_watch_is_found_for_all_of_them() -> None:
    watches = Watches([an_interest("robot", id=n) for n in (3, 1, 2)], shipped().companies)
    assert watches.of(Item(title="Robot, robot on the wall"), None, Language.EN) == (1, 2, 3)
    assert watches.of(Item(title="Nothing"), None, Language.EN) == ()


@pytest.mark.parametrize(
    ("phrase", "key", "title", "summary", "employer", "muted"),
    [
        ("Google", "employer:Alphabet", "Search firm cuts jobs", "", "Alphabet", True),
        ("Google", "employer:Alphabet", "Google shows a new model", "", None, True),
        ("Google", "employer:Alphabet", "Alphabet shows a new model", "", None, True),
        ("Google", "employer:Alphabet", "Meta cuts jobs, as Google did", "", "Meta", False),
        ("Google", "employer:Alphabet", "A chip maker grows", "Google is a customer.", None, False),
        ("Target", "employer:Target", "Retailers target AI", "", None, False),
        ("smartwatch", None, "A new smartwatch", "", None, True),
        ("smartwatch", None, "Gadgets", "Among them a smartwatch.", None, True),
        ("smartwatch", None, "Gadgets", "Among them smartwatches.", None, False),
        ("smartwatch", None, "A smartwatch maker cuts jobs", "", "Garmin", True),
    ],
)
def test_a_mute_holds_back_no_more_than_it_names(
    phrase: str, key: str | None, title: str, summary: str, employer: str | None, muted: bool
) -> None:
    """A story that only mentions a muted company is still told: better one alert too many than one lost."""
    mute = an_interest(phrase, key, kind=MUTE)
    event = an_event(employer, 100) if employer else None
    lead = a_story(1, title=title, summary=summary)
    coverage = a_coverage(1, lead=lead, event=event, employer=employer)
    assert (muted_by([mute], coverage, NOW) is mute) is muted


def test_a_mute_that_has_ended_holds_nothing_back_and_a_watch_never_does() -> None:
    coverage = a_coverage(1, lead=a_story(1, title="A new smartwatch"))
    ended = an_interest("smartwatch", kind=MUTE, until=NOW)
    lasting = an_interest("smartwatch", kind=MUTE, until=NOW + HOUR)
    assert muted_by([ended, an_interest("smartwatch")], coverage, NOW) is None
    assert muted_by([ended, lasting], coverage, NOW) is lasting
    assert muted_by([lasting], coverage, NOW + DAY) is None


@pytest.mark.parametrize(
    ("title", "phrases", "companies"),
    [
        ("Google to lay off 1,200 workers in its Cloud division", ["Cloud"], ["Google"]),
        ("Tokopedia PHK ratusan karyawan, ini penjelasan GoTo", ["Tokopedia PHK", "GoTo"], ["Tokopedia", "GoTo"]),
        ("New AI model writes poems about the sea", ["writes", "model", "poems"], []),
        ("Startups target growth", ["Startups", "target", "growth"], []),
        ("Microsoft lays off 6,000 employees as AI takes over", ["Microsoft", "takes"], ["Microsoft"]),
        ("Pabrik sepatu rumahkan 1.900 karyawan", ["rumahkan", "Pabrik", "sepatu"], []),
        ("", [], []),
    ],
)
def test_what_a_headline_is_about(title: str, phrases: list[str], companies: list[str]) -> None:
    assert phrases_of(title, but={"ai"}) == phrases
    assert named_in(title, shipped().companies) == companies


async def test_topics_are_no_interest(room: Chatroom) -> None:
    assert "/subscribe ai" in (await room.say("/watch AI")).text
    assert "/unsubscribe phk" in (await room.say("/mute phk")).text
    assert Topic.AI not in (await room.chat(HERE)).preferences.topics
