"""A feed, its state, and what one look at it brought."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from bot.domain.schedule import Rhythm
from bot.domain.story import Item, Language, Topic

MOVED_TIMES, MOVED_FOR = 3, timedelta(days=1)


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
    overrides the poll interval; `kind` names a reader in bot/sources (`auto` looks at the document). `proxy`
    (http://host:port), `headers` and `auth` (`name:password`) belong to the way there. What may hold a secret is left
    out of the repr: show `address`."""

    id: str
    url: str = field(repr=False)
    title: str
    language: Language | None = None
    weight: float = 1.0
    topics: tuple[Topic, ...] = ()
    kind: str = "auto"
    every: timedelta | None = None
    confirmed: str = ""
    proxy: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    auth: str | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """The address as it may be shown."""
        return shown_address(self.url)

    @property
    def has_secret(self) -> bool:
        """Whether a name and password, a key, or headers belong to the way there."""
        return bool(self.auth or self.headers or self.url != self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Permanent redirects that led to the same address (`to`) `times` looks in a row, first at `since`."""

    to: str = field(repr=False)
    times: int = 1
    since: datetime

    @classmethod
    def seen(cls, before: Move | None, to: str | None, now: datetime) -> Move | None:
        """What is known after a look that was led to `to`, or nowhere else."""
        if to is None:
            return None
        if before is None or before.to != to:
            return cls(to=to, since=now)
        return cls(to=to, times=before.times + 1, since=before.since)

    def is_for_good(self, now: datetime) -> bool:
        """Often and long enough to be no publisher's slip."""
        return self.times >= MOVED_TIMES and now - self.since >= MOVED_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as stored. `cursor` is opaque to all but its source (validators, body hash). `problem` is the cause code
    of the failing streak that began at `problem_since`, or names what is odd about a feed that reads well. Where the
    feed moved for good, `spec.url` is its new address and `moved_from` the one that the operator gave."""

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
    rhythm: Rhythm = field(default_factory=Rhythm)
    move: Move | None = None
    moved_from: str | None = field(default=None, repr=False)

    @property
    def id(self) -> str:
        return self.spec.id

    def is_lost(self, now: datetime) -> bool:
        """Whether it moved for good, and has failed at its new address for so long that it may have moved on."""
        has_failed = self.state is FeedState.FAILING and self.problem_since is not None
        return self.moved_from is not None and has_failed and now - (self.problem_since or now) >= MOVED_FOR

    @property
    def is_first_read(self) -> bool:
        """Nothing was ever read from it: what it holds now is old news to its readers and is not announced."""
        return self.last_ok is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one look at a feed brought. `items` is None when nothing has changed; else those that are new or changed
    since the look that left the cursor, and `known` counts further ones that the document still shows as they were.
    `min_interval`: the publisher asks not to be polled sooner (already clamped), `retry_after`: it insists (so not even
    a named poll goes before it). `moved_to`: where permanent redirects
    led this time, without name and password (see `moved_address`). `hub`, `self_link`: where changes can be subscribed
    to, and under which name (WebSub). `reading` says how the document was read (format, encoding, repaired or not).
    `notice`: the code of something odd that is no failure (`empty_feed`: a feed without a single entry). `is_first`:
    every earlier look found it empty."""

    items: tuple[Item, ...] | None
    cursor: str
    title: str | None = None
    language: str | None = None
    min_interval: timedelta | None = None
    retry_after: timedelta | None = None
    moved_to: str | None = None
    reading: str = ""
    known: int = 0
    hub: str | None = None
    self_link: str | None = None
    notice: str | None = None
    is_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOutcome:
    """What is written down about a feed after a look at it. `rhythm` None keeps the one there is; `address`: where it
    is read from now on; `goes_home`: from the operator's own address again."""

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
    rhythm: Rhythm | None = None
    move: Move | None = None
    address: str | None = field(default=None, repr=False)
    goes_home: bool = False

    @classmethod
    def without_look(cls, feed: Feed, at: datetime, rhythm: Rhythm) -> FeedOutcome:
        """What came by itself: the next look, what ails the feed and what is known of its document stay as they are."""
        return cls(
            feed_id=feed.id,
            lease=feed.lease,
            at=at,
            next_poll=feed.next_poll or at,
            state=feed.state,
            failures=feed.failures,
            problem=feed.problem,
            problem_detail=feed.problem_detail,
            hold_until=feed.hold_until,
            rhythm=rhythm,
            move=feed.move,
        )


_SECRET = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)[^/?#]*@")
_MISPLACED = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#@:]*:(?![0-9]*(?:[/?#]|$)).*@")


_KEYS = re.compile(
    r"(?<=[?&;])((?:[a-z0-9]+[._-])*(?:[a-z]*token|api[._-]?key|key|secret|passw(?:or)?d|pass|pwd|auth(?:key)?|credential|"
    r"signature|sig|jwt)=)([^&;#\s]+)",
    re.IGNORECASE,
)


_WHERE = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*@)?([^/?#@]*)")


def shown_address(url: str) -> str:
    """An address without the name and password in it, and without keys in its query, for logs and people."""
    return _KEYS.sub(r"\1***", _MISPLACED.sub(r"\1", _SECRET.sub(r"\1", url)))


def tidy_address(url: str) -> str:
    """One spelling of a feed's address: scheme and host in small letters, without a fragment, which no server hears."""
    address = url.strip().partition("#")[0]
    return _WHERE.sub(lambda match: f"{match[1].lower()}{match[2] or ''}{match[3].lower()}", address)


def keys_in(url: str) -> tuple[str, ...]:
    """The keys in the query of an address, as they are written there."""
    return tuple(value for _name, value in _KEYS.findall(url))


def moved_address(old: str, new: str) -> str:
    """The address to keep when `old` moved to `new` for good: its name and password go along to the same host, over the
    same or a safer scheme."""
    try:
        before, after = urlsplit(old), urlsplit(new)
        same_host = before.hostname == after.hostname
    except ValueError:
        return new
    secret, at, _ = before.netloc.rpartition("@")
    if not at or "@" in after.netloc or not same_host or after.scheme not in {before.scheme, "https"}:
        return new
    return after._replace(netloc=f"{secret}@{after.netloc}").geturl()
