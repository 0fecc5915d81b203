"""Whether each part of the bot is well, since when not, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from bot.domain.delivery import DeliveryState
from bot.domain.errors import StoreError
from bot.domain.feed import Feed, FeedState
from bot.domain.hub import HubState
from bot.domain.schedule import SILENT_LEAST
from bot.ports import Beat, Beats, Clock, FeedCounts, Feeds, Housekeeping, Hubs, Outbox
from bot.texts import Texts
from bot.texts.style import age

SILENT_AFTER = timedelta(seconds=90)
STUCK_AFTER = timedelta(minutes=10)
LATE_AFTER = timedelta(minutes=30)


class PartState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"
    OFF = "off"


MARKS = {PartState.OK: "✓", PartState.WARNING: "!", PartState.FAILING: "✗", PartState.OFF: "·"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`cause` is a key of the texts `health.cause.*` (its fix stands under `health.fix.*`), `values` fill its blanks;
    `age` says how old the newest sign of life is, or how long the trouble lasts."""

    name: str
    state: PartState
    age: timedelta | None = None
    cause: str = "well"
    values: tuple[tuple[str, object], ...] = ()

    @property
    def is_well(self) -> bool:
        return self.state in (PartState.OK, PartState.OFF)


class Health:
    """Reads signs of life, feeds, outbox and database."""

    def __init__(
        self,
        *,
        feeds: Feeds,
        outbox: Outbox,
        beats: Beats,
        housekeeping: Housekeeping,
        clock: Clock,
        platforms: Sequence[str],
        known_platforms: Sequence[str] = ("telegram", "slack"),
        hubs: Hubs | None = None,
    ) -> None:
        self._feeds = feeds
        self._outbox = outbox
        self._beats = beats
        self._housekeeping = housekeeping
        self._clock = clock
        self._platforms = platforms
        self._known_platforms = known_platforms
        self._hubs = hubs

    async def parts(self) -> list[Part]:
        now = self._clock()
        database = await self._database(now)
        if not database.is_well:
            return [database]
        beats = {beat.part: beat for beat in await self._beats.beats()}
        parts = [
            self._scheduler(beats.get("scheduler"), now),
            self._polling(await self._feeds.counts(), await self._feeds.quiet(now - SILENT_LEAST), now),
            await self._deliveries(now),
            database,
            *self._listener(beats.get("http"), now),
        ]
        if self._hubs is not None:
            parts.append(await self._pushing(self._hubs, now))
        return parts + [self._platform(name, beats.get(name), now) for name in self._known_platforms]

    def _scheduler(self, beat: Beat | None, now: datetime) -> Part:
        if beat is None:
            return Part(name="scheduler", state=PartState.WARNING, cause="never_ran")
        silent = now - beat.at
        if beat.state == "off":
            return Part(name="scheduler", state=PartState.WARNING, age=silent, cause="stopped")
        if silent > SILENT_AFTER:
            return Part(name="scheduler", state=PartState.FAILING, age=silent, cause="silent")
        return Part(name="scheduler", state=PartState.OK, age=silent)

    def _polling(self, feeds: FeedCounts, quiet: Sequence[Feed], now: datetime) -> Part:
        newest = now - feeds.newest if feeds.newest else None
        values: tuple[tuple[str, object], ...] = (("feeds", feeds.listed), ("ill", feeds.failing))
        if not feeds.listed:
            return Part(name="polling", state=PartState.WARNING, cause="no_feeds")
        if not feeds.read:
            state = PartState.FAILING if feeds.failing else PartState.WARNING
            since = now - feeds.since if feeds.since else None
            return Part(name="polling", state=state, age=since, cause="none_read", values=values)
        if feeds.due and now - feeds.due > LATE_AFTER:
            return Part(name="polling", state=PartState.FAILING, age=now - feeds.due, cause="late", values=values)
        silent = silent_feeds(quiet)
        values += (("silent", len(silent)), ("worst", silent[0][0].spec.title or silent[0][0].id if silent else ""))
        if feeds.failing:
            state = PartState.FAILING if feeds.failing == feeds.listed else PartState.WARNING
            cause = "ill_and_silent" if silent else "ill_feeds"
            values += (("longest", feeds.worst),)
            since = now - feeds.since if feeds.since else None
            return Part(name="polling", state=state, age=since, cause=cause, values=values)
        if silent:
            since = now - silent[0][1]
            return Part(name="polling", state=PartState.WARNING, age=since, cause="silent_feeds", values=values)
        return Part(name="polling", state=PartState.OK, age=newest, cause="reading", values=values)

    async def _pushing(self, hubs: Hubs, now: datetime) -> Part:
        """A hub that refuses is told and is no trouble: its feed is read as others are. One that took our question and
        never calls is: it may not find us."""
        wanted = [one for one in await hubs.all() if one.state is not HubState.LEAVING]
        refused = [one for one in wanted if one.state is HubState.REFUSED]
        unheard = [one for one in wanted if one.problem == "hub_silent" and not one.is_on(now)]
        named = (*unheard, *refused)
        values: tuple[tuple[str, object], ...] = (
            ("on", sum(one.is_on(now) for one in wanted)),
            ("refused", len(refused)),
            ("unheard", len(unheard)),
            ("host", urlsplit(named[0].hub).hostname if named else ""),
        )
        if unheard:
            age = now - min(one.since for one in unheard)
            return Part(name="hubs", state=PartState.WARNING, age=age, cause="hub_silent", values=values)
        return Part(name="hubs", state=PartState.OK, cause="hub_refused" if refused else "hubs_on", values=values)

    async def _deliveries(self, now: datetime) -> Part:
        depth = await self._outbox.depth()
        oldest = await self._outbox.oldest_queued()
        waiting = depth.get(DeliveryState.QUEUED, 0) + depth.get(DeliveryState.UNKNOWN, 0)
        values: tuple[tuple[str, object], ...] = (
            ("waiting", waiting),
            ("parked", depth.get(DeliveryState.PARKED, 0)),
            ("dead", depth.get(DeliveryState.DEAD, 0)),
            ("sent", depth.get(DeliveryState.SENT, 0)),
        )
        lag = now - oldest if oldest else None
        if lag is not None and lag > STUCK_AFTER:
            return Part(name="outbox", state=PartState.FAILING, age=lag, cause="stuck", values=values)
        if depth.get(DeliveryState.DEAD, 0):
            return Part(name="outbox", state=PartState.WARNING, cause="dead", values=values)
        return Part(name="outbox", state=PartState.OK, age=lag, cause="delivering", values=values)

    async def _database(self, now: datetime) -> Part:
        try:
            await self._housekeeping.try_out(now)
            words = await self._housekeeping.check(thorough=False)
        except StoreError as error:
            return broken_database(error)
        return Part(name="database", state=PartState.OK, cause="database_well", values=(("detail", words),))

    def _listener(self, beat: Beat | None, now: datetime) -> list[Part]:
        """Nobody needs to hear of a listener that works, or that nothing needs."""
        if beat is None or beat.state != "failing":
            return []
        return [Part(name="http", state=PartState.FAILING, age=now - beat.at, cause="http_taken")]

    def _platform(self, name: str, beat: Beat | None, now: datetime) -> Part:
        if name not in self._platforms:
            return Part(name=name, state=PartState.OFF, cause="no_token")
        if beat is None:
            return Part(name=name, state=PartState.WARNING, cause="never_connected")
        silent = now - beat.at
        if beat.state == "off":
            return Part(name=name, state=PartState.WARNING, age=silent, cause="stopped")
        if beat.state == "failing":
            return Part(name=name, state=PartState.FAILING, age=silent, cause=beat.cause or "failing")
        if silent > SILENT_AFTER:
            return Part(name=name, state=PartState.FAILING, age=silent, cause="silent")
        return Part(name=name, state=PartState.OK, age=silent, cause=beat.cause or "connected")


