"""Which documents are plain enough to be read without feedparser, and what their entries say.

Most feeds use a dozen elements in one simple way. Their entries are read here, several times faster, into the very
fields that feedparser would fill; as soon as something is not on the list below, stands twice or is nested, feedparser
reads the document after all. What stands around the entries it reads always."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from feedparser.html import _cp1252
from feedparser.urls import _urljoin

from bot.sources.sections import Sections

Entry = dict[str, Any]

_ATOM = "http://www.w3.org/2005/atom "
_DC = "http://purl.org/dc/elements/1.1/ "
_MEDIA = "http://search.yahoo.com/mrss/ "
_TYPES = {"text": "text/plain", "plain": "text/plain", "text/plain": "text/plain"}
_TYPES |= {"html": "text/html", "text/html": "text/html"}
_REFERENCE = re.compile("&([A-Za-z0-9_]+);")
_PERSON_WITH_MORE = re.compile(r"[@()<>&]")  # feedparser looks for an address in it
_HEAD_TRAPS = (b"xml:base", b" base=", b"xlink")


class _Odd(Exception):
    """Something that feedparser has to judge."""


def read_entries(data: bytes, pieces: Sections) -> list[Entry] | None:
    """The fields of each entry of a document (UTF-8, without declarations), as feedparser would name them; None when
    the document is not plain, or not well-formed."""
    if any(trap in data for trap in _HEAD_TRAPS):
        return None
    reader = _Entries()
    parser = ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(data, True)
    except (ExpatError, _Odd):
        return None
    return reader.entries if len(reader.entries) == len(pieces.entries) else None


def _value(pieces: list[str]) -> str:
    """The text of an element as feedparser leaves it."""
    text = "".join(pieces).strip()
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return text.translate(_cp1252)


def _type(attributes: Mapping[str, str], default: str) -> str:
    kind = _TYPES.get(attributes.get("type", default))
    if kind is None:
        raise _Odd
    return kind


def _put_title(entry: Entry, text: str, attributes: Mapping[str, str]) -> None:
    entry["title"] = text
    entry["title_detail"] = {"type": _type(attributes, "text/plain")}


def _put_link(entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    entry["link"] = _REFERENCE.sub(r"&\g<1>", _urljoin("", text).replace("&amp;", "&")) if text else text


def _put_atom_link(entry: Entry, _text: str, attributes: Mapping[str, str]) -> None:
    relation, href = attributes.get("rel", "alternate").lower(), attributes.get("href")
    if not href:
        raise _Odd
    kind = attributes.get("type", "application/atom+xml" if relation == "self" else "text/html")
    address = _urljoin("", href)
    entry.setdefault("links", []).append({"rel": relation, "href": address})
    if relation == "alternate" and kind in {"html", "xhtml", "text/html", "application/xhtml+xml"}:
        entry["link"] = address


def _put_guid(entry: Entry, text: str, attributes: Mapping[str, str]) -> None:
    entry["id"], entry["guidislink"] = text, attributes.get("ispermalink", "true") == "true"


def _put_summary(entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    entry["summary"], entry["summary_detail"] = text, {"type": "text/html"}


def _put_atom_summary(entry: Entry, text: str, attributes: Mapping[str, str]) -> None:
    entry["summary"], entry["summary_detail"] = text, {"type": _type(attributes, "text/plain")}


def _put_content(entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    entry["content"] = [{"type": "text/html", "value": text}]


def _put_atom_content(entry: Entry, text: str, attributes: Mapping[str, str]) -> None:
    entry["content"] = [{"type": _type(attributes, "text/plain"), "value": text}]


def _put_category(entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    if text:
        entry.setdefault("tags", []).append({"term": text})


def _put_atom_category(entry: Entry, _text: str, attributes: Mapping[str, str]) -> None:
    entry.setdefault("tags", []).append({"term": attributes.get("term"), "label": attributes.get("label")})


def _put_creator(entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    if _PERSON_WITH_MORE.search(text):
        raise _Odd
    entry["authors"] = [{"name": text}]


def _put_source(entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    entry["source"] = {"title": text}


def _put_person(_entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    if text:
        raise _Odd


def _put_published(entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    entry["published"] = text


def _put_updated(entry: Entry, text: str, _attributes: Mapping[str, str]) -> None:
    entry["updated"] = text


def _put_nothing(_entry: Entry, _text: str, _attributes: Mapping[str, str]) -> None:
    """An element that no field is made of."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Element:
    """An element of an entry: what it puts into the fields, its attributes (None: any), whether it may stand there more
    than once, and whether it has no text."""

    put: Callable[[Entry, str, Mapping[str, str]], None]
    attributes: frozenset[str] | None = frozenset()
    is_repeatable: bool = False
    is_empty: bool = False


