"""What a source remembers between two looks at a feed; everybody else only stores it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sources.answers import Validators
from bot.sources.sections import Shelf

_NO_TIME = timedelta()
_NO_NUMBERS: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Validators, a hash of the last document read with the times it asks to be left alone (`fresh`: as its answer
    said) and where its changes can be subscribed to, and since when it is as it is, as far as the server says so.
    `had_entries`: whether it ever showed any; `shelf`: which entries were read; `read_at`: when last all of them."""

    validators: Validators = field(default_factory=Validators)
    body: str | None = None
    unchanged_since: datetime | None = None
    fresh: timedelta = timedelta()
    ttl: timedelta = timedelta()
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    had_entries: bool = False
    hub: str | None = None
    self_link: str | None = None
    shelf: Shelf | None = None
    read_at: datetime | None = None

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """Anything that is no cursor counts as none: the feed is then read in full."""
        try:
            fields = json.loads(text) if text else {}
            since, read_at = fields.get("unchanged_since"), fields.get("read_at")
            return cls(
                validators=Validators(etag=_text(fields, "etag"), last_modified=_text(fields, "last_modified")),
                body=_text(fields, "body"),
                unchanged_since=datetime.fromisoformat(since) if since else None,
                fresh=_time(fields, "fresh"),
                ttl=_time(fields, "ttl"),
                skip_hours=_numbers(fields, "skip_hours"),
                skip_days=_numbers(fields, "skip_days"),
                had_entries=bool(fields.get("had_entries")),
                hub=_text(fields, "hub"),
                self_link=_text(fields, "self"),
                shelf=_shelf(fields),
                read_at=datetime.fromisoformat(read_at) if read_at else None,
            )
        except (ValueError, TypeError, AttributeError, OverflowError):
            return cls()

    def as_text(self) -> str:
        since = self.unchanged_since.isoformat() if self.unchanged_since else None
        fields = {
            "etag": self.validators.etag,
            "last_modified": self.validators.last_modified,
            "body": self.body,
            "unchanged_since": since,
            "fresh": self.fresh.total_seconds(),
            "ttl": self.ttl.total_seconds(),
            "skip_hours": sorted(self.skip_hours),
            "skip_days": sorted(self.skip_days),
            "had_entries": self.had_entries,
            "hub": self.hub,
            "self": self.self_link,
            "around": self.shelf and self.shelf.around,
            "entries": self.shelf and self.shelf.entries,
            "read_at": self.read_at and self.read_at.isoformat(),
        }
        return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False)


def _text(fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) else None


def _time(fields: dict[str, Any], name: str) -> timedelta:
    seconds = fields.get(name)
    return timedelta(seconds=float(seconds)) if seconds else _NO_TIME


def _numbers(fields: dict[str, object], name: str) -> frozenset[int]:
    value = fields.get(name)
    return frozenset(int(number) for number in value) if isinstance(value, list) else _NO_NUMBERS


def _shelf(fields: dict[str, object]) -> Shelf | None:
    around, entries = _text(fields, "around"), _text(fields, "entries")
    return Shelf(around=around, entries=entries) if around and entries else None
