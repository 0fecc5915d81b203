"""Kabar's side of the polling bench: the whole bot as `bot.app.build` makes it, its real store and poller.

Arguments: base address, number of feeds, folder. Each line read is one round; the answer is JSON. Every round the clock
stands two hours later, so that every feed is due."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app import World, build
from bot.domain.feed import FeedSpec
from bot.settings import load

BETWEEN = timedelta(hours=2)
FIRST = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
SAMPLED_EVERY = 0.01


class Clock:
    def __init__(self) -> None:
        self.now = FIRST

    def __call__(self) -> datetime:
        return self.now


async def lag(late: list[float], busy: list[float]) -> None:
    """How much later than asked the loop comes back, milliseconds; and how much of that it was at work itself, which is
    what it would be on a machine where nothing else runs."""
    while True:
        began, worked = time.perf_counter(), time.thread_time()
        await asyncio.sleep(SAMPLED_EVERY)
        late.append((time.perf_counter() - began - SAMPLED_EVERY) * 1000)
        busy.append((time.thread_time() - worked) * 1000)


async def main() -> None:
    base, feeds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    settings = load(
        {"KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1", "KABAR_DATABASE_URL": f"sqlite:///{folder}/kabar.db"},
        directory=folder,
    )
    specs = [FeedSpec(id=f"f{n}", url=f"{base}/feed/{n}", title=f"Paper {n}") for n in range(feeds)]
    clock = Clock()
    app = await build(replace(settings, feeds=tuple(specs)), upgrade=True, world=World(clock=clock))
    await app.synchronise()
    await app.warm_up()  # what a start costs is no part of a round, as it is none of a peer's
    app.poller  # noqa: B018
    print(json.dumps({"ready": True}), flush=True)
    stored = 0
    while await asyncio.to_thread(sys.stdin.readline):
        late: list[float] = []
        busy: list[float] = []
        watching = asyncio.create_task(lag(late, busy))
        began = time.perf_counter()
        report = await app.poller.poll_due()
        seconds = time.perf_counter() - began
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        clock.now += BETWEEN
        stored += report.new_stories
        late.sort()
        busy.sort()
        answer = {"seconds": seconds, "stored": stored, "failed": report.failed, "asked": report.feeds}
        answer |= {"lag_p99": late[int(len(late) * 0.99)], "lag_max": late[-1]}
        answer |= {"busy_p99": busy[int(len(busy) * 0.99)], "not_modified": report.not_modified}
        print(json.dumps(answer), flush=True)
    await app.close()


asyncio.run(main())
