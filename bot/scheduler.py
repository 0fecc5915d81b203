"""When things happen by themselves: named ticks that never pile up, never get lost and never stop the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.domain.errors import StoreError
from bot.log import calm, logger

LOG = logger("scheduler")


class Scheduler:
    """Ticks on the running event loop. A late tick runs once (`coalesce`), however late it is (`misfire_grace_time`
    None: the library's default of one second drops it silently). `trouble` hears of what the database keeps a tick
    from; it says so in the log. A tick that fails in another way says so once, not each second. While `idle` says so,
    only what runs `always` runs."""

    def __init__(self, trouble: Callable[[StoreError], None], idle: Callable[[], bool] = lambda: False) -> None:
        # It warns each time a tick is passed over because its last one still runs; that is how it is meant here.
        calm("apscheduler", logging.ERROR)
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._trouble = trouble
        self._idle = idle
        self._failing: dict[str, str] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    def every(
        self,
        name: str,
        interval: timedelta,
        tick: Callable[[], Awaitable[object]],
        *,
        at_once: int = 1,
        always: bool = False,
    ) -> None:
        """Runs `tick` now and then every `interval`; up to `at_once` of it may overlap."""

        async def run() -> None:
            if self._idle() and not always:
                return
            task = asyncio.current_task()
            assert task is not None
            self._running.add(task)
            try:
                await tick()
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
                LOG.info("tick %s was cut short by the stop; its work goes on at the next start", name)
            except StoreError as error:
                self._trouble(error)
            except Exception as error:  # noqa: BLE001 - it is logged there
                self._failed(name, error)
            else:
                if self._failing.pop(name, None):
                    LOG.warning("tick %s works again", name)
            finally:
                self._running.discard(task)

        self._scheduler.add_job(
            run,
            "interval",
            seconds=interval.total_seconds(),
            id=name,
            name=name,
            max_instances=at_once,
            next_run_time=datetime.now(UTC),
        )

    def hurry(self, name: str) -> None:
        """The tick comes now, not at its time."""
        if self._scheduler.running and not self._stopping:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def _failed(self, name: str, error: Exception) -> None:
        if self._failing.get(name) != repr(error):
            self._failing[name] = repr(error)
            LOG.error("tick %s failed; it is tried again and again, and this is not repeated", name, exc_info=error)

    def start(self) -> None:
        self._scheduler.start()

    async def stop(self, grace: timedelta) -> None:
        """No new ticks; running ones may finish within `grace`, then they are cancelled (their leases run out)."""
        if self._scheduler.running:
            self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=grace.total_seconds())
        self._stopping = True
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
