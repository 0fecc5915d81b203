"""How long a picture may take and what happens when it does: the process is ended, and the answer goes without it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from tempfile import TemporaryDirectory

import bot
from bot.domain.chart import Chart
from bot.log import logger
from bot.pictures.worker import LENGTH, packed

_ROOT = str(Path(bot.__file__).resolve().parent.parent)
_LARGEST = 4_000_000
LOG = logger("pictures")


class Drawer:
    """One worker process of `megabytes` address space, started when a picture is asked for. `deadline`: seconds for a
    picture (with the start of the worker, about 0.6), `idle`: seconds after which an unused worker ends. `command`
    starts the worker."""

    def __init__(
        self,
        *,
        deadline: float = 8.0,
        idle: float = 30.0,
        megabytes: int = 1024,
        command: tuple[str, ...] = (sys.executable, "-P", "-m", "bot.pictures.worker"),
    ) -> None:
        self._deadline = deadline
        self._idle = idle
        self._command = (*command, str(megabytes))
        self._turn = asyncio.Lock()
        self._worker: Process | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._fonts: TemporaryDirectory[str] | None = None

    async def draw(self, chart: Chart) -> bytes | None:
        """A PNG picture; None when it cannot be drawn now, whatever the cause (the log says which)."""
        async with self._turn:
            rested = self._rested()
            if rested is not None:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):  # it died at rest: a fresh one decides
                    return await self._ask(rested, chart)
            try:
                return await self._ask(await self._started(), chart)
            except (OSError, asyncio.IncompleteReadError) as error:
                LOG.warning("no picture: the process that draws did not answer (%s)", type(error).__name__)
                return None

    @property
    def worker(self) -> int | None:
        """The process id of the worker that rests, None when there is none."""
        return self._worker.pid if self._worker is not None else None

    async def close(self) -> None:
        """Ends the worker."""
        rested = self._rested()
        if rested is not None:
            self._end(rested)
        await asyncio.gather(*self._ending)
        if self._fonts is not None:
            self._fonts.cleanup()
            self._fonts = None

    async def _ask(self, worker: Process, chart: Chart) -> bytes | None:
        assert worker.stdin is not None
        assert worker.stdout is not None
        keep = False
        try:
            async with asyncio.timeout(self._deadline):
                worker.stdin.write(packed(chart))
                await worker.stdin.drain()
                (size,) = LENGTH.unpack(await worker.stdout.readexactly(LENGTH.size))
                if size > _LARGEST:
                    raise OSError(f"a picture of {size} bytes")
                picture = await worker.stdout.readexactly(size)
            keep = True
            if not picture:
                LOG.warning("no picture: this chart could not be drawn")
            return picture or None
        except TimeoutError:
            LOG.warning("no picture: it took longer than %g s", self._deadline)
            return None
        finally:
            if keep:
                self._rest(worker)
            else:  # also when cancelled: its answer would be taken for the next one's
                self._end(worker)

    async def _started(self) -> Process:
        # Fonts are listed once and kept for the next worker. No variable of ours goes along.
        if self._fonts is None:
            self._fonts = TemporaryDirectory(prefix="kabar-pictures-", ignore_cleanup_errors=True)
        environment = {
            "PYTHONPATH": _ROOT,
            "PATH": os.defpath,
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLCONFIGDIR": self._fonts.name,
            "OPENBLAS_NUM_THREADS": "1",
        }
        return await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True
        )

    def _rested(self) -> Process | None:
        worker, self._worker = self._worker, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if worker is not None and worker.returncode is not None:
            self._end(worker)
            return None
        return worker

    def _rest(self, worker: Process) -> None:
        self._worker = worker
        self._timer = asyncio.get_running_loop().call_later(self._idle, self._retire)

    def _retire(self) -> None:
        worker = self._rested()
        if worker is not None:
            self._end(worker)

    def _end(self, worker: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        task = asyncio.create_task(_buried(worker))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


async def _buried(worker: Process) -> None:
    """Waits until it is gone and its pipes are closed."""
    if worker.stdin is not None:
        worker.stdin.close()
    await worker.wait()
    if worker.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            await worker.stdout.read()
