"""How a look at a feed goes: ask only for what is new, and read only what differs from the last time.

Shared by the kinds `auto`, `rss` and `jsonfeed`, which differ only in the documents they accept."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.errors import Malformed, SourceError
from bot.domain.feed import Feed, Fetched
from bot.ports import Clock, Source
from bot.sources import sections
from bot.sources.access import Access
from bot.sources.answers import LONGEST_WAIT, Response, Validators, linked
from bot.sources.cursor import Cursor
from bot.sources.document import Document, FeedElsewhere

# Some servers answer 304 for ever after a fault of theirs: now and then we ask without conditions.
TRUSTED_UNCHANGED = timedelta(days=3)
# Known entries are left out for this long: whatever a whole reading would show comes to light by then.
READ_IN_FULL = timedelta(hours=20)
EMPTY = "empty_feed"
_HASHED_INLINE = 256 * 1024


class Fetches(Protocol):
    async def get(self, url: str, *, validators: Validators | None = None, access: Access) -> Response: ...


class Reads(Protocol):
    async def read(self, body: bytes, content_type: str | None, base_url: str | None, now: datetime) -> Document: ...


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
        validators = None if stale else cursor.validators
        response = await self._fetcher.get(feed.spec.url, validators=validators, access=Access.of(feed.spec))
        if response.body is None:
            if cursor.unchanged_since is not None and response.validators == cursor.validators:
                return _fetched(response, cursor, now, written=feed.cursor)
            kept = replace(cursor, validators=response.validators, unchanged_since=cursor.unchanged_since or now)
            return _fetched(response, kept, now)
        digest = await _digest(response.body)
        is_as_it_was = digest == cursor.body and cursor.unchanged_since is not None and not stale
        fresh = replace(
            cursor,
            validators=response.validators,
            body=digest,
            # Known by now, so that the first of many answers that nothing changed need not be written down.
            unchanged_since=cursor.unchanged_since if is_as_it_was else now,
            fresh=response.min_interval or timedelta(),
        )
        if digest == cursor.body:
            return _fetched(response, fresh, now)
        rested = cursor.read_at is not None and now - cursor.read_at < READ_IN_FULL
        new = sections.news(response.body, cursor.shelf) if rested else None
        news = None if new is None else await self._news(new, fresh, response, now, feed.spec.address)
        if news is not None:
            return news
        document = await self._read(response, response.body, now, feed.spec.address)
        pieces = sections.split(response.body) if document.is_well_formed else None
        shelf = pieces.shelf(document.items) if pieces and document.entries == len(document.items) else None
        had = cursor.had_entries or bool(document.entries)
        fresh = replace(_told(fresh, document, response), shelf=shelf, read_at=now, had_entries=had)
        was_empty = feed.problem == EMPTY and not cursor.had_entries
        return replace(_fetched(response, fresh, now, document), is_first=was_empty and had)

    async def _news(
        self, new: sections.News, cursor: Cursor, response: Response, now: datetime, address: str
    ) -> Fetched | None:
        """What the new entries say; None when the whole document has to be read to tell."""
        if new.count == 0:
            return _fetched(response, cursor, now)
        document = await self._read(response, new.document, now, address)
        if not document.is_well_formed or document.entries != len(document.items):
            return None
        shelf = new.shelf_with(document.items)
        if shelf is None:
            return None
        fresh = replace(_told(cursor, document, response), shelf=shelf)
        return _fetched(response, fresh, now, document, known=len(new.known))

    async def _read(self, response: Response, body: bytes, now: datetime, address: str) -> Document:
        try:
            document = await self._pool.read(body, response.headers.get("content-type"), response.url, now)
        except SourceError as error:
            if isinstance(error, FeedElsewhere) and error.found == address:
                error = Malformed("not_a_feed", "this is a web page that is said to be a feed: tell the publisher")
            error.retry_after = response.retry_after
            raise error from None
        if document.format.startswith(self._refuses):
            raise Malformed("wrong_kind", f"this is {document.format}: {self._hint}")
        return document


def _told(cursor: Cursor, document: Document, response: Response) -> Cursor:
    """The cursor with what the document (or else the answer's head) says of the feed itself."""
    told = response.headers.get("link")
    return replace(
        cursor,
        ttl=document.ttl or timedelta(),
        skip_hours=document.skip_hours,
        skip_days=document.skip_days,
        hub=document.hub or linked(told, "hub", response.url),
        self_link=document.self_link or linked(told, "self", response.url),
    )


def _fetched(
    response: Response,
    cursor: Cursor,
    now: datetime,
    document: Document | None = None,
    *,
    known: int = 0,
    written: str | None = None,
) -> Fetched:
    """`written`: the cursor as text, where that is known already."""
    is_fresh = (response.min_interval or timedelta()) if response.is_dated else cursor.fresh
    waits = (is_fresh, cursor.ttl, _skipped(cursor, now))
    return Fetched(
        items=None if document is None else document.items,
        cursor=written or cursor.as_text(),
        title=None if document is None else document.title,
        language=None if document is None else document.language,
        min_interval=min(max(waits), LONGEST_WAIT) or None,
        retry_after=response.retry_after,
        moved_to=response.moved_to,
        reading="" if document is None else document.reading,
        known=known,
        notice=EMPTY if document is not None and not document.entries else None,
        hub=cursor.hub,
        self_link=cursor.self_link,
    )


def _skipped(cursor: Cursor, now: datetime) -> timedelta:
    """Until the first hour that is neither skipped itself nor on a skipped day (UTC), a day at most; a feed that skips
    all hours or all days means none of them."""
    if not cursor.skip_hours and not cursor.skip_days:
        return timedelta()
    hours = cursor.skip_hours if len(cursor.skip_hours) < 24 else frozenset()
    days = cursor.skip_days if len(cursor.skip_days) < 7 else frozenset()
    at = now
    while (at.hour in hours or at.weekday() in days) and at - now < LONGEST_WAIT:
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at - now


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
