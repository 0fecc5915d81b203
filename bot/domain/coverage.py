"""One event told by several outlets: which report leads, what its facts are by now, what changed and who said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.event import AiCause, Event, EventKind, Grade
from bot.domain.story import Story

# 716 is "700"; 14,000 is not 16,000. Shares of a staff: in points.
ROUNDING, POINTS = 0.88, 1.5
# How long a number that is told again is taken for the old one, and how long numbers add up to a restated total.
RESTATED_WITHIN, TOTAL_WITHIN = timedelta(days=92), timedelta(days=366)
# How long a denial, a confirmation or a new total belongs to an earlier story of the same employer.
FOLLOWS_WITHIN = timedelta(days=14)
CLEAR_TITLE = range(30, 121)
REDUCTIONS = (EventKind.LAYOFF, EventKind.FURLOUGH)


class ChangeKind(StrEnum):
    """What makes a story another one than it was."""

    FIRST_NUMBER = "first_number"
    NEW_NUMBER = "new_number"
    CONFIRMED = "confirmed"
    DENIED = "denied"


class Unit(StrEnum):
    PEOPLE = "people"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One outlet's story of the event. `weight` is its feed's; `employer` names the event's company in a way that is
    the same whatever the spelling."""

    story: Story
    weight: float = 1.0
    event: Event | None = None
    employer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A material change: `source` said it at `at` in the story `story_id`. Numbers have a `unit`, `after` and, when
    another one was told until then, `before`. `id` is the store's own, 0 before it is stored."""

    kind: ChangeKind
    story_id: int
    source: str
    at: datetime
    unit: Unit | None = None
    before: float | None = None
    after: float | None = None
    id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A story as people see it: `id` is that of its first report and never changes, `lead` the report that is shown,
    `outlets` how many told it. `restates`: the story with which its job cuts are counted, once: an earlier one that it
    only tells again, or the later one that confirmed it with another number. `version` grows with everything that is
    shown of it."""

    id: int
    lead: Story
    outlets: int
    event: Event | None = None
    employer: str | None = None
    restates: int | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """What an earlier story counts for an employer. `counted` is False for one that only tells others' cuts again, and
    for a mere denial: there is nothing in it to confirm."""

    coverage_id: int
    headcount: int | None
    percent: float | None
    when: datetime
    kind: EventKind
    counted: bool = True


def lead_of(reports: Sequence[Report]) -> Story:
    """The report to show: best feed first, then the clearest title, then the earliest. Of at least one report."""
    return max(reports, key=lambda one: (one.weight, _clarity(one), -one.story.id)).story


def outlets_of(reports: Sequence[Report]) -> int:
    return len({report.story.source.casefold() for report in reports})


def told(reports: Sequence[Report]) -> tuple[Event | None, str | None, tuple[Change, ...]]:
    """The facts after all reports, the employer, and what changed on the way, in the order the reports came. A number
    that was told before is never new again, so a straggler changes nothing."""
    event: Event | None = None
    employer: str | None = None
    said: dict[Unit, list[float]] = {unit: [] for unit in Unit}
    changes: list[Change] = []
    for report in sorted(reports, key=lambda one: one.story.id):
        if report.event is None:
            continue
        if event is None:
            event, employer = report.event, report.employer
            for unit in Unit:
                said[unit] += _given(report.event, unit)
            continue
        if None not in (employer, report.employer) and employer != report.employer:
            continue  # of another employer: nothing it says is a fact of this one
        if employer is None:
            employer, event = report.employer, replace(event, company=report.event.company)
        event, found = _developed(event, report, said)
        changes += found
    return event, employer, tuple(changes)


def settled(event: Event | None, said: Sequence[Change], kinds: Mapping[int, EventKind]) -> Event | None:
    """The event after the newest denial or confirmation among `said`, also by stories that tell another event; `kinds`:
    what the story of that id reports."""
    verdicts = [change for change in said if change.kind in (ChangeKind.DENIED, ChangeKind.CONFIRMED)]
    newest = max(verdicts, key=lambda change: change.story_id, default=None)
    if event is None or newest is None:
        return event
    if newest.kind is ChangeKind.DENIED:
        return replace(event, kind=EventKind.DENIED)
    kind = kinds.get(newest.story_id, event.kind)
    return replace(event, kind=kind if kind in REDUCTIONS else EventKind.LAYOFF)


def restated(event: Event, when: datetime, earlier: Sequence[Cuts], mentioned: frozenset[int]) -> int | None:
    """The earlier story of the same employer whose cuts `event` only tells again: the same number within three months,
    or the sum of what was counted within a year. `mentioned` are all numbers of people in the new story: a number that
    stands beside a higher old one is a part of it or more than it, and counts by itself."""
    counting = [one for one in earlier if one.counted and one.kind in REDUCTIONS]
    cuts = [one for one in counting if timedelta() <= when - one.when <= TOTAL_WITHIN]
    recent = [one for one in cuts if when - one.when <= RESTATED_WITHIN]
    for one in sorted(recent, key=lambda one: one.when, reverse=True):
        if event.headcount is not None and one.headcount == event.headcount:
            return one.coverage_id
        if event.headcount is None and event.percent is not None and one.percent == event.percent:
            return one.coverage_id
        if event.headcount is None and event.percent is None and one.headcount in mentioned:
            return one.coverage_id
    numbers = [one.headcount for one in cuts if one.headcount]
    if event.headcount is not None and len(numbers) > 1 and is_rounding(event.headcount, sum(numbers)):
        return max(cuts, key=lambda one: one.when).coverage_id
    return None


def settles(event: Event, when: datetime, earlier: Sequence[Cuts]) -> tuple[int, ChangeKind] | None:
    """The earlier story of the same employer that `event` denies or confirms, and which of the two."""
    recent = [one for one in earlier if one.counted and timedelta() <= when - one.when <= FOLLOWS_WITHIN]
    if event.kind is EventKind.DENIED:
        open_ones = [one for one in recent if one.kind in (EventKind.RUMOUR, EventKind.LAYOFF)]
        change = ChangeKind.DENIED
    elif event.kind in REDUCTIONS:
        open_ones = [one for one in recent if one.kind in (EventKind.RUMOUR, EventKind.DENIED)]
        change = ChangeKind.CONFIRMED
    else:
        return None
    newest = max(open_ones, key=lambda one: one.when, default=None)
    return None if newest is None else (newest.coverage_id, change)


def is_rounding(one: float, other: float) -> bool:
    """Whether the two are one number, told more or less exactly."""
    return min(one, other) >= ROUNDING * max(one, other)


def _clarity(report: Report) -> int:
    """How much a title says by itself: the employer and the number in it, no question, a readable length."""
    title, event = report.story.title, report.event
    points = 1 if len(title) in CLEAR_TITLE else 0
    points += not title.rstrip(" \"'”’").endswith("?")
    if event is not None:
        points += event.company is not None and event.company.casefold() in title.casefold()
        points += any(letter.isdigit() for letter in title)
    return points


def _given(event: Event, unit: Unit) -> list[float]:
    value = event.headcount if unit is Unit.PEOPLE else event.percent
    return [] if value is None else [float(value)]


def _developed(event: Event, report: Report, said: dict[Unit, list[float]]) -> tuple[Event, list[Change]]:
    new = report.event
    assert new is not None
    found: list[Change] = []

    def change(
        kind: ChangeKind, unit: Unit | None = None, before: float | None = None, after: float | None = None
    ) -> None:
        story = report.story
        found.append(
            Change(
                kind=kind,
                story_id=story.id,
                source=story.source,
                at=story.when,
                unit=unit,
                before=before,
                after=after,
            )
        )

    if new.kind is EventKind.DENIED and event.kind is not EventKind.DENIED:
        change(ChangeKind.DENIED)
        event = replace(event, kind=EventKind.DENIED)
    elif new.kind in REDUCTIONS and event.kind in (EventKind.RUMOUR, EventKind.DENIED):
        change(ChangeKind.CONFIRMED)
        event = replace(event, kind=new.kind)
    elif event.kind is EventKind.SINGLE_DISMISSAL and new.kind in (*REDUCTIONS, EventKind.RUMOUR):
        event = replace(event, kind=new.kind)  # the first outlet named one of many
    for unit in Unit:
        for value in _given(new, unit):
            before = _given(event, unit)
            known = any(_is_same(value, old, unit) for old in said[unit])
            if not before:
                change(ChangeKind.FIRST_NUMBER, unit, None, value)
            elif not known:
                change(ChangeKind.NEW_NUMBER, unit, before[0], value)
            if not before or not known or (_is_same(value, before[0], unit) and _is_finer(value, before[0])):
                event = _with(event, unit, value)
            said[unit].append(value)
    return replace(event, tech=event.tech or new.tech, ai_cause=_cause(event.ai_cause, new.ai_cause)), found


def _with(event: Event, unit: Unit, value: float) -> Event:
    return replace(event, headcount=int(value)) if unit is Unit.PEOPLE else replace(event, percent=value)


def _is_same(one: float, other: float, unit: Unit) -> bool:
    return is_rounding(one, other) if unit is Unit.PEOPLE else abs(one - other) <= POINTS


def _is_finer(one: float, other: float) -> bool:
    """Whether `one` is the more exact number: it has fewer zeros at its end."""

    def zeros(value: float) -> int:
        digits = f"{value:g}" if value < 1e6 else str(int(value))
        return len(digits) - len(digits.rstrip("0"))

    return zeros(one) < zeros(other)


def _cause(one: AiCause | None, other: AiCause | None) -> AiCause | None:
    """Doubt first, then other reasons beside it; else the employer's own word counts more than others'."""
    order = (Grade.DISPUTED, Grade.MIXED, Grade.EXPLICIT, Grade.BLAMED)
    given = [cause for cause in (one, other) if cause is not None]
    return min(given, key=lambda cause: order.index(cause.grade), default=None)
