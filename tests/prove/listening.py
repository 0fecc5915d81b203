"""Who asks Telegram for updates: one at a time, and how long nobody did."""

from __future__ import annotations

import asyncio
import time
from collections import Counter


class Listening:
    """`conflicts`: a second one came while the first was awake. `longest_deaf`: seconds from when the one who listened
    was gone, or stood still, until somebody else asked."""

    def __init__(self) -> None:
        self.conflicts: list[tuple[str, str]] = []
        self.longest_deaf = 0.0
        self._polls: Counter[str] = Counter()  # open just now, by life
        self._asleep: set[str] = set()
        self._deaf_since: float | None = None
        self._newest = 0
        self._changed = asyncio.Event()

    @property
    def anybody(self) -> bool:
        return bool(self._awake())

    async def poll(self, who: str, seconds: float) -> bool:
        """Whether it was held out; False when a later poll ended it, as Telegram does."""
        if self._awake():
            self.conflicts += [(other, who) for other in self._awake() if other != who]
        elif self._deaf_since is not None:
            self._heard()
        self._deaf_since = None
        self._newest += 1
        mine = self._newest
        self._changed.set()
        self._changed = asyncio.Event()
        self._polls[who] += 1
        try:
            async with asyncio.timeout(seconds):
                while mine == self._newest:
                    await self._changed.wait()
        except TimeoutError:
            pass
        finally:
            self._polls[who] -= 1
            self._notice()
        return mine == self._newest

    def fell_asleep(self, who: str) -> None:
        """This process stands still: its poll is still open and nobody listens at it."""
        self._asleep.add(who)
        self._notice()

    def woke(self, who: str) -> None:
        """A poll that was open all the while is listened at again."""
        self._asleep.discard(who)
        if self._awake() and self._deaf_since is not None:
            self._heard()

    def _heard(self) -> None:
        assert self._deaf_since is not None
        self.longest_deaf = max(self.longest_deaf, time.monotonic() - self._deaf_since)
        self._deaf_since = None

    def _awake(self) -> list[str]:
        return [who for who, polls in self._polls.items() if polls > 0 and who not in self._asleep]

    def _notice(self) -> None:
        if not self._awake() and self._deaf_since is None:
            self._deaf_since = time.monotonic()
