"""Feed documents for scenarios: a few entries as RSS or JSON Feed."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

AI = "Artificial intelligence laboratory releases language model number {}"
LAYOFF = "Northwind Cloud lays off {} employees as demand falls"


def rss(*titles: str, host: str = "paper.example") -> bytes:
    """Newest first; the address and guid of an entry come from its title."""
    items = "".join(
        f"<item><title>{escape(title)}</title><link>https://{host}/{hash_of(title)}</link>"
        f"<guid>{host}-{hash_of(title)}</guid><description>{escape(title)}, says the company.</description></item>"
        for title in titles
    )
    return f"<rss version='2.0'><channel><title>Paper</title>{items}</channel></rss>".encode()


def json_feed(*titles: str, host: str = "wire.example") -> bytes:
    items = [
        {"id": hash_of(title), "url": f"https://{host}/{hash_of(title)}", "title": title, "content_text": title}
        for title in titles
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "items": items}).encode()


def hash_of(title: str) -> int:
    return sum(ord(letter) * 31**n for n, letter in enumerate(title)) % 10**12
