"""How a round goes over the feeds that are due: who looks at which, and when what was seen is written down.

Several feeds are claimed at a time, each place takes the next of them, and what the places saw is written down together
a few times a second: a transaction costs as much for one feed as for fifty. A crash loses only what was seen since, and
the next look sees it again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.domain.errors import SourceError
from bot.domain.feed import Feed, Fetched
from bot.ports import Reading

WRITTEN_EVERY = 0.05  # seconds
MOST_LOOKS, MOST_STORIES = 100, 300  # waiting to be written down before anybody looks any further
# Seconds within which the feeds of a claim were all taken up: the next claim, which is a transaction, is for twice as
# many. Where hosts are slow it is for one feed a place, so that none waits long for its look.
QUICK, MOST_CLAIMED = 1.0, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at one feed came to, not written down yet. `error`: why it failed."""

    feed: Feed
    reading: Reading
    entries: int = 0
    not_modified: bool = False
    error: SourceError | None = None
    fetched: Fetched | None = None


class Round:
    """`claim(limit)` gives feeds to look at, none when there are no more; `look` None where there is nothing to write
    down. What any of the three raises ends the round."""

    def __init__(
        self,
        *,
        claim: Callable[[int], Awaitable[Sequence[Feed]]],
        look: Callable[[Feed], Awaitable[Look | None]],
        write: Callable[[Sequence[Look]], Awaitable[None]],
        at_once: int,
    ) -> None:
        self._claim = claim
        self._look = look
        self._write_down = write
        self._at_once = at_once
        self._claimed: deque[Feed] = deque()
        self._claimed_at: float | None = None
        self._share = at_once
        self._is_exhausted = False
        self._claiming = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._seen: list[Look] = []
        self._new_stories = 0
        self._places = 0
        self._over = asyncio.Event()

    async def run(self) -> None:
        await self._claim_some()
        if not self._claimed:
            return
        self._places = min(self._at_once, len(self._claimed))
        tasks = [asyncio.create_task(self._place()) for _ in range(self._places)]
        tasks.append(asyncio.create_task(self._keep_writing()))
        try:
            await asyncio.gather(*tasks)
            await self._write()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _place(self) -> None:
        """One feed after the other."""
        while (feed := await self._next()) is not None:
            look = await self._look(feed)
            if look is not None:
                self._seen.append(look)
                self._new_stories += len(look.reading.new)
            while self._is_full():
                await self._write()
        self._places -= 1
        if not self._places:
            self._over.set()

    async def _next(self) -> Feed | None:
        if not self._claimed:
            async with self._claiming:
                if not self._claimed:
                    await self._claim_some()
        return self._claimed.popleft() if self._claimed else None

    async def _claim_some(self) -> None:
        if self._is_exhausted:
            return
        now, before = asyncio.get_running_loop().time(), self._claimed_at
        if before is not None:
            is_quick = now - before < QUICK
            self._share = max(self._at_once, min(2 * self._share, MOST_CLAIMED)) if is_quick else self._at_once
        self._claimed_at = now
        some = await self._claim(self._share)
        self._claimed.extend(some)
        self._is_exhausted = not some

    def _is_full(self) -> bool:
        return len(self._seen) >= MOST_LOOKS or self._new_stories >= MOST_STORIES

    async def _keep_writing(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(WRITTEN_EVERY):
                    await self._over.wait()
                    return
            await self._write()

    async def _write(self) -> None:
        async with self._writing:
            seen, self._seen, self._new_stories = self._seen, [], 0
            if seen:
                await self._write_down(seen)
