"""One event told by several outlets: which report leads, what is known of it, and what is news about it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.coverage import (
    Change,
    ChangeKind,
    Cuts,
    Report,
    Unit,
    is_rounding,
    lead_of,
    outlets_of,
    restated,
    settled,
    settles,
    told,
)
from bot.domain.event import AiCause, Event, EventKind, Grade
from tests.builders import HOUR, NOW, a_story, patient

DAY = timedelta(days=1)
NONE: frozenset[int] = frozenset()


def an_event(headcount: int | None = None, kind: EventKind = EventKind.LAYOFF, **values: object) -> Event:
    usual: dict[str, object] = {"company": "Acme", "percent": None, "tech": True, "ai_cause": None}
    return Event(headcount=headcount, kind=kind, **(usual | values))  # type: ignore[arg-type]


def a_report(story_id: int, event: Event | None = None, *, weight: float = 1.0, **story: object) -> Report:
    usual: dict[str, object] = {"title": "Acme cuts many of its jobs in Europe", "published": NOW + story_id * HOUR}
    usual |= {"first_seen": NOW + 999 * HOUR}
    employer = None if event is None else "acme"
    return Report(story=a_story(story_id, **(usual | story)), weight=weight, event=event, employer=employer)


def kinds(changes: tuple[Change, ...]) -> list[ChangeKind]:
    return [change.kind for change in changes]


# --- lead and outlets --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (a_report(2, weight=1.2), a_report(1)),
        (
            a_report(2, title="Acme lays off 700 people in Europe"),
            a_report(1, title="Why so many people lose their jobs?"),
        ),
        (a_report(2), a_report(1, title="Acme")),
        (a_report(2, an_event(), title="Acme cuts 700 jobs in all of Europe"), a_report(1, an_event())),
        (a_report(1), a_report(2)),
    ],
    ids=["the better feed", "no question", "a title of its own", "the number in it", "the earlier one"],
)
def test_who_leads(better: Report, worse: Report) -> None:
    assert lead_of([worse, better]) == lead_of([better, worse]) == better.story


REPORTS = st.lists(
    st.builds(
        a_report,
        st.integers(1, 99),
        st.one_of(
            st.none(),
            st.builds(
                an_event,
                st.none() | st.sampled_from([90, 100, 700, 716, 1_000, 1_300, 14_000]),
                st.sampled_from(list(EventKind)),
                percent=st.none() | st.sampled_from([2.5, 10.0, 10.5, 50.0]),
            ),
        ),
        weight=st.sampled_from([0.5, 1.0, 1.5]),
        title=st.sampled_from(["Acme", "Acme cuts 700 of its jobs in Europe", "Is this the end of the job?"]),
        source=st.sampled_from(["Daily", "DAILY", "Weekly"]),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda report: report.story.id,
)


@patient
@given(REPORTS, st.randoms())
def test_the_order_in_which_reports_are_given_does_not_count(reports: list[Report], order: random.Random) -> None:
    mixed = list(reports)
    order.shuffle(mixed)
    assert lead_of(mixed) == lead_of(reports)
    assert outlets_of(mixed) == outlets_of(reports)
    assert told(mixed) == told(reports)


# --- what is known and what is new -------------------------------------------------------------------------------


@patient
@given(REPORTS)
def test_a_number_is_news_once(reports: list[Report]) -> None:
    event, _employer, changes = told(reports)
    first = next((r.event for r in sorted(reports, key=lambda r: r.story.id) if r.event is not None), None)
    for unit in Unit:
        numbers = [change.after for change in changes if change.unit is unit]
        told_at_first = None if first is None else first.headcount if unit is Unit.PEOPLE else first.percent
        known = [number for number in [told_at_first, *numbers] if number is not None]
        for one, other in permutations(known, 2):
            assert not is_rounding(one, other) if unit is Unit.PEOPLE else abs(one - other) > 1.5
        firsts = [change for change in changes if change.unit is unit and change.kind is ChangeKind.FIRST_NUMBER]
        assert len(firsts) <= (told_at_first is None)
    assert [change.story_id for change in changes] == sorted(change.story_id for change in changes)
    if event is not None and event.headcount is not None:
        assert event.headcount in {report.event.headcount for report in reports if report.event is not None}


@patient
@given(REPORTS, st.data())
def test_a_straggler_that_tells_a_known_number_changes_nothing(reports: list[Report], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(reports))
    straggler = replace(again, story=replace(again.story, id=100))
    numbers = [change for change in told([*reports, straggler])[2] if change.unit is not None]
    assert numbers == [change for change in told(reports)[2] if change.unit is not None]


@patient
@given(REPORTS)
def test_denials_and_confirmations_take_turns(reports: list[Report]) -> None:
    said = [kind for kind in kinds(told(reports)[2]) if kind in (ChangeKind.DENIED, ChangeKind.CONFIRMED)]
    assert all(one is not other for one, other in pairwise(said))


def test_how_an_event_goes_on() -> None:
    event, employer, changes = told(
        [
            a_report(1, an_event(kind=EventKind.RUMOUR, company=None)),
            a_report(2, an_event(700, EventKind.RUMOUR)),
            a_report(3),
            a_report(4, an_event(716, ai_cause=AiCause(grade=Grade.BLAMED, quote="AI did it."))),
            a_report(5, an_event(1_300, percent=10.0)),
            a_report(6, an_event(700)),
            a_report(7, an_event(kind=EventKind.DENIED)),
        ]
    )
    assert event is not None
    assert (event.headcount, event.percent, event.kind, employer) == (1_300, 10.0, EventKind.DENIED, "acme")
    assert event.ai_cause == AiCause(grade=Grade.BLAMED, quote="AI did it.")
    assert [(change.kind, change.story_id, change.before, change.after) for change in changes] == [
        (ChangeKind.FIRST_NUMBER, 2, None, 700.0),
        (ChangeKind.CONFIRMED, 4, None, None),
        (ChangeKind.NEW_NUMBER, 5, 700.0, 1_300.0)
        if event.headcount == 700
        else (ChangeKind.NEW_NUMBER, 5, 716.0, 1_300.0),
        (ChangeKind.FIRST_NUMBER, 5, None, 10.0),
        (ChangeKind.DENIED, 7, None, None),
    ]
    assert changes[0].at == NOW + 2 * HOUR


def test_the_more_exact_of_two_spellings_of_a_number_is_kept() -> None:
    for order in ((700, 716), (716, 700)):
        event, _employer, changes = told([a_report(n, an_event(number)) for n, number in enumerate(order)])
        assert event is not None
        assert (event.headcount, changes) == (716, ())


def test_what_is_said_of_another_employer_is_no_fact_of_this_one() -> None:
    other = replace(a_report(2, an_event(9_000, company="Globex")), employer="globex")
    event, employer, changes = told([a_report(1, an_event(700)), other])
    assert event is not None
    assert (event.headcount, employer, changes) == (700, "acme", ())


def test_the_first_to_name_the_employer_names_it() -> None:
    nameless = replace(a_report(1, an_event(700, company=None)), employer=None)
    event, employer, _changes = told([nameless, a_report(2, an_event(700))])
    assert event is not None
    assert (event.company, employer) == ("Acme", "acme")


def test_one_dismissal_that_was_one_of_many() -> None:
    event, _employer, _changes = told(
        [a_report(1, an_event(kind=EventKind.SINGLE_DISMISSAL)), a_report(2, an_event(80))]
    )
    assert event is not None
    assert (event.kind, event.headcount) == (EventKind.LAYOFF, 80)


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        (Grade.EXPLICIT, Grade.DISPUTED, Grade.DISPUTED),
        (Grade.EXPLICIT, Grade.BLAMED, Grade.EXPLICIT),
        (Grade.MIXED, Grade.EXPLICIT, Grade.MIXED),
        (None, Grade.BLAMED, Grade.BLAMED),
    ],
)
def test_the_lowest_defensible_grade_counts(one: Grade | None, other: Grade, kept: Grade) -> None:
    causes = [None if grade is None else AiCause(grade=grade, quote=grade) for grade in (one, other)]
    for order in (causes, causes[::-1]):
        event, _employer, _changes = told([a_report(n, an_event(ai_cause=cause)) for n, cause in enumerate(order)])
        assert event is not None
        assert event.ai_cause == AiCause(grade=kept, quote=kept)


# --- what later stories say --------------------------------------------------------------------------------------


def a_change(kind: ChangeKind, story_id: int) -> Change:
    return Change(kind=kind, story_id=story_id, source="Other", at=NOW)


def test_the_newest_word_on_it_decides() -> None:
    event = an_event(700, EventKind.RUMOUR)
    denied, confirmed = a_change(ChangeKind.DENIED, 5), a_change(ChangeKind.CONFIRMED, 6)
    number = Change(kind=ChangeKind.NEW_NUMBER, story_id=9, source="O", at=NOW, unit=Unit.PEOPLE, after=9.0)
    assert settled(event, [number], {}) == event
    assert settled(event, [confirmed, denied, number], {6: EventKind.FURLOUGH}) == replace(
        event, kind=EventKind.FURLOUGH
    )
    assert settled(event, [denied], {}) == replace(event, kind=EventKind.DENIED)
    assert settled(event, [confirmed], {}) == replace(event, kind=EventKind.LAYOFF)
    assert settled(None, [denied], {}) is None


def a_cut(coverage_id: int = 1, headcount: int | None = 700, **values: object) -> Cuts:
    usual: dict[str, object] = {"percent": None, "when": NOW - DAY, "kind": EventKind.LAYOFF}
    return Cuts(coverage_id=coverage_id, headcount=headcount, **(usual | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "earlier", "expected"),
    [
        (an_event(700), [a_cut()], 1),
        (an_event(700), [a_cut(when=NOW)], 1),
        (an_event(700), [a_cut(when=NOW - 93 * DAY)], None),
        (an_event(700), [a_cut(when=NOW + HOUR)], None),
        (an_event(700), [a_cut(counted=False)], None),
        (an_event(700), [a_cut(kind=EventKind.RUMOUR)], None),
        (an_event(716), [a_cut()], None),
        (an_event(700), [a_cut(), a_cut(2, when=NOW - 2 * DAY)], 1),
        (an_event(None, percent=5.0), [a_cut(percent=5.0)], 1),
        (an_event(900, percent=5.0), [a_cut(percent=5.0)], None),
        (an_event(1_200), [a_cut(when=NOW - 300 * DAY), a_cut(2, 500)], 2),
        (an_event(1_200), [a_cut(when=NOW - 400 * DAY), a_cut(2, 500)], None),
        (an_event(1_400), [a_cut(when=NOW - 300 * DAY), a_cut(2, 500)], None),
        (an_event(None), [a_cut()], None),
        (an_event(700), [], None),
    ],
)
def test_what_only_tells_earlier_cuts_again(event: Event, earlier: list[Cuts], expected: int | None) -> None:
    assert restated(event, NOW, earlier, NONE) == expected


def test_a_number_beside_others_is_told_again_only_by_a_story_without_one_of_its_own() -> None:
    assert restated(an_event(None), NOW, [a_cut()], frozenset({40, 700})) == 1
    assert restated(an_event(40), NOW, [a_cut()], frozenset({40, 700})) is None


@pytest.mark.parametrize(
    ("kind", "earlier", "expected"),
    [
        (EventKind.DENIED, [a_cut()], (1, ChangeKind.DENIED)),
        (EventKind.DENIED, [a_cut(kind=EventKind.RUMOUR)], (1, ChangeKind.DENIED)),
        (EventKind.DENIED, [a_cut(kind=EventKind.DENIED)], None),
        (EventKind.DENIED, [a_cut(when=NOW - 15 * DAY)], None),
        (EventKind.DENIED, [a_cut(when=NOW + DAY)], None),
        (EventKind.LAYOFF, [a_cut(kind=EventKind.RUMOUR)], (1, ChangeKind.CONFIRMED)),
        (EventKind.FURLOUGH, [a_cut(kind=EventKind.DENIED)], (1, ChangeKind.CONFIRMED)),
        (EventKind.LAYOFF, [a_cut(kind=EventKind.DENIED, counted=False)], None),
        (EventKind.LAYOFF, [a_cut()], None),
        (EventKind.RUMOUR, [a_cut()], None),
        (EventKind.SINGLE_DISMISSAL, [a_cut(kind=EventKind.RUMOUR)], None),
        (EventKind.DENIED, [a_cut(1, when=NOW - 2 * DAY), a_cut(2)], (2, ChangeKind.DENIED)),
    ],
)
def test_what_a_story_settles(kind: EventKind, earlier: list[Cuts], expected: tuple[int, ChangeKind] | None) -> None:
    assert settles(an_event(kind=kind), NOW, earlier) == expected


def test_times_of_changes_are_those_of_the_stories() -> None:
    at: datetime = NOW - 3 * DAY
    _event, _employer, (change,) = told([a_report(1, an_event()), a_report(2, an_event(5), published=at)])
    assert (change.at, change.source) == (at, "The Wire")
