"""The real program as a process: `kabar …` in an empty directory, with an environment of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 30.0


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Program:
    """`folder` holds .env, config/ and var/ as an operator's directory does."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "config").mkdir(parents=True, exist_ok=True)

    def feeds(self, **urls: str) -> None:
        blocks = [f'[[feed]]\nid = "{i}"\nurl = "{url}"\ntitle = "The {i.title()}"\n' for i, url in urls.items()]
        (self.folder / "config" / "feeds.toml").write_text("\n".join(blocks), "utf-8")

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("KABAR_")}
        path = {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "PYTHONWARNINGS": "error::RuntimeWarning"}
        return inherited | path | {"KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1"} | self.settings

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *words,
            cwd=self.folder,
            env=self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def __call__(self, *words: str, lines: str | bytes = "") -> Ran:
        process = await self.start(*words)
        given = lines.encode() if isinstance(lines, str) else lines
        async with asyncio.timeout(LONGEST):
            out, err = await process.communicate(given)
        assert process.returncode is not None
        return Ran(process.returncode, out.decode(), err.decode())

    @asynccontextmanager
    async def running(self, *words: str) -> AsyncIterator[Life]:
        """`kabar run` until the block ends; what it writes to stderr is in the Life."""
        life = Life(await self.start("run", *words))
        listening = asyncio.create_task(life.listen())
        try:
            yield life
        finally:
            if life.process.returncode is None:
                await life.end(signal.SIGKILL)
            await listening


@dataclass
class Life:
    """A running program. Its log is read all the time: a full pipe would hold it up."""

    process: asyncio.subprocess.Process
    _said: bytearray = field(default_factory=bytearray)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def log(self) -> str:
        return self._said.decode()

    async def listen(self) -> None:
        """Until the program closes its stderr."""
        assert self.process.stderr is not None
        while some := await self.process.stderr.read(65_536):
            self._said += some
            self._news.set()
        self._over.set()

    async def says(self, words: str, *, times: int = 1) -> None:
        """Waits until the log has it."""
        async with asyncio.timeout(LONGEST):
            while self._said.count(words.encode()) < times:
                self._news.clear()
                await self._news.wait()

    async def end(self, *how: signal.Signals) -> int:
        """Sends the signals; the exit code."""
        for one in how:
            self.process.send_signal(one)
        async with asyncio.timeout(20):
            await self.process.wait()
            await self._over.wait()
        assert self.process.returncode is not None
        return self.process.returncode
