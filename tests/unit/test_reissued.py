"""When a feed with new addresses and ids everywhere is old, and when an entry with an old title is news after all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.feed import Fetched
from bot.domain.identity import keys_of
from bot.domain.story import Item
from bot.store.store import Store
from tests.builders import some_items, subscribe
from tests.unit.pollroom import Room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    store = await Store.open(f"sqlite:///{tmp_path}/kabar.db", upgrade=True)
    built = Room(store)
    await built.feeds("wire", "other")
    yield built
    await store.close()


def titles(count: int, *, start: int = 0) -> list[Item]:
    return [replace(one, title=f"Telling headline number{n + start} about robots") for n, one in enumerate(old(count))]


def old(count: int) -> list[Item]:
    return [replace(one, published=None) for one in some_items(count)]


def anew(items: list[Item], house: str = "b") -> list[Item]:
    """Under other addresses and ids."""
    return [replace(one, id=f"{house}{n}", link=f"https://new.example/{house}/{n}") for n, one in enumerate(items)]


async def test_a_whole_feed_under_new_addresses_is_old(room: Room) -> None:
    await room.look(wire=titles(10))
    assert await room.look(wire=anew(titles(10))) == (10, 0, 0)
    assert await room.look(wire=anew(titles(10))) == (10, 0, 0)  # the new addresses are known now
    assert await room.look(wire=anew([*titles(3, start=90), *titles(10)], "c")) == (13, 3, 0)


async def test_a_column_that_comes_again_is_news(room: Room) -> None:
    await room.look(wire=titles(10))
    again = anew(titles(1))
    assert (await room.look(wire=[*again, *titles(10)[1:]]))[1] == 1


async def test_a_few_columns_among_many_that_stay_are_news(room: Room) -> None:
    await room.look(wire=titles(20))
    room.source.brings["wire"] = Fetched(items=tuple(anew(titles(6))), cursor="", known=14)
    assert (await room.look())[1] == 6


async def test_titles_that_stood_on_several_stories_tell_nothing(room: Room) -> None:
    twice = [replace(one, title="Telling headline number7 about robots") for one in titles(8)]
    await room.look(wire=twice)
    assert (await room.look(wire=anew(twice)))[1] == 8


async def test_short_titles_tell_nothing(room: Room) -> None:
    short = [replace(one, title=f"Robots {n}") for n, one in enumerate(titles(8))]
    await room.look(wire=short)
    assert (await room.look(wire=anew(short)))[1] == 8


async def test_another_feeds_titles_tell_nothing(room: Room) -> None:
    await room.look(wire=titles(8), other=[])
    assert (await room.look(other=anew(titles(8))))[1] == 8


async def test_what_was_told_long_ago_tells_nothing(room: Room) -> None:
    await room.look(wire=titles(8))
    room.clock.tick(timedelta(days=61))
    assert (await room.look(wire=anew(titles(8))))[1] == 8


async def test_ids_that_are_new_at_every_look_are_not_piled_up(room: Room) -> None:
    await room.look(wire=titles(10))
    for n in range(5):
        flood = [replace(one, id=f"flood-{n}-{one.id}") for one in titles(10)]
        assert await room.look(wire=flood) == (10, 0, 0)
        assert await room.store.stories.known([key for one in keys_of("wire", flood) for key in one.others]) == {}


async def test_the_id_that_one_entry_gets_is_learnt(room: Room) -> None:
    await room.look(wire=titles(10))
    changed = [replace(titles(1)[0], id="another"), *titles(10)[1:]]
    await room.look(wire=changed)
    elsewhere = replace(changed[0], link="https://new.example/moved", title="Telling headline number0 about robots")
    assert (await room.look(wire=[elsewhere, *changed[1:]]))[1] == 0


@pytest.mark.parametrize("count", [1, 2, 3, 4])
async def test_a_short_feed_with_new_ids_at_every_look_repeats_nothing(room: Room, count: int) -> None:
    short = [replace(one, link=None) for one in titles(count)]
    await room.look(wire=short)
    for n in range(3):
        assert await room.look(wire=[replace(one, id=f"{n}-{one.id}") for one in short]) == (count, 0, 0)
    told = replace(titles(1, start=90)[0], id="news", link=None)
    assert (await room.look(wire=[told, *(replace(one, id=f"x-{one.id}") for one in short)]))[1] == 1


async def test_a_short_feed_with_new_addresses_too_repeats_nothing(room: Room) -> None:
    await room.look(wire=titles(3))
    assert await room.look(wire=anew(titles(3))) == (3, 0, 0)
    assert await room.look(wire=anew([*titles(1, start=90), *titles(3)], "c")) == (4, 1, 0)


async def test_columns_that_are_a_whole_short_feed_are_news_when_they_say_something_new(room: Room) -> None:
    await room.look(wire=titles(2))
    columns = [replace(one, summary=f"Another edition, {one.summary}") for one in anew(titles(2))]
    assert (await room.look(wire=columns))[1] == 2


async def test_ids_of_a_short_feed_are_not_piled_up_either(room: Room) -> None:
    short = [replace(one, link=None) for one in titles(3)]
    await room.look(wire=short)
    flood = [replace(one, id=f"flood-{one.id}") for one in short]
    await room.look(wire=flood)
    ids = [key for one in keys_of("wire", flood) for key in one.others if key.startswith("guid:")]
    assert await room.store.stories.known(ids) == {}


async def test_a_feed_that_was_empty_at_first_and_then_shows_its_stock_alerts_nobody(room: Room) -> None:
    await subscribe(room.store)
    await room.look(wire=[])
    room.source.brings["wire"] = Fetched(items=tuple(titles(40)), cursor="", is_first=True)
    assert await room.look() == (40, 40, 0)
    del room.source.brings["wire"]
    assert await room.look(wire=[*anew(titles(1, start=90)), *titles(40)]) == (41, 1, 1)


async def test_the_first_story_of_a_feed_that_was_empty_is_news(room: Room) -> None:
    await subscribe(room.store)
    await room.look(wire=[])
    room.source.brings["wire"] = Fetched(items=tuple(titles(1)), cursor="", is_first=True)
    assert await room.look() == (1, 1, 1)
