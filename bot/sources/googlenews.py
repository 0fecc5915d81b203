"""What an entry of a news search really is: another outlet's story behind a redirect that is a new one every time.

Google Alerts and Bing write the story's address into theirs; that is taken. Google News does not: its link and its id
change from look to look, its summary is a list of other headlines. What stays is the title without the " - Outlet" at
its end, and the outlet: together they are the entry's id, so that one story is told once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from bot.domain.story import Item
from bot.sources.links import absolute

_HOSTS = {"news.google.com", "www.news.google.com"}
_REDIRECTS = re.compile(r"(?:www\.)?(?:google(?:\.[a-z]{2,3}){1,2}/url|bing\.com/news/apiclick\.aspx)")
_SEPARATOR = re.compile(r"\s+[-–—]\s+")
_LONGEST_OUTLET = 80
_FEWEST_WORDS = 4  # shorter titles are columns that come again ("Morning news"): their own id decides
_WORD = re.compile(r"[^\W_]+")


def unwrapped(item: Item, outlet: str) -> Item:
    """The story that an entry of a news search leads to; any other item as it is. `outlet`: the entry's source."""
    link = (item.link or "").lower()
    if ("google" in link or "bing" in link) and (target := _target(item.link or "")):
        return replace(item, link=target)
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


def _target(link: str) -> str | None:
    """The address that stands in a redirect (`google.com/url?url=…`, `bing.com/news/apiclick.aspx?url=…`)."""
    parts = urlsplit(link)
    if not _REDIRECTS.fullmatch(f"{parts.hostname}{parts.path}".lower()):
        return None
    query = parse_qs(parts.query)
    named = query.get("url") or query.get("q") or [""]
    return absolute(named[0], ())


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
