"""What a feed document is, whatever its format: the one value all readers produce, and its items as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.errors import Malformed
from bot.domain.story import Item

MAX_ITEMS = 2_000
MAX_TITLE = 1_000
MAX_SUMMARY = 5_000
MAX_CONTENT = 50_000
WELL_FORMED = "well-formed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A feed as its document says it. `entries` counts what was there before empty ones and those over MAX_ITEMS were
    left out; `ttl`: not to be asked sooner, `skip_hours`: not in these hours, `skip_days`: not on these days (UTC,
    Monday is 0); `hub`, `self_link`: where to subscribe to changes, and to what (WebSub); `format` is for people
    ("RSS 2.0"), `reading` adds encoding and repairs."""

    items: tuple[Item, ...]
    entries: int
    format: str
    reading: str
    title: str | None = None
    language: str | None = None
    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    hub: str | None = None
    self_link: str | None = None

    @property
    def is_well_formed(self) -> bool:
        """Nothing had to be mended to read it."""
        return self.reading.endswith(WELL_FORMED)


class FeedElsewhere(Malformed):
    """The address answers with a web page that names its feed: `found`, without name and password."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__("feed_elsewhere", f"this is a web page; its feed seems to be {found}")


def as_json(item: Item) -> dict[str, Any]:
    """An item as `kabar parse` prints it: times RFC 3339 in UTC."""
    return {
        "id": item.id,
        "title": item.title,
        "link": item.link,
        "published": _stamp(item.published),
        "updated": _stamp(item.updated),
        "summary": item.summary,
        "content": item.content,
        "authors": list(item.authors),
        "tags": list(item.tags),
        "published_raw": item.published_raw,
    }


def from_json(fields: Mapping[str, Any]) -> Item:
    """The item that `as_json` wrote down."""
    return Item(
        id=fields["id"],
        title=fields["title"],
        link=fields["link"],
        published=_moment(fields["published"]),
        updated=_moment(fields["updated"]),
        summary=fields["summary"],
        content=fields["content"],
        authors=tuple(fields["authors"]),
        tags=tuple(fields["tags"]),
        published_raw=fields["published_raw"],
    )


def _stamp(when: datetime | None) -> str | None:
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _moment(stamp: str | None) -> datetime | None:
    return None if stamp is None else datetime.fromisoformat(stamp)
