"""How fast feeds are polled: Kabar, the `reader` package and a bare loop against the same press, one after the other.

Every side is a process that reads a line a round. Processor time and memory are those of its whole family, measured
from here in the same way for all: what parsing processes use is counted."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROUNDS = ("cold", "all 304", "one new")
READER_WORKERS = (1, 8)
SAMPLED_EVERY = 0.02
MANY, QUARTER = 5_000, 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round cost: `cpu` and `seconds` for all feeds, `peak` of the family in MB."""

    seconds: float
    cpu: float
    peak: float
    said: dict[str, Any]


@dataclass(slots=True)
class Family:
    """A process and its children, as long as they live."""

    root: psutil.Process
    peak: int = 0
    _done: threading.Event = field(default_factory=threading.Event)

    def members(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            return [self.root, *self.root.children(recursive=True)]
        return []

    def cpu(self) -> float:
        """Seconds so far, of living members and of those that were waited for."""
        total = 0.0
        for member in self.members():
            with suppress(psutil.Error):
                times = member.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total

    def watch(self) -> None:
        own = self.root.cmdline()
        while not self._done.wait(SAMPLED_EVERY):
            now = 0
            for member in self.members():
                with suppress(psutil.Error):
                    # A child that is about to become another program shows its parent's memory once more.
                    if member == self.root or member.cmdline() != own:
                        now += member.memory_info().rss
            self.peak = max(self.peak, now)

    def stop(self) -> None:
        self._done.set()


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    text = process.stdout.readline()
    if not text:
        raise SystemExit(f"{process.args!r} ended early")
    answer: dict[str, Any] = json.loads(text)
    return answer


@contextmanager
def _press(feeds: int) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.press", str(feeds)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait()


def run(command: list[str], feeds: int) -> list[Round]:
    """The three rounds of one side; `{base}` and `{folder}` in the command are filled in."""
    with _press(feeds) as base, tempfile.TemporaryDirectory() as folder:
        filled = [part.format(base=base, folder=folder) for part in command]
        process = subprocess.Popen(filled, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        family = Family(psutil.Process(process.pid))
        _line(process)
        watching = threading.Thread(target=family.watch, daemon=True)
        watching.start()
        rounds = []
        for name in ROUNDS:
            if name == "one new":
                with urllib.request.urlopen(f"{base}/turn") as turned:
                    turned.read()
            family.peak, before, began = 0, family.cpu(), time.perf_counter()
            process.stdin.write("go\n")
            process.stdin.flush()
            said = _line(process)
            taken = time.perf_counter() - began
            rounds.append(Round(seconds=taken, cpu=family.cpu() - before, peak=family.peak / 1e6, said=said))
        family.stop()
        watching.join()
        process.stdin.close()
        process.wait()
    return rounds


def compare(feeds: int, reader_python: str | None) -> None:
    """Prints a table: feeds a second, CPU-ms a feed, peak memory, and how many times Kabar's CPU a peer takes; then
    which share of a core many feeds would take, as measured here.

    `cold`: nothing is known, every entry is stored; `all 304`: nothing is new; `one new`: each feed has one more."""
    count = str(feeds)
    module = [sys.executable, "-m"]
    sides = {"kabar": [*module, "tests.bench.side_kabar", "{base}", count, "{folder}"]}
    for workers in READER_WORKERS if reader_python else ():
        script = [str(reader_python), str(HERE / "side_reader.py"), "{base}", count, "{folder}", str(workers)]
        sides[f"reader, {workers} worker{'s' * (workers > 1)}"] = script
    sides["bare aiohttp and feedparser"] = [*module, "tests.bench.side_bare", "{base}", count]
    results = {name: run(command, feeds) for name, command in sides.items()}
    ours = results["kabar"]
    print(f"\npolling {feeds} feeds of 30 entries      feeds/s  CPU ms/feed  peak MB  CPU against Kabar's")
    for n, name in enumerate(ROUNDS):
        for side, rounds in results.items():
            one = rounds[n]
            if one.said["failed"]:
                raise SystemExit(f"{side}, {name}: {one.said}")
            line = (
                f"{name:8} {side:28} {feeds / one.said['seconds']:7.0f} {one.cpu / feeds * 1000:12.2f} {one.peak:8.0f}"
            )
            print(f"{line} {one.cpu / ours[n].cpu:10.2f}x{_lag(one.said)}")
    for name, one in zip(ROUNDS, ours, strict=True):
        if name != "cold":
            share = one.cpu / feeds * MANY / QUARTER * 100
            print(f"{MANY:,} feeds every 15 minutes, {name}: {share:.1f} % of one core")


def _lag(said: dict[str, Any]) -> str:
    if "lag_p99" not in said:
        return ""
    own = f"at work for {said['busy_p99']:.0f} ms of it"
    return f"   loop lag p99 {said['lag_p99']:.0f} ms ({own}), most {said['lag_max']:.0f} ms"
