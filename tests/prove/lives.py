"""The lives of a process, as the proof sees them: begun, killed, stopped for a while, ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.prove.clocks import TownClock
from tests.prove.failpoints import Fuse
from tests.scenarios.program import ROOT

POLL_EVERY = 0.5  # seconds
SLOWEST_START = 30.0


@dataclass
class Life:
    """One process. `name` is what the post office knows it by."""

    name: str
    pid: int
    marks: Path
    log: Path
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _watch: int = -1

    def watch(self) -> None:
        """`over` is set when the process is gone, whoever ended it."""
        try:
            self._watch = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self.over.set()
            return
        asyncio.get_running_loop().add_reader(self._watch, self._gone)

    def _gone(self) -> None:
        asyncio.get_running_loop().remove_reader(self._watch)
        os.close(self._watch)
        self._watch = -1
        self.over.set()

    def send(self, number: signal.Signals) -> None:
        if not self.over.is_set():
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._watch, number)

    async def lives(self, seconds: float) -> None:
        """Returns that long after the process took up its work, or when it is gone."""
        async with asyncio.timeout(SLOWEST_START):
            while not self.over.is_set() and "runs" not in self.reached:
                await asyncio.sleep(0.02)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.over.wait()

    async def kill(self) -> None:
        """Nothing when it is gone already."""
        self.send(signal.SIGKILL)
        await self.over.wait()

    async def stop(self) -> None:
        """As an operator does. A process that does not end by itself within 15 s fails the proof."""
        self.send(signal.SIGTERM)
        async with asyncio.timeout(15):
            await self.over.wait()

    @property
    def reached(self) -> list[str]:
        return self.marks.read_text("utf-8").splitlines() if self.marks.exists() else []

    @property
    def died_at(self) -> str:
        """The point at which it killed itself, "" when it was killed from outside or ended."""
        return next((line.removeprefix("died ") for line in self.reached if line.startswith("died ")), "")

    @property
    def faults(self) -> list[str]:
        """Errors that no kill explains."""
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return [line for line in text.splitlines() if "ERROR" in line or "Traceback" in line]


class Nursery:
    """Where lives begin."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()
        self._lives: list[Life] = []

    async def begin(
        self, name: str, folder: Path, settings: Mapping[str, str], clock: TownClock, fuse: Fuse | None = None
    ) -> Life:
        """A process in `folder`, which has the configuration in config/."""
        marks, log = folder / f"{name}.marks", folder / f"{name}.log"
        spec = {
            "folder": str(folder),
            "settings": dict(settings),
            "clock": clock.to_json(),
            "fuse": asdict(fuse or Fuse()),
            "marks": str(marks),
            "log": str(log),
            "poll_every": POLL_EVERY,
        }
        async with self._turn:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(spec).encode() + b"\n")
            pid = int(await self._line())
        life = Life(name, pid, marks, log)
        life.watch()
        self._lives.append(life)
        return life

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        async with asyncio.timeout(SLOWEST_START):
            return await self._process.stdout.readline()

    async def close(self) -> None:
        for life in self._lives:
            await life.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


@asynccontextmanager
async def nursery(**more: str) -> AsyncIterator[Nursery]:
    """`more`: variables of the environment for it and all that it forks."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("KABAR_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.prove.nursery",
        cwd=ROOT,
        env=inherited | {"PYTHONPATH": str(ROOT)} | more,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    here = Nursery(process)
    try:
        await here._line()
        yield here
    finally:
        await here.close()