_TYPED = frozenset({"type"})
_IGNORED = _Element(put=_put_nothing, attributes=None, is_repeatable=True)
_CREATOR = _Element(put=_put_creator)
_PERSON = _Element(put=_put_person)
_RSS = {
    "title": _Element(put=_put_title, attributes=_TYPED),
    "link": _Element(put=_put_link),
    "guid": _Element(put=_put_guid, attributes=frozenset({"ispermalink"})),
    "pubdate": _Element(put=_put_published),
    "description": _Element(put=_put_summary),
    "category": _Element(put=_put_category, attributes=frozenset({"domain"}), is_repeatable=True),
    "source": _Element(put=_put_source, attributes=frozenset({"url"})),
    "author": _CREATOR,
    "comments": _IGNORED,
    "enclosure": _IGNORED,
    f"{_DC}creator": _CREATOR,
    f"{_DC}date": _Element(put=_put_updated),
    "http://purl.org/rss/1.0/modules/content/ encoded": _Element(put=_put_content),
    "http://purl.org/rss/1.0/modules/slash/ comments": _IGNORED,
    "http://wellformedweb.org/commentapi/ commentrss": _IGNORED,
    f"{_MEDIA}content": _IGNORED,
    f"{_MEDIA}thumbnail": _IGNORED,
}
_ATOM_ENTRY = {
    f"{_ATOM}title": _Element(put=_put_title, attributes=_TYPED),
    f"{_ATOM}link": _Element(
        put=_put_atom_link,
        attributes=frozenset({"rel", "href", "type", "title", "hreflang", "length"}),
        is_repeatable=True,
        is_empty=True,
    ),
    f"{_ATOM}id": _Element(put=_put_guid),
    f"{_ATOM}published": _Element(put=_put_published),
    f"{_ATOM}updated": _Element(put=_put_updated),
    f"{_ATOM}summary": _Element(put=_put_atom_summary, attributes=_TYPED),
    f"{_ATOM}content": _Element(put=_put_atom_content, attributes=_TYPED),
    f"{_ATOM}category": _Element(
        put=_put_atom_category, attributes=frozenset({"term", "scheme", "label"}), is_repeatable=True, is_empty=True
    ),
    f"{_ATOM}author": _PERSON,
}
_ELEMENTS = {"item": _RSS, f"{_ATOM}entry": _ATOM_ENTRY}
_PERSON_PARTS = {f"{_ATOM}name": "name", f"{_ATOM}email": "email", f"{_ATOM}uri": "uri"}


class _Entries:
    """expat's handlers. Depths count from the root, 1; 0 means that no entry is open."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._depth = 0
        self._entry_depth = 0
        self._elements: Mapping[str, _Element] = {}
        self._entry: Entry = {}
        self._seen: set[_Element] = set()
        self._element: _Element | None = None
        self._part = ""
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        name = name.lower()
        if not self._entry_depth:
            elements = _ELEMENTS.get(name)
            if elements is not None:
                if attributes:
                    raise _Odd
                self._elements, self._entry_depth = elements, self._depth
                self._entry, self._seen = {}, set()
        elif self._depth == self._entry_depth + 1:
            element = self._elements.get(name)
            if element is None or (element in self._seen and not element.is_repeatable):
                raise _Odd
            self._seen.add(element)
            self._element, self._text = element, []
            self._attributes = _plain_attributes(element, attributes) if attributes else attributes
        else:
            self._part = _PERSON_PARTS.get(name, "") if self._element is _PERSON and not attributes else ""
            if not self._part or self._depth != self._entry_depth + 2:
                raise _Odd
            self._text = []

    def characters(self, text: str) -> None:
        if self._element is not None:
            self._text.append(text)

    def end(self, _name: str) -> None:
        if self._part:
            self._entry.setdefault("authors", [{}])[0][self._part] = _value(self._text)
            self._part, self._text = "", []
        elif self._element is not None:
            text = _value(self._text)
            if text and self._element.is_empty:
                raise _Odd
            self._element.put(self._entry, text, self._attributes)
            self._element = None
        elif self._depth == self._entry_depth:
            self.entries.append(self._entry)
            self._entry_depth = 0
        self._depth -= 1


def _plain_attributes(element: _Element, attributes: Mapping[str, str]) -> dict[str, str]:
    """With names in lower case, as feedparser sees them."""
    found = {name.lower(): value for name, value in attributes.items()}
    if element.attributes is not None and not found.keys() <= element.attributes:
        raise _Odd
    if "type" in found:
        found["type"] = found["type"].lower()
    return found
