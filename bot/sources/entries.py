"""Which fields of an RSS or Atom entry become which fields of an Item."""

from __future__ import annotations

from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.domain.story import Item
from bot.sources.dates import read_date
from bot.sources.document import MAX_CONTENT, MAX_SUMMARY, MAX_TITLE
from bot.sources.googlenews import unwrapped
from bot.sources.links import absolute, identifier
from bot.sources.plaintext import body_text, plain, title_text

_HTML = {"text/html", "application/xhtml+xml"}


def item_of(
    entry: Mapping[str, Any], bases: tuple[str | None, ...], kind: str, now: datetime, language: str | None = None
) -> Item | None:
    """None for an entry that says nothing at all. `language`: the document's, as it writes it."""
    published_raw, published = _date(entry, ("published", "created"), now, language)
    updated_raw, updated = _date(entry, ("updated",), now, language)
    if published_raw is None and not kind.startswith("Atom"):
        published_raw, published = updated_raw, updated  # dc:date is when it was published
    item = Item(
        id=identifier(entry.get("id")),
        title=_title(entry),
        link=_link(entry, bases),
        published=published,
        published_raw=published_raw,
        updated=updated,
        summary=_summary(entry),
        content=_content(entry),
        authors=tuple(_unique(_authors(entry), 20)),
        tags=tuple(_unique(_tags(entry), 50)),
    )
    if not (item.id or item.title or item.link or item.summary or item.content):
        return None
    return unwrapped(item, plain((entry.get("source") or {}).get("title")))


def listed(entry: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A field that is a list; a publisher's own element of that name would stand there as its text."""
    found = entry.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _date(
    entry: Mapping[str, Any], names: tuple[str, ...], now: datetime, language: str | None
) -> tuple[str | None, datetime | None]:
    fields = entry if type(entry) is dict else dict(entry.items())  # feedparser's own .get answers with another date
    for name in names:
        raw = fields.get(name)
        if isinstance(raw, str) and raw.strip():
            raw = " ".join(raw.split())[:200]
            return raw, read_date(raw, now, _aware(fields.get(f"{name}_parsed")), language=language)
    return None, None


def _aware(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _is_markup(detail: Mapping[str, Any], *, says: bool) -> bool | None:
    """Whether a text construct is HTML: Atom says so (`says`), RSS leaves it to be guessed."""
    kind = str(detail.get("type", ""))
    if kind in _HTML:
        return True
    return False if says and kind == "text/plain" else None


def _title(entry: Mapping[str, Any]) -> str:
    value = entry.get("title")
    if not isinstance(value, str):
        return ""
    detail = entry.get("title_detail")
    markup = True if isinstance(detail, Mapping) and detail.get("type") == "application/xhtml+xml" else None
    return title_text(value, MAX_TITLE, markup=markup)


def _summary(entry: Mapping[str, Any]) -> str:
    value, detail = entry.get("summary"), entry.get("summary_detail")
    # without a detail it is only feedparser's copy of the content
    if not isinstance(value, str) or not isinstance(detail, Mapping):
        media = "" if entry.get("content") else entry.get("media_description")
        return body_text(media, MAX_SUMMARY) if isinstance(media, str) else ""
    return body_text(value, MAX_SUMMARY, markup=_is_markup(detail, says=True))


def _content(entry: Mapping[str, Any]) -> str:
    values = [part for part in listed(entry, "content") if isinstance(part.get("value"), str)]
    texts = [part for part in values if part.get("type") in _HTML or str(part.get("type")).startswith("text/")]
    if texts:
        longest = max(texts, key=lambda part: len(part["value"]))
        return body_text(longest["value"], MAX_CONTENT, markup=_is_markup(longest, says=True))
    value, detail = entry.get("summary"), entry.get("summary_detail")
    if isinstance(value, str) and isinstance(detail, Mapping) and len(value) > MAX_SUMMARY:
        return body_text(value, MAX_CONTENT, markup=_is_markup(detail, says=True))
    return ""


def _link(entry: Mapping[str, Any], bases: tuple[str | None, ...]) -> str | None:
    found = absolute(entry.get("link"), bases)
    if found:
        return found
    for link in listed(entry, "links"):
        if link.get("rel") == "alternate" and (found := absolute(link.get("href"), bases)):
            return found
    return absolute(entry.get("id"), ()) if entry.get("guidislink") else None


def _authors(entry: Mapping[str, Any]) -> Iterator[str]:
    for author in listed(entry, "authors"):
        yield plain(author.get("name") or author.get("email"))
    detail = entry.get("author_detail")
    if isinstance(detail, Mapping):
        yield plain(detail.get("name"))
    if not entry.get("authors"):
        yield plain(entry.get("author"))


def _tags(entry: Mapping[str, Any]) -> Iterator[str]:
    for tag in listed(entry, "tags"):
        yield plain(tag.get("term") or tag.get("label"))


def _unique(texts: Iterator[str], limit: int) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))[:limit]
