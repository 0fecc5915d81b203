"""Which faults of an XML document are mended before it is given up to a reader that guesses: those with one meaning.

Each repair is linear in the size of the document and leaves CDATA sections as they are."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_MARKS = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->")
_REFERENCE = re.compile(r"&(?:#(\d{1,9});|#[xX]([0-9a-fA-F]{1,8});|([A-Za-z][A-Za-z0-9]{0,30});)?")
_XML_NAMES = {"amp", "lt", "gt", "quot", "apos"}
_STRAY = re.compile(r"<(?![A-Za-z_/!?:])")
_DECLARED = re.compile(r"xmlns:([\w.-]+)")
_MOST_PREFIXES = 30
_END = re.compile(r"</(?:rss|feed|(?:\w+:)?RDF|(?:\w+:)feed)\s*>", re.IGNORECASE)
_PREFIXES = re.compile(r"</?([A-Za-z_][\w.-]*):[A-Za-z_]|\s([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*\s*=")
_FIRST_TAG = re.compile(r"<[A-Za-z_][\w:.-]*")
_DECLARATION = re.compile(r"<\?xml\s[^>]*>", re.IGNORECASE)
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """`text` after a repair, and what was done, as part of a sentence."""

    text: str
    what: str


def normalised(text: str) -> tuple[str, bool]:
    """Without the XML declaration (the text is decoded already; some come after a comment) and without characters
    that XML forbids; whether there were any of those."""
    first = _FIRST_TAG.search(text)
    start = first.start() if first else 0
    text = _DECLARATION.sub("", text[:start]).lstrip() + text[start:]
    if _ILLEGAL.search(text):
        return _ILLEGAL.sub("", text), True
    return text, False


def repairs(text: str) -> Iterator[Repair]:
    """Ever more repaired versions of a document that is not well-formed, each on top of the one before."""
    steps: tuple[tuple[Callable[[str], str], str], ...] = (
        (_without_tail, "text after the document removed"),
        (_with_references, "unknown entities and bare & replaced, comments removed"),
        (_with_namespaces, "undeclared namespaces declared"),
        (_with_stray_brackets, "stray < replaced"),
    )
    done: list[str] = []
    for step, what in steps:
        mended = step(text)
        if mended != text:
            text = mended
            done.append(what)
            yield Repair(text=text, what=", ".join(done))


def _without_tail(text: str) -> str:
    ends = [match.end() for match in _END.finditer(text)]
    return text[: ends[-1]] if ends else text


def _outside_cdata(text: str, mend: Callable[[str], str]) -> str:
    """`text` with its mark-up mended, CDATA sections as they are and comments (where faults hide) left out. An
    unterminated section stays, an unterminated comment loses only its opening."""
    pieces: list[str] = []
    at, inside = 0, ""
    for mark in _MARKS.finditer(text):
        found = mark[0]
        if not inside and found in {"<![CDATA[", "<!--"}:
            pieces.append(mend(text[at : mark.start()]))
            at, inside = mark.start(), "]]>" if found == "<![CDATA[" else "-->"
        elif inside and found == inside:
            if found == "]]>":
                pieces.append(text[at : mark.end()])
            at, inside = mark.end(), ""
    rest = text[at:]
    if inside == "-->":
        rest = mend(rest.replace("<!--", ""))
    elif not inside:
        rest = mend(rest)
    return "".join((*pieces, rest))


def _with_references(text: str) -> str:
    """Named HTML entities and characters become themselves; an ampersand that begins no reference is one."""

    def mended(match: re.Match[str]) -> str:
        whole = match[0]
        if whole == "&":
            return "&amp;"
        if match[3]:
            if match[3] in _XML_NAMES:
                return whole
            meant = html.unescape(whole)
            return "&amp;" + whole[1:] if meant == whole else html.escape(meant)
        code = int(match[1]) if match[1] else int(match[2], 16)
        return whole if _is_xml_character(code) else ""

    return _outside_cdata(text, lambda markup: _REFERENCE.sub(mended, markup))


def _is_xml_character(code: int) -> bool:
    return code in {9, 10, 13} or 32 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _with_stray_brackets(text: str) -> str:
    return _outside_cdata(text, lambda markup: _STRAY.sub("&lt;", markup))


def _with_namespaces(text: str) -> str:
    used = {first or second for first, second in _PREFIXES.findall(text)} - {"xml", "xmlns"}
    missing = sorted(used - set(_DECLARED.findall(text)))
    first = _FIRST_TAG.search(text)
    if not 0 < len(missing) <= _MOST_PREFIXES or not first:
        return text
    declared = "".join(f' xmlns:{prefix}="{_NAMESPACES.get(prefix, f"urn:undeclared:{prefix}")}"' for prefix in missing)
    return text[: first.end()] + declared + text[first.end() :]
