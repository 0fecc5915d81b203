"""Which entries of a document were read before, letter for letter, and need not be read again.

A feed that has one new entry mostly shows the other twenty-nine as they were, so only the head, the new one and the
tail go to the reader. That is done only where it is sure to give what a whole reading gives: the entries stand side by
side, nothing but dates changed around them, the last whole reading needed no repair, and no entry, old or new, shares
its id or its link with another. In every other case, and once a day, the whole document is read."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.domain.identity import canonical_url
from bot.domain.story import Item

LONGEST_DOCUMENT = 512 * 1024
MOST_ENTRIES = 300
_MARK_BYTES = 6

_DATES = re.compile(rb"(<(?:lastBuildDate|pubDate|updated|modified|dc:date)\b[^>]*>)[^<]*(?=</)")
_NAMES = (b"item", b"entry")
# Whatever makes it uncertain where an entry begins and ends, or what a character is.
_UNCERTAIN = (b"<!DOCTYPE", b"<!doctype", b"<!ENTITY", b"\0", b"\x1b")
# In what they enclose, an end of an entry is none.
_ENCLOSING = ((b"<![CDATA[", b"]]>"), (b"<!--", b"-->"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What is remembered of a document: marks of what stands around its entries, and of each entry's bytes, id and
    link (three marks joined by dots; entries by spaces, for most looks never ask for them)."""

    around: str
    entries: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """A document in pieces."""

    head: bytes
    entries: tuple[bytes, ...]
    tail: bytes

    @property
    def around(self) -> str:
        return _mark(_DATES.sub(rb"\1", self.head) + b"\0" + self.tail)

    def shelf(self, items: Sequence[Item]) -> Shelf | None:
        """What to remember when these items were read from these entries; None when an id or a link stands twice."""
        if len(items) != len(self.entries):
            return None
        names = [_names(item) for item in items]
        if _is_shared(names):
            return None
        marks = (".".join((_mark(raw), *name)) for raw, name in zip(self.entries, names, strict=True))
        return Shelf(around=self.around, entries=" ".join(marks))

    def without(self, positions: Collection[int]) -> bytes:
        """The document without the entries at these positions."""
        kept = (raw for place, raw in enumerate(self.entries) if place not in positions)
        return b"".join((self.head, *kept, self.tail))


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """How a document differs from what is remembered: `known` are positions of entries on the shelf."""

    sections: Sections
    shelf: Shelf
    known: dict[int, str]

    @property
    def count(self) -> int:
        return len(self.sections.entries) - len(self.known)

    @property
    def document(self) -> bytes:
        return self.sections.without(self.known)

    def shelf_with(self, items: Sequence[Item]) -> Shelf | None:
        """What to remember when these items are what the new entries say; None when one of them might be taken for a
        known one, so that only a whole reading tells them apart."""
        names = iter([_names(item) for item in items])
        if len(items) != self.count:
            return None
        marks = [
            self.known[place] if place in self.known else ".".join((_mark(raw), *next(names)))
            for place, raw in enumerate(self.sections.entries)
        ]
        if _is_shared([tuple(mark.split(".")[1:]) for mark in marks]):
            return None
        return Shelf(around=self.shelf.around, entries=" ".join(marks))


def split(body: bytes) -> Sections | None:
    """The pieces of a document; None when it is not plain where they are."""
    if len(body) > LONGEST_DOCUMENT or any(sign in body for sign in _UNCERTAIN):
        return None
    name = next((name for name in _NAMES if b"<" + name in body), None)
    if name is None:
        return None
    opening, closing = b"<" + name, b"</" + name + b">"
    first = end = body.index(opening)
    entries: list[bytes] = []
    while (start := body.find(opening, end)) >= 0:
        stop = body.find(closing, start) + len(closing)
        raw = body[start:stop]
        if not _is_plain(raw, opening) or body[end:start].strip() or len(entries) == MOST_ENTRIES:
            return None
        entries.append(raw)
        end = stop
    head, tail = body[:first], body[end:]
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or not _is_closed(head):
        return None
    return Sections(head=head, entries=tuple(entries), tail=tail)


def _is_plain(raw: bytes, opening: bytes) -> bool:
    """Whether these are all bytes of one entry, and nothing else."""
    return (
        raw[len(opening) : len(opening) + 1] in {b">", b" ", b"\n", b"\r", b"\t"}
        and raw.count(opening) == 1
        and _is_closed(raw)
    )


def _is_closed(raw: bytes) -> bool:
    return all(raw.count(begin) == raw.count(end) for begin, end in _ENCLOSING)


def news(body: bytes, shelf: Shelf | None) -> News | None:
    """What is new since the shelf was filled; None when all has to be read."""
    sections = split(body) if shelf is not None else None
    if sections is None or shelf is None or sections.around != shelf.around:
        return None
    remembered = {marks.partition(".")[0]: marks for marks in shelf.entries.split(" ")}
    known = {
        place: remembered[mark] for place, raw in enumerate(sections.entries) if (mark := _mark(raw)) in remembered
    }
    return News(sections=sections, shelf=shelf, known=known) if known else None


def _mark(raw: bytes) -> str:
    return b64encode(blake2b(raw, digest_size=_MARK_BYTES).digest()).decode("ascii")


def _names(item: Item) -> tuple[str, str]:
    """Marks of what an entry is known by; an empty one where there is none."""
    link = canonical_url(item.link) if item.link else None
    guid = item.id and (link if item.id == item.link else canonical_url(item.id) or item.id.strip())
    return (
        _mark(guid.encode("utf-8", "surrogatepass")) if guid else "",
        _mark(link.encode("utf-8", "surrogatepass")) if link else "",
    )


def _is_shared(names: Sequence[tuple[str, ...]]) -> bool:
    for kind in zip(*names, strict=True):
        given = [name for name in kind if name]
        if len(given) != len(set(given)):
            return True
    return False
