"""What only one process may do at a time: who has it renews it, the others try for it, and whoever dies or stands still
loses it in seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import TypeVar

from bot.log import logger
from bot.ports import Clock, Offices
from bot.services.holder import Holder

RENEWED_EVERY = timedelta(seconds=3)
TERM = timedelta(seconds=10)
T = TypeVar("T")
LOG = logger("office")


class Office:
    """Fits ports.Duty. `renew` has to be called every `RENEWED_EVERY`. A term that is over ends the duty by itself,
    also in a process that was paused and could not be told."""

    def __init__(
        self,
        name: str,
        *,
        offices: Offices,
        clock: Clock,
        holder: Holder,
        term: timedelta = TERM,
    ) -> None:
        self._name = name
        self._offices = offices
        self._clock = clock
        self._term = term
        self._me = holder
        self._holder = holder.name
        self._until: datetime | None = None
        self._begun = asyncio.Event()
        self._lost = asyncio.Event()

    @property
    def is_mine(self) -> bool:
        return self._until is not None and self._clock() < self._until

    async def renew(self) -> None:
        """Takes it, or keeps it. Raises StoreError; the term goes on running then."""
        if self._until is not None and not self.is_mine:
            self._lose()
        now = self._clock()
        holder = await self._take(now)
        if self._me.is_gone(holder):  # nobody has to wait for its term
            await self._offices.leave(self._name, holder)
            holder = await self._take(now)
        if holder == self._holder:
            if not self._begun.is_set():
                LOG.info("%s is done by this process now", self._name)
            self._until = now + self._term
            self._lost.clear()
            self._begun.set()
        elif self._begun.is_set():
            self._lose()

    async def leave(self) -> None:
        """Somebody else may begin at once."""
        if self._begun.is_set():
            self._lose()
            await self._offices.leave(self._name, self._holder)

    async def begun(self) -> None:
        while not self.is_mine:
            self._begun.clear()
            await self._begun.wait()

    async def unless_lost(self, work: Awaitable[T]) -> T | None:
        task, lost = asyncio.ensure_future(work), asyncio.create_task(self._lost.wait())
        try:
            await asyncio.wait([task, lost], return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            for one in (task, lost):
                one.cancel()
            await asyncio.gather(task, lost, return_exceptions=True)

    async def _take(self, now: datetime) -> str:
        return await self._offices.take(self._name, self._holder, now, now + self._term)

    def _lose(self) -> None:
        LOG.info("%s is not done by this process any more", self._name)
        self._until = None
        self._begun.clear()
        self._lost.set()