def silent_feeds(feeds: Sequence[Feed]) -> list[tuple[Feed, datetime]]:
    """Feeds that read well and are too quiet against their own rhythm, and since when; the quietest first. Counted up
    to the last look: what nobody looked at is not silent."""
    found = [
        (feed, since)
        for feed in feeds
        if feed.state is FeedState.OK and feed.last_ok and (since := feed.rhythm.silent_since(feed.last_ok))
    ]
    return sorted(found, key=lambda pair: pair[1])


def broken_database(error: StoreError) -> Part:
    """A StoreError is "what is wrong; what to do"."""
    detail, _, fix = str(error).rpartition("; ")
    cause = "database_trouble" if detail else "database"
    return Part(name="database", state=PartState.FAILING, cause=cause, values=(("detail", detail or fix), ("fix", fix)))


def cause_of(part: Part, texts: Texts) -> str:
    key = f"health.cause.{part.cause}"
    return texts.say(key if texts.has(key) else "health.cause.other", **_values(part))


def fix_of(part: Part, texts: Texts) -> str | None:
    """What to do about it; None for a part that is well."""
    key = f"health.fix.{part.cause}"
    return texts.say(key, **_values(part)) if not part.is_well and texts.has(key) else None


def _values(part: Part) -> dict[str, object]:
    return {**dict(part.values), "code": part.cause}


def part_sentence(part: Part, texts: Texts) -> str:
    """Cause, age and fix in one line."""
    words = cause_of(part, texts)
    if part.age is not None:
        words += f" ({age(part.age, texts.language)})"
    fix = fix_of(part, texts)
    return f"{words} → {fix}" if fix else words
