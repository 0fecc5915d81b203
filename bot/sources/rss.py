"""What an RSS or Atom document says, in every dialect from RSS 0.9 to Atom 1.0; the only home of feedparser.

The document goes through expat once; a fault is mended (repair.py) and read again, and only what cannot be mended
goes to feedparser's guessing reader. feedparser's own encoding, sanitising and link guessing are not used: encodings
are decided before, markup becomes text after, and an id is kept letter for letter."""

from __future__ import annotations

import io
import xml.sax
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import feature_external_ges, feature_namespaces
from xml.sax.xmlreader import InputSource

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.sanitizer import replace_doctype

from bot.domain.errors import Malformed
from bot.sources.document import MAX_ITEMS, MAX_TITLE, Document
from bot.sources.encoding import Decoded
from bot.sources.entries import item_of
from bot.sources.links import absolute
from bot.sources.plaintext import plain
from bot.sources.repair import normalised, repairs

MAX_ATTRIBUTES = 200
MAX_DEPTH = 300
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
# expat's codes for a document that just ends: no element, unclosed token, half a character, unclosed CDATA section
_CUT_OFF = {3, 5, 6, 20}


class _Enough(Exception):
    """MAX_ITEMS entries are read: the rest is not looked at."""


class _Expat(ExpatParser):
    """The standard driver with what it does not offer: text comes in one piece (four times faster), an element keeps
    MAX_ATTRIBUTES attributes (more take quadratic time), elements deeper than MAX_DEPTH leave only their text."""

    _parser: Any
    _depth = 0

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True
        self._parser.buffer_size = 1 << 16

    def start_element_ns(self, name: str, attrs: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            return
        if len(attrs) > MAX_ATTRIBUTES:
            attrs = dict(list(attrs.items())[:MAX_ATTRIBUTES])
        super().start_element_ns(name, attrs)

    def end_element_ns(self, name: str) -> None:
        self._depth -= 1
        if self._depth < MAX_DEPTH:
            super().end_element_ns(name)


class _Limits:
    """What both of feedparser's readers do differently here."""

    can_be_relative_uri = StrictFeedParser.can_be_relative_uri - {"id"}
    resolve_relative_uris = False
    sanitize_html = False
    entries: list[Any]
    skip_hours: set[int]

    def _start_item(self, attrs_d: dict[str, str]) -> None:
        if len(self.entries) >= MAX_ITEMS:
            raise _Enough
        super()._start_item(attrs_d)  # type: ignore[misc]

    _start_entry = _start_item

    def _end_guid(self) -> None:
        """Unlike feedparser's, it makes no link of an id: whether it may be one is told, entries.py decides."""
        self.pop("id")  # type: ignore[attr-defined]
        self._save("guidislink", bool(self.guidislink), overwrite=True)  # type: ignore[attr-defined]

    _end_id = _end_guid

    def _start_media_description(self, attrs_d: dict[str, str]) -> None:
        """Of a picture or a video: it must not take the place of the entry's own description."""
        self.push_content("media_description", attrs_d, "text/plain", 1)  # type: ignore[attr-defined]

    def _end_media_description(self) -> None:
        self.pop_content("media_description")  # type: ignore[attr-defined]

    def _start_hour(self, attrs_d: dict[str, str]) -> None:
        self.push("hour", 1)  # type: ignore[attr-defined]

    def _end_hour(self) -> None:
        value = self.pop("hour")  # type: ignore[attr-defined]
        if value and value.isascii() and value.isdigit() and len(value) <= 2:
            self.skip_hours.add(int(value) % 24)


class _Strict(_Limits, StrictFeedParser):  # type: ignore[misc]
    def __init__(self) -> None:
        self.skip_hours = set()
        super().__init__("", None, "utf-8")


class _Loose(_Limits, LooseFeedParser):  # type: ignore[misc]
    def __init__(self, entities: dict[str, str]) -> None:
        self.skip_hours = set()
        super().__init__("", None, "utf-8", entities)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a reader of feedparser's found. `whole` is False when expat stopped at a fault, `cut_off` when that
    fault is the missing end of the document."""

    version: str
    feed: Mapping[str, Any]
    entries: list[Mapping[str, Any]]
    skip_hours: frozenset[int]
    whole: bool
    cut_off: bool = False


def parse(decoded: Decoded, *, base_url: str | None, now: datetime) -> Document:
    """Reads XML text. Raises Malformed (`not_a_feed`, `unreadable`) and nothing else."""
    text, had_illegal = normalised(decoded.text)
    done = [*decoded.repairs, "forbidden characters removed"] if had_illegal else list(decoded.repairs)
    read, repaired = _read(text)
    done += [repaired] if repaired else []
    if not read.version and not read.entries and not read.feed:
        raise Malformed("not_a_feed", "this is XML, but neither RSS nor Atom: check the address")
    kind = _FORMATS.get(read.version, "RSS")
    channel_link = absolute(read.feed.get("link"), (base_url,))
    bases = (channel_link, base_url)
    items = tuple(item for entry in read.entries if (item := item_of(entry, bases, kind, now)) is not None)
    return Document(
        items=items,
        entries=len(read.entries),
        format=kind,
        reading=f"{kind}, {decoded.encoding}, " + (f"repaired: {'; '.join(done)}" if done else "well-formed"),
        title=plain(read.feed.get("title"), MAX_TITLE) or None,
        language=plain(read.feed.get("language"), 35) or None,
        ttl=_ttl(read.feed),
        skip_hours=read.skip_hours,
    )


def _read(text: str) -> tuple[_Read, str]:
    """The best reading, and what had to be done to get it."""
    best = _strictly(text)
    if best is not None and best.whole:
        return best, ""
    for repair in repairs(text):
        again = _strictly(repair.text)
        if again is not None and again.whole:
            return again, repair.what
        if again is not None and (again.cut_off or best is None):
            best = again
        text = repair.text
    if best is not None and best.cut_off:
        return best, "cut off, read up to where it ends"
    loose = _loosely(text)
    if loose is not None and (best is None or len(loose.entries) >= len(best.entries)):
        return loose, "not well-formed, read by guessing"
    if best is not None:
        return best, "not well-formed, read up to the fault"
    raise Malformed("unreadable", "its XML is too broken to read: tell the publisher, or remove the feed")


def _strictly(text: str) -> _Read | None:
    version, data, _ = replace_doctype(text.encode("utf-8", "replace"))
    handler = _Strict()
    driver = _Expat()
    driver.setFeature(feature_namespaces, True)
    driver.setFeature(feature_external_ges, False)
    driver.setContentHandler(handler)
    driver.setErrorHandler(handler)
    source = InputSource()
    source.setByteStream(io.BytesIO(data))
    fault: Exception | None = None
    try:
        driver.parse(source)
    except _Enough:
        pass
    except xml.sax.SAXException as stopped:
        fault = stopped.getException() or stopped
    except Exception:  # noqa: BLE001 - on hostile input feedparser raises anything
        return None
    cut_off = getattr(fault, "code", None) in _CUT_OFF
    if cut_off and handler.inentry and not _is_told(handler.entries[-1]):
        del handler.entries[-1]  # the next look brings it whole
    return _found(handler, version, whole=fault is None, cut_off=cut_off)


def _loosely(text: str) -> _Read | None:
    version, data, entities = replace_doctype(text.encode("utf-8", "replace"))
    handler = _Loose(entities)
    try:
        handler.feed(data.decode("utf-8", "replace"))
    except _Enough:
        pass
    except Exception:  # noqa: BLE001 - on hostile input feedparser raises anything
        return None
    return _found(handler, version, whole=False)


def _is_told(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("title") and (entry.get("link") or entry.get("id")))


def _found(handler: Any, version: str | None, *, whole: bool, cut_off: bool = False) -> _Read:
    return _Read(
        version=version or handler.version,
        feed=handler.feeddata,
        entries=handler.entries,
        skip_hours=frozenset(handler.skip_hours),
        whole=whole,
        cut_off=cut_off,
    )


def _ttl(feed: Mapping[str, Any]) -> timedelta | None:
    minutes = str(feed.get("ttl", ""))
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 6):
        return None
    return min(timedelta(minutes=int(minutes)), LONGEST_TTL) or None
