"""Numbers, times and ages as people in each language write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.texts import Texts
from bot.texts.style import age, ago, clock, day, moment, number, zone_name


@pytest.mark.parametrize(
    ("value", "english", "indonesian"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1300, "1,300", "1.300"),
        (1234567, "1,234,567", "1.234.567"),
        (-1300, "-1,300", "-1.300"),
        (6.5, "6.5", "6,5"),
        (6.0, "6", "6"),
        (1300.25, "1,300.2", "1.300,2"),
    ],
)
def test_numbers(value: float, english: str, indonesian: str) -> None:
    assert (number(value, "en"), number(value, "id")) == (english, indonesian)


def test_the_clock() -> None:
    assert (clock(8, 5, "en"), clock(8, 5, "id")) == ("08:05", "08.05")
    assert (clock(23, 59, "en"), clock(0, 0, "id")) == ("23:59", "00.00")


@pytest.mark.parametrize(
    ("value", "english", "indonesian"),
    [
        (date(2026, 3, 14), "Saturday 14 March 2026", "Sabtu, 14 Maret 2026"),
        (date(2024, 2, 29), "Thursday 29 February 2024", "Kamis, 29 Februari 2024"),
        (date(2026, 8, 17), "Monday 17 August 2026", "Senin, 17 Agustus 2026"),
    ],
)
def test_days(value: date, english: str, indonesian: str) -> None:
    assert (day(value, "en"), day(value, "id")) == (english, indonesian)


@pytest.mark.parametrize(
    ("when", "zone", "english", "indonesian"),
    [
        ("2026-03-14 07:30", "Asia/Jakarta", "14:30 WIB", "14.30 WIB"),
        ("2026-03-13 16:59", "Asia/Jakarta", "13 Mar, 23:59 WIB", "13 Mar, 23.59 WIB"),
        ("2026-03-13 17:01", "Asia/Jakarta", "00:01 WIB", "00.01 WIB"),
        ("2025-08-17 03:00", "Asia/Makassar", "17 Aug 2025, 11:00 WITA", "17 Agu 2025, 11.00 WITA"),
        ("2026-01-02 03:04", "America/Sao_Paulo", "2 Jan, 00:04 UTC-3", "2 Jan, 00.04 UTC-3"),
    ],
)
def test_moments(when: str, zone: str, english: str, indonesian: str) -> None:
    local = datetime.fromisoformat(f"{when}Z").astimezone(ZoneInfo(zone))
    now = datetime(2026, 3, 14, 9, 0, tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert (moment(local, now, "en"), moment(local, now, "id")) == (english, indonesian)


@pytest.mark.parametrize(
    ("zone", "month", "name"),
    [
        ("Asia/Jakarta", 1, "WIB"),
        ("Asia/Makassar", 1, "WITA"),
        ("Asia/Jayapura", 1, "WIT"),
        ("Europe/Berlin", 1, "CET"),
        ("Europe/Berlin", 7, "CEST"),
        ("UTC", 1, "UTC"),
        ("Asia/Kathmandu", 1, "UTC+5:45"),
        ("Asia/Dubai", 1, "UTC+4"),
        ("America/Sao_Paulo", 1, "UTC-3"),
        ("Pacific/Marquesas", 1, "UTC-9:30"),
        ("Australia/Lord_Howe", 7, "UTC+10:30"),
    ],
)
def test_zone_names(zone: str, month: int, name: str) -> None:
    assert zone_name(datetime(2026, month, 1, tzinfo=ZoneInfo(zone))) == name


@pytest.mark.parametrize(
    ("seconds", "english", "indonesian"),
    [
        (-5, "0 s", "0 dtk"),
        (59, "59 s", "59 dtk"),
        (60, "1 min", "1 mnt"),
        (3599, "59 min", "59 mnt"),
        (3600, "1 h", "1 jam"),
        (48 * 3600 - 1, "47 h", "47 jam"),
        (48 * 3600, "2 d", "2 hari"),
    ],
)
def test_ages(seconds: int, english: str, indonesian: str) -> None:
    elapsed = timedelta(seconds=seconds)
    assert (age(elapsed, "en"), age(elapsed, "id")) == (english, indonesian)


@pytest.mark.parametrize(
    ("seconds", "english", "indonesian"),
    [(-60, "just now", "baru saja"), (30, "just now", "baru saja"), (720, "12 min ago", "12 mnt lalu")],
)
def test_how_long_ago(seconds: int, english: str, indonesian: str) -> None:
    elapsed = timedelta(seconds=seconds)
    assert (ago(elapsed, "en"), ago(elapsed, "id")) == (english, indonesian)


@pytest.mark.parametrize(
    ("words", "english", "indonesian"),
    [
        ([], "", ""),
        (["a"], "a", "a"),
        (["a", "b"], "a and b", "a dan b"),
        (["a", "b", "c"], "a, b and c", "a, b, dan c"),
    ],
)
def test_lists(words: list[str], english: str, indonesian: str) -> None:
    assert (Texts("en").listed(words), Texts("id").listed(words)) == (english, indonesian)


def test_one_and_many() -> None:
    say = Texts("en").say
    assert say("digest.left_out", count=1) == "There is one more story in /latest."
    assert say("digest.left_out", count=1300) == "You’ll find 1,300 more stories in /latest."


def test_what_a_reader_typed_is_never_taken_for_a_blank() -> None:
    assert Texts("en").say("unknown.command", word="/{x} %s {0}").startswith("I don’t know /{x} %s {0}.")
