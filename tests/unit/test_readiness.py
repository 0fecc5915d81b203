"""When the bot says that it cannot work with its database, how often, and when that is over."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.errors import Hindered, OtherVersion, StoreError
from bot.services.readiness import SILENT, Readiness

LOCKED = "the database kabar.db is locked; stop the other program"
FULL = "the database kabar.db cannot grow: the disk is full; free some space"


class House:
    """A database that is as well as it is told to be; only trying it out is asked of it here."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.hangs: asyncio.Event | None = None
        self.tried = 0

    async def try_out(self, now: datetime) -> None:
        self.tried += 1
        if self.hangs is not None:
            await self.hangs.wait()
        if self.trouble is not None:
            raise self.trouble

    async def prune(self, now: datetime, *, stories: timedelta, keys: timedelta) -> int:
        return 0

    async def check(self, *, thorough: bool = True) -> str:
        return "sound"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def readiness(house: House, clock: Clock) -> Readiness:
    return Readiness(house, clock)


async def test_each_cause_is_said_once_however_many_fail_with_it(
    readiness: Readiness, house: House, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kabar.database")
    assert await readiness.cause() == ""
    house.trouble = StoreError(LOCKED)
    for _ in range(30):
        clock.forward(2)
        readiness.failed(StoreError(LOCKED))
        await readiness.keep()
    assert await readiness.cause() == LOCKED
    readiness.failed(StoreError(FULL))
    house.trouble = None
    clock.forward(2)
    await readiness.keep()
    assert await readiness.cause() == ""
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 3, told
    assert LOCKED in told[0]
    assert FULL in told[1]
    assert "ready again after 60 seconds" in told[2]
    house.trouble = StoreError(LOCKED)
    clock.forward(20)
    await readiness.keep()
    assert len(caplog.records) == 4, "the next trouble is a new one"


async def test_what_only_work_runs_into_counts_too(
    readiness: Readiness, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk may still take the one line of the trial."""
    readiness.failed(StoreError(FULL))
    clock.forward(4)
    await readiness.keep()
    assert await readiness.cause() == FULL
    clock.forward(2)
    await readiness.keep()
    assert await readiness.cause() == ""
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


async def test_what_comes_back_again_and_again_is_not_said_each_time(
    readiness: Readiness, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Something fails every 30 seconds for an hour."""
    for second in range(0, 3600, 2):
        if second % 30 == 0:
            readiness.failed(StoreError(FULL))
        clock.forward(2)
        await readiness.keep()
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) <= 5
    assert await readiness.cause() == FULL
    clock.forward(301)
    await readiness.keep()
    assert await readiness.cause() == ""
    clock.forward(3600)
    readiness.failed(StoreError(FULL))
    clock.forward(6)
    await readiness.keep()
    assert await readiness.cause() == "", "after a good hour it begins anew"


async def test_while_all_is_well_it_is_tried_now_and_then_and_in_trouble_often(
    readiness: Readiness, house: House, clock: Clock
) -> None:
    for _ in range(15):
        clock.forward(2)
        await readiness.keep()
    assert house.tried == 3
    house.trouble = StoreError(LOCKED)
    clock.forward(10)
    for _ in range(5):
        clock.forward(2)
        await readiness.keep()
    assert house.tried == 8


async def test_who_asks_every_moment_does_not_make_it_try_every_time(readiness: Readiness, house: House) -> None:
    for _ in range(50):
        await readiness.cause()
    assert house.tried == 1


async def test_a_database_that_does_not_answer_keeps_nobody_waiting(
    readiness: Readiness, house: House, clock: Clock
) -> None:
    house.hangs = asyncio.Event()
    async with asyncio.timeout(10):
        assert await readiness.cause() == SILENT
    clock.forward(2)
    house.hangs.set()
    assert await readiness.cause() == ""
    assert house.tried == 1, "the trial that hung was waited for, not doubled"
    house.hangs = None


async def test_a_clock_that_is_set_back_does_not_stop_the_looking(
    readiness: Readiness, house: House, clock: Clock
) -> None:
    await readiness.keep()
    clock.forward(-86_400)
    await readiness.keep()
    assert house.tried == 2


async def test_a_newer_version_that_took_the_database_over(readiness: Readiness, house: House, clock: Clock) -> None:
    assert not readiness.outdated
    house.trouble = OtherVersion("schema 9999; stop one of the two")
    assert "9999" in await readiness.cause()
    assert readiness.outdated
    house.trouble = StoreError(LOCKED)
    clock.forward(2)
    await readiness.keep()
    assert readiness.outdated, "as long as nothing better is known"
    house.trouble = None
    clock.forward(2)
    await readiness.keep()
    assert not readiness.outdated


async def test_who_was_only_in_anothers_way_is_no_trouble(
    readiness: Readiness, caplog: pytest.LogCaptureFixture
) -> None:
    readiness.failed(Hindered("broke a deadlock off; it is tried again"))
    assert await readiness.cause() == ""
    assert caplog.records == []
