"""Which moment a feed's date string means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.dates import read_date

NOW = datetime(2026, 11, 3, 0, 0, tzinfo=UTC)
NOV_2 = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)
DAY = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "Mon, 02 Nov 2026 07:30:00 GMT",
        "Mon, 02 Nov 2026 14:30:00 +0700",
        "Mon,02 Nov 2026 14:30 +07:00",
        "02 Nov 26 07:30 UT",
        "Mon, 2 November 2026 14:30:00 WIB",
        "Senin, 02 Nopember 2026 14:30 WIB",
        "Senin, 2 November 2026 14:30:00 WIB",
        "Senin 02 Nov 2026 15:30 WITA",
        "Senin, 02 Nop 2026, 16.30 WIT",
        "Senin, 2 November 2026 | 14:30 WIB",
        "Senin, 2 November 2026 pukul 14.30 WIB",
        "Jum'at, 02 November 2026 14:30 WIB",
        "Jum’at, 02 November 2026 14:30 +0700 (WIB)",
        "SENIN, 02 NOVEMBER 2026 14:30 wib",
        "2 Nov 2026 - 14:30 WIB",
        "November 2, 2026 7:30 AM",
        "November 2nd, 2026 at 2:30 am EST",
        "Mon, Nov 2 2026 07:30:00 UTC",
        "Mon Nov  2 07:30:00 2026",
        "Mon Nov 02 2026 14:30:00 GMT+0700 (Western Indonesia Time)",
        "Mon Nov 2 14:30:00 WIB 2026",
        "02-Nov-2026 07:30:00",
        "Mon, 02 Nov 2026 08:30:00 CET",
        "Mon, 02 Nov 2026 09:30:00 CEST",
        "Mon, 02 Nov 2026 02:30:00 EST",
        "Mon, 02 Nov 2026 03:30:00 EDT",
        "Mon, 02 Nov 2026 01:30:00 CST",
        "Sun, 01 Nov 2026 23:30:00 PST",
        "Mon, 02 Nov 2026 13:00:00 IST",
        "Mon, 02 Nov 2026 16:30:00 JST",
        "2026-11-02T07:30:00Z",
        "2026-11-02T07:30Z",
        "2026-11-02t07:30:00.000z",
        "2026-11-02T07:30:00,5Z",
        "2026-11-02T14:30:00+07:00",
        "2026-11-02 14:30:00 +0700",
        "2026-11-02T14:30:00+07",
        "2026-11-02 14:30 WIB",
        "2026-11-02 07:30:00",
        "2026/11/02 07:30:00",
        "2026.11.2 7:30",
        "20261102T073000Z",
        "1793604600",
        "1793604600000",
        "  Mon,  02 Nov\n 2026 07:30:00 GMT ",
        "02/11/2026 14:30 WIB",
        "02-11-2026 07:30",
    ],
)
def test_one_moment_in_many_spellings(raw: str) -> None:
    read = read_date(raw, NOW)
    assert read is not None
    assert read.replace(second=0) == NOV_2
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2020/1/10", datetime(2020, 1, 10, tzinfo=UTC)),
        ("2020/1/10 14:33:00", datetime(2020, 1, 10, 14, 33, tzinfo=UTC)),
        ("2026-11-02", DAY),
        ("20261102", DAY),
        ("02 November 2026", DAY),
        ("10 Agustus 2026", datetime(2026, 8, 10, tzinfo=UTC)),
        ("10 Agu 2026 08:00 WIB", datetime(2026, 8, 10, 1, tzinfo=UTC)),
        ("Rabu, 06 Mei 2026 08:00 WIB", datetime(2026, 5, 6, 1, tzinfo=UTC)),
        ("Kamis, 31 Desember 2015 23:59:59 WIB", datetime(2015, 12, 31, 16, 59, 59, tzinfo=UTC)),
        ("Minggu, 01 Maret 2026 00:10 WIB", datetime(2026, 2, 28, 17, 10, tzinfo=UTC)),
        ("Sabtu, 7 Pebruari 2026", datetime(2026, 2, 7, tzinfo=UTC)),
        ("Ahad, 5 Juli 2026", datetime(2026, 7, 5, tzinfo=UTC)),
        ("31/10/2026 10:00", datetime(2026, 10, 31, 10, tzinfo=UTC)),
        ("10/31/2026 10:00", datetime(2026, 10, 31, 10, tzinfo=UTC)),
        ("11/11/2025", datetime(2025, 11, 11, tzinfo=UTC)),
        ("Mon, 02 Nov 2026 24:00:00 GMT", datetime(2026, 11, 3, tzinfo=UTC)),
        ("Mon, 02 Nov 2026 23:59:60 GMT", datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC)),
        ("01 Jan 1999 12:00 AM", datetime(1999, 1, 1, tzinfo=UTC)),
        ("01 Jan 99 12:00 PM", datetime(1999, 1, 1, 12, tzinfo=UTC)),
        ("Wed, 04 Nov 2026 23:59:00 GMT", datetime(2026, 11, 4, 23, 59, tzinfo=UTC)),
    ],
)
def test_dates_that_others_read_wrong(raw: str, expected: datetime) -> None:
    assert read_date(raw, NOW) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        None,
        "yesterday",
        "3 hours ago",
        "2 jam yang lalu",
        "kemarin",
        "03/04/2026 10:00",  # March or April
        "30 Feb 2026 10:00 GMT",
        "2026-02-30",
        "2026-13-01T00:00:00Z",
        "2026-11-02T25:00:00Z",
        "2026-11-02T07:61:00Z",
        "32 Januari 2026",
        "0000-00-00 00:00:00",
        "-0001-11-30T00:00:00+00:00",
        "Mon, 30 Nov -0001 00:00:00 +0000",
        "0001-01-01T00:00:00Z",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "1989-12-31T23:59:59Z",
        "2099-01-01T00:00:00Z",
        "Thu, 05 Nov 2026 00:00:01 GMT",
        "2026-11-02T07:30:00+99:00",
        "Mon, 02 Nov 2026 13:30 PM",
        "9" * 10_000,
        "99999999999999999999",
        "9999-12-31T23:59:59-14:00",
        "0000000001",
    ],
)
def test_what_is_no_believable_date(raw: str | None) -> None:
    assert read_date(raw, NOW) is None


@pytest.mark.parametrize(
    ("raw", "language", "expected"),
    [
        ("02/11/2026 14.30 WIB", None, NOV_2),
        ("Senin, 02/11/2026 14:30 WIB", None, NOV_2),
        ("Senin, 02/11/2026 14:30", None, NOV_2.replace(hour=14)),  # only Indonesians write that day
        ("02/11/2026 14:30", "id-ID", NOV_2.replace(hour=14)),
        ("02/11/2026 07:30", "in", NOV_2),
        ("02/11/2026 07:30", "id_ID", NOV_2),
        ("02/11/2026 07:30", "en-US", None),
        ("11/02/2026 07:30", "en-US", None),
        ("02/11/2026 07:30", "idn-fantasy", None),
        ("31/12/2099 10:00", "id", None),
        ("02/11/-001 10:00", "id", None),
        ("2026-11-02 07:30", "id", NOV_2),
    ],
)
def test_days_come_first_where_indonesian_is_written(raw: str, language: str | None, expected: datetime | None) -> None:
    assert read_date(raw, NOW, language=language) == expected


def test_another_reader_counts_only_for_forms_unknown_here() -> None:
    other = datetime(2026, 10, 1, tzinfo=UTC)
    assert read_date("Κυρ, 01 Οκτ 2026", NOW, other) == other
    assert read_date("30 Feb 2026", NOW, other) is None
    assert read_date("2020/1/10", NOW, other) == datetime(2020, 1, 10, tzinfo=UTC)
    assert read_date("Κυρ, 01 Οκτ 2026", NOW, NOW + timedelta(days=3)) is None


@given(st.text(max_size=60))
def test_no_string_breaks_it(raw: str) -> None:
    read = read_date(raw, NOW)
    assert read is None or read.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2026, 11, 2)))  # noqa: DTZ001
def test_what_is_written_is_read_back(moment: datetime) -> None:
    expected = moment.replace(microsecond=0, tzinfo=UTC)
    assert read_date(moment.isoformat(), NOW) == expected
    assert read_date(moment.strftime("%a, %d %b %Y %H:%M:%S +0000"), NOW) == expected


@given(
    st.integers(0, 40),
    st.sampled_from(["Jan", "Mar", "may", "Dec"]),
    st.tuples(st.integers(0, 26), st.integers(0, 62), st.integers(0, 62)),
    st.sampled_from(["GMT", "UTC", "Z", "+0000", "+0700", "-0330", "+1600", "-0099"]),
)
def test_the_usual_form_is_what_the_same_date_means_in_another_order(
    day: int, month: str, clock: tuple[int, int, int], zone: str
) -> None:
    time = "{:02}:{:02}:{:02}".format(*clock)
    usual = read_date(f"Mon, {day:02} {month} 2026 {time} {zone}", NOW)
    assert usual == read_date(f"{month} {day:02} 2026 {time} {zone}", NOW)


@pytest.mark.parametrize("raw", ["-0001-11-30T00:00:00Z", "the 3rd of the year 17", "1726-11-02T07:30:00Q"])
def test_a_year_that_the_string_does_not_name_is_not_believed(raw: str) -> None:
    assert read_date(raw, NOW, datetime(2000, 1, 1, tzinfo=UTC)) is None


def test_another_readers_moment_counts_where_it_has_the_strings_year() -> None:
    moment = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)
    assert read_date("2026\ub144 1\uc6d4 1\uc77c 02:00", NOW, moment) == moment
    assert read_date("1 sausio 26", NOW, datetime(2026, 1, 1, tzinfo=UTC)) is not None


def test_a_day_of_a_week() -> None:
    assert read_date("2026-W45-1", NOW) == DAY
    assert read_date("2026-W99-1", NOW) is None
