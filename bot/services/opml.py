"""Feed lists as other readers write them (OPML), in and out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit
from xml.etree import ElementTree

from bot.domain.errors import KabarError
from bot.domain.feed import FeedSpec, shown_address, tidy_address
from bot.domain.identity import canonical_url
from bot.domain.story import Language

LARGEST = 10_000_000


class NotOpml(KabarError):
    """The file is no feed list."""


def read(text: bytes) -> list[FeedSpec]:
    """Every outline with an http(s) feed address, once each, however deep. NotOpml says what is wrong."""
    if len(text) > LARGEST or b"<!ENTITY" in text.replace(b"\0", b""):  # UTF-16 puts zeros between the letters
        raise NotOpml("this file is too big or declares entities; export the list again from your reader")
    try:
        # No entities can be declared (above) and expat resists the rest.
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise NotOpml(f"this is not an OPML file ({error})") from error
    if root.tag.lower() != "opml":
        raise NotOpml(f"this is not an OPML file: its first element is <{root.tag}>")
    found: dict[str, FeedSpec] = {}
    for outline in root.iter():
        url = tidy_address(outline.get("xmlUrl") or outline.get("xmlurl") or "")
        if outline.tag.lower() == "outline" and canonical_url(url) and url not in found:
            title = (outline.get("title") or outline.get("text") or "").strip()
            language = (outline.get("language") or "").lower()[:2]
            found[url] = FeedSpec(
                id=feed_id(url, (spec.id for spec in found.values())),
                url=url,
                title=title[:120] or urlsplit(url).hostname or url,
                language=Language(language) if language in ("en", "id") else None,
            )
    return list(found.values())


def write(feeds: Iterable[FeedSpec]) -> bytes:
    """An OPML 2.0 document. Names and passwords stay here: such a list is passed on."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "Kabar"
    body = ElementTree.SubElement(root, "body")
    for spec in feeds:
        attributes = {"type": "rss", "text": spec.title, "title": spec.title, "xmlUrl": spec.address}
        if spec.language:
            attributes["language"] = spec.language.value
        ElementTree.SubElement(body, "outline", attributes)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def feed_id(url: str, taken: Iterable[str]) -> str:
    """A short id out of an address: `example-com-news`, with a number when that one is taken."""
    parts = urlsplit(shown_address(url))
    words = re.findall(
        r"[a-z0-9]+", f"{(parts.hostname or '').removeprefix('www.')} {parts.path} {parts.query}".lower()
    )
    base = "-".join(word for word in words if word not in ("feed", "feeds", "rss", "xml", "atom", "json"))[:50].strip(
        "-"
    )
    base = base or "feed"
    used = set(taken)
    name, n = base, 2
    while name in used:
        name, n = f"{base}-{n}", n + 1
    return name
