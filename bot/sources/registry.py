"""Which kinds of feed there are. To add one: a module with `connect(fetcher, pool, clock)`, and a line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from bot.ports import Clock, Source
from bot.sources.feed_source import Fetches, Reads

KINDS = {
    "auto": "bot.sources.feed_source:connect_auto",
    "rss": "bot.sources.feed_source:connect_rss",
    "jsonfeed": "bot.sources.feed_source:connect_jsonfeed",
}


def connect(kind: str, fetcher: Fetches, pool: Reads, clock: Clock) -> Source:
    """The source of one kind, its module imported now; KeyError for a kind that is not in KINDS."""
    module, _, name = KINDS[kind].partition(":")
    build = cast("Callable[[Fetches, Reads, Clock], Source]", getattr(import_module(module), name))
    return build(fetcher, pool, clock)
