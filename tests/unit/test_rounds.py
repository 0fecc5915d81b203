"""What a bot does that was off for a week: it reads everything, and nobody sees a burst."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.services.rounds import APART, AT_ONCE, Rounds
from bot.store.store import Store
from tests.builders import MINUTE, SECOND
from tests.unit.pollroom import EVERY, Room

MANY = 180
TICK = 3 * SECOND
WEEK = timedelta(days=7)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    store = await Store.open(f"sqlite:///{tmp_path}/kabar.db", upgrade=True)
    yield Room(store)
    await store.close()


def rounds(room: Room) -> Rounds:
    return Rounds(poller=room.poller(), feeds=room.store.feeds, clock=room.clock, usual=EVERY)


async def read_for(room: Room, rounds: Rounds, span: timedelta) -> list[int]:
    """How many were read in each round."""
    counts, end = [], room.clock() + span
    while room.clock() < end:
        before = len(room.source.asked)
        await rounds.next()
        counts.append(len(room.source.asked) - before)
        room.clock.tick(TICK)
    return counts


async def test_after_a_week_of_rest_feeds_are_read_one_after_the_other(room: Room) -> None:
    await room.feeds(*(f"f{n}" for n in range(MANY)))
    await room.poller().poll_due()
    room.clock.tick(WEEK)
    room.source.asked.clear()
    counts = await read_for(room, rounds(room), 2 * MINUTE)
    assert counts[0] <= AT_ONCE
    assert max(counts[1:]) <= TICK / APART + 1
    assert sum(counts) == MANY
    assert len(set(room.source.asked)) == MANY


async def test_a_machine_that_slept_is_like_one_that_was_off(room: Room) -> None:
    await room.feeds(*(f"f{n}" for n in range(MANY)))
    running = rounds(room)
    await read_for(room, running, 2 * MINUTE)
    room.clock.tick(WEEK)
    counts = await read_for(room, running, MINUTE)
    assert max(counts[1:]) <= TICK / APART + 1


async def test_a_few_feeds_are_read_at_once(room: Room) -> None:
    await room.feeds("a", "b", "c")
    assert await read_for(room, rounds(room), TICK) == [3]
