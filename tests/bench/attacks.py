"""What hostile feeds cost: `kabar poll --once --json` as a process of its own, beside twenty healthy feeds.

    python -m tests.bench.attacks            every attack and oddity in one round
    python -m tests.bench.attacks --each     and each attack in a round of its own

Prints seconds, feeds, and how much more memory the process and its workers took at their peak than with the healthy
feeds alone."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.adapters.attacks import ATTACKS, ITEM, MEGABYTE, rss
from tests.adapters.feedserver import Answer, FeedServer
from tests.adapters.oddities import PAGES, WIRE
from tests.scenarios.program import Program

HEALTHY = 20
BETWEEN_LOOKS = 0.05
Attacks = Mapping[str, tuple[Callable[[], Answer], set[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    seconds: float
    feeds: int
    failed: int
    megabytes: float


async def watched(process: asyncio.subprocess.Process) -> float:
    """The highest sum of resident megabytes of the process and its children, until it ends."""
    peak = 0
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid)
        while process.returncode is None:
            sizes = []
            for one in (family, *family.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    sizes.append(one.memory_info().rss)
            peak = max(peak, sum(sizes))
            await asyncio.sleep(BETWEEN_LOOKS)
    return peak / MEGABYTE


async def one_round(attacks: Attacks) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        async with FeedServer() as web:
            kabar = Program(Path(folder))
            feeds = {}
            for n in range(HEALTHY):
                own = ITEM.replace(b"a.example/1", b"a.example/%d" % n)
                feeds[f"good{n}"] = web.answer(f"/good{n}", Answer(body=rss(own)))
            for n, (answer, _) in enumerate(attacks.values()):
                feeds[f"attack{n}"] = web.answer(f"/attack{n}", answer())
            kabar.feeds(**feeds)
            process = await kabar.start("poll", "--once", "--json")
            peak = asyncio.create_task(watched(process))
            said, _ = await process.communicate()
            megabytes = await peak
            listed = await kabar("feeds", "list", "--json")
    well = [row["id"] for row in listed.rows if row["state"] == "ok" and row["id"].startswith("good")]
    assert len(well) == HEALTHY, "a healthy feed was not read"
    told = json.loads(said)
    return Cost(seconds=told["seconds"], feeds=told["feeds"], failed=told["failed"], megabytes=megabytes)


async def main(each: bool) -> None:
    usual = await one_round({})

    def tell(name: str, cost: Cost) -> None:
        more = cost.megabytes - usual.megabytes
        counts = f"{cost.feeds:4} feeds {cost.failed:4} failed"
        print(f"{name:42} {cost.seconds:6.2f} s {counts} {more:+6.1f} MB", flush=True)

    tell("healthy feeds only", usual)
    tell("everything at once", await one_round({**ATTACKS, **WIRE, **PAGES}))
    if each:
        for name, attack in ATTACKS.items():
            tell(name, await one_round({name: attack}))


if __name__ == "__main__":
    asyncio.run(main("--each" in sys.argv))
