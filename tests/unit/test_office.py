"""Who does what only one process may do, on a real table: one at a time, and soon another where one fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.services.holder import Holder
from bot.services.office import RENEWED_EVERY, TERM, Office
from bot.store.store import Store
from tests.builders import SECOND, Timepiece, a_store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with a_store(tmp_path) as opened:
        yield opened


def office(store: Store, clock: Timepiece, host: str, *, runs: bool = True) -> Office:
    return Office("poll", offices=store.offices, clock=clock, holder=Holder(host, runs=lambda _pid: runs))


async def test_the_first_has_it_as_long_as_it_is_renewed(store: Store) -> None:
    clock = Timepiece()
    one, two = office(store, clock, "a"), office(store, clock, "b")
    for _ in range(20):
        await one.renew()
        await two.renew()
        assert (one.is_mine, two.is_mine) == (True, False)
        clock.tick(RENEWED_EVERY)


async def test_another_has_it_within_fifteen_seconds_of_a_crash(store: Store) -> None:
    clock = Timepiece()
    one, two = office(store, clock, "a"), office(store, clock, "b")
    await one.renew()
    crashed = clock.now
    while not two.is_mine:
        clock.tick(RENEWED_EVERY)
        await two.renew()
    assert clock.now - crashed <= 15 * SECOND


async def test_who_stood_still_for_long_does_nothing_when_it_goes_on(store: Store) -> None:
    clock = Timepiece()
    one, two = office(store, clock, "a"), office(store, clock, "b")
    await one.renew()
    clock.tick(TERM)
    assert not one.is_mine, "it knows by itself"
    await two.renew()
    await one.renew()
    assert (one.is_mine, two.is_mine) == (False, True)


async def test_a_clean_end_hands_over_at_once(store: Store) -> None:
    clock = Timepiece()
    one, two = office(store, clock, "a"), office(store, clock, "b")
    await one.renew()
    await one.leave()
    await two.renew()
    assert two.is_mine


async def test_after_a_crash_on_the_same_machine_nobody_waits(store: Store) -> None:
    clock = Timepiece()
    await store.offices.take("poll", "a/999999/old", clock(), clock() + TERM)
    living, elsewhere = office(store, clock, "a", runs=True), office(store, clock, "b", runs=False)
    await living.renew()
    await elsewhere.renew()
    assert (living.is_mine, elsewhere.is_mine) == (False, False), "that process may well be alive"
    again = office(store, clock, "a", runs=False)
    await again.renew()
    assert again.is_mine


async def test_work_ends_when_the_office_is_lost(store: Store) -> None:
    clock = Timepiece()
    one, two = office(store, clock, "a"), office(store, clock, "b")
    await one.renew()
    await one.begun()
    began, ended = asyncio.Event(), asyncio.Event()

    async def poll() -> str:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return "never"

    working = asyncio.create_task(one.unless_lost(poll()))
    await began.wait()
    clock.tick(TERM)
    await two.renew()
    await one.renew()
    assert await working is None
    assert ended.is_set()
    waiting = asyncio.create_task(one.begun())
    await asyncio.sleep(0)
    assert not waiting.done()
    await two.leave()
    await one.renew()
    await waiting


async def test_work_that_ends_by_itself_gives_what_it_found(store: Store) -> None:
    one = office(store, Timepiece(), "a")
    await one.renew()

    async def poll() -> str:
        return "news"

    async def fail() -> str:
        raise ValueError("no")

    assert await one.unless_lost(poll()) == "news"
    with pytest.raises(ValueError, match="no"):
        await one.unless_lost(fail())
