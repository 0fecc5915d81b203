"""Questions in chat: found, opened, explained; empty, right, wrong and hostile words, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands.registry import by_word
from bot.domain.channel import User
from bot.domain.delivery import DeliveryState, Settled
from bot.domain.event import EventKind
from bot.domain.feed import FeedOutcome, FeedState
from bot.domain.message import Message
from bot.domain.story import Topic
from bot.domain.subscription import Interest, InterestKind, Mode
from bot.domain.verdict import Level
from bot.texts import Texts
from tests.builders import DAY, HOUR, MINUTE, NOW, TagGrouping, a_spec, an_event, an_item, put
from tests.unit.askroom import HERE, HOSTILE, LANGUAGES, Room, a_newsy_day, a_room, actions, titled

ASKED = ("latest", "more", "why", "sources", "whynot", "search", "company", "layoffs", "catchup", "missed", "export",
         "good", "bad", "rules")  # fmt: skip


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Room]:
    async with a_room(tmp_path) as room:
        yield room


@pytest.fixture
async def room(empty: Room) -> Room:
    await a_newsy_day(empty, Topic.AI, Topic.TECH_LAYOFFS)
    return empty


def said(key: str, language: str = "en", **values: object) -> str:
    return Texts(language).say(key, **values)


# --- whatever is typed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ASKED)
async def test_every_question_has_an_answer_with_nothing_stored(empty: Room, name: str, language: str) -> None:
    for words in ("", "1", "intel", "s1"):
        await empty.ask(f"/{name} {words}", language=language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ASKED)
async def test_every_question_bears_every_argument(room: Room, name: str, language: str) -> None:
    for words in HOSTILE:
        answer = await room.ask(f"/{name} {words}", language=language)
        assert len(answer.text) < 12_000
        shown = answer.text.replace("\n", "")
        assert shown.isprintable() or "\u202f" in shown, f"{words[:20]!r} comes back as it was"


@pytest.mark.parametrize("name", ASKED)
def test_every_question_has_an_indonesian_name(name: str) -> None:
    assert by_word()[name].aliases


# --- /search ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["intel", "INTEL jobs", '"intel"', "“jobs” intel", "job intel"])
async def test_a_search_finds_an_event_once_whatever_the_spelling(room: Room, asked: str) -> None:
    answer = await room.ask(f"/search {asked}")
    assert answer.stories == (1,)
    assert "Reported by 3 outlets" in answer.text


async def test_a_search_is_newest_first_and_its_numbers_open_stories(room: Room) -> None:
    answer = await room.ask("/search jobs")
    assert answer.stories == (1, 8), "Intel came today, Dropbox yesterday"
    assert "Dropbox" in (await room.ask("/more 2")).text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_long_results_are_turned_in_place_and_numbers_go_on(empty: Room, language: str) -> None:
    stories = [titled(f"Robots of kind {n} learn with AI", at=NOW - n * MINUTE) for n in range(1, 13)]
    await empty.publish("wire", *stories, apart=True)
    first = await empty.ask("/search robots", language=language)
    assert (len(first.stories), first.in_place) == (5, False)
    second = await empty.ask("/search robots +2", language=language, pressed=True, reply_to="m1")
    assert (len(second.stories), second.in_place) == (10, True)
    assert "\n6. " in "\n" + second.text.replace("\n\n", "\n")
    assert {"/search robots +1", "/search robots +3"} <= set(actions(second))
    last = await empty.ask("/search robots +3", pressed=True)
    assert len(last.stories) == 12
    assert "kind 12" in (await empty.ask("/more 12")).text
    assert "kind 1 " in (await empty.ask("/more 1")).text, "numbers of earlier pages still open their stories"
    beyond = await empty.ask("/search robots +9")
    assert beyond.text == said("search.no_more", words="robots")


async def test_a_search_too_long_for_a_button_says_how_to_narrow_it(empty: Room) -> None:
    words = "robots learning quickly together everywhere nowadays tomorrow"
    await empty.publish("wire", *[titled(f"{words} with AI {n}", at=NOW - n * MINUTE) for n in range(7)], apart=True)
    answer = await empty.ask(f"/search {words}")
    assert said("search.narrow") in answer.text
    assert not any(action.startswith("/search") for action in actions(answer))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_found_offers_fewer_words(room: Room, language: str) -> None:
    answer = await room.ask("/search intel zebra", language=language)
    assert said("search.nothing", language, words="intel zebra") in answer.text
    assert actions(answer) == ["/search intel"]
    answer = await room.ask("/search zebra", language=language)
    assert said("search.other_words", language) in answer.text
    assert not answer.buttons


@pytest.mark.parametrize(("asked", "key"), [("", "search.what"), ("🤖", "search.no_words")])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_search_without_words_asks_back(room: Room, asked: str, key: str, language: str) -> None:
    assert (await room.ask(f"/search {asked}", language=language)).text == said(key, language, words=asked)


# --- /latest, /more, /sources, /why -----------------------------------------------------------------------------------


async def test_the_latest_shows_events_not_reports(room: Room) -> None:
    answer = await room.ask("/latest")
    assert answer.text.count("Intel will cut") == 1
    assert "Intel PHK" not in answer.text


@pytest.mark.parametrize("asked", ["/latest 2 layoffs", "/latest layoffs 2", "/latest LAYOFFS, 2", "/terbaru phk 2"])
async def test_the_latest_takes_topic_and_number_in_any_order(room: Room, asked: str) -> None:
    answer = await room.ask(asked)
    assert answer.stories == (1, 8)
    assert actions(answer)[-1] == "/latest layoffs 2 +2"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_word_that_is_no_topic_is_asked_back(room: Room, language: str) -> None:
    assert (await room.ask("/latest quux", language=language)).text == said("latest.what", language, word="quux")


async def test_more_shows_facts_outlets_and_the_way_on(room: Room) -> None:
    answer = await room.ask("/more s1")
    assert "Intel · 15,000 people · 15% of staff" in answer.text
    assert "Reported by 3 outlets\nWire · 11:30 WIB\nCourier · 12:30 WIB\nHarian · 13:30 WIB" in answer.text
    links = [span.link for part in answer.paragraphs for span in part.spans if span.text in ("Wire", "Harian")]
    assert all(link and link.startswith("https://") for link in links)
    assert actions(answer) == ["/why s1", "/company Intel"]
    assert answer.preview


async def test_any_report_opens_its_event(room: Room) -> None:
    for report in ("s1", "s2", "s4"):
        assert (await room.ask(f"/more {report}")).stories == (1,)


async def test_a_changed_number_is_told_with_who_said_it_and_when(empty: Room) -> None:
    grouping = TagGrouping()
    for feed, number in (("wire", 500), ("courier", 900)):
        values = {"event": an_event("Acme", number), "employer": "acme"}
        story = an_item(f"Acme cuts {number} jobs #acme", id=feed, published=NOW - HOUR)
        await put(empty.store, story, feed_id=feed, scores={Topic.LAYOFFS: 9.0}, grouping=grouping, **values)
    changed = "15:30 WIB, Courier: now 900 people (500 people before)"
    assert changed in (await empty.ask("/more s1")).text
    assert changed in (await empty.ask("/why s1")).text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_sources_are_links_with_times(room: Room, language: str) -> None:
    answer = await room.ask("/sources s1", language=language)
    assert [span.text for part in answer.paragraphs for span in part.spans if span.link] == [
        "Intel will cut 15,000 jobs as it restructures", "Wire", "Courier", "Harian",
    ]  # fmt: skip
    alone = await room.ask("/sources s7", language=language)
    assert said("asked.reported", language, count=1) in alone.text


async def test_many_outlets_are_shortened_and_all_on_request(empty: Room) -> None:
    for n in range(12):
        feed = f"paper{n}"
        await empty.publish(feed, titled("Intel to cut 15,000 jobs", site=feed), at=NOW - n * MINUTE)
    opened = await empty.ask("/more s1")
    assert "and 4 more" in opened.text
    assert "/sources s1" in actions(opened)
    assert "Paper11" in (await empty.ask("/sources s1")).text


async def test_why_names_the_rules_the_outlets_and_who_blames_ai(room: Room) -> None:
    answer = await room.ask("/why s1")
    assert "tech.company" in answer.text
    assert said("facts.ai.explicit", quote="").split("“")[0] in answer.text
    assert "because of artificial intelligence." in answer.text
    assert "Harian · 13:30 WIB" in answer.text


async def test_why_names_the_report_that_cleared_a_topic_where_the_lead_did_not(empty: Room) -> None:
    """The lead is the best outlet's; a smaller one said the word."""
    await empty.store.feeds.add(a_spec("big", weight=1.5, title="The Big"), NOW - DAY)
    await put(empty.store, an_item("Acme opens a hall #a", id="1"), feed_id="small", scores={Topic.AI: 7.0})
    await put(empty.store, an_item("Acme opens a hall today #a", id="2"), feed_id="big", scores={Topic.LAYOFFS: 6.0})
    answer = await empty.ask("/why s1")
    assert "Acme opens a hall today" in answer.paragraphs[0].text
    assert said("asked.cleared_by", topic="AI", outlet="Small", when="16:30 WIB", score=7) in answer.text


