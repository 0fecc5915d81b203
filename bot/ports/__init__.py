"""What each use case needs from the outside, as small Protocols; adapters in store, sources and platforms fit them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.ports.chats import Census, Chats, Entry, Notices, Outbox
from bot.ports.feeds import FeedCounts, Feeds, Source
from bot.ports.hubs import AsksHubs, HubNews, Hubs, ReadsPushes
from bot.ports.platform import Conversation, Duty, Identity, Installation, Installations, MenuEntry, Offer, Platform
from bot.ports.stories import (
    Committed,
    EditedStory,
    Grouping,
    Hit,
    JobCuts,
    Judge,
    NewStory,
    Opinion,
    Placement,
    Reading,
    ReadingCounts,
    Scored,
    Stories,
    Thumbs,
    Told,
)
from bot.ports.upkeep import Beat, Beats, Bookkeeping, Figures, Housekeeping, Meter, Offices, Queue, Unwatched
from bot.ports.web import Ask, Handler, Reply, Routes

Clock = Callable[[], datetime]
"""The time now, aware, UTC."""

__all__ = [
    "Ask",
    "AsksHubs",
    "Beat",
    "Beats",
    "Bookkeeping",
    "Census",
    "Chats",
    "Clock",
    "Committed",
    "Conversation",
    "Duty",
    "EditedStory",
    "Entry",
    "FeedCounts",
    "Feeds",
    "Figures",
    "Grouping",
    "Handler",
    "Hit",
    "Housekeeping",
    "HubNews",
    "Hubs",
    "Identity",
    "Installation",
    "Installations",
    "JobCuts",
    "Judge",
    "MenuEntry",
    "Meter",
    "NewStory",
    "Notices",
    "Offer",
    "Offices",
    "Opinion",
    "Outbox",
    "Placement",
    "Platform",
    "Queue",
    "Reading",
    "ReadingCounts",
    "ReadsPushes",
    "Reply",
    "Routes",
    "Scored",
    "Source",
    "Stories",
    "Thumbs",
    "Told",
    "Unwatched",
]
