"""How polling grows: 500, 5,000 and 50,000 feeds, and 10,000 rounds of a few; clock and transport are simulated, the
store, the rules and the poller are the real ones.

Lines of the curve, processor milliseconds a feed:
`unchanged` every feed is due and has nothing new; `news` every tenth feed has one new entry; `idle` milliseconds that a
tick costs when no feed is due. The curve is linear while the largest number of feeds costs no more than `STEEPEST`
times as much a feed as the smallest. Memory is flat while the last tenth of the rounds adds less than `GROWN` MB."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from bot.app import App, World, build
from bot.domain.feed import Feed, FeedSpec, Fetched
from bot.domain.story import Item
from bot.services.intake import Intake
from bot.services.poll import Pace, Poller
from bot.services.watching import WatchList
from bot.settings import load

ROOT = Path(__file__).resolve().parents[2]
CURVE = (500, 5_000, 50_000)
ROUNDS, FEW_FEEDS = 10_000, 5
NEWS_EVERY = 10
BETWEEN = timedelta(hours=4)  # longer than the slowest pace, so that every feed is due
AT_ONCE = 16
STEEPEST, GROWN = 1.5, 3.0


class Wire:
    """A source without a network: every look is answered at once."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
        self.number = 0
        self.with_news: frozenset[str] = frozenset()

    async def fetch(self, feed: Feed) -> Fetched:
        await asyncio.sleep(0)
        if feed.is_first_read:
            return Fetched(items=(), cursor="1")
        if feed.id not in self.with_news:
            return Fetched(items=None, cursor=feed.cursor)
        self.number += 1
        item = Item(
            id=f"{self.number}",
            title=f"Harbour number {self.number} opens with music and food",
            link=f"https://paper.example/{self.number}",
            published=self.now,
            summary="Many visitors came from the islands to see it.",
        )
        return Fetched(items=(item,), cursor=f"{self.number}")


async def _town(folder: str, feeds: int) -> tuple[App, Poller, Wire]:
    wire = Wire()
    settings = load({"KABAR_DATABASE_URL": f"sqlite:///{folder}/kabar.db"}, directory=Path(folder))
    specs = [FeedSpec(id=f"f{n}", url=f"https://paper{n}.example/feed", title=f"Paper {n}") for n in range(feeds)]
    app = await build(replace(settings, feeds=tuple(specs)), upgrade=True, world=World(clock=lambda: wire.now))
    await app.synchronise()
    stories = app.store.stories
    poller = Poller(
        feeds=app.store.feeds,
        stories=stories,
        sources=lambda kind: wire,
        intake=Intake(
            stories=stories, judge=app.judge, watching=WatchList(app.store.chats, lambda: app.rulebook.companies)
        ),
        grouping=app.grouping,
        clock=lambda: wire.now,
        random=lambda: 0.0,
        pace=Pace(every=timedelta(minutes=15)),
        lease=timedelta(minutes=1),
        at_once=AT_ONCE,
    )
    return app, poller, wire


async def _round(poller: Poller, wire: Wire, feeds: int) -> float:
    """Processor seconds of a round in which so many feeds must have been read."""
    wire.now += BETWEEN
    began = time.process_time()
    report = await poller.poll_due()
    if (report.feeds, report.failed) != (feeds, 0):
        raise SystemExit(f"{report.feeds} of {feeds} feeds were read, {report.failed} failed")
    return time.process_time() - began


async def curve(feeds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        app, poller, wire = await _town(folder, feeds)
        await _round(poller, wire, feeds)
        unchanged = await _round(poller, wire, feeds)
        wire.with_news = frozenset(f"f{n}" for n in range(0, feeds, NEWS_EVERY))
        news = await _round(poller, wire, feeds)
        began = time.process_time()
        await poller.poll_due()
        idle = time.process_time() - began
        await app.close()
    peak = psutil.Process().memory_info().rss / 1e6
    return {"unchanged": unchanged / feeds * 1000, "news": news / feeds * 1000, "idle": idle * 1000, "rss": peak}


async def rounds(count: int) -> dict[str, list[float]]:
    """Megabytes after each tenth of the rounds."""
    memory: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        app, poller, wire = await _town(folder, FEW_FEEDS)
        for number in range(count):
            wire.with_news = frozenset({"f0"} if number % NEWS_EVERY == 0 else ())
            await _round(poller, wire, FEW_FEEDS)
            if (number + 1) % (count // 10) == 0:
                memory.append(psutil.Process().memory_info().rss / 1e6)
        await app.close()
    return {"memory": memory}


def _apart(*arguments: str) -> Any:
    """The answer of a process of its own, whose memory nothing else has touched."""
    command = [sys.executable, "-m", "tests.bench.scale", *arguments]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)


def grow() -> None:
    print("\nfeeds (simulated)  unchanged CPU ms/feed  one in ten has news  a tick with nothing due  MB")
    found = {feeds: _apart("curve", str(feeds)) for feeds in CURVE}
    for feeds, one in found.items():
        figures = f"{one['unchanged']:22.3f} {one['news']:20.3f} {one['idle']:21.1f} ms {one['rss']:6.0f}"
        print(f"{feeds:17,} {figures}")
    for name in ("unchanged", "news"):
        ratio = found[CURVE[-1]][name] / found[CURVE[0]][name]
        said = "linear" if ratio <= STEEPEST else "NOT linear"
        print(f"{name}: {CURVE[-1]:,} feeds cost {ratio:.2f} times as much a feed as {CURVE[0]}: {said}")
    memory = _apart("rounds", str(ROUNDS))["memory"]
    said = "flat" if memory[-1] - memory[-2] < GROWN else "NOT flat"
    print(f"memory over {ROUNDS:,} rounds: {', '.join(f'{one:.0f}' for one in memory)} MB: {said}")


if __name__ == "__main__":
    what, number = sys.argv[1], int(sys.argv[2])
    print(json.dumps(asyncio.run(curve(number) if what == "curve" else rounds(number))))
