"""bot.ports.Stories on both databases: which stories are one event, under one number, whoever stores them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.ports import EditedStory, Placement, Told
from bot.store.store import Store
from tests.builders import TagGrouping

from .conftest import OpenStore
from .store_values import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    channel,
    claim,
    commit,
    new_story,
    settled,
    spec,
    states,
    stored,
    subscribed,
    told,
)


async def latest(store: Store, level: Level = Level.NORMAL) -> list[int]:
    return [one.id for one in await store.stories.latest(list(Topic), level=level, limit=99)]


async def test_reports_that_share_an_event_are_one_story_under_the_first_ones_number(store: Store) -> None:
    first, second = await stored(store, new_story(title="A #x"), new_story(title="B #x", source="Other"))
    (third,) = await stored(
        store, new_story(title="C #x", feed_id="late", source="Late"), at=NOW + HOUR, feed_id="late"
    )
    assert await latest(store) == [first]
    for report in (first, second, third):
        coverage = await store.stories.coverage(report)
        assert coverage is not None
        assert (coverage.id, coverage.lead.id, coverage.outlets) == (first, first, 3)
    assert [one.id for one in await store.stories.coverages([third, 99_999, second, first])] == [first]
    assert [report.story.id for report in await store.stories.reports(third)] == [first, second, third]


async def test_outlets_are_counted_by_name(store: Store) -> None:
    (first,) = await stored(store, new_story(title="A #x", source="Daily"))
    await stored(store, new_story(title="B #x", source="DAILY"), new_story(title="C #x", source="Weekly"))
    coverage = await store.stories.coverage(first)
    assert coverage is not None
    assert coverage.outlets == 2
    assert coverage.version == 2  # what is shown changed once, in one reading


async def test_a_better_feed_leads_from_the_moment_it_tells(store: Store) -> None:
    await store.feeds.add(spec("best", weight=1.5), NOW)
    (first,) = await stored(store, new_story(title="A #x"))
    (better,) = await stored(store, new_story(title="B #x", feed_id="best"), at=NOW + HOUR, feed_id="best")
    coverage = await store.stories.coverage(first)
    assert coverage is not None
    assert (coverage.id, coverage.lead.id, coverage.version) == (first, better, 2)
    assert [report.weight for report in await store.stories.reports(first)] == [1.0, 1.5]


async def test_what_nobody_may_see_belongs_to_no_event(store: Store) -> None:
    low, poor = await stored(
        store, new_story(title="A #x", scores={Topic.AI: 3.0}), new_story(title="B #x", scores={Topic.AI: 2.9})
    )
    alone = await store.stories.coverage(poor)
    assert alone is not None
    assert (alone.id, alone.lead.id, alone.outlets) == (poor, poor, 1)
    assert await store.stories.levels(poor) == {}
    assert [report.story.id for report in await store.stories.reports(poor)] == [poor]
    assert await store.stories.levels(low) == {Topic.AI: Level.LOW}
    assert await store.stories.placed(after=0, since=NOW - DAY, limit=9) == [
        Told(
            story_id=low,
            coverage_id=low,
            language=(await store.stories.many([low]))[0].language,
            title="A #x",
            summary="S",
            source="The Wire",
            when=NOW,
        )
    ]


async def test_an_edit_that_makes_a_story_matter_gives_it_its_event(store: Store) -> None:
    (event,) = await stored(store, new_story(title="A #x"))
    poor, alone = await stored(store, new_story("b", title="B #x", scores={}), new_story("c", title="C", scores={}))
    edits = [
        EditedStory(story_id=poor, new=new_story("b", title="B #x", source="Other")),
        EditedStory(story_id=alone, new=new_story("c", title="C")),
    ]
    chat = await subscribed(store)
    assert (await commit(store, edited=edits, at=NOW + MINUTE)).alerts == 1
    assert [delivery.story_id for delivery, _ in await store.outbox.of_chat(chat.id)] == [alone]
    coverage = await store.stories.coverage(poor)
    assert coverage is not None
    assert coverage.id == event
    assert await latest(store) == [alone, event]


async def test_events_that_turn_out_to_be_one_keep_the_older_number(store: Store) -> None:
    one, two = await stored(store, new_story(title="A #x"), new_story(title="B #y", source="Other"))
    await store.thumbs.set(two, (await subscribed(store)).id, "7", True, NOW)
    await stored(store, new_story(title="C #x #y", source="Third"), at=NOW + HOUR)
    assert await latest(store) == [one]
    coverage = await store.stories.coverage(two)
    assert coverage is not None
    assert (coverage.id, coverage.outlets, coverage.version) == (one, 3, 2)
    assert [opinion.coverage_id for opinion in await store.thumbs.since(NOW - DAY)] == [one]


async def test_a_chat_gets_no_second_alert_when_two_events_turn_out_to_be_one(store: Store) -> None:
    heard_second = await subscribed(store, channel("second"), topics=[Topic.LAYOFFS])
    heard_both = await subscribed(store, channel("both"), topics=[Topic.AI, Topic.LAYOFFS])
    one, two = await stored(
        store,
        new_story(title="A #x", scores={Topic.AI: 6.0}),
        new_story(title="B #y", scores={Topic.LAYOFFS: 6.0}, published=NOW - HOUR),  # told first
    )
    for delivery in await claim(store):
        assert delivery.story_id == two
        await store.outbox.settle(settled(delivery, DeliveryState.SENT))
    await stored(store, new_story(title="C #x #y"), at=NOW + MINUTE)
    assert await told(store, NOW + MINUTE) == []
    ledger = {d.story_id: state for d, state in await store.outbox.of_chat(heard_second.id, DeliveryKind.ALERT)}
    assert ledger == {one: DeliveryState.SENT}
    ledger = {d.story_id: state for d, state in await store.outbox.of_chat(heard_both.id, DeliveryKind.ALERT)}
    assert ledger == {one: DeliveryState.SENT, two: DeliveryState.EXPIRED}
    (folded,) = [e for e in await store.outbox.ledger(heard_both.id, since=NOW - DAY) if e.story_id == two]
    assert folded.reason == "folded"
    assert await store.stories.levels(two) == {Topic.AI: Level.NORMAL, Topic.LAYOFFS: Level.NORMAL}


async def test_what_a_catch_up_told_is_not_alerted_as_the_event_it_turned_out_to_be(store: Store) -> None:
    chat = await subscribed(store)
    for news in (new_story(title="A #x"), new_story(title="B")):
        await commit(store, news)
        for delivery in await claim(store):
            await store.outbox.settle(settled(delivery, DeliveryState.HELD))
    assert await store.outbox.plan_catch_up(chat.id, NOW) == 2
    assert [delivery.kind for delivery in await told(store)] == [DeliveryKind.CATCH_UP]
    await commit(store, new_story(title="C #y"), at=NOW + MINUTE)
    await commit(store, new_story(title="D #x #y"), at=NOW + MINUTE)
    assert await told(store, NOW + HOUR) == []


async def test_two_that_wait_become_one_alert(store: Store) -> None:
    chat = await subscribed(store)
    one, _two = await stored(store, new_story(title="A #x"), new_story(title="B #y"))
    await stored(store, new_story(title="C #x #y"), at=NOW + MINUTE)
    assert [delivery.story_id for delivery in await told(store, NOW + MINUTE)] == [one]
    assert sorted(await states(store, chat)) == [DeliveryState.EXPIRED, DeliveryState.SENT]


async def test_all_of_one_reading_may_be_one_event(store: Store) -> None:
    await subscribed(store)
    news = [new_story(title="A #x"), new_story(title="B #y"), new_story(title="C #x #y"), new_story(title="D #y")]
    committed = await commit(store, *news)
    assert (committed.new_stories, committed.alerts) == (4, 1)
    assert len(await latest(store)) == 1


async def test_what_is_too_old_is_not_compared_with_any_more(store: Store) -> None:
    (old,) = await stored(store, new_story(title="A #x"))
    (new,) = await stored(store, new_story(title="B #x"), at=NOW + timedelta(hours=73))
    assert await latest(store) == [new, old]


# --- several processes -------------------------------------------------------------------------------------------


async def test_two_processes_never_make_two_events_of_one(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(2)]
    groupings = [TagGrouping(), TagGrouping()]
    for n in range(2):
        await stores[0].feeds.add(spec(f"feed{n}"), NOW)

    async def poll(n: int) -> None:
        for round_ in range(6):
            news = [new_story(f"f{n}r{round_}s{i}", title=f"f{n} r{round_} #{i}", feed_id=f"feed{n}") for i in range(5)]
            await commit(stores[n], *news, feed_id=f"feed{n}", at=NOW + round_ * MINUTE, grouping=groupings[n])

    await asyncio.gather(poll(0), poll(1))
    assert len(await latest(stores[0])) == 5
    for event in await latest(stores[0]):
        assert len(await stores[0].stories.reports(event)) == 12


async def test_what_another_process_joined_stays_joined(open_store: OpenStore) -> None:
    here, there = await open_store(), await open_store()
    mine, other = TagGrouping(), TagGrouping()
    await commit(here, new_story("a", title="A #x"), new_story("b", title="B #y"), grouping=mine)
    await commit(there, new_story("c", title="C #x #y"), grouping=other, at=NOW + MINUTE)
    await commit(here, new_story("d", title="D #y"), grouping=mine, at=NOW + 2 * MINUTE)
    (event,) = await latest(here)
    assert len(await here.stories.reports(event)) == 4


class Stumbling(TagGrouping):
    """Places two stories, then fails."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 2

    def place(self, told: Told) -> Placement:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("stumbled")
        return super().place(told)


async def test_a_commit_that_fails_leaves_nothing_with_the_grouping(store: Store) -> None:
    grouping = Stumbling()
    (kept,) = await stored(store, new_story("kept", title="A #x"))
    with pytest.raises(RuntimeError, match="stumbled"):
        await commit(store, *(new_story(f"n{n}", title=f"{n} #y") for n in range(3)), grouping=grouping)
    assert grouping.newest == 0
    assert await latest(store) == [kept]
    grouping.left = 99
    await commit(store, new_story("n1", title="1 #y"), new_story("n2", title="2 #x"), grouping=grouping)
    assert len(await latest(store)) == 2


async def test_a_grouping_that_names_what_is_not_there_makes_no_event_disappear(store: Store) -> None:
    class Wild(TagGrouping):
        def place(self, told: Told) -> Placement:
            return Placement(coverage_id=4711, joined=(4712,))

    await commit(store, new_story(title="A"), new_story(title="B"), grouping=Wild())
    assert len(await latest(store)) == 2
