"""What a JSON Feed (1.0, 1.1) says, read forgivingly: numbers as ids, old and new authors, missing titles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.domain.errors import Malformed
from bot.domain.story import Item
from bot.sources.dates import read_date
from bot.sources.document import MAX_CONTENT, MAX_ITEMS, MAX_SUMMARY, MAX_TITLE, WELL_FORMED, Document
from bot.sources.encoding import Decoded
from bot.sources.googlenews import unwrapped
from bot.sources.links import absolute, identifier
from bot.sources.plaintext import body_text, plain, title_text

_VERSION = "jsonfeed.org/version/"
_HALLMARKS = ("feed_url", "home_page_url", "title")


def parse(decoded: Decoded, *, base_url: str | None, now: datetime) -> Document:
    """Reads JSON text; raises Malformed (`not_a_feed`, `unreadable`) and nothing else."""
    try:
        feed = json.loads(decoded.text, strict=False)
    except (ValueError, RecursionError):
        raise Malformed(
            "unreadable",
            "its JSON cannot be read (cut off, or not JSON at all): tell the publisher, or remove the feed",
        ) from None
    if not isinstance(feed, dict) or not _is_feed(feed):
        raise Malformed("not_a_feed", "this is JSON, but not a JSON Feed: check the address")
    entries = [entry for entry in feed["items"] if isinstance(entry, dict)]
    bases = (absolute(feed.get("home_page_url"), (base_url,)), absolute(feed.get("feed_url"), (base_url,)), base_url)
    items = tuple(item for entry in entries[:MAX_ITEMS] if (item := _item(entry, feed, bases, now)) is not None)
    kind = _format(feed)
    repaired = f"repaired: {'; '.join(decoded.repairs)}" if decoded.repairs else WELL_FORMED
    return Document(
        items=items,
        entries=len(entries),
        format=kind,
        reading=f"{kind}, {decoded.encoding}, {repaired}",
        title=plain(feed.get("title"), MAX_TITLE) or None,
        language=plain(feed.get("language"), 35) or None,
        hub=_hub(feed, bases),
        self_link=absolute(feed.get("feed_url"), bases),
    )


def _hub(feed: Mapping[str, Any], bases: tuple[str | None, ...]) -> str | None:
    hubs = [hub for hub in _list(feed.get("hubs")) if isinstance(hub, dict)]
    spoken = [hub for hub in hubs if str(hub.get("type", "websub")).lower() in {"websub", "pubsubhubbub"}]
    return next((found for hub in spoken if (found := absolute(hub.get("url"), bases))), None)


def _is_feed(feed: Mapping[str, Any]) -> bool:
    if not isinstance(feed.get("items"), list):
        return False
    return _VERSION in str(feed.get("version", "")) or any(isinstance(feed.get(name), str) for name in _HALLMARKS)


def _format(feed: Mapping[str, Any]) -> str:
    _, found, number = str(feed.get("version", "")).partition(_VERSION)
    return f"JSON Feed {number.rstrip('/')[:10]}" if found and number else "JSON Feed"


def _item(
    entry: Mapping[str, Any], feed: Mapping[str, Any], bases: tuple[str | None, ...], now: datetime
) -> Item | None:
    """None for an entry that says nothing at all."""
    raw, published = _date(entry, "date_published", now)
    item = Item(
        id=identifier(entry.get("id")),
        title=title_text(_text(entry, "title"), MAX_TITLE),
        link=absolute(entry.get("url"), bases)
        or absolute(entry.get("external_url"), bases)
        or absolute(entry.get("id"), ()),
        published=published,
        published_raw=raw,
        updated=_date(entry, "date_modified", now)[1],
        summary=body_text(_text(entry, "summary"), MAX_SUMMARY),
        content=_content(entry),
        authors=tuple(dict.fromkeys(name for name in _authors(entry, feed) if name))[:20],
        tags=tuple(dict.fromkeys(tag for tag in map(plain, _list(entry.get("tags"))) if tag))[:50],
    )
    if not (item.id or item.title or item.link or item.summary or item.content):
        return None
    return unwrapped(item, "")


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _content(entry: Mapping[str, Any]) -> str:
    if markup := _text(entry, "content_html"):
        return body_text(markup, MAX_CONTENT, markup=True)
    return body_text(_text(entry, "content_text"), MAX_CONTENT, markup=False)


def _date(entry: Mapping[str, Any], name: str, now: datetime) -> tuple[str | None, datetime | None]:
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        return None, None
    raw = " ".join(str(value).split())[:200]
    return raw, read_date(raw, now)


def _authors(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> Iterator[str]:
    """The entry's own, in the new form or the old; else the feed's."""
    for holder in (entry, feed):
        found = [*_list(holder.get("authors")), holder.get("author")]
        names = [plain(author.get("name") if isinstance(author, dict) else author) for author in found]
        if any(names):
            yield from names
            return


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
