"""How numbers, times and dates look to a reader: 1,300 · 14:30 and 1.300 · 14.30 WIB."""

from __future__ import annotations

from datetime import date, datetime, timedelta

DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
}
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
           "November", "Desember"),
}  # fmt: skip
AGES = {"en": ("{} s", "{} min", "{} h", "{} d"), "id": ("{} dtk", "{} mnt", "{} jam", "{} hari")}
JUST_NOW = {"en": "just now", "id": "baru saja"}
AGO = {"en": "ago", "id": "lalu"}


def number(value: float, language: str) -> str:
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")
    if language == "id":
        text = text.translate(str.maketrans(",.", ".,"))
    return text


def clock(hour: int, minute: int, language: str) -> str:
    return f"{hour:02d}{'.' if language == 'id' else ':'}{minute:02d}"


def day(value: date, language: str) -> str:
    comma = "," if language == "id" else ""
    name, month = DAYS[language][value.weekday()], MONTHS[language][value.month - 1]
    return f"{name}{comma} {value.day} {month} {value.year}"


def moment(when: datetime, now: datetime, language: str) -> str:
    """A time in the reader's zone (both arguments are already in it): the clock alone for today, the day before it
    otherwise, the zone always."""
    time = f"{clock(when.hour, when.minute, language)} {zone_name(when)}"
    if when.date() == now.date():
        return time
    month = MONTHS[language][when.month - 1][:3]
    year = f" {when.year}" if when.year != now.year else ""
    return f"{when.day} {month}{year}, {time}"


def zone_name(when: datetime) -> str:
    """WIB, CET, UTC; `UTC+7` where the zone has no letters of its own."""
    name = when.tzname() or "UTC"
    if name[:1] not in "+-":
        return name
    hours, minutes = name[:3], name[3:]
    return f"UTC{hours[0]}{int(hours[1:])}" + (f":{minutes}" if minutes not in ("", "00") else "")


def ago(elapsed: timedelta, language: str) -> str:
    """`just now`, `12 min ago` · `baru saja`, `12 mnt lalu`"""
    if elapsed < timedelta(minutes=1):
        return JUST_NOW[language]
    return f"{age(elapsed, language)} {AGO[language]}"


def age(elapsed: timedelta, language: str) -> str:
    """`40 s`, `12 min`, `3 h`, `2 d`"""
    few, minutes, hours, days = AGES[language]
    seconds = max(0, int(elapsed.total_seconds()))
    if seconds < 60:
        return few.format(seconds)
    if seconds < 3600:
        return minutes.format(seconds // 60)
    if seconds < 48 * 3600:
        return hours.format(seconds // 3600)
    return days.format(seconds // 86400)
