"""When a feed is read next by its rhythm, where once it moved, and what becomes of a crowded host's feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import Gone, Malformed, SourceError, Unavailable
from bot.domain.feed import FeedState, Fetched
from bot.domain.story import Item
from tests.builders import DAY, HOUR, MINUTE, NOW, a_spec, a_store, an_item, some_items
from tests.unit.pollroom import EVERY, Room

NEW_ADDRESS = "https://new.wire.example/feed.xml"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with a_store(tmp_path) as store:
        made = Room(store)
        await made.feeds("wire")
        yield made


def news(number: int, count: int = 1) -> list[Item]:
    return [
        an_item(f"Robot {number}.{n}", id=f"{number}.{n}", link=f"https://w.example/{number}/{n}") for n in range(count)
    ]


async def look_after(room: Room, wait: timedelta, items: list[Item] | None = None) -> timedelta:
    """A look after that time; how long until the next."""
    room.clock.tick(wait)
    room.source.says("wire", items)
    await room.poller().poll_due(only=["wire"])
    return ((await room.feed()).next_poll or NOW) - room.clock.now


# --- rhythm ------------------------------------------------------------------------------------------------------


async def test_what_a_feed_held_at_first_says_nothing_of_its_pace(room: Room) -> None:
    assert await look_after(room, timedelta(), some_items(500)) == EVERY
    assert (await room.feed()).rhythm.newest is None
    assert await look_after(room, HOUR, news(1)) == EVERY, "one gap is none yet"
    assert (await room.feed()).rhythm.newest == room.clock.now


async def test_a_busy_feed_is_read_more_often_and_a_sleeping_one_less(room: Room) -> None:
    await look_after(room, timedelta(), [])
    await look_after(room, HOUR, news(1))
    assert await look_after(room, HOUR, news(2, 2)) == 10 * MINUTE, "30 minutes a story"
    assert await look_after(room, 10 * MINUTE) == 10 * MINUTE
    assert await look_after(room, 4 * HOUR) == timedelta(minutes=250) / 2 / 3
    assert await look_after(room, 3 * DAY) == 3 * HOUR
    kept = (await room.feed()).rhythm
    assert await look_after(room, HOUR, [*news(2, 2)]) == 3 * HOUR, "known entries are no news"
    assert (await room.feed()).rhythm == kept


async def test_trouble_does_not_change_the_rhythm_and_lengthens_what_it_says(room: Room) -> None:
    await look_after(room, timedelta(), [])
    await look_after(room, HOUR, news(1))
    await look_after(room, HOUR, news(2, 2))
    before = (await room.feed()).rhythm
    room.source.says("wire", Unavailable("timeout", "too slow"))
    await room.poller().poll_due(only=["wire"])
    feed = await room.feed()
    assert feed.rhythm == before
    assert feed.next_poll == room.clock.now + 20 * MINUTE


async def test_a_feed_with_a_time_of_its_own_and_a_pace_set_by_hand_keep_to_it(room: Room) -> None:
    await look_after(room, timedelta(), [])
    await look_after(room, HOUR, news(1))
    await look_after(room, HOUR, news(2, 2))
    await room.poller(every=40 * MINUTE, fixed=True).poll_due(only=["wire"])
    assert (await room.feed()).next_poll == room.clock.now + 40 * MINUTE
    await room.store.feeds.synchronise([replace(a_spec("wire"), every=6 * HOUR)], room.clock.now)
    assert await look_after(room, MINUTE, news(3)) == 6 * HOUR


async def test_the_publishers_wish_still_lengthens_it(room: Room) -> None:
    await look_after(room, timedelta(), [])
    await look_after(room, HOUR, news(1))
    room.source.brings["wire"] = Fetched(items=tuple(news(2)), cursor="", min_interval=2 * HOUR)
    assert await look_after(room, 6 * MINUTE) == 2 * HOUR


async def test_the_usual_interval_lies_always_within_the_bounds(room: Room) -> None:
    await look_after(room, timedelta(), [])
    await look_after(room, HOUR, news(1))
    await look_after(room, HOUR, news(2))
    room.clock.tick(30 * DAY)
    await room.poller(every=12 * HOUR).poll_due(only=["wire"])
    assert (await room.feed()).next_poll == room.clock.now + 12 * HOUR


# --- moves -------------------------------------------------------------------------------------------------------


def moved(to: str | None) -> Fetched:
    return Fetched(items=None, cursor="validators", moved_to=to)


async def moves(room: Room, *steps: tuple[timedelta, str | None]) -> str:
    """Looks that were led there; where the feed is read now."""
    for wait, to in steps:
        room.source.brings["wire"] = moved(to)
        room.clock.tick(wait)
        await room.poller().poll_due(only=["wire"])
    return (await room.feed()).spec.url


OLD_ADDRESS = a_spec("wire").url


@pytest.mark.parametrize(
    "steps",
    [
        [(HOUR, NEW_ADDRESS)] * 9,
        [(2 * DAY, NEW_ADDRESS)] * 2,
        [(DAY, NEW_ADDRESS), (DAY, NEW_ADDRESS), (DAY, None), (DAY, NEW_ADDRESS), (HOUR, NEW_ADDRESS)],
        [(DAY, NEW_ADDRESS), (DAY, NEW_ADDRESS), (DAY, "https://else.example/f"), (DAY, NEW_ADDRESS)],
    ],
)
async def test_a_move_that_is_not_constant_is_not_adopted(
    room: Room, steps: list[tuple[timedelta, str | None]]
) -> None:
    assert await moves(room, *steps) == OLD_ADDRESS


async def test_a_constant_move_is_adopted_and_the_feed_stays_what_it_was(room: Room) -> None:
    half = (12 * HOUR, NEW_ADDRESS)
    assert await moves(room, half, half, half) == NEW_ADDRESS
    feed = await room.feed()
    assert (feed.moved_from, feed.cursor, feed.move, feed.state) == (OLD_ADDRESS, "validators", None, FeedState.OK)
    await moves(room, (HOUR, None))
    assert room.source.asked[-2:] == [OLD_ADDRESS, NEW_ADDRESS]


@pytest.mark.parametrize("error", [Unavailable("dns", "no such name"), Malformed("not_a_feed", "a parked domain")])
async def test_a_feed_that_is_lost_at_its_new_address_is_looked_for_at_its_old_one(
    room: Room, error: SourceError
) -> None:
    half = (12 * HOUR, NEW_ADDRESS)
    await moves(room, half, half, half)
    del room.source.brings["wire"]
    room.source.says("wire", error)
    for _ in range(3):
        await room.poller().poll_due(only=["wire"])
        room.clock.tick(12 * HOUR)
    assert room.source.asked[-3:] == [NEW_ADDRESS] * 3
    feed = await room.feed()
    assert (feed.spec.url, feed.moved_from, feed.cursor, feed.state) == (OLD_ADDRESS, None, "", FeedState.FAILING)
    assert await moves(room, (HOUR, "https://newest.wire.example/"), (HOUR, None)) == OLD_ADDRESS
    assert (await room.feed()).state is FeedState.OK


async def test_a_new_address_that_says_goodbye_is_no_goodbye_of_the_old_one(room: Room) -> None:
    half = (12 * HOUR, NEW_ADDRESS)
    await moves(room, half, half, half)
    del room.source.brings["wire"]
    room.source.says("wire", Gone("http_410", "closed"))
    await room.poller().poll_due(only=["wire"])
    feed = await room.feed()
    assert (feed.spec.url, feed.state) == (OLD_ADDRESS, FeedState.FAILING)
    await room.poller().poll_due(only=["wire"])
    assert (await room.feed()).state is FeedState.GONE


async def test_a_failed_look_between_says_nothing_of_the_move(room: Room) -> None:
    half = (12 * HOUR, NEW_ADDRESS)
    await moves(room, half, half)
    del room.source.brings["wire"]
    room.source.says("wire", Unavailable("timeout", "too slow"))
    await room.poller().poll_due(only=["wire"])
    assert await moves(room, half) == NEW_ADDRESS


async def test_the_files_address_counts_again_only_when_it_changes(room: Room) -> None:
    half = (12 * HOUR, NEW_ADDRESS)
    await moves(room, half, half, half)
    await room.store.feeds.synchronise([a_spec("wire")], room.clock.now)
    assert (await room.feed()).spec.url == NEW_ADDRESS
    await room.store.feeds.synchronise([a_spec("wire", url=NEW_ADDRESS)], room.clock.now)
    feed = await room.feed()
    assert (feed.spec.url, feed.moved_from, feed.cursor) == (NEW_ADDRESS, None, "validators"), "the same document"
    await room.store.feeds.synchronise([a_spec("wire")], room.clock.now)
    feed = await room.feed()
    assert (feed.spec.url, feed.moved_from, feed.cursor) == (OLD_ADDRESS, None, "")


async def test_name_and_password_go_along_and_are_not_in_the_log(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    secret = a_spec("wire", url="https://me:hunter22@wire.example/old")
    await room.store.feeds.synchronise([secret], NOW)
    half = (12 * HOUR, "https://wire.example/new")
    with caplog.at_level("INFO", logger="kabar"):
        assert await moves(room, half, half, half) == "https://me:hunter22@wire.example/new"
    said = [record.getMessage() for record in caplog.records if "moved" in record.getMessage()]
    assert said == ["feed wire moved for good to https://wire.example/new"]


# --- crowded hosts -----------------------------------------------------------------------------------------------


async def test_a_feed_whose_host_is_crowded_is_given_back_until_its_turn(room: Room) -> None:
    await room.feeds("wire", "other")
    room.queue = lambda url: 45.0 if "wire" in url else 30.0
    report = await room.poller().poll_due()
    assert [read.feed.id for read in report.reads] == ["other"]
    feed = await room.feed()
    assert (feed.state, feed.lease, feed.last_try) == (FeedState.NEW, None, None)
    assert feed.next_poll == NOW + timedelta(seconds=45)
    room.queue = lambda url: 0.0
    room.clock.tick(timedelta(seconds=45))
    assert (await room.poller().poll_due()).feeds == 1


async def test_a_feed_asked_for_by_name_waits_for_its_turn(room: Room) -> None:
    room.queue = lambda url: 45.0
    assert (await room.poller().poll_due(only=["wire"])).fetched == 1


async def test_an_address_that_cannot_be_asked_is_the_feeds_trouble(room: Room) -> None:
    def refuse(url: str) -> float:
        raise Unavailable("bad_url", "no address")

    room.queue = refuse
    assert (await room.poller().poll_due()).feeds == 1