@pytest.mark.parametrize("name", ["more", "why", "sources", "good", "bad"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_number_that_means_nothing_says_so(room: Room, name: str, language: str) -> None:
    assert (await room.ask(f"/{name} s999", language=language)).text == said("number.forgotten", language)
    assert (await room.ask(f"/{name} 3", language=language)).text == said("number.no_list", language)


# --- thumbs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_thumb_is_one_a_person_and_taken_back_by_pressing_again(room: Room, language: str) -> None:
    budi = User(id="2", name="Budi")
    first = await room.ask("/good s2", language=language, pressed=True)
    assert (first.text, first.toast) == (said("thumb.noted", language), True)
    await room.ask("/bad s1", user=budi)
    opinion = (await room.store.thumbs.since(NOW - DAY))[0]
    assert (opinion.coverage_id, opinion.up, opinion.down) == (1, 1, 1)
    again = await room.ask("/good s1", language=language)
    assert again.text == said("thumb.taken_back", language)
    await room.ask("/good s1", user=budi)
    opinion = (await room.store.thumbs.since(NOW - DAY))[0]
    assert (opinion.up, opinion.down) == (1, 0), "a change of mind replaces the thumb"


# --- /catchup ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_catching_up_begins_where_this_chat_last_looked(room: Room, language: str) -> None:
    first = await room.ask("/catchup", language=language)
    assert first.stories[0] == 1, "the weightiest first"
    again = await room.ask("/catchup", language=language)
    assert not again.stories
    room.clock.tick(HOUR)
    await room.publish("wire", titled("Another AI model paints houses", at=NOW + HOUR))
    assert (await room.ask("/susulan", language=language)).stories == (10,)


async def test_the_latest_counts_as_looking_but_an_older_page_or_another_topic_does_not(room: Room) -> None:
    await room.ask("/latest layoffs")
    await room.ask("/latest 1 +1")
    assert (await room.store.chats.meet(HERE)).read_until is None
    await room.ask("/latest ai tech-layoffs")
    assert (await room.store.chats.meet(HERE)).read_until == NOW


async def test_catching_up_shows_ten_and_says_how_many_more(empty: Room) -> None:
    await empty.publish("wire", *[titled(f"AI model number {n} can sing", n) for n in range(13)])
    answer = await empty.ask("/catchup")
    assert len(answer.stories) == 10
    assert said("catchup.more", count=3) in answer.text


# --- /missed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_missed_says_which_nothing(empty: Room, language: str) -> None:
    assert (await empty.ask("/missed", language=language)).text == said("missed.none_due", language)
    await empty.set(topics=frozenset({Topic.AI}))
    await empty.publish("wire", titled("New AI model writes poems"))
    await settle(empty, DeliveryState.SENT)
    assert (await empty.ask("/missed", language=language)).text == said("missed.nothing", language)


async def settle(room: Room, state: DeliveryState, reason: str | None = None) -> None:
    """What is due in this chat ends like this."""
    for delivery in await room.store.outbox.claim(room.clock(), room.clock() + MINUTE, 10, ["chat"]):
        settled = Settled(
            delivery_id=delivery.id, fence=delivery.fence, state=state, at=room.clock(), reason=reason,
            message_ids=("x",) if state is DeliveryState.SENT else (),
        )  # fmt: skip
        assert await room.store.outbox.settle(settled)


FATES = [
    (DeliveryState.HELD, "quiet_hours"),
    (DeliveryState.HELD, "paused"),
    (DeliveryState.EXPIRED, "muted"),
    (DeliveryState.EXPIRED, "unsubscribed"),
    (DeliveryState.EXPIRED, "something else"),
    (DeliveryState.DEAD, "message is too odd"),
]


@pytest.mark.parametrize(("state", "reason"), FATES)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_did_not_arrive_is_listed_with_its_reason(
    empty: Room, state: DeliveryState, reason: str, language: str
) -> None:
    await empty.set(topics=frozenset({Topic.AI}))
    await empty.publish("wire", titled("New AI model writes poems"))
    waiting = await empty.ask("/missed", language=language)
    assert said("fate.queued", language) in waiting.text
    await settle(empty, state, reason)
    answer = await empty.ask("/missed", language=language)
    key = f"fate.{state.value}_{reason}"
    values = {"when": "16:30 WIB" if language == "en" else "16.30 WIB", "reason": reason}
    texts = Texts(language)
    assert texts.say(key if texts.has(key) else f"fate.{state.value}", **values) in answer.text
    assert answer.stories == (1,)
    assert (await empty.ask("/whynot poems", language=language)).text.endswith(
        answer.paragraphs[1].text.split("\n")[-1]
    )
    empty.clock.tick(8 * DAY)
    assert not (await empty.ask("/missed")).stories, "a week is enough"


async def test_a_parked_chat_hears_why(empty: Room) -> None:
    chat = await empty.set(topics=frozenset({Topic.AI}))
    await empty.publish("wire", titled("New AI model writes poems"))
    await empty.store.outbox.park(chat.id, "blocked", NOW)
    assert said("fate.parked", reason="blocked") in (await empty.ask("/missed")).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fate_has_its_words(language: str) -> None:
    assert [state for state in DeliveryState if not Texts(language).has(f"fate.{state.value}")] == []


# --- /whynot ----------------------------------------------------------------------------------------------------------


async def why_not(room: Room, asked: str, language: str = "en") -> Message:
    return await room.ask(f"/whynot {asked}", language=language)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_asked_asks_back(room: Room, language: str) -> None:
    assert (await why_not(room, "", language)).text == said("whynot.what", language)


@pytest.mark.parametrize(
    "asked",
    [
        "https://wire.example/town-council-opens-a-new-swimming-pool-0",
        "<http://www.wire.example/town-council-opens-a-new-swimming-pool-0?utm_source=x|link>",
        "why wire.example/town-council-opens-a-new-swimming-pool-0, please?",
        "swimming pool",
        "“Town council opens a new swimming pool”",
        "s6",
    ],
)
async def test_a_story_is_found_by_address_words_or_id(room: Room, asked: str) -> None:
    answer = await why_not(room, asked)
    assert answer.stories == (6,)
    assert said("whynot.nothing") in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_words_of_no_story_say_so_and_offer_fewer(room: Room, language: str) -> None:
    answer = await why_not(room, "intel zebra", language)
    assert said("whynot.no_words", language, words="intel zebra") in answer.text
    assert said("whynot.feeds", language, count=3, failing=0) in answer.text
    assert actions(answer) == ["/whynot intel"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_unknown_address_says_whether_its_site_is_read(room: Room, language: str) -> None:
    answer = await why_not(room, "https://nowhere.org/x", language)
    assert said("whynot.unread.no_such_site", language, site="nowhere.org") in answer.text
    outcome = FeedOutcome(
        feed_id="wire", lease=None, at=NOW, next_poll=NOW + HOUR, state=FeedState.FAILING, failures=3, problem="timeout"
    )
    await room.kit.stories.commit(_reading(outcome), room.window)
    room.clock.tick(2 * HOUR)
    answer = await why_not(room, "https://wire.example/unheard-of", language)
    cause, since = said("cause.timeout", language), "2 h" if language == "en" else "2 jam"
    assert said("whynot.unread.failing", language, feed="Wire", cause=cause, since=since) in answer.text


def _reading(outcome: FeedOutcome):  # type: ignore[no-untyped-def]
    from bot.ports import Reading

    return Reading(outcome=outcome)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_a_new_feed_held_already_is_too_old(room: Room, language: str) -> None:
    await room.first_look("fresh", titled("Old AI model retires", site="fresh"))
    assert said("whynot.too_old", language) in (await why_not(room, "retires", language)).text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_too_few_points_name_topic_score_and_reasons(room: Room, language: str) -> None:
    await room.publish(
        "wire",
        titled("Village fair", summary="It rained.", content="The stalls were full.\nA clown read jokes from ChatGPT."),
    )
    answer = await why_not(room, "village fair", language)
    assert said("whynot.below", language, topic="AI", score=1.6, threshold=6) in answer.text
    assert "ai.product" in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_veto_is_named_with_what_it_found(room: Room, language: str) -> None:
    await room.publish("wire", titled("Shipyard denies layoffs"))
    answer = await why_not(room, "shipyard", language)
    topic = said("topic.layoffs", language)
    assert said("whynot.veto", language, topic=topic, score=0, threshold=6) in answer.text
    assert "“Shipyard denies layoffs” veto.denied.en" in answer.text


@pytest.mark.parametrize(
    ("preferences", "key"),
    [
        ({"topics": frozenset()}, "whynot.not_subscribed"),
        ({"topics": frozenset({Topic.AI})}, "whynot.other_topic"),
        ({"topics": frozenset({Topic.LAYOFFS}), "mode": Mode.DIGEST}, "whynot.digest_only"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_a_chat_is_set_to_is_named(
    empty: Room, preferences: dict[str, object], key: str, language: str
) -> None:
    await empty.set(**preferences)
    await empty.publish("wire", titled("Bakery chain cuts staff"))
    topics = said("topic.layoffs", language)
    hour = "08:00" if language == "en" else "08.00"
    expected = said(key, language, topics=topics, mine=said("topic.ai", language), hour=hour)
    assert expected in (await why_not(empty, "bakery", language)).text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_filter_of_the_chat_is_named(empty: Room, language: str) -> None:
    await empty.set(topics=frozenset({Topic.LAYOFFS}), level=Level.HIGH)
    await empty.publish("wire", titled("Bakery chain cuts staff"))
    normal, high = (said(f"level_button.{level}", language) for level in ("normal", "high"))
    topics = said("topic.layoffs", language)
    expected = said("whynot.level", language, topics=topics, reached=normal, wanted=high)
    assert expected in (await why_not(empty, "bakery", language)).text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_mute_and_a_late_subscription_are_named(empty: Room, language: str) -> None:
    await empty.publish("wire", titled("Spotify lays off 300 employees"))
    chat = await empty.set(topics=frozenset({Topic.TECH_LAYOFFS}))
    topics = f"{said('topic.tech-layoffs', language)}"
    assert said("whynot.earlier", language, topics=topics) in (await why_not(empty, "spotify", language)).text
    mute = Interest(chat_id=chat.id, kind=InterestKind.MUTE, phrase="spotify", key="employer:Spotify")
    await empty.store.chats.add_interest(mute)
    assert said("whynot.muted", language, phrase="spotify") in (await why_not(empty, "spotify", language)).text


async def test_what_was_sent_says_when(empty: Room) -> None:
    await empty.set(topics=frozenset({Topic.AI}))
    await empty.publish("wire", titled("New AI model writes poems"))
    await settle(empty, DeliveryState.SENT)
    assert said("fate.sent", when="16:30 WIB") in (await why_not(empty, "poems")).text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_another_outlets_report_names_the_story_it_went_into(room: Room, language: str) -> None:
    answer = await why_not(room, "https://harian.example/intel-phk-15-000-karyawan-0", language)
    title = "Intel will cut 15,000 jobs as it restructures"
    assert said("whynot.folded", language, id="s1", title=title, outlet="Courier") in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_several_candidates_are_numbered_three_at_most(room: Room, language: str) -> None:
    await room.publish("wire", *[titled(f"Village {n} opens a swimming pool", n) for n in range(5)])
    answer = await why_not(room, "swimming pool", language)
    assert answer.paragraphs[0].text == said("whynot.several", language)
    assert len(answer.stories) == 3
    assert actions(answer) == [f"/more s{one}" for one in answer.stories]


async def test_a_shortcut_on_a_message_asks_about_that_message(room: Room) -> None:
    answer = await room.ask("/whynot", subject="Town council opens a new swimming pool\nhttps://wire.example/unknown")
    assert said("whynot.not_fetched") in answer.text, "an address counts before words"
    answer = await room.ask("/whynot", subject="Town council opens a new swimming pool")
    assert answer.stories == (6,)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_why_asked_of_somebodys_message_is_about_the_story_it_names(room: Room, language: str) -> None:
    about = f"look: https://wire.example/{'intel-to-cut-15-000-jobs-0'} !"
    answer = await room.ask("/why", subject=about, language=language)
    assert "Intel to cut 15,000 jobs" in answer.text
    nothing = await room.ask("/why", subject="https://nowhere.example/x", language=language)
    assert said("whynot.not_fetched", language) in nothing.text


# --- /company ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["intel", "INTEL Corp", "“Intel”", "Intel Inc"])
async def test_a_company_is_found_by_any_spelling(room: Room, asked: str) -> None:
    answer = await room.ask(f"/company {asked}")
    assert answer.text.startswith("Job cuts at Intel")
    assert "14 Mar 2026 · 15,000 people · 15% of staff" in answer.text
    assert answer.stories == (1,)


async def test_a_year_counts_restated_numbers_once_and_rumours_never(empty: Room) -> None:
    def cut(n: int, headcount: int | None, **more: object) -> dict[str, object]:
        return {"event": an_event("Acme", headcount, **more), "employer": "acme"}

    cuts = [
        (cut(1, 500), NOW - 60 * DAY), (cut(2, 500), NOW - 50 * DAY), (cut(3, 200), NOW - 20 * DAY),
        (cut(4, 9_000, kind=EventKind.RUMOUR), NOW - 5 * DAY), (cut(5, 70), NOW - 200 * DAY),
    ]  # fmt: skip
    for n, (values, at) in enumerate(cuts):
        item = an_item(f"Acme cuts again {n}", id=str(n), published=at)
        await put(empty.store, item, scores={Topic.LAYOFFS: 9.0}, at=at, **values)
    answer = await empty.ask("/company acme")
    assert "So far in 2026:\n\n700 people in 2 events." in answer.text, answer.text
    assert said("company.restated") in answer.text
    assert answer.stories == (4, 3, 2, 1, 5)[: len(answer.stories)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_unknown_company_gets_a_suggestion(room: Room, language: str) -> None:
    answer = await room.ask("/company microsft", language=language)
    assert said("company.close", language, name="microsft", close="Microsoft") in answer.text
    assert actions(answer)[0] == "/company Microsoft"
    known = await room.ask("/company Nokia", language=language)
    assert known.text == said("company.nothing", language, name="Nokia")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["northwind", "CLOUD northwind", "“Northwind”"])
async def test_a_part_of_a_companys_name_is_understood(empty: Room, name: str, language: str) -> None:
    for n, company in enumerate(("Northwind Cloud", "Northwind Cloud Europe", "Southwind")):
        item = an_item(f"{company} cuts jobs", id=str(n), published=NOW)
        values = {"event": an_event(company, 10), "employer": company.lower()}
        await put(empty.store, item, scores={Topic.LAYOFFS: 9.0}, **values)
    answer = await empty.ask(f"/company {name}", language=language)
    offered = [action for action in actions(answer) if action.startswith("/company")]
    both = ["/company Northwind Cloud", "/company Northwind Cloud Europe"]
    assert sorted(offered) == (both if " " not in name else both[1:])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_no_company_named_offers_those_in_the_news(room: Room, language: str) -> None:
    answer = await room.ask("/company", language=language)
    assert answer.text == said("company.what", language)
    assert "/company Intel" in actions(answer)
    assert (await room.ask("/company ...", language=language)).text == said("company.no_name", language, name="...")


async def test_a_long_history_is_turned_in_place(empty: Room) -> None:
    for n in range(7):
        at = NOW - n * 5 * DAY
        item = an_item(f"Acme cuts {n}", id=str(n), published=at)
        await put(
            empty.store, item, at=at, scores={Topic.LAYOFFS: 9.0}, event=an_event("Acme", 10 + n), employer="acme"
        )
    first = await empty.ask("/company acme")
    assert (len(first.stories), actions(first)[-1]) == (5, "/company acme +2")
    second = await empty.ask("/company acme +2", pressed=True)
    assert (len(second.stories), second.in_place) == (7, True)
    assert "6. " in second.text
    assert (await empty.ask("/company acme +3")).text == said("company.no_more", name="acme")
