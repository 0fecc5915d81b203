"""How long it takes and how much memory to plan an alert for very many chats; measured in a process of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from bot.domain.story import Topic
from bot.store.store import Store
from tests.contracts.store_values import commit, new_story
from tests.prove.crash import BEGINS
from tests.prove.crowd import copy_reader
from tests.prove.load import FIRST_PRIVATE, Figures
from tests.prove.readers import Reader, move_in

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
LONGEST, MOST_MEMORY = 5.0, 60.0  # seconds, megabytes


async def prepare(folder: Path, url: str, chats: int) -> None:
    (folder / "config").mkdir(parents=True, exist_ok=True)
    first = Reader(platform="telegram", address=str(FIRST_PRIVATE))
    await move_in(folder, url, [first], BEGINS)
    copy_reader(url, first.address, [str(FIRST_PRIVATE + n) for n in range(1, chats)])


async def measure(url: str) -> tuple[int, float, float]:
    """How many were planned, seconds, megabytes on top of what the process had before."""
    store = await Store.open(url, upgrade=False)
    try:
        await commit(store, new_story("before", scores={}))  # so that what is loaded once is loaded
        before = _memory("VmRSS")
        CLEAR.write_text("5", "ascii")  # the peak begins anew
        began = time.perf_counter()
        committed = await commit(store, new_story("now", scores={Topic.AI: 6.0}))
        return committed.alerts, time.perf_counter() - began, _memory("VmHWM") - before
    finally:
        await store.close()


def _memory(what: str) -> float:
    """Megabytes, as Linux counts them: VmRSS now, VmHWM at most."""
    line = next(line for line in STATUS.read_text("ascii").splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


async def fanout(folder: Path, url: str, *, chats: int) -> Figures:
    figures = Figures()
    await prepare(folder, url, chats)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.prove.fanout", url, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    planned, seconds, megabytes = (float(word) for word in out.split())
    figures.need(planned == chats, f"{planned:.0f} alerts planned of {chats}")
    figures.need(seconds <= LONGEST, f"planned in {seconds:.2f} s")
    figures.need(megabytes <= MOST_MEMORY, f"{megabytes:.1f} MB on top of what it had")
    return figures


if __name__ == "__main__":
    print(*asyncio.run(measure(sys.argv[1])))
