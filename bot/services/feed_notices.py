"""When the operator hears of a feed: once when it falls ill or silent, once when that is over; a slip is no news."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.domain.errors import Forbidden, Gone, SourceError
from bot.domain.feed import Feed, FeedState
from bot.domain.schedule import Rhythm
from bot.ports import Clock
from bot.services.feed_words import cause_words, fix_words
from bot.texts import Texts
from bot.texts.style import age, moment

ILL_TRIES, ILL_FOR = 6, timedelta(hours=6)
REFUSED_TRIES = 3
FAILING, SILENT = "feed.failing.", "feed.silent."


class Tells(Protocol):
    """The operator's chat."""

    async def begins(self, key: str, code: str, values: Mapping[str, str | int]) -> None: ...

    async def ends(self, key: str, code: str, values: Mapping[str, str | int]) -> None: ...

    async def going_on(self) -> list[str]: ...


class FeedNotices:
    """Told of every look; asks the store only about a feed that is ill, silent, or has just stopped being so."""

    def __init__(self, *, operator: Tells, clock: Clock, texts: Texts, zone: str) -> None:
        self._operator = operator
        self._clock = clock
        self._texts = texts
        self._zone = ZoneInfo(zone)
        self._going_on: set[str] | None = None

    async def failed(self, feed: Feed, error: SourceError, failures: int) -> None:
        """After a look that failed, the `failures`th in a row; `feed` is as it was before."""
        now, key = self._clock(), FAILING + feed.id
        since = _streak(feed) or now
        if not _is_ill(error, failures, now - since) or key in await self._known():
            return
        words, found = cause_words(error.cause, self._texts), getattr(error, "found", None)
        values: dict[str, str | int] = {
            "feed": _name(feed),
            "cause": words[:1].upper() + words[1:] + (f": {found}" if found else ""),
            "since": self._moment(since),
            "count": failures,
            "fix": fix_words(error.cause, self._texts),
        }
        await self._begins(key, "feed_failing", values)

    async def read_well(self, feed: Feed, rhythm: Rhythm) -> None:
        """After a look that worked; `feed` is as it was before, `rhythm` as it is now."""
        known, now = await self._known(), self._clock()
        key = FAILING + feed.id
        # Another process may have told of it, so what this one knows is not enough.
        if key in known or feed.state is FeedState.GONE or feed.failures >= REFUSED_TRIES:
            since = self._moment(_streak(feed) or now)
            await self._ends(key, "feed_well", {"feed": _name(feed), "since": since})
        key, silent = SILENT + feed.id, rhythm.silent_since(now)
        if silent is not None and key not in known:
            gap = age(rhythm.gap or timedelta(), self._texts.language)
            await self._begins(key, "feed_silent", {"feed": _name(feed), "since": self._moment(silent), "gap": gap})
        if silent is None and (key in known or feed.rhythm.silent_since(now) is not None):
            await self._ends(key, "feed_speaks", {"feed": _name(feed)})

    async def _known(self) -> set[str]:
        """What is going on, from an earlier life too: read once."""
        if self._going_on is None:
            self._going_on = set(await self._operator.going_on())
        return self._going_on

    async def _begins(self, key: str, code: str, values: Mapping[str, str | int]) -> None:
        await self._operator.begins(key, code, values)
        (await self._known()).add(key)

    async def _ends(self, key: str, code: str, values: Mapping[str, str | int]) -> None:
        await self._operator.ends(key, code, values)
        (await self._known()).discard(key)

    def _moment(self, at: datetime) -> str:
        return moment(at.astimezone(self._zone), self._clock().astimezone(self._zone), self._texts.language)


def _is_ill(error: SourceError, failures: int, lasting: timedelta) -> bool:
    """A feed that said goodbye is not asked again, so its first word on it counts."""
    if isinstance(error, Gone):
        return True
    if isinstance(error, Forbidden):
        return failures >= REFUSED_TRIES
    return failures >= ILL_TRIES and lasting >= ILL_FOR


def _streak(feed: Feed) -> datetime | None:
    """When the trouble began that the feed was in before this look."""
    return feed.problem_since if feed.state in (FeedState.FAILING, FeedState.GONE) else None


def _name(feed: Feed) -> str:
    return f"{feed.spec.title} ({feed.id})" if feed.spec.title else feed.id
