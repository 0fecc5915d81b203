"""How XML goes through feedparser's two readers: within limits, and with what they do differently here.

Its encoding, sanitising and link guessing are not used: encodings are decided before, markup becomes text after, and
an id is kept letter for letter."""

from __future__ import annotations

import io
import xml.sax
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import feature_external_ges, feature_namespaces
from xml.sax.xmlreader import InputSource

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.sanitizer import replace_doctype

from bot.sources.document import MAX_ITEMS

MAX_ATTRIBUTES = 200
MAX_DEPTH = 300

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# expat's codes for a document that just ends: no element, unclosed token, half a character, unclosed CDATA section
_CUT_OFF = {3, 5, 6, 20}
_NO_MEMORY = 1


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
    skip_days: set[int]

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

    def _start_day(self, attrs_d: dict[str, str]) -> None:
        self.push("day", 1)  # type: ignore[attr-defined]

    def _end_day(self) -> None:
        value = str(self.pop("day") or "").lower()  # type: ignore[attr-defined]
        self.skip_days |= {number for number, name in enumerate(_DAYS) if value == name}


class _Strict(_Limits, StrictFeedParser):  # type: ignore[misc]
    def __init__(self) -> None:
        self.skip_hours, self.skip_days = set(), set()
        super().__init__("", None, "utf-8")


class _Loose(_Limits, LooseFeedParser):  # type: ignore[misc]
    def __init__(self, entities: dict[str, str]) -> None:
        self.skip_hours, self.skip_days = set(), set()
        super().__init__("", None, "utf-8", entities)


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlRead:
    """What a reader of feedparser's found. `whole` is False when expat stopped at a fault, `cut_off` when that
    fault is the missing end of the document."""

    version: str
    feed: Mapping[str, Any]
    entries: Sequence[Mapping[str, Any]]
    skip_hours: frozenset[int]
    skip_days: frozenset[int]
    whole: bool
    cut_off: bool = False


def strictly(text: str) -> XmlRead | None:
    """The reading of expat, up to the first fault; None when feedparser stumbles. Raises MemoryError."""
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
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - on hostile input feedparser raises anything
        return None
    code = getattr(fault, "code", None)
    if code == _NO_MEMORY:
        raise MemoryError
    cut_off = code in _CUT_OFF
    if cut_off and handler.inentry and not _is_told(handler.entries[-1]):
        del handler.entries[-1]  # the next look brings it whole
    return _found(handler, version, whole=fault is None, cut_off=cut_off)


def guessed(text: str) -> XmlRead | None:
    """The reading of the guessing reader, which takes anything for XML; None when it stumbles. Raises MemoryError."""
    version, data, entities = replace_doctype(text.encode("utf-8", "replace"))
    handler = _Loose(entities)
    try:
        handler.feed(data.decode("utf-8", "replace"))
    except _Enough:
        pass
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - on hostile input feedparser raises anything
        return None
    return _found(handler, version, whole=False)


def _is_told(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("title") and (entry.get("link") or entry.get("id")))


def _found(handler: Any, version: str | None, *, whole: bool, cut_off: bool = False) -> XmlRead:
    return XmlRead(
        version=version or handler.version,
        feed=handler.feeddata,
        entries=handler.entries,
        skip_hours=frozenset(handler.skip_hours),
        skip_days=frozenset(handler.skip_days),
        whole=whole,
        cut_off=cut_off,
    )
