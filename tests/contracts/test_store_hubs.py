"""bot.ports.Hubs on both databases: one subscription a feed, one process that asks, no late word over a newer one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from itertools import count

from bot.domain.feed import FeedState
from bot.domain.hub import HubState, HubSubscription
from bot.ports import Reading
from bot.store.store import Store
from tests.builders import TagGrouping

from .conftest import OpenStore
from .store_values import DAY, HOUR, MINUTE, NOW, outcome, spec

NUMBERS = count(1)
BASE = "https://kabar.example/hubs/"


def subscription(feed_id: str = "wire", *, hub: str = "https://hub.example/", since: datetime = NOW) -> HubSubscription:
    key = f"key-{next(NUMBERS)}"
    return HubSubscription(
        key=key,
        feed_id=feed_id,
        hub=hub,
        topic=f"https://{feed_id}.example/feed.xml",
        callback=BASE + key,
        secret="s",
        since=since,
        next_try=since,
    )


async def wanted(store: Store, feed_id: str = "wire") -> HubSubscription:
    await store.feeds.add(spec(feed_id), NOW)
    one = subscription(feed_id)
    await store.hubs.want(one)
    return one


async def test_what_is_wanted_is_kept_as_it_is(store: Store) -> None:
    one = await wanted(store)
    assert await store.hubs.find(one.key) == one
    assert await store.hubs.all() == [one]
    assert await store.hubs.find("another") is None
    full = replace(one, state=HubState.ON, asked_at=NOW, until=NOW + DAY, pushed_at=NOW, problem="p", tries=3)
    assert await store.hubs.write(full)
    assert await store.hubs.find(one.key) == replace(full, version=1)


async def test_a_feed_has_one_subscription_and_leaves_the_others(store: Store) -> None:
    first = await wanted(store)
    await store.hubs.want(subscription())
    assert [one.key for one in await store.hubs.all()] == [first.key]
    other = subscription(hub="https://other.example/", since=NOW + HOUR)
    await store.hubs.want(other)
    states = {one.key: one.state for one in await store.hubs.all()}
    assert states == {first.key: HubState.LEAVING, other.key: HubState.ASKED}
    assert [one.key for one in await store.hubs.claim(NOW + HOUR, NOW + DAY, 9)] == [first.key, other.key]


async def test_two_processes_that_want_the_same_make_one(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    await stores[0].feeds.add(spec(), NOW)
    await asyncio.gather(*(store.hubs.want(subscription()) for store in stores))
    assert len(await stores[0].hubs.all()) == 1


async def test_nothing_is_wanted_for_a_feed_that_is_read_no_more(store: Store) -> None:
    await store.hubs.want(subscription("nobody"))
    await store.feeds.add(spec(), NOW)
    await store.feeds.remove("wire")
    await store.hubs.want(subscription())
    assert await store.hubs.all() == []


async def test_a_question_is_one_processs_until_it_is_late(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    for n in range(6):
        await wanted(stores[0], f"f{n}")
    claims = [store.hubs.claim(NOW, NOW + MINUTE, 4) for store in stores]
    got = [one for some in await asyncio.gather(*claims) for one in some]
    assert len(got) == len({one.key for one in got})
    got += await stores[0].hubs.claim(NOW, NOW + MINUTE, 9)
    assert len(got) == 6
    assert {(one.tries, one.asked_at, one.version) for one in got} == {(1, NOW, 1)}
    again = await stores[1].hubs.claim(NOW + MINUTE, NOW + HOUR, 9)
    assert [one.tries for one in again] == [2] * 6


async def test_a_late_one_overwrites_nothing(store: Store) -> None:
    await wanted(store)
    (asked,) = await store.hubs.claim(NOW, NOW + MINUTE, 1)
    assert await store.hubs.write(replace(asked, state=HubState.ON, until=NOW + DAY, tries=0))
    assert not await store.hubs.write(replace(asked, problem="timeout"))
    now = await store.hubs.find(asked.key)
    assert now is not None
    assert (now.state, now.problem, now.version) == (HubState.ON, None, 2)


async def test_removed_and_gone_feeds_are_left_and_others_are_not(store: Store) -> None:
    ones = {name: await wanted(store, name) for name in ("removed", "gone", "kept")}
    await store.feeds.remove("removed")
    await store.stories.commit(Reading(outcome=replace(outcome("gone"), state=FeedState.GONE)), TagGrouping())
    for _ in range(2):
        await store.hubs.leave(NOW + HOUR)
    left = {one.feed_id: (one.state, one.version) for one in await store.hubs.all()}
    assert left == {
        "removed": (HubState.LEAVING, 1),
        "gone": (HubState.LEAVING, 1),
        "kept": (HubState.ASKED, 0),
    }
    await store.hubs.drop(ones["gone"].key)
    assert await store.hubs.find(ones["gone"].key) is None


async def test_what_is_brought_takes_the_feeds_lease_also_while_its_server_asks_to_wait(store: Store) -> None:
    await store.feeds.add(spec(), NOW)
    held = replace(outcome(), hold_until=NOW + DAY, problem="http_503", state=FeedState.FAILING, failures=2)
    await store.stories.commit(Reading(outcome=held), TagGrouping())
    feed = await store.hubs.lease("wire", "push", NOW, NOW + MINUTE)
    assert feed is not None
    assert (feed.lease, feed.failures) == ("push", 2)
    assert await store.hubs.lease("wire", "other", NOW, NOW + MINUTE) is None
    assert await store.feeds.claim(NOW + DAY, "look", NOW + 2 * DAY, 9)  # late as it is, the push has lost the feed
    await store.hubs.release(feed)
    assert await store.hubs.lease("wire", "third", NOW + DAY, NOW + 2 * DAY) is None
    assert await store.hubs.lease("nobody", "x", NOW, NOW + MINUTE) is None


async def test_waking_only_ever_makes_it_sooner(store: Store) -> None:
    await store.feeds.add(spec(), NOW)
    await store.hubs.wake("wire", NOW + HOUR)
    assert await store.feeds.next_due() == NOW
    await store.stories.commit(Reading(outcome=replace(outcome(), next_poll=NOW + DAY)), TagGrouping())
    await store.hubs.wake("wire", NOW + HOUR)
    assert await store.feeds.next_due() == NOW + HOUR
