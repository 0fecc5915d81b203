"""bot.ports.Stories on both databases: what a reading stores, what makes an item known, what is found again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from bot.domain.feed import FeedState
from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.ports import Committed, Reading
from bot.store.store import Store
from tests.builders import TagGrouping

from .conftest import OpenStore
from .store_values import (
    DAY,
    HOUR,
    NOW,
    REASON,
    THRESHOLDS,
    commit,
    new_story,
    outcome,
    spec,
    stored,
    subscribed,
    verdict,
)


async def test_a_story_comes_back_as_it_went_in(store: Store) -> None:
    new = new_story("one", published=NOW - HOUR, guid="g-1")
    (story_id,) = await stored(store, new)
    story = await store.stories.get(story_id)
    assert story is not None
    assert (story.title, story.url, story.source, story.feed_id) == (new.item.title, new.url, "The Wire", "wire")
    assert (story.summary, story.content) == (new.item.summary, new.item.content)
    assert (story.published, story.first_seen, story.when) == (NOW - HOUR, NOW, NOW - HOUR)
    scores = await store.stories.verdict(story_id)
    assert set(scores) == {Topic.AI}, "nobody asks about a topic that no rule spoke of"
    assert (scores[Topic.AI].score, scores[Topic.AI].thresholds) == (6.0, THRESHOLDS)
    assert scores[Topic.AI].reasons == (REASON,)
    known = await store.stories.known(new.keys)
    assert set(known) == set(new.keys)
    assert {(k.story_id, k.feed_id, k.url, k.content_hash) for k in known.values()} == {
        (story_id, "wire", new.url, new.content_hash)
    }


async def test_what_is_not_there(store: Store) -> None:
    assert await store.stories.get(7) is None
    assert await store.stories.known([]) == {}
    assert await store.stories.known(["url:nothing"]) == {}
    assert await store.stories.verdict(7) == {}
    assert await store.stories.feeds_of(7) == []
    assert await store.stories.latest(list(Topic), level=Level.LOW, limit=5) == []


async def test_many_keep_the_order_asked_for(store: Store) -> None:
    one, two = await stored(store, new_story(), new_story())
    assert [story.id for story in await store.stories.many([two, 99_999, one])] == [two, one]


async def test_a_big_first_reading_is_stored_whole(store: Store) -> None:
    news = [new_story(f"n{n}", announce=False) for n in range(1_000)]
    assert (await commit(store, *news)).new_stories == 1_000
    known = await store.stories.known([key for new in news for key in new.keys])
    for new in (news[0], news[499], news[999]):
        story = await store.stories.get(known[new.keys[0]].story_id)
        assert story is not None
        assert story.title == new.item.title


@pytest.mark.parametrize("text", ["nul \0 here", "half a pair \ud83d here", "😀 whole"])
async def test_no_character_keeps_a_feed_out(store: Store, text: str) -> None:
    new = new_story("odd")
    odd = replace(new, item=replace(new.item, title=text, content=text))
    odd = replace(odd, verdict=verdict({Topic.AI: 9.0}))
    score = odd.verdict.topics[Topic.AI]
    said = replace(score, reasons=(replace(REASON, text=text),))
    odd = replace(odd, verdict=replace(odd.verdict, topics={Topic.AI: said}))
    (story_id,) = await stored(store, odd)
    story = await store.stories.get(story_id)
    assert story is not None
    assert story.title == text.replace("\0", "\ufffd").replace("\ud83d", "\ufffd")
    assert (await store.stories.verdict(story_id))[Topic.AI].score == 9.0


# --- known, not new ----------------------------------------------------------------------------------------------


async def test_another_feed_with_the_same_address_stores_nothing_new(store: Store) -> None:
    await subscribed(store)
    assert await commit(store, new_story("x", guid="a")) == Committed(new_stories=1, alerts=1)
    again = await commit(store, new_story("x", feed_id="other", guid="b"), feed_id="other", at=NOW + HOUR)
    assert again == Committed(new_stories=0, alerts=0)
    known = await store.stories.known(new_story("x", feed_id="other", guid="b").keys)
    assert len(known) == 2
    (story_id,) = {k.story_id for k in known.values()}
    assert await store.stories.feeds_of(story_id) == ["The Wire", "The Wire"]


async def test_the_same_entry_twice_in_one_document(store: Store) -> None:
    committed = await commit(store, new_story("x", guid="a"), new_story("x", guid="b"))
    assert committed.new_stories == 1
    known = await store.stories.known([*new_story("x", guid="a").keys, *new_story("x", guid="b").keys])
    assert len({k.story_id for k in known.values()}) == 1
    assert len(known) == 3


async def test_a_recycled_guid_names_the_newer_story(store: Store) -> None:
    old = new_story("first", guid="recycled", title="Harbour reopens after storm")
    new = new_story("second", guid="recycled", title="Parliament passes budget")
    await stored(store, old)
    (second,) = await stored(store, new, at=NOW + HOUR)
    known = await store.stories.known(old.keys + new.keys)
    assert len({k.story_id for k in known.values()}) == 2
    assert {known[key].story_id for key in new.keys} == {second}


async def test_two_processes_storing_the_same_address_at_once(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(4)]
    await subscribed(stores[0])
    for number in range(4):
        await stores[0].feeds.add(spec(f"feed{number}"), NOW)
    readings = [
        Reading(
            outcome=outcome(f"feed{number}"),
            new=tuple(new_story(f"same{i}", feed_id=f"feed{number}", guid=f"g{i}") for i in range(20)),
        )
        for number in range(4)
    ]
    pairs = zip(stores, readings, strict=True)
    done = await asyncio.gather(*(each.stories.commit(reading, TagGrouping()) for each, reading in pairs))
    assert sum(committed.new_stories for committed in done) == 20
    assert sum(committed.alerts for committed in done) == 20
    known = await stores[0].stories.known([key for reading in readings for new in reading.new for key in new.keys])
    assert len({k.story_id for k in known.values()}) == 20
    assert len(known) == 20 + 4 * 20


async def test_seen_keys_are_refreshed_and_the_feed_is_named(store: Store) -> None:
    new = new_story("x")
    (story_id,) = await stored(store, new)
    await store.feeds.add(spec("other", title="Other"), NOW)
    await commit(store, feed_id="other", at=NOW + 100 * DAY, seen=new.keys)
    assert await store.stories.feeds_of(story_id) == ["The Wire", "Other"]
    await store.housekeeping.prune(NOW + 150 * DAY, stories=30 * DAY, keys=90 * DAY)
    assert set(await store.stories.known(new.keys)) == set(new.keys)


async def test_a_known_story_learns_further_keys(store: Store) -> None:
    new = new_story("x", guid="old")
    (story_id,) = await stored(store, new)
    changed = new_story("x", guid="changed").keys
    learnt = (*((key, story_id) for key in changed if key not in new.keys), ("guid:wire:nobody", 4711))
    await store.stories.commit(Reading(outcome=outcome(), seen=new.keys, learnt=learnt), TagGrouping())
    moved = new_story("x-at-a-new-address", guid="changed", title=new.item.title)
    assert (await commit(store, moved)).new_stories == 0
    assert await store.stories.known(["guid:wire:nobody"]) == {}


# --- questions ---------------------------------------------------------------------------------------------------


async def test_the_latest_by_topic_level_and_time(store: Store) -> None:
    news = [
        new_story("old", published=NOW - DAY, scores={Topic.AI: 9.0}),
        new_story("new", published=NOW - HOUR, scores={Topic.AI: 5.0, Topic.LAYOFFS: 8.0}),
        new_story("low", published=NOW - HOUR, scores={Topic.AI: 3.0}),
        new_story("future", published=NOW + DAY, scores={Topic.AI: 5.0}),  # not believable: shown when first seen
        new_story("no", scores={Topic.AI: 1.0}),
    ]
    old, new, low, future, _no = await stored(store, *news)

    async def ids(
        *topics: Topic, level: Level = Level.NORMAL, limit: int = 9, offset: int = 0, since: datetime | None = None
    ) -> list[int]:
        found = await store.stories.latest(topics, level=level, limit=limit, offset=offset, since=since)
        return [story.id for story in found]

    assert await ids(Topic.AI) == [future, new, old]
    assert await ids(Topic.AI, Topic.LAYOFFS) == [future, new, old]
    assert await ids(Topic.AI, level=Level.LOW) == [future, low, new, old]
    assert await ids(Topic.AI, level=Level.HIGH) == [old]
    assert await ids(Topic.LAYOFFS) == [new]
    assert await ids(Topic.AI, limit=1, offset=1) == [new]
    assert await ids(Topic.AI, since=NOW - 2 * HOUR) == [future, new]
    assert await ids() == []


async def test_the_ranking_of_a_span(store: Store) -> None:
    await stored(store, new_story("before", scores={Topic.AI: 9.9}), at=NOW)
    good, better, _poor = await stored(
        store,
        new_story("good", scores={Topic.AI: 6.0, Topic.LAYOFFS: 5.5}),
        new_story("better", scores={Topic.AI: 5.0, Topic.LAYOFFS: 7.0}),
        new_story("poor", scores={Topic.AI: 2.0}),
        at=NOW + HOUR,
    )
    await stored(store, new_story("after", scores={Topic.AI: 9.9}), at=NOW + 2 * HOUR)
    span = {"since": NOW, "until": NOW + HOUR}
    found = await store.stories.ranked(list(Topic), level=Level.NORMAL, limit=9, **span)
    assert [(story.id, topic) for story, topic in found] == [(better, Topic.AI), (good, Topic.AI)]
    found = await store.stories.ranked([Topic.LAYOFFS, Topic.AI], level=Level.NORMAL, limit=9, **span)
    assert [(story.id, topic) for story, topic in found] == [(better, Topic.LAYOFFS), (good, Topic.LAYOFFS)]
    assert [story.id for story, _ in await store.stories.ranked(list(Topic), level=Level.NORMAL, limit=1, **span)] == [
        better
    ]
    assert [story.id for story, _ in await store.stories.ranked([Topic.AI], level=Level.NORMAL, limit=9, **span)] == [
        good,
        better,
    ]


async def test_old_items_of_a_first_reading_are_not_ranked_as_new(store: Store) -> None:
    new_feed = {"announce": False}
    await stored(store, new_story("old", published=NOW - 9 * DAY, **new_feed), new_story("undated", **new_feed))
    (fresh, back_dated) = await stored(store, new_story("fresh"), new_story("back", published=NOW - 9 * DAY))
    ranked = await store.stories.ranked([Topic.AI], level=Level.NORMAL, since=NOW - HOUR, until=NOW, limit=9)
    titles = {coverage.lead.title for coverage, _ in ranked}
    assert titles == {"Title of undated", "Title of fresh", "Title of back"}
    assert {fresh, back_dated} <= {story.id for story, _ in ranked}


async def test_what_explains_silence(store: Store) -> None:
    await stored(store, new_story(), new_story(scores={}))
    await store.feeds.add(spec("broken"), NOW)
    await store.feeds.add(spec("removed"), NOW)
    await store.feeds.remove("removed")
    failing = replace(outcome("broken"), state=FeedState.FAILING, failures=1, problem="timeout")
    await store.stories.commit(Reading(outcome=failing), TagGrouping())
    counts = await store.stories.counts(NOW - HOUR, NOW)
    assert (counts.feeds, counts.failing, counts.items) == (2, 1, 2)
    assert (await store.stories.counts(NOW, NOW + HOUR)).items == 0


async def test_what_a_feed_told_under_which_title(store: Store) -> None:
    (once,) = await stored(store, new_story("a", title="Told once"))
    await commit(store, new_story("b", title="Told twice"), new_story("c", title="Told twice"))
    await commit(store, new_story("d", title="Told elsewhere"), feed_id="other")
    await commit(store, new_story("e", title="Told long ago"), at=NOW - DAY)
    titles = {"Told once", "Told twice", "Told elsewhere", "Told long ago", "Never told"}
    told = await store.stories.titled("wire", titles, NOW - HOUR)
    assert {title: known.story_id for title, known in told.items()} == {"Told once": once}
    assert told["Told once"].feed_id == "wire"
    assert await store.stories.titled("wire", [], NOW - HOUR) == {}
