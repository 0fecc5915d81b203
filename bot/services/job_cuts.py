"""What a time brought in job cuts: which events count, what they add up to, by day, week or month and by company."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.event import EventKind, Grade
from bot.ports import JobCuts

DAYS_OF_WEEK, DAYS_OF_MONTH, MONTHS_OF_YEAR = 7, 30, 12
BIGGEST = 5
CONFIRMED = (EventKind.LAYOFF, EventKind.FURLOUGH)
AI_BLAMED = (Grade.EXPLICIT, Grade.BLAMED, Grade.MIXED)


class Period(StrEnum):
    """How far to look back: to the start of a day, of a week, of a month, so that every bar is a whole one."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    def since(self, now: datetime, zone: str) -> datetime:
        """The moment the period begins, in the reader's zone."""
        today = now.astimezone(ZoneInfo(zone)).date()
        return datetime.combine(_start(self, today), time(), ZoneInfo(zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """People in cuts from `start` on, for a day, a week or a month."""

    start: date
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """`people` in `with_number` events, `without` more that give no number; `ai` of both together are put down to AI,
    with `ai_people` in them. Not in it: `rumoured`, `denied` and `restated` events."""

    people: int
    with_number: int
    without: int
    ai: int
    ai_people: int
    rumoured: int
    denied: int
    restated: int

    @property
    def events(self) -> int:
        return self.with_number + self.without


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`events` to show, biggest first; `companies`: name and people, biggest first."""

    period: Period
    since: datetime
    until: datetime
    events: tuple[JobCuts, ...]
    total: Total
    buckets: tuple[Bucket, ...]
    companies: tuple[tuple[str, int], ...]


def overview(found: Iterable[JobCuts], period: Period, now: datetime, zone: str) -> Overview:
    """`found` may hold events that were only read late: what is dated before the period is left out."""
    since = period.since(now, zone)
    cuts = [one for one in found if one.when >= since]
    shown = [one for one in cuts if one.restates is None and one.event.kind is not EventKind.DENIED]
    return Overview(
        period=period,
        since=since,
        until=now,
        events=tuple(sorted(shown, key=_size, reverse=True)),
        total=total(cuts),
        buckets=_buckets(cuts, period, since, now, zone),
        companies=_companies(cuts),
    )


def total(cuts: Iterable[JobCuts]) -> Total:
    """Each cut once: one that only tells an earlier one again is not counted."""
    cuts = list(cuts)
    counted = [one for one in cuts if is_counted(one)]
    fresh = [one for one in cuts if one.restates is None]
    blamed = [one for one in counted if one.event.ai_cause is not None and one.event.ai_cause.grade in AI_BLAMED]
    return Total(
        people=sum(one.event.headcount or 0 for one in counted),
        with_number=sum(one.event.headcount is not None for one in counted),
        without=sum(one.event.headcount is None for one in counted),
        ai=len(blamed),
        ai_people=sum(one.event.headcount or 0 for one in blamed),
        rumoured=sum(one.event.kind is EventKind.RUMOUR for one in fresh),
        denied=sum(one.event.kind is EventKind.DENIED for one in fresh),
        restated=len(cuts) - len(fresh),
    )


def is_counted(cuts: JobCuts) -> bool:
    return cuts.restates is None and cuts.event.kind in CONFIRMED


def _size(cuts: JobCuts) -> tuple[float, float, datetime]:
    """People first, then the share of the staff, then the newer one."""
    return (cuts.event.headcount or 0, cuts.event.percent or 0, cuts.when)


def _start(period: Period, day: date) -> date:
    """The first day of the period that ends on `day`."""
    if period is Period.WEEK:
        return day - timedelta(days=DAYS_OF_WEEK - 1)
    if period is Period.MONTH:
        first = day - timedelta(days=DAYS_OF_MONTH - 1)
        return first - timedelta(days=first.weekday())
    months = day.year * 12 + day.month - MONTHS_OF_YEAR
    return date(months // 12, months % 12 + 1, 1)


def _bucket(period: Period, day: date) -> date:
    """The first day of the bar that `day` belongs to."""
    if period is Period.WEEK:
        return day
    return day - timedelta(days=day.weekday()) if period is Period.MONTH else day.replace(day=1)


def _buckets(cuts: Sequence[JobCuts], period: Period, since: datetime, now: datetime, zone: str) -> tuple[Bucket, ...]:
    """Every bar from the first to today's, empty ones too."""
    place = ZoneInfo(zone)
    people: dict[date, int] = {}
    day, today = since.date(), now.astimezone(place).date()
    while day <= today:
        people.setdefault(_bucket(period, day), 0)
        day += timedelta(days=1)
    for one in cuts:
        start = _bucket(period, one.when.astimezone(place).date())
        if is_counted(one) and start in people:
            people[start] += one.event.headcount or 0
    return tuple(Bucket(start=start, people=count) for start, count in people.items())


def _companies(cuts: Iterable[JobCuts]) -> tuple[tuple[str, int], ...]:
    names: dict[str, str] = {}
    people: dict[str, int] = {}
    for one in cuts:
        name = one.event.company or one.employer
        if not name or not one.event.headcount or not is_counted(one):
            continue
        key = one.employer or name.casefold()
        names.setdefault(key, name)
        people[key] = people.get(key, 0) + one.event.headcount
    biggest = sorted(people, key=lambda key: -people[key])[:BIGGEST]
    return tuple((names[key], people[key]) for key in biggest)
