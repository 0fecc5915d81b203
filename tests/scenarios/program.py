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
        """`kabar run` until the block ends; what it wrote to stderr is in the Life afterwards."""
        life = Life(await self.start("run", *words))
        try:
            yield life
        finally:
            if life.process.returncode is None:
                await life.end(signal.SIGKILL)


@dataclass
class Life:
    process: asyncio.subprocess.Process
    log: str = ""

    async def end(self, how: signal.Signals) -> int:
        """Sends the signal; the exit code."""
        self.process.send_signal(how)
        async with asyncio.timeout(20):
            _, err = await self.process.communicate()
        self.log = err.decode()
        assert self.process.returncode is not None
        return self.process.returncode
