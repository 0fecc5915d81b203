"""Signs of life, what keeps a database in order, and the figures that a watcher reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.feed import FeedState


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life of a part of the running bot: `state` is `ok`, `failing` or `off`; `cause` says why, `fix` what to
    do (both plain sentences of bot/texts keys or short texts)."""

    part: str
    at: datetime
    state: str
    cause: str = ""
    fix: str = ""


class Beats(Protocol):
    async def beat(self, beat: Beat) -> None: ...

    async def beats(self) -> list[Beat]: ...


class Housekeeping(Protocol):
    async def prune(self, now: datetime, *, stories: timedelta, keys: timedelta) -> int:
        """Forgets stories first seen longer ago than `stories` that no delivery needs, and keys not seen for `keys`."""

    async def check(self, *, thorough: bool = True) -> str:
        """Integrity and schema version in one sentence; StoreError when something is wrong. `thorough` reads the whole
        database, which takes its time; without it the database only has to answer."""

    async def try_out(self, now: datetime) -> None:
        """Reads the schema's version and writes a line. StoreError when the database cannot be worked with now: not
        there, locked, full, read-only, of another version. Gives up after about a second and a half, except where
        the server does not answer at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What waits, rests or was given up at one platform. `oldest`: since when the first waits that could go out."""

    platform: str
    depth: Mapping[DeliveryState, int]
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The state of things in numbers. `next_poll`: when the first feed is, or was, due."""

    feeds: Mapping[FeedState, int] = field(default_factory=dict)
    next_poll: datetime | None = None
    queues: tuple[Queue, ...] = ()
    beats: tuple[Beat, ...] = ()
    offices: tuple[str, ...] = ()  # those that a process holds now


class Bookkeeping(Protocol):
    async def figures(self, now: datetime) -> Figures:
        """All of it at one moment; deliveries that are over and done with are not counted."""


class Meter(Protocol):
    """What is counted while it happens, for whoever watches from outside. Never fails and never waits."""

    def looked(self, *, outcome: str, entries: int) -> None:
        """One look at one feed came to an end; `outcome` is read, not_modified or failed."""

    def stored(self, *, new_stories: int, alerts: int) -> None:
        """So many stories were stored and alerts planned in one transaction."""

    def settled(self, platform: str, kind: DeliveryKind, state: DeliveryState) -> None:
        """An attempt to deliver came to an end, and this is where the delivery stands now."""

    def asked_to_wait(self, platform: str, wait: timedelta) -> None:
        """A platform had too much of us (429) and asked for a pause."""


class Unwatched:
    """The Meter where nobody asks for figures."""

    def looked(self, *, outcome: str, entries: int) -> None:
        return

    def stored(self, *, new_stories: int, alerts: int) -> None:
        return

    def settled(self, platform: str, kind: DeliveryKind, state: DeliveryState) -> None:
        return

    def asked_to_wait(self, platform: str, wait: timedelta) -> None:
        return


class Offices(Protocol):
    """Who does what only one process may do, with an end: who does not renew it in time loses it."""

    async def take(self, name: str, holder: str, now: datetime, until: datetime) -> str:
        """Takes it for `holder` where it is free, ran out, or is the holder's already; who holds it now."""

    async def leave(self, name: str, holder: str) -> None:
        """Frees it, if it is still the holder's."""
