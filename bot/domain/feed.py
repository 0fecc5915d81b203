"""A feed, its state, and what one look at it brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.story import Item, Language, Topic


class FeedState(StrEnum):
    NEW = "new"  # never read
    OK = "ok"
    FAILING = "failing"
    GONE = "gone"  # the publisher said 410: not polled any more, never deleted


class Origin(StrEnum):
    FILE = "file"  # from config/feeds.toml
    ADDED = "added"  # by `kabar feeds add` or `import`


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """What an operator says of a feed. `weight` scales its stories' scores (0.5 to 1.5), `topics` are hints, `every`
    overrides the poll interval; `kind` names a reader in bot/sources (`auto` looks at the document)."""

    id: str
    url: str
    title: str
    language: Language | None = None
    weight: float = 1.0
    topics: tuple[Topic, ...] = ()
    kind: str = "auto"
    every: timedelta | None = None
    confirmed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as stored. `cursor` is opaque to all but its source (validators, body hash). `problem` is the cause code
    of the failing streak that began at `problem_since`."""

    spec: FeedSpec
    origin: Origin = Origin.FILE
    state: FeedState = FeedState.NEW
    cursor: str = ""
    last_try: datetime | None = None
    last_ok: datetime | None = None
    next_poll: datetime | None = None
    failures: int = 0
    problem: str | None = None
    problem_detail: str | None = None
    problem_since: datetime | None = None
    hold_until: datetime | None = None  # the server's Retry-After: not even a named poll goes before it
    lease: str | None = None

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def is_first_read(self) -> bool:
        """Nothing was ever read from it: what it holds now is old news to its readers and is not announced."""
        return self.last_ok is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one look at a feed brought. `items` is None when the server said that nothing has changed. `min_interval`:
    the publisher asks not to be polled sooner (already clamped). `moved_to`: a permanent redirect seen this time.
    `reading` says how the document was read (format, encoding, repaired or not)."""

    items: tuple[Item, ...] | None
    cursor: str
    title: str | None = None
    language: str | None = None
    min_interval: timedelta | None = None
    moved_to: str | None = None
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOutcome:
    """What is written down about a feed after a look at it."""

    feed_id: str
    lease: str | None
    at: datetime
    next_poll: datetime
    state: FeedState
    failures: int = 0
    cursor: str | None = None  # None: keep the one there is
    title: str | None = None
    problem: str | None = None
    problem_detail: str | None = None
    hold_until: datetime | None = None
