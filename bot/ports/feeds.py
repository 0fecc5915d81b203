"""What reading feeds needs from the outside: a source for the document, a table for what is known of the feed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.feed import Feed, FeedSpec, Fetched


class Source(Protocol):
    """One kind of feed. Raises SourceError and nothing else."""

    async def fetch(self, feed: Feed) -> Fetched: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCounts:
    """All listed feeds in figures: how many, how many were ever `read`, read `well` at the last look, are `failing` (or
    gone), have a `problem` of any kind; the `newest` read that went well, and when the first one is `due`. `worst` is
    the name of the one that fails for longest, `since` when."""

    listed: int
    read: int
    well: int
    failing: int
    problem: int
    newest: datetime | None
    due: datetime | None
    worst: str | None = None
    since: datetime | None = None


class Feeds(Protocol):
    async def synchronise(self, specs: Sequence[FeedSpec], now: datetime) -> None:
        """The file's feeds become exactly `specs`: new ones inserted (next_poll = now), changed ones updated with their
        state kept (cursor dropped when the address changed), vanished ones no longer polled or listed but their stories
        and state stay. Feeds of origin ADDED are untouched."""

    async def add(self, spec: FeedSpec, now: datetime) -> bool:
        """Adds a feed of origin ADDED; False when that id or address is there already."""

    async def remove(self, id_or_url: str) -> Feed | None: ...

    async def all(self) -> list[Feed]:
        """Every listed feed by id."""

    async def counts(self) -> FeedCounts: ...

    async def page(self, *, limit: int, offset: int = 0) -> list[Feed]:
        """Listed feeds, those with a problem first, then by id."""

    async def troubled(self, *, limit: int) -> list[Feed]:
        """Those with a problem, the oldest trouble first."""

    async def quiet(self, before: datetime) -> list[Feed]:
        """Those that read well and brought nothing new since `before`, by id."""

    async def find(self, id_or_url: str) -> Feed | None: ...

    async def claim(
        self, now: datetime, lease: str, until: datetime, limit: int, only: Collection[str] | None = None
    ) -> list[Feed]:
        """Leases up to `limit` feeds that are due and not leased by another, longest overdue first. With `only` (ids)
        exactly those, due or not, except where a server's Retry-After still runs (`hold_until`). GONE feeds only when
        named. The Feed's `lease` is set."""

    async def bring_forward(self, latest: datetime) -> None:
        """No feed's next look is later than `latest`; `hold_until` stays as it is."""

    async def take_back(self, is_gone: Callable[[str], bool], now: datetime) -> int:
        """Ends the leases of holders that are gone; how many."""

    async def give_back(self, feed: Feed, next_poll: datetime) -> None:
        """Ends the lease of a feed that was claimed and not looked at, unless somebody else has it by now."""

    async def spread(self, now: datetime, keep: int, apart: timedelta, within: timedelta) -> int:
        """Of the feeds that are due and that nobody reads, all but the `keep` longest overdue become due one after the
        other: `apart` from each other, or closer where that would take longer than `within`. How many those are."""

    async def next_due(self) -> datetime | None: ...
