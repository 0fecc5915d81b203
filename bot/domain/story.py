"""What a feed gives (Item) and what Kabar keeps of it (Story)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Language(StrEnum):
    EN = "en"
    ID = "id"


class Topic(StrEnum):
    AI = "ai"
    TECH_LAYOFFS = "tech-layoffs"
    LAYOFFS = "layoffs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry as its source gave it, text already plain, times aware UTC or None where missing or impossible."""

    id: str | None = None
    title: str = ""
    link: str | None = None
    published: datetime | None = None
    published_raw: str | None = None
    updated: datetime | None = None
    summary: str = ""
    content: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A stored story. `id` is the database's own and never changes; `source` is the outlet's name."""

    id: int
    feed_id: str
    source: str
    title: str
    url: str | None
    summary: str
    content: str
    language: Language
    published: datetime | None
    first_seen: datetime

    @property
    def when(self) -> datetime:
        """The time to show: the outlet's own if it is believable, else when Kabar first saw it."""
        if self.published is not None and self.published <= self.first_seen:
            return self.published
        return self.first_seen
