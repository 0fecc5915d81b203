"""How often a feed is looked at by what it brings, and when one that answers has fallen silent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.schedule import Rhythm
from tests.builders import DAY, HOUR, MINUTE, NOW, patient

FASTEST, SLOWEST, USUAL = 5 * MINUTE, 3 * HOUR, 15 * MINUTE


def lived(gap: timedelta, looks: int, fresh: int = 1) -> Rhythm:
    rhythm = Rhythm()
    for n in range(looks):
        rhythm = rhythm.after(NOW + n * gap, fresh)
    return rhythm


def interval(rhythm: Rhythm, after: timedelta = timedelta()) -> timedelta:
    at = (rhythm.newest or NOW) + after
    return rhythm.interval(USUAL, fastest=FASTEST, slowest=SLOWEST, now=at)


def test_a_feed_that_is_not_known_yet_is_read_as_usual() -> None:
    assert interval(Rhythm()) == USUAL
    assert interval(Rhythm().after(NOW, 3)) == USUAL


@pytest.mark.parametrize(
    ("gap", "fresh", "expected"),
    [
        (3 * MINUTE, 1, FASTEST),
        (30 * MINUTE, 1, 10 * MINUTE),
        (30 * MINUTE, 2, FASTEST),
        (3 * HOUR, 1, HOUR),
        (DAY, 1, SLOWEST),
    ],
)
def test_busy_feeds_are_read_every_few_minutes_and_sleepy_ones_every_few_hours(
    gap: timedelta, fresh: int, expected: timedelta
) -> None:
    assert interval(lived(gap, 20, fresh)) == expected


def test_the_night_slows_a_busy_feed_down_and_its_first_entry_wakes_it() -> None:
    rhythm = lived(10 * MINUTE, 50)
    assert interval(rhythm) == FASTEST
    assert interval(rhythm, after=8 * HOUR) == 80 * MINUTE
    woken = rhythm.after((rhythm.newest or NOW) + 8 * HOUR, 1)
    assert interval(woken) < 50 * MINUTE
    assert interval(woken.after((woken.newest or NOW) + 10 * MINUTE, 1)) < 35 * MINUTE


def test_a_look_that_brings_nothing_changes_nothing() -> None:
    rhythm = lived(HOUR, 5)
    assert rhythm.after(NOW + DAY, 0) == rhythm


@pytest.mark.parametrize(
    ("gap", "quiet", "silent"),
    [
        (HOUR, 3 * DAY, False),
        (HOUR, 5 * DAY, True),
        (DAY, 10 * DAY, False),
        (DAY, 13 * DAY, True),
        (30 * DAY, 59 * DAY, False),
        (30 * DAY, 61 * DAY, True),
    ],
)
def test_silence_is_measured_against_its_own_rhythm(gap: timedelta, quiet: timedelta, silent: bool) -> None:
    rhythm = lived(gap, 10)
    assert rhythm.newest is not None
    assert rhythm.silent_since(rhythm.newest + quiet) == (rhythm.newest if silent else None)


def test_a_feed_that_never_brought_two_things_is_not_called_silent() -> None:
    assert Rhythm().silent_since(NOW) is None
    assert Rhythm().after(NOW, 1).silent_since(NOW + 365 * DAY) is None


@patient
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 500)), max_size=40))
def test_it_stays_within_the_operators_bounds(life: list[tuple[int, int]]) -> None:
    rhythm, now = Rhythm(), NOW
    for seconds, fresh in life:
        now += timedelta(seconds=seconds)
        rhythm = rhythm.after(now, fresh)
        wait = rhythm.interval(USUAL, fastest=FASTEST, slowest=SLOWEST, now=now)
        assert FASTEST <= wait <= SLOWEST or wait == USUAL
