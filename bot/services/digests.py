"""When a chat gets its digest and what it holds: planned once per local date, whatever the clock does."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from bot.domain.digest import LONGEST, ORDER, Digest, compose
from bot.domain.schedule import digest_due
from bot.domain.subscription import Chat
from bot.log import logger
from bot.ports import Chats, Clock, Outbox, Stories

FIRST_SPAN = timedelta(hours=24)
LONGEST_SPAN = timedelta(days=7)
COUNTED = 200
# A story counts from the moment it was read and can be seen once it is stored. A digest that reached up to this very
# moment would pass over what is being stored just now, and so would the next one, which begins where it ended.
STILL_COMING = timedelta(minutes=1)
LOG = logger("digest")


class Digests:
    """Plans what is due; composes one on request."""

    def __init__(self, *, chats: Chats, stories: Stories, outbox: Outbox, clock: Clock, zone: str) -> None:
        self._chats = chats
        self._stories = stories
        self._outbox = outbox
        self._clock = clock
        self._zone = zone

    async def plan_due(self) -> int:
        """Queues the digest of every chat whose hour has come; how many."""
        planned = 0
        for chat in await self._chats.digest_chats():
            now = self._clock()
            prefs = chat.preferences
            if prefs.is_paused(now):
                continue
            day = digest_due(
                now=now, zone=prefs.zone or self._zone, at=prefs.digest_at, since=chat.since, last=chat.last_digest
            )
            if day is None:
                continue
            until = now - STILL_COMING
            digest = await self.compose(chat, day, until)
            planned += await self._outbox.plan_digest(chat.id, day, digest.to_json(), until, now)
        return planned

    async def compose(self, chat: Chat, day: date, now: datetime, *, since: datetime | None = None) -> Digest:
        """What is new since the chat's last digest (a day at first, a week at most), or since `since`."""
        since = since or max(chat.digest_until or now - FIRST_SPAN, now - LONGEST_SPAN)
        prefs = chat.preferences
        topics = [topic for topic in ORDER if topic in prefs.topics]
        ranked = await self._stories.ranked(topics, level=prefs.level, since=since, until=now, limit=COUNTED)
        counts = await self._stories.counts(since, now)
        return compose(
            day=day,
            ranked=ranked[: LONGEST * 4],
            found=len(ranked),
            feeds=counts.feeds,
            failing=counts.failing,
            items=counts.items,
        )
