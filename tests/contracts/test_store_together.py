"""What looks at several feeds saw is written down in one transaction, as if each had been written down by itself."""

from __future__ import annotations

import pytest

from bot.domain.feed import FeedOutcome
from bot.ports import NewStory, Reading
from bot.store.store import Store
from tests.builders import TagGrouping
from tests.contracts.store_values import HOUR, MINUTE, NOW, new_story, outcome, spec, subscribed


@pytest.fixture(autouse=True)
async def feeds(store: Store) -> None:
    await store.feeds.synchronise([spec("first"), spec("second")], NOW)


def reading(feed_id: str, *new: NewStory, established: bool = True, lease: str | None = None) -> Reading:
    said: FeedOutcome = outcome(feed_id, at=NOW, lease=lease)
    return Reading(outcome=said, established=established, new=new)


async def test_one_address_in_two_feeds_is_one_story_and_one_alert(store: Store) -> None:
    await subscribed(store)
    both = [reading("first", new_story("one")), reading("second", new_story("one"), new_story("two"))]
    committed = await store.stories.commit_all(both, TagGrouping())
    assert (committed.new_stories, committed.alerts) == (2, 2)
    known = await store.stories.known(new_story("one").keys)
    (story_id,) = {one.story_id for one in known.values()}
    assert len(await store.stories.feeds_of(story_id)) == 2
    for name in ("first", "second"):
        feed = await store.feeds.find(name)
        assert feed is not None
        assert feed.last_ok == NOW


@pytest.mark.parametrize("new_feed_comes_first", [True, False])
async def test_what_one_reads_for_the_first_time_is_news_by_the_other(store: Store, new_feed_comes_first: bool) -> None:
    await subscribed(store)
    silent = reading("first", new_story("one", announce=False), established=False)
    told = reading("second", new_story("one"))
    both = [silent, told] if new_feed_comes_first else [told, silent]
    assert (await store.stories.commit_all(both, TagGrouping())).alerts == 1


async def test_a_lost_lease_keeps_out_its_own_feed_only(store: Store) -> None:
    await subscribed(store)
    (first, second) = await store.feeds.claim(NOW, "ours", NOW + MINUTE, 2)
    await store.feeds.claim(NOW + HOUR, "theirs", NOW + 2 * HOUR, 1, [first.id])
    both = [reading(feed.id, new_story(feed.id), lease="ours") for feed in (first, second)]
    committed = await store.stories.commit_all(both, TagGrouping())
    assert (committed.new_stories, committed.alerts) == (1, 1)
    assert await store.stories.known(new_story(first.id).keys) == {}
    left = await store.feeds.find(first.id)
    assert left is not None
    assert (left.lease, left.last_ok) == ("theirs", None)
