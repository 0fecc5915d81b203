"""How hard one site is asked: few connections at a time, and some distance between two requests.

Hosts under one name (`a.paper.example`, `b.paper.example`) are mostly one house, often one machine: they take turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache

LONGEST_SHARED = 3  # letters: co, com, web, sch


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    guests: int = 0  # in line or being served: forgotten at 0
    next_start: float = field(default=0.0)


class Manners:
    """Turns per site. Times are the event loop's."""

    def __init__(self, *, connections: int, spacing: float) -> None:
        self._connections = connections
        self._spacing = spacing
        self._hosts: dict[str, _Host] = {}

    def queue(self, host: str) -> float:
        """Seconds until a guest that comes now would have its turn, by the spacing alone."""
        place = self._hosts.get(site_of(host))
        if place is None:
            return 0.0
        waiting = max(0, place.guests - self._connections)
        return max(0.0, place.next_start - asyncio.get_running_loop().time()) + waiting * self._spacing

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Waits until `host` may be asked again; holds a connection of its site meanwhile."""
        loop, host = asyncio.get_running_loop(), site_of(host)
        place = self._hosts.setdefault(host, _Host(slots=asyncio.Semaphore(self._connections)))
        place.guests += 1
        try:
            async with place.slots:
                start = max(loop.time(), place.next_start)
                place.next_start = start + self._spacing
                await asyncio.sleep(start - loop.time() if start > loop.time() else 0)
                yield
        finally:
            place.guests -= 1
            if place.guests == 0:
                loop.call_at(place.next_start, self._forget, host)

    def _forget(self, host: str) -> None:
        place = self._hosts.get(host)
        if place and place.guests == 0 and place.next_start <= asyncio.get_running_loop().time():
            del self._hosts[host]


@lru_cache(maxsize=1_024)
def site_of(host: str) -> str:
    """The name that a house bought: the last two labels, three under short ones of a country (`co.uk`, `or.id`); of an
    address itself."""
    labels = host.rstrip(".").split(".")
    if ":" in host or labels[-1].isdigit():
        return host
    is_shared = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= LONGEST_SHARED
    return ".".join(labels[-3 if is_shared else -2 :])
