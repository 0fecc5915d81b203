"""What an RSS or Atom document says: read quickly where it is plain, mended where it has to be, guessed at last.

A plain document goes through quick.py, any other through feedparser's strict reader; a fault is mended (repair.py) and
read again, and only what cannot be mended goes to feedparser's guessing reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.errors import Malformed
from bot.domain.story import Item
from bot.sources.document import MAX_TITLE, WELL_FORMED, Document
from bot.sources.encoding import Decoded
from bot.sources.entries import item_of, listed
from bot.sources.links import absolute
from bot.sources.plaintext import plain
from bot.sources.quick import read_entries
from bot.sources.readers import XmlRead, guessed, strictly
from bot.sources.repair import normalised, repairs
from bot.sources.sections import split

LONGEST_TTL = timedelta(hours=24)

_FORMATS = {
    "rss090": "RSS 0.90",
    "rss091n": "RSS 0.91",
    "rss091u": "RSS 0.91",
    "rss092": "RSS 0.92",
    "rss093": "RSS 0.93",
    "rss094": "RSS 0.94",
    "rss20": "RSS 2.0",
    "rss10": "RSS 1.0",
    "rss": "RSS",
    "atom01": "Atom 0.1",
    "atom02": "Atom 0.2",
    "atom03": "Atom 0.3",
    "atom10": "Atom 1.0",
    "atom": "Atom",
    "cdf": "CDF",
}
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 24 * 7, "monthly": 24 * 30, "yearly": 24 * 365}


def parse(decoded: Decoded, *, base_url: str | None, now: datetime) -> Document:
    """Reads XML text. Raises Malformed (`not_a_feed`, `unreadable`) and nothing else."""
    text, had_illegal = normalised(decoded.text)
    done = [*decoded.repairs, "forbidden characters removed"] if had_illegal else list(decoded.repairs)
    reading = f"{decoded.encoding}, " + (f"repaired: {'; '.join(done)}" if done else WELL_FORMED)
    plainly = _plainly(text)
    if plainly is not None and (document := _document(plainly, reading, base_url, now, known_dates_only=True)):
        return document
    read, repaired = _read(text)
    done += [repaired] if repaired else []
    if not read.version and not read.entries and not read.feed:
        raise Malformed("not_a_feed", "this is XML, but neither RSS nor Atom: check the address")
    reading = f"{decoded.encoding}, " + (f"repaired: {'; '.join(done)}" if done else WELL_FORMED)
    document = _document(read, reading, base_url, now)
    assert document is not None
    return document


def _document(
    read: XmlRead, reading: str, base_url: str | None, now: datetime, *, known_dates_only: bool = False
) -> Document | None:
    """None when `known_dates_only` and an entry has a date that another reader might know."""
    kind = _FORMATS.get(read.version, "RSS")
    bases = (absolute(read.feed.get("link"), (base_url,)), base_url)
    language = plain(read.feed.get("language"), 35) or None
    items: list[Item] = []
    for entry in read.entries:
        item = item_of(entry, bases, kind, now, language)
        if known_dates_only and item is not None and not _is_dated(entry, item):
            return None
        items += [item] if item is not None else []
    return Document(
        items=tuple(items),
        entries=len(read.entries),
        format=kind,
        reading=f"{kind}, {reading}",
        title=plain(read.feed.get("title"), MAX_TITLE) or None,
        language=language,
        ttl=_ttl(read.feed),
        skip_hours=read.skip_hours,
        skip_days=read.skip_days,
        hub=_linked(read.feed, "hub", bases),
        self_link=_linked(read.feed, "self", bases),
    )


def _is_dated(entry: Mapping[str, Any], item: Item) -> bool:
    return bool(item.published or not item.published_raw) and bool(item.updated or not entry.get("updated"))


def _plainly(text: str) -> XmlRead | None:
    """The reading of a plain and well-formed document (quick.py); None for every other."""
    data = text.encode("utf-8", "replace")
    pieces = split(data)
    entries = None if pieces is None else read_entries(data, pieces)
    if pieces is None or entries is None:
        return None
    around = strictly(pieces.without(range(len(entries))).decode("utf-8"))
    if around is None or not around.whole or around.entries or not around.version:
        return None
    return replace(around, entries=entries)


def _read(text: str) -> tuple[XmlRead, str]:
    """The best reading, and what had to be done to get it."""
    best = strictly(text)
    if best is not None and best.whole:
        return best, ""
    for repair in repairs(text):
        again = strictly(repair.text)
        if again is not None and again.whole:
            return again, repair.what
        if again is not None and (again.cut_off or best is None):
            best = again
        text = repair.text
    if best is not None and best.cut_off:
        return best, "cut off, read up to where it ends"
    loose = guessed(text)
    if loose is not None and (best is None or len(loose.entries) >= len(best.entries)):
        return loose, "not well-formed, read by guessing"
    if best is not None:
        return best, "not well-formed, read up to the fault"
    raise Malformed("unreadable", "its XML is too broken to read: tell the publisher, or remove the feed")


def _ttl(feed: Mapping[str, Any]) -> timedelta | None:
    """The longer of `ttl` (minutes) and sy:updatePeriod by sy:updateFrequency (times in it); a day at most."""
    minutes = str(feed.get("ttl", ""))
    asked = timedelta(minutes=int(minutes)) if _is_small_number(minutes) else timedelta()
    hours = _PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower(), 0)
    times = str(feed.get("sy_updatefrequency", "")).strip()
    period = timedelta(hours=hours) / (int(times) if _is_small_number(times) and int(times) else 1)
    return min(max(asked, period), LONGEST_TTL) or None


def _is_small_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


def _linked(feed: Mapping[str, Any], relation: str, bases: tuple[str | None, ...]) -> str | None:
    found = (absolute(link.get("href"), bases) for link in listed(feed, "links") if link.get("rel") == relation)
    return next((address for address in found if address), None)
