"""What moment a feed's date string means: English and Indonesian, with the zones that feeds really write.

Read strictly from left to right, so that a date is never guessed out of the middle of something else. A date without a
zone is taken as UTC. What cannot be a date, lies before 1990 or more than 48 h ahead is None: no date is better than a
wrong one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

EARLIEST_YEAR = 1990
AHEAD_AT_MOST = timedelta(hours=48)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januari",
            "feb february februari peb pebruari",
            "mar march maret mrt",
            "apr april",
            "may mei",
            "jun june juni",
            "jul july juli",
            "aug august agu agt ags agustus agst",
            "sep sept september",
            "oct october okt oktober",
            "nov november nop nopember",
            "dec december des desember",
        ),
        start=1,
    )
    for name in names.split()
}
_WORDS_SKIPPED = {
    "mon", "monday", "tue", "tues", "tuesday", "wed", "weds", "wednesday", "thu", "thur", "thurs", "thursday",
    "fri", "friday", "sat", "saturday", "sun", "sunday",
    "senin", "sen", "selasa", "sel", "rabu", "rab", "kamis", "kam", "jumat", "jum", "sabtu", "sab", "minggu", "min",
    "ahad", "at", "on", "of", "pukul", "jam", "tanggal", "tgl", "pkl",
}  # fmt: skip
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0,
    "wib": 420, "wita": 480, "wit": 540,
    "west": 60, "bst": 60, "cet": 60, "met": 60, "cest": 120, "mest": 120, "eet": 120, "eest": 180, "msk": 180,
    "est": -300, "edt": -240, "et": -300, "cst": -360, "cdt": -300, "ct": -360, "mst": -420, "mdt": -360, "mt": -420,
    "pst": -480, "pdt": -420, "pt": -480, "ast": -240, "adt": -180, "akst": -540, "akdt": -480, "hst": -600,
    "ist": 330, "pkt": 300, "ict": 420, "sgt": 480, "myt": 480, "hkt": 480, "pht": 480, "awst": 480, "jst": 540,
    "kst": 540, "acst": 570, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "brt": -180, "art": -180,
}  # fmt: skip
_INDONESIAN_ZONES = {"wib", "wita", "wit"}
_INDONESIAN_DAYS = {"senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu", "ahad"}
_LONGEST = 120
_ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})"
    r"(?:(?:[t ]|, ?| at )\s*(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*(.*))?"
)
_WEEK = re.compile(r"\d{4}-w\d{2}-\d")
_DIGITS = re.compile(r"\d+", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[t ]?(\d{2}):?(\d{2}):?(\d{2})?(?:[.,]\d+)?\s*(.*))?")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:,?\s+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*(.*))?")
_EPOCH = re.compile(r"(\d{9,10})(\d{3})?(?:\.\d+)?")
_OFFSET = re.compile(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d{2})?")
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?(am|pm)?(z)?")
_COMMENT = re.compile(r"\([^()]*\)")
_JOINED = re.compile(r"(\d)-([a-z]{3,})-(\d)")
_NUMBER = re.compile(r"(\d{1,4})(?:st|nd|rd|th)?")
# The form of RFC 822, which most documents have: read at once, to what the other forms would make of it.
_USUAL = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun),? )?(\d\d?) (jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) (\d{4}) "
    r"(\d\d):(\d\d):(\d\d) (gmt|utc|z|[+-]\d{4})",
    re.ASCII,
)


def read_date(
    raw: str | None, now: datetime, fallback: datetime | None = None, *, language: str | None = None
) -> datetime | None:
    """The moment `raw` means, aware, UTC. `fallback` is what another reader made of it; it counts only where the
    string is of no form known here. In an Indonesian document (`language` as it writes it: `id`, `id-ID`, `in`)
    03/04/2026 is the third of April. None: missing, impossible, before 1990 or more than 48 h after `now`."""
    if not raw or len(raw) > _LONGEST:
        return None
    try:
        known, moment = _form_of(raw, day_first=_is_indonesian(language))
    except (ValueError, OverflowError):
        return None
    if not known and fallback is not None and not _names_year(raw, fallback):
        return None  # the other reader guessed: it makes 2000 of the year -1
    return believable(moment if known else fallback, now)


def _names_year(raw: str, moment: datetime) -> bool:
    """Whether the string holds the year of the moment (in some zone): in full, or its last two digits where no number
    is longer."""
    years = {(moment + aside).year for aside in (timedelta(days=-1), timedelta(), timedelta(days=1))}
    numbers = _DIGITS.findall(raw)
    full = [number for number in numbers if len(number) >= 4]
    if full:
        return any(number.startswith(str(year)) for number in full for year in years)
    return any(f"{year % 100:02}" in numbers for year in years)


def believable(moment: datetime | None, now: datetime) -> datetime | None:
    if moment is None or moment.year < EARLIEST_YEAR or moment > now + AHEAD_AT_MOST:
        return None
    return moment


@lru_cache(maxsize=64)  # an entry often says when it was changed in the words of when it was published
def _form_of(raw: str, *, day_first: bool) -> tuple[bool, datetime | None]:
    return _known_form(_tidy(raw), day_first=day_first)


def _tidy(raw: str) -> str:
    text = raw.strip().lower()
    for mark in "'’‘`":
        text = text.replace(mark, "")
    if "(" in text:
        text = _COMMENT.sub(" ", text)
    return " ".join(text.replace("\u2212", "-").split())


def _is_indonesian(language: str | None) -> bool:
    return (language or "").strip().lower().replace("_", "-").partition("-")[0] in {"id", "in", "ind", "indonesia"}


def _known_form(text: str, *, day_first: bool) -> tuple[bool, datetime | None]:
    """Whether the string has a form known here, and its moment; ValueError when the numbers are no date."""
    if match := _USUAL.fullmatch(text):
        day, month_name, year, hour, minute, second, zone = match.groups()
        date = (int(year), _MONTHS[month_name], int(day))
        return True, _moment(date, _clock(hour, minute, second, None), _zone(zone) or 0)
    if match := _EPOCH.fullmatch(text):
        return True, datetime.fromtimestamp(int(match[1]), UTC)
    if match := _ISO.fullmatch(text):
        year, _, month, day, *rest = match.groups()
        return True, _build((year, month, day), rest)
    if _WEEK.fullmatch(text):
        return True, datetime.fromisoformat(text.upper()).replace(tzinfo=UTC)
    if match := _COMPACT.fullmatch(text):
        year, month, day, *rest = match.groups()
        return True, _build((year, month, day), rest)
    weekday, numbers = _without_weekday(text)
    if match := _NUMERIC.fullmatch(numbers):
        return True, _numeric(match, day_first=day_first or weekday in _INDONESIAN_DAYS)
    return _worded(text)


def _without_weekday(text: str) -> tuple[str, str]:
    first, _, rest = text.partition(" ")
    day = first.rstrip(",")
    return (day, rest) if day in _WORDS_SKIPPED else ("", text)


def _numeric(match: re.Match[str], *, day_first: bool) -> datetime | None:
    """Day and month as numbers. With slashes the order differs between countries: only a clear one is read."""
    first, mark, second, year, *rest = match.groups()
    words = (rest[3] or "").split()
    if day_first or mark != "/" or int(first) > 12 or _INDONESIAN_ZONES.intersection(words):
        return _build((year, second, first), rest)
    return _build((year, first, second), rest) if int(second) > 12 or first == second else None


def _build(day: tuple[str, str, str], rest: Sequence[str | None]) -> datetime | None:
    hour, minute, second, zone = rest
    half, offset = _half_and_zone((zone or "").split())
    return _moment((int(day[0]), int(day[1]), int(day[2])), _clock(hour, minute, second, half), offset)


def _half_and_zone(words: list[str]) -> tuple[str | None, int]:
    half = words.pop(0) if words and words[0] in {"am", "pm"} else None
    offset = 0
    for position, word in enumerate(words):
        minutes = _zone(word)
        if minutes is None:
            raise ValueError(word)
        # "+0700 WIB" names one zone twice; "GMT +7" names it in two words
        if position == 0 or (offset == 0 and word[0] in "+-"):
            offset = minutes
    return half, offset


def _zone(word: str) -> int | None:
    if word in _ZONES:
        return _ZONES[word]
    match = _OFFSET.fullmatch(word)
    if not match:
        return None
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    if minutes > 15 * 60:
        raise ValueError(word)
    return -minutes if match[1] == "-" else minutes


def _clock(hour: str | None, minute: str | None, second: str | None, half: str | None) -> timedelta:
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(hour)
        hours = hours % 12 + (12 if half == "pm" else 0)
    if hours > 24 or minutes > 59 or seconds > 60 or (hours == 24 and (minutes or seconds)):
        raise ValueError(hour)
    return timedelta(hours=hours, minutes=minutes, seconds=min(seconds, 59))


def _moment(day: tuple[int, int, int], clock: timedelta, offset: int) -> datetime:
    return datetime(*day, tzinfo=UTC) + clock - timedelta(minutes=offset)


def _worded(text: str) -> tuple[bool, datetime | None]:
    """Dates with a month name, in any order: `Senin, 02 Nopember 2026 14:30 WIB`, `Mon Nov 2 14:30:00 WIB 2026`."""
    day = month = year = None
    time: re.Match[str] | None = None
    after: list[str] = []
    for word in _JOINED.sub(r"\1 \2 \3", text).replace(",", " ").replace("|", " ").split():
        plain = word.rstrip(".")
        number = _NUMBER.fullmatch(plain)
        if plain in _WORDS_SKIPPED or plain in {"-", "/", "–"}:
            continue
        if month is None and plain in _MONTHS:
            month = _MONTHS[plain]
        elif number and len(number[1]) <= 2 and day is None:
            day = int(number[1])
        elif number and year is None:
            year = _full_year(number[1])
        elif time is None and (match := _TIME.fullmatch(plain)):
            time = match
        elif plain in {"am", "pm"} or plain in _ZONES or (_OFFSET.fullmatch(plain) and year is not None):
            after.append(plain)
        else:
            return False, None
    if day is None or month is None or year is None:
        return False, None
    half, offset = _half_and_zone(after)
    clock = _clock(time[1], time[2], time[3], time[4] or half) if time else timedelta()
    return True, _moment((year, month, day), clock, offset)


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (1900 if year >= EARLIEST_YEAR % 100 else 2000)
    return year
