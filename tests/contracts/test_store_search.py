"""bot.ports.Stories and Thumbs on both databases: what is found again, by words, address, employer, and in order."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.event import AiCause, Event, EventKind, Grade
from bot.domain.story import Language, Topic
from bot.domain.verdict import Level
from bot.ports import EditedStory, Opinion
from bot.store.search import LONGEST_WORD, MOST_LETTERS, folded
from bot.store.store import Store

from .conftest import Templates
from .store_values import DAY, HOUR, MINUTE, NOW, commit, cuts, new_story, stored, subscribed


async def found(store: Store, index: str, **how: object) -> list[int]:
    hits = await store.stories.search(index, **({"limit": 9} | how))  # type: ignore[arg-type]
    return [hit.story.id for hit in hits]


async def test_a_story_is_found_by_all_of_its_words(store: Store) -> None:
    one, two = await stored(store, new_story(index="openai launch gpt-5 model"), new_story(index="openai layoff"))
    assert await found(store, "openai") == [two, one]
    assert await found(store, "layoff openai") == [two]
    assert await found(store, "layoff launch") == []
    assert await found(store, "OPENAI Läyoff") == [two]
    assert await found(store, "gpt-5") == [one]
    assert await found(store, "open") == []
    assert await found(store, "") == []


async def test_the_newest_come_first_page_by_page(store: Store) -> None:
    news = [new_story(index="robot", published=NOW - n * HOUR) for n in (3, 1, 2)]
    old, new, middle = await stored(store, *news)
    assert await found(store, "robot") == [new, middle, old]
    assert await found(store, "robot", limit=1, offset=1) == [middle]


async def test_an_event_is_found_once_and_what_nobody_sees_only_when_asked_for(store: Store) -> None:
    first, second, unseen = await stored(
        store,
        new_story(title="A #x", index="robot"),
        new_story(title="B #x", index="robot arm"),
        new_story(title="C", index="robot", scores={}, announce=False),
    )
    (hit,) = await store.stories.search("robot", limit=9)
    assert (hit.story.id, hit.coverage_id, hit.announced) == (second, first, True)
    assert await found(store, "arm") == [second]
    hits = {hit.story.id: hit for hit in await store.stories.search("robot", limit=9, shown=False)}
    assert set(hits) == {first, second, unseen}
    assert (hits[unseen].coverage_id, hits[unseen].announced) == (None, False)


async def test_new_words_replace_the_old_ones(store: Store) -> None:
    (story_id,) = await stored(store, new_story("x", index="robot"))
    edit = EditedStory(story_id=story_id, new=new_story("x", title="Other", index="banana"))
    await commit(store, edited=[edit], at=NOW + MINUTE)
    assert await found(store, "robot") == []
    assert await found(store, "banana") == [story_id]
    assert await store.housekeeping.prune(NOW + 90 * DAY, stories=30 * DAY, keys=90 * DAY) == 1
    assert await found(store, "banana", shown=False) == []
    assert "sound" in await store.housekeeping.check()


async def test_the_index_of_sqlite_follows_its_table_whoever_writes_it(templates: Templates, tmp_path: Path) -> None:
    store = await Store.open(await templates.sqlite(tmp_path / "kabar.db"), upgrade=False)
    ids = await stored(store, *(new_story(index=f"robot w{n}", scores={}) for n in range(3)))
    await store.close()
    connection = sqlite3.connect(tmp_path / "kabar.db")
    connection.execute("DELETE FROM stories WHERE id = ?", (ids[0],))
    connection.execute("UPDATE stories SET words = 'banana' WHERE id = ?", (ids[1],))
    connection.execute("INSERT INTO story_search (story_search, rank) VALUES ('integrity-check', 1)")
    found = connection.execute("SELECT rowid FROM story_search WHERE story_search MATCH 'robot'").fetchall()
    connection.close()
    assert found == [(ids[2],)]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "'",
        "robot OR banana",
        "robot*",
        "NOT robot",
        "words:robot",
        "(",
        "{}",
        "-",
        "robot\0",
        "\ud83d",
        "%",
        "a" * 9_999,
    ],
)
async def test_what_is_typed_is_only_ever_words(store: Store, query: str) -> None:
    await stored(store, new_story(index="robot banana"), new_story(index="banana"))
    assert len(await found(store, query)) <= 1


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
async def test_a_story_is_found_by_the_words_it_was_stored_with(store: Store, text: str) -> None:
    (story_id,) = await stored(store, new_story(index=text))
    if folded(text):
        assert story_id in await found(store, text, limit=999)
    else:
        assert await found(store, text) == []


def test_the_words_that_are_kept() -> None:
    assert folded("Läyoffs  at GPT-5, at_x²") == "layoffs at gpt 5 x2"
    assert folded("a" * 999) == "a" * LONGEST_WORD
    many = folded(" ".join(f"word{n}" for n in range(9_999)))
    assert MOST_LETTERS - 20 < len(many) <= MOST_LETTERS
    assert many.endswith(("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"))


async def test_a_story_is_found_by_its_address(store: Store) -> None:
    shown, unseen = await stored(store, new_story("one"), new_story("two", scores={}, announce=False))
    (hit,) = await store.stories.at("http://www.news.example/one/?utm_source=x")
    assert (hit.story.id, hit.coverage_id, hit.announced) == (shown, shown, True)
    (hit,) = await store.stories.at("https://news.example/two")
    assert (hit.story.id, hit.coverage_id, hit.announced) == (unseen, None, False)
    assert await store.stories.at("https://news.example/three") == []
    assert await store.stories.at("no address") == []


# --- lists -------------------------------------------------------------------------------------------------------


async def test_the_table_of_job_cuts(store: Store) -> None:
    cause = AiCause(grade=Grade.EXPLICIT, quote="“We do it because of AI.”")
    english = new_story("en", **cuts(700, percent=2.5, ai_cause=cause))  # type: ignore[arg-type]
    indonesian = replace(new_story("id", **cuts(90, company="GoTo")), language=Language.ID, employer="goto")  # type: ignore[arg-type]
    dismissal = new_story("one", **cuts(None, EventKind.SINGLE_DISMISSAL))  # type: ignore[arg-type]
    one, two, _dismissed, _plain = await stored(store, english, indonesian, dismissal, new_story("plain"))
    (later,) = await stored(store, new_story("later", **cuts(5)), at=NOW + DAY)  # type: ignore[arg-type]

    async def table(**how: object) -> list[int]:
        span = {"since": NOW, "until": NOW + 2 * DAY} | how
        return [one.coverage_id for one in await store.stories.job_cuts(**span)]  # type: ignore[arg-type]

    assert await table() == [later, two, one]
    assert await table(until=NOW + DAY) == [two, one]
    assert await table(since=NOW + MINUTE) == [later]
    assert await table(language=Language.ID) == [two]
    assert await table(employer="acme") == [later, one]
    row = (await store.stories.job_cuts(since=NOW, until=NOW + HOUR, employer="acme"))[0]
    assert (row.title, row.url, row.source, row.when, row.outlets) == (
        "Title of en",
        "https://news.example/en",
        "The Wire",
        NOW,
        1,
    )
    assert row.event == Event(
        company="Acme", headcount=700, percent=2.5, tech=True, kind=EventKind.LAYOFF, ai_cause=cause
    )


async def test_the_events_of_an_employer(store: Store) -> None:
    news = [new_story(published=NOW - n * HOUR, **cuts(n * 100)) for n in (3, 1, 2)]  # type: ignore[arg-type]
    old, new, middle = await stored(store, *news)
    assert [one.id for one in await store.stories.of_employer("acme", limit=9)] == [new, middle, old]
    assert [one.id for one in await store.stories.of_employer("acme", limit=1, offset=1)] == [middle]
    assert await store.stories.of_employer("nobody", limit=9) == []


async def test_stories_with_what_their_score_was_made_from(store: Store) -> None:
    await stored(store, new_story("before", scores={Topic.AI: 9.0}))
    one, two = await stored(
        store, new_story("one", scores={Topic.AI: 9.0, Topic.LAYOFFS: 3.0}), new_story("two", scores={}), at=NOW + HOUR
    )
    scored = await store.stories.scored(since=NOW, after=0, limit=9)
    assert [(each.story.id, each.weight, each.hints) for each in scored] == [(one, 1.0, ()), (two, 1.0, ())]
    assert scored[0].levels == {Topic.AI: Level.HIGH, Topic.LAYOFFS: Level.LOW}
    assert scored[0].story.content
    assert scored[1].levels == {}
    assert [each.story.id for each in await store.stories.scored(since=NOW, after=one, limit=9)] == [two]
    assert [each.story.id for each in await store.stories.scored(since=NOW, after=0, limit=1)] == [one]


# --- thumbs ------------------------------------------------------------------------------------------------------


async def test_one_opinion_a_person_chat_and_event(store: Store) -> None:
    chat = await subscribed(store)
    event, second = await stored(store, new_story(title="A #x"), new_story(title="B #x"))
    await store.thumbs.set(second, chat.id, "ani", True, NOW)
    await store.thumbs.set(event, chat.id, "ani", False, NOW)
    await store.thumbs.set(event, chat.id, "budi", True, NOW)
    await store.thumbs.set(event, chat.id, "citra", True, NOW)
    await store.thumbs.set(event, chat.id, "citra", None, NOW)
    assert await store.thumbs.since(NOW - MINUTE) == [Opinion(coverage_id=event, up=1, down=1)]
    assert await store.thumbs.since(NOW) == []
    given_by = [await store.thumbs.given(second, chat.id, user) for user in ("ani", "budi", "citra")]
    assert given_by == [False, True, None]


async def test_a_thumb_on_what_is_forgotten_does_nothing(store: Store) -> None:
    chat = await subscribed(store)
    await store.thumbs.set(4711, chat.id, "ani", True, NOW)
    assert await store.thumbs.since(NOW - DAY) == []
    assert await store.thumbs.given(4711, chat.id, "ani") is None
