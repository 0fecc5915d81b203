"""When something is over that somebody gives an end: `2h`, `90 menit`, `until 08:00`, `sampai besok pagi`, `Monday`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.commands.clocks import LONGEST, clock_in, length_in
from bot.texts.style import DAYS

MORNING = time(8)
BEFORE = re.compile(r"(?:for|until|till|to|untuk|selama|sampai|hingga|s/d)\s+(?:dengan\s+|hari\s+(?!ini))?")
MINUTES = re.compile(r"([0-9]{1,4})\s?(?:m|min|mins|minute|minutes|menit|mnt)")
IN_WORDS = {
    **dict.fromkeys(("an hour", "one hour", "sejam", "satu jam"), timedelta(hours=1)),
    **dict.fromkeys(("half an hour", "setengah jam"), timedelta(minutes=30)),
    **dict.fromkeys(("a day", "one day", "sehari", "satu hari"), timedelta(days=1)),
    **dict.fromkeys(("a week", "one week", "seminggu", "satu minggu"), timedelta(weeks=1)),
}
LATER = {"tonight": "today evening", "next week": "in a week", "minggu depan": "in a week", "pekan depan": "in a week"}
NEXT_DAYS = {"today": 0, "hari ini": 0, "nanti": 0, "tomorrow": 1, "besok": 1, "lusa": 2, "in a week": 7}
WEEKDAYS = {name.lower(): n for names in DAYS.values() for n, name in enumerate(names)} | {"jum'at": 4}
PARTS = {
    **dict.fromkeys(("morning", "pagi"), MORNING),
    **dict.fromkeys(("noon", "siang"), time(12)),
    **dict.fromkeys(("afternoon", "sore"), time(16)),
    **dict.fromkeys(("evening", "night", "malam"), time(19)),
}


def end_in(text: str, now: datetime, zone: str) -> datetime | None:
    """The moment (UTC) it is over, a year from now at most; None where the text says no such thing or it has passed. An
    hour that has passed today is tomorrow's; a day without an hour means its morning."""
    words = BEFORE.sub("", " ".join(text.lower().split()), count=1)
    length = _length(words)
    local = now.astimezone(ZoneInfo(zone))
    end = now + length if length is not None else _moment(LATER.get(words, words), local)
    return min(end, now + LONGEST) if end is not None and end > now else None


def _length(words: str) -> timedelta | None:
    if words in IN_WORDS:
        return IN_WORDS[words]
    if minutes := MINUTES.fullmatch(words):
        return timedelta(minutes=int(minutes[1]))
    length, rest = length_in(words)
    return length if not rest else None


def _moment(words: str, local: datetime) -> datetime | None:
    """On the clock of the reader's wall."""
    named = next((name for name in (*NEXT_DAYS, *WEEKDAYS) if re.match(rf"{name}\b", words)), None)
    hour = words.removeprefix(named or "").strip()
    at = PARTS.get(hour) or clock_in(hour) or (MORNING if named and not hour else None)
    if at is None:
        return None
    if named is not None:
        return _at(_day(named, local.date()), at, local)
    today = _at(local.date(), at, local)
    return today if today > local else _at(local.date() + timedelta(days=1), at, local)


def _day(named: str, today: date) -> date:
    if named in NEXT_DAYS:
        return today + timedelta(days=NEXT_DAYS[named])
    return today + timedelta(days=(WEEKDAYS[named] - today.weekday() - 1) % 7 + 1)


def _at(day: date, at: time, local: datetime) -> datetime:
    return datetime.combine(day, at, local.tzinfo).astimezone(UTC)  # where an hour is skipped, what comes after it
