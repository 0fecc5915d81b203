"""How long a document may take to read, and what happens when it does: the process that reads it is killed.

Documents come from strangers; some keep a parser busy for minutes or eat all memory, in Kabar itself that would stop
every alert. Workers are started when needed and ended when idle, so that a resting bot holds no memory for them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import bot
from bot.domain.errors import Malformed, Unavailable
from bot.domain.story import Item
from bot.sources import wire
from bot.sources.document import Document

_ROOT = str(Path(bot.__file__).resolve().parent.parent)


class _Died(Exception):
    """A worker ended, or answered nonsense, instead of answering."""


class ParserPool:
    """One worker process, and up to `size` while a document keeps one busy: each costs memory, and one reads hundreds
    of plain documents a second. A document may take `megabytes` on top of what an idle one has. `deadline`: seconds for
    one document (and the start of a worker, about 0.2), `patience`: seconds after which it keeps a worker busy, `idle`:
    seconds after which an unused worker ends."""

    def __init__(
        self,
        *,
        size: int = 2,
        deadline: float = 10.0,
        patience: float = 1.0,
        idle: float = 30.0,
        megabytes: int = 40,
    ) -> None:
        self._first = asyncio.Semaphore(1)
        self._others = asyncio.Semaphore(size - 1) if size > 1 else self._first
        self._began = 0.0  # the document that has the place of the usual worker, by the loop's clock
        self._deadline = deadline
        self._patience = patience
        self._idle = idle
        self._megabytes = megabytes
        self._resting: list[tuple[Process, asyncio.TimerHandle]] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def read(self, body: bytes, content_type: str | None, base_url: str | None, now: datetime) -> Document:
        """`read_document` in a worker. Raises Malformed, also for `parse_timeout`, `parse_memory` and `parse_crashed`;
        Unavailable when no worker can be started."""
        job = self._job(content_type, base_url, now)
        async with self._turn():
            rested = self._rested()
            if rested is not None:
                with contextlib.suppress(_Died):  # perhaps of an earlier document: a fresh one decides
                    return await self._run(rested, job, body)
            try:
                return await self._run(await self._started(), job, body)
            except _Died:
                raise Malformed(
                    "parse_crashed", "the process reading it died: the document is too heavy or meant to break readers"
                ) from None

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The place of the usual worker, or one of the others' while one document keeps that busy. A long queue of
        quick ones is no reason: on a machine that has other work too, two processes read no faster than one."""
        place, clock = self._first, asyncio.get_running_loop().time
        while True:
            try:
                async with asyncio.timeout(self._patience):
                    await place.acquire()
            except TimeoutError:
                if clock() - self._began > self._patience:
                    place = self._others
                    await place.acquire()
                    break
            else:
                self._began = clock()
                break
        try:
            yield
        finally:
            place.release()

    async def _run(self, worker: Process, job: bytes, body: bytes) -> Document:
        keep = False
        try:
            async with asyncio.timeout(self._deadline):
                document = await _ask(worker, job, body)
            keep = True
            return document
        except TimeoutError:
            raise Malformed(
                "parse_timeout",
                f"reading it took longer than {self._deadline:g} s, so it was stopped: no proper feed needs that",
            ) from None
        except Malformed:
            keep = True
            raise
        except (OSError, ValueError, KeyError, TypeError, asyncio.IncompleteReadError):
            raise _Died from None
        finally:
            if keep:
                self._rest(worker)
            else:  # also when cancelled: its answer would be taken for the next one's
                self._end(worker)

    async def close(self) -> None:
        """Ends all workers."""
        while self._resting:
            worker, timer = self._resting.pop()
            timer.cancel()
            self._end(worker)
        await asyncio.gather(*self._ending)

    def _job(self, content_type: str | None, base_url: str | None, now: datetime) -> bytes:
        return wire.dump(
            {
                "content_type": content_type,
                "base_url": base_url,
                "now": now.isoformat(),
                "seconds": math.ceil(self._deadline),
            }
        )

    async def _started(self) -> Process:
        # No variable of ours goes along: tokens have no business where strangers' documents are read.
        environment = {"PYTHONPATH": _ROOT, "PATH": os.defpath, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        command = (sys.executable, "-P", "-m", "bot.sources.worker", str(self._megabytes))
        try:
            return await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
            )
        except OSError as error:
            raise Unavailable(
                "no_parser", f"no process to read the feed could be started ({error.strerror}): free some memory"
            ) from None

    def _rested(self) -> Process | None:
        while self._resting:
            worker, timer = self._resting.pop()
            timer.cancel()
            if worker.returncode is None:
                return worker
            self._end(worker)
        return None

    def _rest(self, worker: Process) -> None:
        timer = asyncio.get_running_loop().call_later(self._idle, self._retire, worker)
        self._resting.append((worker, timer))

    def _retire(self, worker: Process) -> None:
        self._resting = [entry for entry in self._resting if entry[0] is not worker]
        self._end(worker)

    def _end(self, worker: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        task = asyncio.create_task(_buried(worker))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


async def parse_bytes(body: bytes, content_type: str | None, base_url: str | None, now: datetime) -> Document:
    """One document read in a worker of its own, for the command line; raises as ParserPool.read."""
    pool = ParserPool(size=1)
    try:
        return await pool.read(body, content_type, base_url, now)
    finally:
        await pool.close()


async def _ask(worker: Process, job: bytes, body: bytes) -> Document:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.writelines((wire.frame(job), wire.LENGTH.pack(len(body)), body))
    await worker.stdin.drain()
    items: list[Item] = []
    while True:
        (size,) = wire.LENGTH.unpack(await worker.stdout.readexactly(wire.LENGTH.size))
        if size > wire.LONGEST_FRAME:
            raise ValueError(size)
        message = json.loads(await worker.stdout.readexactly(size))
        found = wire.items_of(message)
        if found is None:
            return wire.document_of(message, items)
        items += found
        await asyncio.sleep(0)  # a large answer leaves room for others between its frames


async def _buried(worker: Process) -> None:
    """Waits until it is gone and its pipes are closed."""
    if worker.stdin is not None:
        worker.stdin.close()
    await worker.wait()
    if worker.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            await worker.stdout.read()
