"""Signs of life, and what keeps a database in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


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


class Offices(Protocol):
    """Who does what only one process may do, with an end: who does not renew it in time loses it."""

    async def take(self, name: str, holder: str, now: datetime, until: datetime) -> str:
        """Takes it for `holder` where it is free, ran out, or is the holder's already; who holds it now."""

    async def leave(self, name: str, holder: str) -> None:
        """Frees it, if it is still the holder's."""
