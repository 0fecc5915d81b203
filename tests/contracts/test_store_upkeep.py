"""bot.ports.Housekeeping, backups and failures: what is forgotten, what never is, and what comes back."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.domain.delivery import DeliveryState, Settled
from bot.domain.story import Topic
from bot.domain.subscription import Mode
from bot.domain.verdict import Level
from bot.ports import EditedStory
from bot.store.store import Store

from .store_values import DAY, HOUR, NOW, claim, commit, cuts, new_story, settled, stored, subscribed, told


async def prune(store: Store, at: datetime) -> int:
    return await store.housekeeping.prune(at, stories=30 * DAY, keys=90 * DAY)


async def test_old_stories_are_forgotten_but_still_known(store: Store) -> None:
    old, young = new_story("old"), new_story("young")
    (old_id,) = await stored(store, old)
    (young_id,) = await stored(store, young, at=NOW + 20 * DAY)
    before = await store.stories.known(old.keys)
    assert await prune(store, NOW + 31 * DAY) == 1
    assert await prune(store, NOW + 31 * DAY) == 0
    assert await store.stories.get(old_id) is None
    assert await store.stories.verdict(old_id) == {}
    assert [one.id for one in await store.stories.latest([Topic.AI], level=Level.LOW, limit=9)] == [young_id]
    assert await store.stories.known(old.keys) == before
    assert (await commit(store, old, at=NOW + 32 * DAY)).new_stories == 0


async def test_an_edit_of_a_forgotten_story_is_noted_and_not_told(store: Store) -> None:
    chat = await subscribed(store)
    (story_id,) = await stored(store, new_story("x"))
    (delivery,) = await store.outbox.claim(NOW, NOW + HOUR, 1, ["telegram"])
    sent = Settled(delivery_id=delivery.id, fence=delivery.fence, state=DeliveryState.SENT, at=NOW)
    await store.outbox.settle(sent)
    assert await prune(store, NOW + 31 * DAY) == 1
    assert await store.outbox.of_chat(chat.id) == []
    edited = new_story("x", title="Other words")
    committed = await commit(store, edited=[EditedStory(story_id=story_id, new=edited)], at=NOW + 31 * DAY)
    assert committed.alerts == 0
    assert {k.content_hash for k in (await store.stories.known(edited.keys)).values()} == {edited.content_hash}
    assert await store.stories.get(story_id) is None


async def test_keys_are_forgotten_last(store: Store) -> None:
    old = new_story("old")
    (old_id,) = await stored(store, old)
    await prune(store, NOW + 31 * DAY)
    await prune(store, NOW + 91 * DAY)
    assert await store.stories.known(old.keys) == {}
    (new_id,) = await stored(store, old, at=NOW + 92 * DAY)
    assert new_id > old_id  # an id is never given twice


@pytest.mark.parametrize("parked", [True, False])
async def test_a_story_that_a_delivery_needs_stays(store: Store, parked: bool) -> None:
    chat = await subscribed(store)
    (story_id,) = await stored(store, new_story())
    if parked:
        await store.outbox.park(chat.id, "blocked", NOW)
    assert await prune(store, NOW + 300 * DAY) == 0
    assert await store.stories.get(story_id) is not None


async def test_the_stories_of_a_digest_that_is_still_to_come_stay(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.DIGEST)
    (before,) = await stored(store, new_story("before"), at=NOW - 20 * DAY)
    (told,) = await stored(store, new_story("told"), at=NOW - HOUR)
    (after,) = await stored(store, new_story("after"), at=NOW + 5 * DAY)
    await store.outbox.plan_digest(chat.id, date(2026, 3, 14), "{}", NOW, NOW)
    await store.outbox.park(chat.id, "blocked", NOW)
    assert await prune(store, NOW + 60 * DAY) == 2
    assert [s.id for s in await store.stories.many([before, told, after])] == [told]


async def test_an_event_is_forgotten_as_a_whole_when_its_last_report_is_old(store: Store) -> None:
    chat = await subscribed(store)
    (first,) = await stored(store, new_story("a", title="A #x", index="robot", **cuts(None)))
    (last,) = await stored(store, new_story("b", title="B #x", **cuts(700)), at=NOW + 2 * DAY)
    await store.thumbs.set(first, chat.id, "ani", True, NOW)
    await told(store, NOW + 3 * DAY)
    assert await prune(store, NOW + 31 * DAY) == 0
    assert len(await store.stories.reports(first)) == 2
    assert await prune(store, NOW + 33 * DAY) == 2
    assert await store.stories.coverages([first, last]) == []
    assert await store.stories.changes(first) == []
    assert await store.stories.of_employer("acme", limit=9) == []
    assert await store.stories.search("robot", limit=9, shown=False) == []
    assert await store.thumbs.since(NOW - DAY) == []
    assert await store.outbox.of_chat(chat.id) == []
    assert await store.stories.placed(after=0, since=NOW - DAY, limit=9) == []
    (again,) = await stored(store, new_story("c", title="C #x"), at=NOW + 34 * DAY)
    coverage = await store.stories.coverage(again)
    assert coverage is not None
    assert (coverage.id, coverage.outlets) == (again, 1)
    assert "sound" in await store.housekeeping.check()


async def test_what_was_folded_into_an_event_keeps_it_as_long_as_it_waits(store: Store) -> None:
    chat = await subscribed(store, topics=[Topic.LAYOFFS])
    first, second, _third = await stored(
        store, new_story(title="A #x"), new_story(title="B #y", scores={Topic.LAYOFFS: 6.0}), new_story(title="C #x #y")
    )
    await store.outbox.park(chat.id, "blocked", NOW)
    assert await prune(store, NOW + 300 * DAY) == 0
    assert await store.stories.get(second) is not None
    await store.chats.revive(chat.id)
    assert [delivery.story_id for delivery in await told(store, NOW + 300 * DAY)] == [first]
    assert await prune(store, NOW + 300 * DAY) == 3


@pytest.mark.parametrize("planned", [False, True])
async def test_what_is_held_back_stays(store: Store, planned: bool) -> None:
    chat = await subscribed(store)
    ids = await stored(store, new_story(), new_story())
    while some := await claim(store):
        for one in some:
            await store.outbox.settle(settled(one, DeliveryState.HELD))
    if planned:
        assert await store.outbox.plan_catch_up(chat.id, NOW) == 2
    assert await prune(store, NOW + 300 * DAY) == 0
    assert len(await store.stories.many(ids)) == 2


async def test_many_old_stories_go_in_batches(store: Store) -> None:
    seen = [new_story(announce=False, title=f"{n} #{n // 2}") for n in range(1_100)]
    await stored(store, *seen, *(new_story(announce=False, scores={}) for _ in range(600)))
    assert await prune(store, NOW + 31 * DAY) == 1_700


async def test_a_check_of_a_sound_database(store: Store) -> None:
    await subscribed(store)
    await commit(store, new_story())
    assert "1 stories, 1 chats, 1 deliveries" in await store.housekeeping.check()
