"""The next look at a feed, and one digest a local date whatever clocks, zones and daylight saving do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.schedule import digest_due, next_poll
from tests.builders import DAY, HOUR, MINUTE, NOW, patient


@pytest.mark.parametrize(
    ("interval", "asked", "failures", "fixed", "wait"),
    [
        (15 * MINUTE, None, 0, False, 15 * MINUTE),
        (15 * MINUTE, HOUR, 0, False, HOUR),
        (15 * MINUTE, MINUTE, 0, False, 15 * MINUTE),  # a wish can only lengthen
        (15 * MINUTE, 30 * DAY, 0, False, DAY),  # up to a day
        (15 * MINUTE, None, 1, False, 30 * MINUTE),
        (15 * MINUTE, None, 3, False, 120 * MINUTE),
        (15 * MINUTE, None, 50, False, DAY),
        (15 * MINUTE, 3 * HOUR, 1, False, 3 * HOUR),
        (15 * MINUTE, 3 * HOUR, 5, False, 8 * HOUR),
        (3 * DAY, None, 0, False, 3 * DAY),
        (3 * DAY, None, 4, False, 3 * DAY),  # failing is no reason to come more often
        (5 * MINUTE, None, 9, True, 5 * MINUTE),
        (5 * MINUTE, HOUR, 9, True, HOUR),
    ],
)
def test_next_poll(interval: timedelta, asked: timedelta | None, failures: int, fixed: bool, wait: timedelta) -> None:
    at = next_poll(now=NOW, interval=interval, asked=asked, failures=failures, jitter=0.0, fixed=fixed)
    assert at - NOW == wait


def test_jitter_spreads_over_a_tenth_and_never_a_fixed_interval() -> None:
    late = next_poll(now=NOW, interval=HOUR, asked=None, failures=0, jitter=0.5)
    assert late - NOW == HOUR + 3 * MINUTE
    assert next_poll(now=NOW, interval=HOUR, asked=None, failures=0, jitter=0.9, fixed=True) - NOW == HOUR


def due(at: str, now: datetime, zone: str, *, since: datetime | None = None, last: date | None = None) -> date | None:
    return digest_due(now=now, zone=zone, at=time.fromisoformat(at), since=since, last=last)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "before", "first"),
    [
        ("08:00", "Asia/Jakarta", "2026-03-14 00:59:59", "2026-03-14 01:00:00"),
        ("00:00", "Asia/Jakarta", None, "2026-03-13 17:00:00"),
        ("02:30", "Europe/Berlin", "2026-03-28 01:29:00", "2026-03-28 01:30:00"),
        # spring: 02:30 does not exist, 02:00 is followed by 03:00 (01:00 UTC)
        ("02:30", "Europe/Berlin", "2026-03-29 00:59:59", "2026-03-29 01:00:00"),
        # autumn: 02:30 comes at 00:30 and at 01:30 UTC
        ("02:30", "Europe/Berlin", "2026-10-25 00:29:59", "2026-10-25 00:30:00"),
        # Lord Howe moves by half an hour: 02:00 becomes 02:30 on 4 October 2026 (15:30 UTC the day before)
        ("02:15", "Australia/Lord_Howe", "2026-10-03 15:29:59", "2026-10-03 15:30:00"),
        ("01:45", "Australia/Lord_Howe", "2026-04-04 14:44:00", "2026-04-04 14:45:00"),
    ],
)
def test_the_first_moment_of_a_digest(at: str, zone: str, before: str | None, first: str) -> None:
    day = utc(first).astimezone(ZoneInfo(zone)).date()
    if before is not None:
        assert due(at, utc(before), zone, last=day - DAY) is None
    assert due(at, utc(first), zone, last=day - DAY) == day


@pytest.mark.parametrize(
    ("at", "zone", "day", "again"),
    [
        ("02:30", "Europe/Berlin", date(2026, 10, 25), "2026-10-25 01:30:00"),
        ("01:45", "Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04 15:20:00"),
    ],
)
def test_an_hour_that_comes_twice_has_one_digest(at: str, zone: str, day: date, again: str) -> None:
    local = utc(again).astimezone(ZoneInfo(zone))
    assert local.date() == day
    assert local.fold == 1
    assert due(at, utc(again), zone, last=day) is None


def test_who_subscribes_after_the_hour_waits_for_tomorrow() -> None:
    since = utc("2026-03-14 01:30:00")  # 08:30 in Jakarta
    assert due("08:00", since, "Asia/Jakarta", since=since) is None
    assert due("08:00", utc("2026-03-14 16:59:00"), "Asia/Jakarta", since=since) is None
    assert due("08:00", utc("2026-03-15 01:00:00"), "Asia/Jakarta", since=since) == date(2026, 3, 15)


def test_who_subscribes_before_the_hour_gets_todays() -> None:
    since = utc("2026-03-14 00:59:00")
    assert due("08:00", utc("2026-03-14 01:00:00"), "Asia/Jakarta", since=since) == date(2026, 3, 14)


def test_a_late_process_sends_todays_late_and_makes_up_for_no_other_day() -> None:
    late = utc("2026-03-14 16:59:59")  # 23:59:59
    assert due("08:00", late, "Asia/Jakarta", last=date(2026, 3, 10)) == date(2026, 3, 14)
    assert due("08:00", late, "Asia/Jakarta", last=date(2026, 3, 14)) is None


def test_a_clock_set_back_a_day_repeats_nothing() -> None:
    assert due("08:00", NOW - DAY, "Asia/Jakarta", last=date(2026, 3, 14)) is None
    assert due("08:00", NOW, "Asia/Jakarta", last=date(2026, 3, 14)) is None


def test_a_move_to_another_zone_repeats_no_date() -> None:
    last = date(2026, 3, 14)  # had in Auckland, where it is the 14th first
    assert due("08:00", utc("2026-03-14 20:00:00"), "America/Los_Angeles", last=last) is None
    assert due("08:00", utc("2026-03-15 20:00:00"), "America/Los_Angeles", last=last) == date(2026, 3, 15)


class Ledger:
    """The bookkeeping of one subscription: a date that was planned is taken."""

    def __init__(self, zone: str, at: time, since: datetime) -> None:
        self.zone, self.at, self.since = zone, at, since
        self.planned: list[date] = []

    def look(self, now: datetime) -> None:
        last = max(self.planned, default=None)
        day = digest_due(now=now, zone=self.zone, at=self.at, since=self.since, last=last)
        if day is not None:
            self.planned.append(day)


ZONES = st.sampled_from(
    ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Jakarta", "America/Santiago", "America/New_York", "Asia/Kathmandu",
     "Pacific/Apia", "Africa/Casablanca", "UTC"]
)  # fmt: skip
STARTS = st.integers(0, 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE)


@patient
@given(ZONES, st.times(), STARTS, st.lists(st.integers(-3 * 86_400, 3 * 86_400), max_size=60))
def test_no_local_date_has_two_digests_however_the_clock_jumps(
    zone: str, at: time, start: datetime, steps: list[int]
) -> None:
    ledger = Ledger(zone, at, start)
    now = start
    for step in steps:
        now += timedelta(seconds=step)
        ledger.look(now)
    assert len(set(ledger.planned)) == len(ledger.planned)
    assert ledger.planned == sorted(ledger.planned)


near_a_change = st.sampled_from(
    [datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC),
     datetime(2026, 10, 2, tzinfo=UTC), datetime(2026, 9, 4, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)]
)  # fmt: skip


@patient
@given(
    ZONES,
    st.times(max_value=time(23, 30)),
    st.one_of(STARTS, near_a_change),
    st.lists(st.integers(600, 1799), min_size=1, max_size=40),
)
def test_every_local_date_has_exactly_one_when_the_clock_is_looked_at(
    zone: str, at: time, start: datetime, steps: list[int]
) -> None:
    """Steps under half an hour, over two weeks."""
    ledger = Ledger(zone, at, start)
    now = start
    for step in cycle(steps):
        now += timedelta(seconds=step)
        ledger.look(now)
        if now > start + 14 * DAY:
            break
    first, last = start.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    days = [first.date() + n * DAY for n in range((last.date() - first.date()).days + 1)]
    if first.time() >= at:
        days = days[1:]
    if days and days[-1] == last.date() and last.time() < at:
        days = days[:-1]
    assert ledger.planned == days
