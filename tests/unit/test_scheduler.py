"""Named ticks: what fails is told once, what the database keeps them from is told to whoever looks after it."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from bot.domain.errors import StoreError
from bot.scheduler import Scheduler

OFTEN = timedelta(milliseconds=10)


class Tick:
    """Counts, and fails as it is told to."""

    def __init__(self) -> None:
        self.ran = 0
        self.trouble: Exception | None = None
        self._news = asyncio.Event()

    async def __call__(self) -> None:
        self.ran += 1
        self._news.set()
        if self.trouble is not None:
            raise self.trouble

    async def more(self, runs: int) -> None:
        wanted = self.ran + runs
        async with asyncio.timeout(20):
            while self.ran < wanted:
                self._news = asyncio.Event()
                await self._news.wait()


async def test_a_tick_that_keeps_failing_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "kabar.scheduler")
    heard: list[StoreError] = []
    scheduler, tick = Scheduler(heard.append), Tick()
    tick.trouble = ValueError("a fault of ours")
    scheduler.every("poll", OFTEN, tick)
    scheduler.start()
    try:
        await tick.more(4)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        tick.trouble = ValueError("another one")
        await tick.more(4)
        tick.trouble = None
        await tick.more(4)
    finally:
        await scheduler.stop(timedelta(seconds=1))
    assert ["works again" in record.getMessage() for record in caplog.records] == [False, False, True]
    assert heard == []


async def test_trouble_with_the_database_is_told_to_who_looks_after_it(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[StoreError] = []
    scheduler, tick = Scheduler(heard.append), Tick()
    tick.trouble = StoreError("the disk is full")
    scheduler.every("poll", OFTEN, tick)
    scheduler.start()
    await tick.more(4)
    await scheduler.stop(timedelta(seconds=1))
    assert len(heard) >= 3
    assert caplog.records == []


async def test_while_it_is_idle_only_what_always_runs_runs() -> None:
    idle = True
    scheduler, looking, working = Scheduler(lambda error: None, lambda: idle), Tick(), Tick()
    scheduler.every("look", OFTEN, looking, always=True)
    scheduler.every("work", OFTEN, working)
    scheduler.start()
    try:
        await looking.more(4)
        assert working.ran == 0
        idle = False
        await working.more(2)
    finally:
        await scheduler.stop(timedelta(seconds=1))
