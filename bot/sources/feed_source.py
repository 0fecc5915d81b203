"""How a look at a feed goes: ask only for what is new, and read only what differs from the last time.

Shared by the kinds `auto`, `rss` and `jsonfeed`, which differ only in the documents they accept."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.errors import Malformed
from bot.domain.feed import Feed, Fetched
from bot.ports import Clock, Source
from bot.sources.answers import LONGEST_WAIT, Response, Validators
from bot.sources.document import Document

# Some servers answer 304 for ever after a fault of theirs: now and then we ask without conditions.
TRUSTED_UNCHANGED = timedelta(days=3)
_HASHED_INLINE = 256 * 1024


class Fetches(Protocol):
    async def get(self, url: str, *, validators: Validators | None = None) -> Response: ...


class Reads(Protocol):
    async def read(self, body: bytes, content_type: str | None, base_url: str | None, now: datetime) -> Document: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """What is remembered between two looks: validators, a hash of the last document read with the times it asks to
    be left alone, and since when the server has only said that nothing changed."""

    validators: Validators = field(default_factory=Validators)
    body: str | None = None
    unchanged_since: datetime | None = None
    ttl: timedelta = timedelta()
    skip_hours: frozenset[int] = frozenset()

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """Anything that is no cursor counts as none: the feed is then read in full."""
        try:
            fields = json.loads(text) if text else {}
            since = fields.get("unchanged_since")
            return cls(
                validators=Validators(etag=_text(fields, "etag"), last_modified=_text(fields, "last_modified")),
                body=_text(fields, "body"),
                unchanged_since=datetime.fromisoformat(since) if since else None,
                ttl=timedelta(seconds=float(fields.get("ttl", 0))),
                skip_hours=frozenset(int(hour) for hour in fields.get("skip_hours", ())),
            )
        except (ValueError, TypeError, AttributeError, OverflowError):
            return cls()

    def as_text(self) -> str:
        since = self.unchanged_since.isoformat() if self.unchanged_since else None
        fields = {
            "etag": self.validators.etag,
            "last_modified": self.validators.last_modified,
            "body": self.body,
            "unchanged_since": since,
            "ttl": self.ttl.total_seconds(),
            "skip_hours": sorted(self.skip_hours),
        }
        return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False)


def _text(fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


class FeedSource:
    """Fetches over HTTP, reads in a worker. `refuses`: beginnings of the formats that are not of this kind,
    `hint`: what to write instead."""

    def __init__(self, fetcher: Fetches, pool: Reads, clock: Clock, *, refuses: tuple[str, ...] = (), hint: str = ""):
        self._fetcher = fetcher
        self._pool = pool
        self._clock = clock
        self._refuses = refuses
        self._hint = hint

    async def fetch(self, feed: Feed) -> Fetched:
        """One look. Raises SourceError and nothing else; the feed's cursor then stays as it is."""
        now = self._clock()
        cursor = Cursor() if feed.is_first_read else Cursor.from_text(feed.cursor)
        stale = cursor.unchanged_since is not None and now - cursor.unchanged_since > TRUSTED_UNCHANGED
        response = await self._fetcher.get(feed.spec.url, validators=None if stale else cursor.validators)
        if response.body is None:
            kept = replace(cursor, validators=response.validators, unchanged_since=cursor.unchanged_since or now)
            return _fetched(response, kept, now)
        digest = await _digest(response.body)
        fresh = replace(cursor, validators=response.validators, body=digest, unchanged_since=None)
        if digest == cursor.body:
            return _fetched(response, fresh, now)
        document = await self._pool.read(response.body, response.headers.get("content-type"), response.url, now)
        if document.format.startswith(self._refuses):
            raise Malformed("wrong_kind", f"this is {document.format}: {self._hint}")
        fresh = replace(fresh, ttl=document.ttl or timedelta(), skip_hours=document.skip_hours)
        return _fetched(response, fresh, now, document)


def _fetched(response: Response, cursor: Cursor, now: datetime, document: Document | None = None) -> Fetched:
    waits = (response.min_interval or timedelta(), cursor.ttl, _skipped(cursor.skip_hours, now))
    return Fetched(
        items=None if document is None else document.items,
        cursor=cursor.as_text(),
        title=None if document is None else document.title,
        language=None if document is None else document.language,
        min_interval=min(max(waits), LONGEST_WAIT) or None,
        moved_to=response.moved_to,
        reading="" if document is None else document.reading,
    )


def _skipped(hours: frozenset[int], now: datetime) -> timedelta:
    """Until the run of skipped hours (UTC) that `now` is in ends; a feed that skips all of them means none."""
    if now.hour not in hours or len(hours) >= 24:
        return timedelta()
    free = next(count for count in range(1, 24) if (now.hour + count) % 24 not in hours)
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=free) - now


async def _digest(body: bytes) -> str:
    if len(body) <= _HASHED_INLINE:
        return hashlib.sha256(body).hexdigest()
    return (await asyncio.to_thread(hashlib.sha256, body)).hexdigest()


def connect_auto(fetcher: Fetches, pool: Reads, clock: Clock) -> Source:
    """`auto`: whatever the document turns out to be."""
    return FeedSource(fetcher, pool, clock)


def connect_rss(fetcher: Fetches, pool: Reads, clock: Clock) -> Source:
    """`rss`: RSS or Atom."""
    return FeedSource(fetcher, pool, clock, refuses=("JSON",), hint='write kind = "jsonfeed" (or "auto")')


def connect_jsonfeed(fetcher: Fetches, pool: Reads, clock: Clock) -> Source:
    """`jsonfeed`: JSON Feed."""
    return FeedSource(fetcher, pool, clock, refuses=("RSS", "Atom", "CDF"), hint='write kind = "rss" (or "auto")')
