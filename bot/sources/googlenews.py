"""What an entry of Google News really is: another outlet's story behind a redirect that is a new one every time.

Its link and its id change from look to look, its summary is a list of other headlines. What stays is the title without
the " - Outlet" at its end, and the outlet: together they are the entry's id, so that one story is told once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from urllib.parse import urlsplit

from bot.domain.story import Item

_HOSTS = {"news.google.com", "www.news.google.com"}
_SEPARATOR = re.compile(r"\s+[-–—]\s+")
_LONGEST_OUTLET = 80
_FEWEST_WORDS = 4  # shorter titles are columns that come again ("Morning news"): their own id decides
_WORD = re.compile(r"[^\W_]+")


def unwrapped(item: Item, outlet: str) -> Item:
    """The story that an entry of Google News leads to; any other item as it is. `outlet`: the entry's source."""
    link = (item.link or "").lower()
    if "google" not in link or urlsplit(link).hostname not in _HOSTS:
        return item
    title, outlet = _parted(item.title, outlet)
    words = _WORD.findall(title.casefold())
    known_by = item.id
    if len(words) >= _FEWEST_WORDS and outlet:
        told = " ".join((*words, "\x1f", outlet.casefold()))
        known_by = "google-news:" + hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return replace(
        item, id=known_by, title=title, summary="", content="", authors=(outlet,) if outlet else item.authors
    )


def _parted(title: str, outlet: str) -> tuple[str, str]:
    """The title without the outlet's name at its end, and that name."""
    if outlet:
        for mark in (" - ", " – ", " — "):
            if title.casefold().endswith((mark + outlet).casefold()):
                return title[: -len(mark + outlet)].rstrip(), outlet
    breaks = list(_SEPARATOR.finditer(title))
    if breaks and (name := title[breaks[-1].end() :]) and len(name) <= _LONGEST_OUTLET and not outlet:
        return title[: breaks[-1].start()], name
    return title, outlet
