"""bot.ports.Feeds on both databases: the list, the leases, what a look leaves behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.feed import FeedOutcome, FeedSpec, FeedState, Move, Origin
from bot.domain.schedule import Rhythm
from bot.domain.story import Language, Topic
from bot.ports import Reading
from bot.store.store import Store
from tests.builders import TagGrouping

from .conftest import OpenStore
from .store_values import DAY, HOUR, MINUTE, NOW, commit, new_story, outcome, spec

FULL = FeedSpec(
    id="full",
    url="https://full.example/rss",
    title="Full",
    language=Language.ID,
    weight=1.25,
    topics=(Topic.AI, Topic.LAYOFFS),
    kind="rss",
    every=timedelta(minutes=7, seconds=30),
    confirmed="2026-02-01",
    proxy="http://proxy.example:3128",
    headers=(("X-Key", "k-1"), ("Accept-Language", "id")),
    auth="me:hunter2",
)


async def look(store: Store, found: FeedOutcome) -> None:
    """A look at a feed that brought no story."""
    await store.stories.commit(Reading(outcome=found), TagGrouping())


async def test_the_files_feeds_become_exactly_the_specs(store: Store) -> None:
    await store.feeds.synchronise([FULL, spec("old")], NOW)
    await store.feeds.synchronise([spec("new"), FULL], NOW + HOUR)
    assert [feed.id for feed in await store.feeds.all()] == ["full", "new"]
    full = await store.feeds.find("full")
    assert full is not None
    assert full.spec == FULL
    assert (full.origin, full.state, full.next_poll) == (Origin.FILE, FeedState.NEW, NOW)
    assert full.is_first_read


async def test_a_changed_spec_keeps_the_state(store: Store) -> None:
    await store.feeds.synchronise([spec()], NOW)
    await look(store, replace(outcome(), cursor="etag"))
    await store.feeds.synchronise([replace(spec(), weight=0.5, title="Renamed")], NOW + DAY)
    feed = await store.feeds.find("wire")
    assert feed is not None
    assert (feed.spec.weight, feed.spec.title) == (0.5, "Renamed")
    assert (feed.cursor, feed.last_ok, feed.next_poll) == ("etag", NOW, NOW + HOUR)


async def test_a_changed_address_drops_cursor_hold_and_lease(store: Store) -> None:
    await store.feeds.synchronise([spec()], NOW)
    held = replace(outcome(), cursor="etag", hold_until=NOW + DAY, state=FeedState.GONE, problem="gone")
    await look(store, replace(held, state=FeedState.OK, problem=None))
    await look(store, held)
    await store.feeds.synchronise([spec(url="https://wire.example/new.xml")], NOW + HOUR)
    feed = await store.feeds.find("https://wire.example/new.xml")
    assert feed is not None
    assert (feed.cursor, feed.hold_until, feed.problem, feed.next_poll) == ("", None, None, NOW + HOUR)
    assert feed.state is FeedState.OK
    assert not feed.is_first_read


async def test_a_look_at_the_old_address_writes_nothing(store: Store) -> None:
    await store.feeds.synchronise([spec()], NOW)
    await store.feeds.claim(NOW, "a", NOW + MINUTE, 1)
    await store.feeds.synchronise([spec(url="https://wire.example/new.xml")], NOW)
    assert (await commit(store, new_story(), lease="a")).new_stories == 0


async def test_a_vanished_feed_returns_with_its_state(store: Store) -> None:
    await store.feeds.synchronise([spec()], NOW)
    await commit(store, new_story())
    await store.feeds.synchronise([], NOW)
    assert await store.feeds.all() == []
    assert await store.feeds.find("wire") is None
    assert await store.feeds.claim(NOW + DAY, "a", NOW + DAY, 10, only=["wire"]) == []
    assert await store.feeds.next_due() is None
    await store.feeds.synchronise([spec()], NOW + DAY)
    feed = await store.feeds.find("wire")
    assert feed is not None
    assert feed.last_ok == NOW


async def test_added_feeds_stay_when_the_file_changes(store: Store) -> None:
    assert await store.feeds.add(spec("mine"), NOW)
    await store.feeds.synchronise([spec()], NOW)
    await store.feeds.synchronise([], NOW)
    assert [(feed.id, feed.origin) for feed in await store.feeds.all()] == [("mine", Origin.ADDED)]


async def test_nothing_is_added_twice(store: Store) -> None:
    assert await store.feeds.add(spec("mine"), NOW)
    assert not await store.feeds.add(spec("mine", url="https://other.example"), NOW)
    assert not await store.feeds.add(spec("other", url=spec("mine").url), NOW)


async def test_a_removed_feed_can_be_added_again(store: Store) -> None:
    await store.feeds.add(spec("mine"), NOW)
    removed = await store.feeds.remove(spec("mine").url)
    assert removed is not None
    assert removed.id == "mine"
    assert await store.feeds.remove("mine") is None
    assert await store.feeds.add(spec("mine"), NOW)


async def test_two_processes_adding_one_address(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(2)]
    specs = [spec("one", url="https://same.example"), spec("two", url="https://same.example")]
    added = await asyncio.gather(*(s.feeds.add(one, NOW) for s, one in zip(stores, specs, strict=True)))
    assert sorted(added) == [False, True]


async def test_a_claim_leases_what_is_due_longest_overdue_first(store: Store) -> None:
    for number, feed_id in enumerate(["c", "a", "b", "later"]):
        await store.feeds.add(spec(feed_id), NOW + number * HOUR)
    first = await store.feeds.claim(NOW + 2 * HOUR, "one", NOW + 3 * HOUR, 2)
    second = await store.feeds.claim(NOW + 2 * HOUR, "two", NOW + 3 * HOUR, 9)
    assert [feed.id for feed in first] == ["c", "a"]
    assert {feed.lease for feed in first} == {"one"}
    assert [feed.id for feed in second] == ["b"]
    assert await store.feeds.claim(NOW + 2 * HOUR, "three", NOW + 3 * HOUR, 9) == []


async def test_a_lease_that_ran_out_is_taken_over_and_the_late_one_writes_nothing(store: Store) -> None:
    await store.feeds.add(spec(), NOW)
    await store.feeds.claim(NOW, "slow", NOW + MINUTE, 1)
    assert await store.feeds.claim(NOW + MINUTE, "quick", NOW + HOUR, 1)
    late = await commit(store, new_story("x"), lease="slow")
    assert (late.new_stories, late.alerts) == (0, 0)
    feed = await store.feeds.find("wire")
    assert feed is not None
    assert (feed.last_try, feed.lease) == (None, "quick")
    assert (await commit(store, new_story("x"), lease="quick")).new_stories == 1
    assert (await commit(store, new_story("y"), lease="quick")).new_stories == 0  # given back already


async def test_named_feeds_are_claimed_due_or_not_but_never_during_retry_after(store: Store) -> None:
    for feed_id in ("held", "gone", "waiting", "other"):
        await store.feeds.add(spec(feed_id), NOW)
    await look(store, replace(outcome("held"), hold_until=NOW + HOUR))
    await look(store, replace(outcome("gone"), state=FeedState.GONE))
    await look(store, outcome("waiting"))
    named = await store.feeds.claim(NOW, "a", NOW + MINUTE, 9, only={"held", "gone", "waiting"})
    assert sorted(feed.id for feed in named) == ["gone", "waiting"]
    due = await store.feeds.claim(NOW + DAY, "b", NOW + 2 * DAY, 9)
    assert sorted(feed.id for feed in due) == ["held", "other", "waiting"]


async def test_two_pollers_never_get_the_same_feed(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    await stores[0].feeds.synchronise([spec(f"f{n}") for n in range(30)], NOW)
    claims = [s.feeds.claim(NOW, f"lease-{i}-{j}", NOW + HOUR, 4) for j in range(4) for i, s in enumerate(stores)]
    got = [feed.id for feeds in await asyncio.gather(*claims) for feed in feeds]
    assert len(got) == len(set(got))
    rest = await stores[0].feeds.claim(NOW, "last", NOW + HOUR, 30)
    assert len(got) + len(rest) == 30


async def test_many_that_are_due_at_once_are_spread_and_the_longest_overdue_come_first(store: Store) -> None:
    await store.feeds.synchronise([spec(f"f{n:02}") for n in range(20)], NOW)
    await store.feeds.add(spec("later"), NOW + DAY)
    (leased,) = await store.feeds.claim(NOW, "a look", NOW + HOUR, 1, ["f00"])
    assert await store.feeds.spread(NOW, 4, MINUTE, DAY) == 15
    due = {feed.id: feed.next_poll for feed in await store.feeds.all()}
    assert [due[f"f{n:02}"] for n in range(20)] == [NOW] * 5 + [NOW + n * MINUTE for n in range(1, 16)]
    assert (leased.id, due["later"]) == ("f00", NOW + DAY)
    assert await store.feeds.spread(NOW + HOUR, 0, MINUTE, 20 * MINUTE) == 20
    last = max(feed.next_poll for feed in await store.feeds.all() if feed.id != "later" and feed.next_poll)
    assert last == NOW + HOUR + 20 * MINUTE
    assert await store.feeds.spread(NOW + HOUR, 99, MINUTE, DAY) == 0


@pytest.mark.parametrize(
    ("hold", "lease", "expected"),
    [(None, None, NOW), (NOW + DAY, None, NOW + DAY), (None, NOW + MINUTE, NOW + MINUTE)],
)
async def test_the_next_moment_something_is_due(
    store: Store, hold: datetime | None, lease: datetime | None, expected: datetime
) -> None:
    assert await store.feeds.next_due() is None
    await store.feeds.add(spec(), NOW)
    if hold is not None:
        await look(store, replace(outcome(at=NOW), hold_until=hold))
    if lease is not None:
        await store.feeds.claim(NOW, "a", lease, 1)
    assert await store.feeds.next_due() == expected


async def test_what_a_failing_streak_leaves_behind(store: Store) -> None:
    await store.feeds.add(spec(), NOW)
    await look(store, replace(outcome(), cursor="etag"))
    failing = replace(outcome(), state=FeedState.FAILING, failures=1, problem="http_500", problem_detail="Internal")
    for number in (1, 2):
        at = NOW + number * HOUR
        await look(store, replace(failing, at=at, failures=number))
    feed = await store.feeds.find("wire")
    assert feed is not None
    assert (feed.failures, feed.problem, feed.problem_detail) == (2, "http_500", "Internal")
    assert (feed.problem_since, feed.last_try, feed.last_ok) == (NOW + HOUR, NOW + 2 * HOUR, NOW)
    assert feed.cursor == "etag"
    await look(store, outcome(at=NOW + DAY))
    feed = await store.feeds.find("wire")
    assert feed is not None
    assert (feed.failures, feed.problem, feed.problem_since, feed.last_ok) == (0, None, None, NOW + DAY)


async def test_a_feeds_own_title_fills_an_empty_one(store: Store) -> None:
    await store.feeds.synchronise([spec(title="")], NOW)
    await look(store, replace(outcome(), title="What it calls itself"))
    await store.feeds.synchronise([spec(title="")], NOW)
    await look(store, replace(outcome(), title="A new name"))
    feed = await store.feeds.find("wire")
    assert feed is not None
    assert feed.spec.title == "What it calls itself"


async def test_a_removed_feed_under_way_writes_nothing(store: Store) -> None:
    await store.feeds.add(spec(), NOW)
    await store.feeds.claim(NOW, "a", NOW + HOUR, 1)
    await store.feeds.remove("wire")
    reading = Reading(outcome=outcome(lease="a"), new=(new_story(),))
    assert (await store.stories.commit(reading, TagGrouping())).new_stories == 0


async def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="without a zone"):
        await store.feeds.add(spec(), NOW.replace(tzinfo=None))


async def test_rhythm_and_move_are_kept_and_an_adopted_address_is_the_feeds(store: Store) -> None:
    await store.feeds.add(spec(), NOW)
    rhythm, move = Rhythm(gap=HOUR, newest=NOW), Move(to="https://new.example", times=2, since=NOW)
    await look(store, replace(outcome(), rhythm=rhythm, move=move))
    feed = await store.feeds.find("wire")
    assert feed is not None
    assert (feed.rhythm, feed.move, feed.moved_from) == (rhythm, move, None)
    await look(store, replace(outcome(), address="https://new.example"))
    feed = await store.feeds.find("https://new.example")
    assert feed is not None
    assert (feed.rhythm, feed.move) == (rhythm, None), "a look that says nothing of the rhythm keeps it"
    assert (feed.spec.url, feed.moved_from) == ("https://new.example", spec().url)
    assert not await store.feeds.add(spec("copy", url="https://new.example"), NOW)
    await look(store, outcome(at=NOW + DAY))
    assert await store.feeds.find(spec().url) is not None, "its old name still finds it"


async def test_a_feed_given_back_is_free_at_once_unless_it_has_another_owner(store: Store) -> None:
    await store.feeds.add(spec(), NOW)
    (mine,) = await store.feeds.claim(NOW, "mine", NOW + MINUTE, 1)
    await store.feeds.give_back(mine, NOW + HOUR)
    assert await store.feeds.claim(NOW, "early", NOW + DAY, 1) == []
    assert await store.feeds.claim(NOW + HOUR, "next", NOW + DAY, 1)
    await store.feeds.give_back(mine, NOW)
    feed = await store.feeds.find("wire")
    assert feed is not None
    assert (feed.lease, feed.next_poll) == ("next", NOW + HOUR)


async def test_a_look_that_finds_nothing_new_changes_times_only_and_a_well_feed_is_well_after_it(store: Store) -> None:
    await store.feeds.synchronise([spec("well"), spec("odd")], NOW)
    rhythm = Rhythm(gap=HOUR, newest=NOW)
    for feed_id, problem in (("well", None), ("odd", "empty_feed")):
        await look(store, replace(outcome(feed_id), cursor="etag", rhythm=rhythm, problem=problem, title="A name"))
    before = {feed.id: feed for feed in await store.feeds.claim(NOW + HOUR, "a look", NOW + DAY, 2)}
    for feed_id in before:
        await look(store, replace(outcome(feed_id, at=NOW + HOUR, lease="a look"), rhythm=rhythm, title="A name"))
    again = NOW + 2 * HOUR
    for feed in await store.feeds.all():
        known = replace(before[feed.id], problem=None, problem_since=None, lease=None)
        assert feed == replace(known, last_try=NOW + HOUR, last_ok=NOW + HOUR, next_poll=again)
    assert len(await store.feeds.claim(again, "next", again + HOUR, 2)) == 2, "their leases are given back"
    faster = Rhythm(gap=MINUTE, newest=again)
    await look(store, replace(outcome("well", at=again, lease="next"), rhythm=faster))
    found = await store.feeds.find("well")
    assert found is not None
    assert (found.rhythm, found.cursor) == (faster, "etag")
