"""How times of day, hours between two of them and lengths of time are read from what somebody typed."""

from __future__ import annotations

import re
from datetime import time, timedelta

from bot.domain.subscription import Quiet

_CLOCK = (
    r"(?:at|jam|pukul)?\s*([01]?[0-9]|2[0-3])(?:[:.h]?([0-5][0-9]))?\s*"
    r"(am|pm|a\.m\.|p\.m\.|pagi|siang|sore|malam)?"
)
_TO = r"\s*(?:-|\u2013|\u2014|to|until|till|sampai|hingga|s\.?/?d\.?|\s)\s*"
CLOCK = re.compile(_CLOCK, re.IGNORECASE)
HOURS = re.compile(rf"(?:from|between|dari|antara)?\s*{_CLOCK}{_TO}{_CLOCK}", re.IGNORECASE)
# The half of the day somebody names, and from which hour on it is not the second half any more.
AFTERNOONS = {"pm": 12, "p.m.": 12, "siang": 6, "sore": 12, "malam": 12}
MORNINGS = frozenset({"am", "a.m.", "malam"})

_UNITS = {
    **dict.fromkeys(("h", "hour", "hours", "jam", "j"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days", "hari"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks", "minggu", "pekan"), timedelta(weeks=1)),
    **dict.fromkeys(("m", "month", "months", "bulan", "bln"), timedelta(days=30)),
}
_LENGTH = rf"([0-9]{{1,3}})\s?({'|'.join(sorted(_UNITS, key=len, reverse=True))})"
LENGTH_FIRST = re.compile(rf"{_LENGTH}(?=\s|$)", re.IGNORECASE)
LENGTH_LAST = re.compile(rf"(?:^|\s){_LENGTH}$", re.IGNORECASE)
LONGEST = timedelta(days=366)


def clock_in(text: str) -> time | None:
    """`8`, `8.30`, `08:30`, `0830`, `8 pm`, `jam 8 malam`."""
    match = CLOCK.fullmatch(text.strip())
    return _time(match[1], match[2], match[3]) if match else None


def hours_in(text: str) -> Quiet | None:
    """`22-07`, `22:30-06.45`, `10 pm to 7 am`, `jam 22 sampai 7`."""
    match = HOURS.fullmatch(text.strip())
    if not match:
        return None
    return Quiet(start=_time(match[1], match[2], match[3]), end=_time(match[4], match[5], match[6]))


def length_in(text: str) -> tuple[timedelta | None, str]:
    """`7d`, `24 h`, `2 minggu` at the end (or the beginning) of a text, and the text without it; a year at most."""
    match = LENGTH_LAST.search(text) or LENGTH_FIRST.match(text)
    if not match:
        return None, text
    length = int(match[1]) * _UNITS[match[2].lower()]
    return min(length, LONGEST), (text[: match.start()] + text[match.end() :]).strip()


def _time(hour: str, minute: str | None, half: str | None) -> time:
    number, named = int(hour), (half or "").lower()
    if number == 12 and named in MORNINGS:
        number = 0
    elif number < AFTERNOONS.get(named, 0):
        number += 12
    return time(number, int(minute or 0))
