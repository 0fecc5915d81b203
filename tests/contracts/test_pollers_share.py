"""Several processes on one database, each with its own store: they share the feeds, take over from the dead, and one
that was paused writes nothing any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from bot.domain.feed import Feed, Fetched
from bot.services.poll import LOOKS_A_LEASE
from bot.store.store import Store
from tests.builders import MINUTE, SECOND, Timepiece, a_spec, some_items, subscribe
from tests.unit.pollroom import EVERY, Room, Wire

from .conftest import OpenStore

FEEDS = tuple(f"f{n:02}" for n in range(24))
LEASE = MINUTE * LOOKS_A_LEASE  # of a Room's poller


class Skewed:
    """A clock that goes wrong by some seconds."""

    def __init__(self, clock: Timepiece, by: timedelta) -> None:
        self._clock, self._by = clock, by

    def __call__(self) -> object:
        return self._clock() + self._by


class Held(Wire):
    """Lets a look wait until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = asyncio.Event()
        self.go_on = asyncio.Event()
        self.holds: set[str] = set()

    async def fetch(self, feed: Feed) -> Fetched:
        if feed.id in self.holds:
            self.holds.discard(feed.id)
            fetched = await super().fetch(feed)
            self.waiting.set()
            await self.go_on.wait()
            return fetched
        return await super().fetch(feed)


async def rooms(open_store: OpenStore, count: int, *names: str) -> list[Room]:
    """So many processes; one world around them."""
    clock, source = Timepiece(), Held()
    built = []
    for _ in range(count):
        room = Room(await open_store())
        room.clock, room.source = clock, source
        built.append(room)
    await built[0].store.feeds.synchronise([a_spec(name) for name in names], clock())
    for name in names:
        source.says(name, [])
    return built


async def stored_once(store: Store, titles: set[str]) -> bool:
    found = await store.stories.search("robots", limit=200, shown=False)
    return Counter(hit.story.title for hit in found) == Counter(titles)


@pytest.mark.parametrize("count", [2, 4])
async def test_every_due_feed_is_read_once_a_round(open_store: OpenStore, count: int) -> None:
    built = await rooms(open_store, count, *FEEDS)
    chat = await subscribe(built[0].store)
    pollers = [room.poller(at_once=3) for room in built]
    titles = set()
    for n in range(3):
        for name in FEEDS:
            items = some_items(1, prefix=f"{name}-{n}-")
            titles |= {item.title for item in items}
            built[0].source.says(name, items)
        reports = await asyncio.gather(*(poller.poll_due() for poller in pollers))
        assert sum(report.feeds for report in reports) == len(FEEDS)
        built[0].clock.tick(EVERY)
    assert Counter(built[0].source.fetched) == dict.fromkeys(FEEDS, 3)
    assert await stored_once(built[0].store, titles)
    assert len(await built[0].store.outbox.of_chat(chat.id)) == 2 * len(FEEDS)  # the first look is silent


async def test_one_story_in_all_feeds_is_one_alert(open_store: OpenStore) -> None:
    built = await rooms(open_store, 3, *FEEDS)
    chat = await subscribe(built[0].store)
    pollers = [room.poller() for room in built]
    await asyncio.gather(*(poller.poll_due() for poller in pollers))
    built[0].clock.tick(EVERY)
    for name in FEEDS:
        built[0].source.says(name, some_items(1))
    await asyncio.gather(*(poller.poll_due() for poller in pollers))
    assert len(await built[0].store.outbox.of_chat(chat.id)) == 1


async def test_what_a_killed_process_had_is_read_by_the_others_after_its_lease(open_store: OpenStore) -> None:
    one, other = await rooms(open_store, 2, *FEEDS)
    source = one.source
    assert isinstance(source, Held)
    source.holds = {FEEDS[0]}
    doomed = asyncio.create_task(one.poller(at_once=1).poll_due())
    await source.waiting.wait()
    doomed.cancel()
    await asyncio.gather(doomed, return_exceptions=True)
    at_once = {read.feed.id for read in (await other.poller().poll_due()).reads}
    assert FEEDS[0] not in at_once
    assert at_once
    one.clock.tick(LEASE)  # a few were claimed ahead
    after = {read.feed.id for read in (await other.poller().poll_due()).reads}
    assert FEEDS[0] in after
    assert at_once | after == set(FEEDS)


async def test_a_paused_process_that_goes_on_writes_nothing(open_store: OpenStore) -> None:
    one, other = await rooms(open_store, 2, "wire")
    await one.poller().poll_due()
    chat = await subscribe(one.store)
    one.clock.tick(EVERY)
    source = one.source
    assert isinstance(source, Held)
    source.says("wire", some_items(1, prefix="before"))
    source.holds = {"wire"}
    paused = asyncio.create_task(one.poller().poll_due())
    await source.waiting.wait()
    one.clock.tick(LEASE + SECOND)
    source.says("wire", some_items(1, prefix="after"))
    assert (await other.poller().poll_due()).alerts == 1
    before = await other.feed()
    one.clock.tick(MINUTE)
    source.go_on.set()
    report = await paused
    assert (report.new_stories, report.alerts) == (0, 0)
    assert await other.feed() == before
    assert len(await one.store.outbox.of_chat(chat.id)) == 1
    assert await stored_once(one.store, {item.title for item in some_items(1, prefix="after")})


async def test_clocks_that_differ_by_seconds_break_nothing(open_store: OpenStore) -> None:
    built = await rooms(open_store, 3, *FEEDS)
    clock = built[0].clock
    for room, by in zip(built, (-7, 0, 9), strict=True):
        room.clock = Skewed(clock, timedelta(seconds=by))  # type: ignore[assignment]
    pollers = [room.poller(at_once=2) for room in built]
    titles = set()
    clock.tick(MINUTE)
    for n in range(3):
        for name in FEEDS:
            items = some_items(1, prefix=f"{name}-{n}-")
            titles |= {item.title for item in items}
            built[0].source.says(name, items)
        await asyncio.gather(*(poller.poll_due() for poller in pollers))
        clock.tick(EVERY + 20 * SECOND)
    assert Counter(built[0].source.fetched) == dict.fromkeys(FEEDS, 3)
    assert await stored_once(built[0].store, titles)
