"""Which time zone somebody means by a city, a country's own short name or a difference from UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# What people call a zone that the tz database does not: short names, and big places that share another one's clock.
OTHER_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("wib", "bandung", "surabaya", "medan", "semarang", "yogyakarta", "palembang"), "Asia/Jakarta"),
    **dict.fromkeys(("batam", "bogor", "depok", "bekasi", "tangerang", "malang", "solo", "padang"), "Asia/Jakarta"),
    **dict.fromkeys(("wita", "bali", "denpasar", "balikpapan", "manado", "lombok", "samarinda"), "Asia/Makassar"),
    **dict.fromkeys(("wit", "papua", "ambon", "sorong", "ternate"), "Asia/Jayapura"),
    **dict.fromkeys(("utc", "gmt", "z"), "UTC"),
    **dict.fromkeys(("india", "ist", "mumbai", "delhi", "bangalore", "bengaluru", "chennai"), "Asia/Kolkata"),
    **dict.fromkeys(("beijing", "china", "shenzhen"), "Asia/Shanghai"),
    **dict.fromkeys(("malaysia", "kl"), "Asia/Kuala_Lumpur"),
    **dict.fromkeys(("munich", "hamburg", "frankfurt", "cologne", "germany", "cet"), "Europe/Berlin"),
    **dict.fromkeys(("boston", "washington", "miami", "est", "edt"), "America/New_York"),
    **dict.fromkeys(("san_francisco", "seattle", "sf", "la", "california", "pst", "pdt"), "America/Los_Angeles"),
    **dict.fromkeys(("uk", "england", "edinburgh", "manchester"), "Europe/London"),
    **dict.fromkeys(("japan", "jst"), "Asia/Tokyo"),
    **dict.fromkeys(("singapura", "sg"), "Asia/Singapore"),
}
NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})
COMMON = (
    "Asia/Jakarta",
    "Asia/Makassar",
    "Asia/Jayapura",
    "Asia/Singapore",
    "Asia/Kolkata",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
)
"""To choose from with a button."""

# Where people live, for the answer to `UTC+7`.
PLACES = (
    *COMMON, "Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Tokyo", "Asia/Seoul", "Asia/Shanghai", "Asia/Dubai",
    "Asia/Karachi", "Asia/Dhaka", "Asia/Riyadh", "Australia/Sydney", "Australia/Perth", "Pacific/Auckland",
    "Europe/Paris", "Europe/Athens", "Europe/Istanbul", "Europe/Moscow", "Africa/Lagos", "Africa/Nairobi",
    "Africa/Johannesburg", "America/Sao_Paulo", "America/Chicago", "America/Denver", "America/Halifax",
    "America/Anchorage", "Pacific/Honolulu", "UTC",
)  # fmt: skip
MOST_PLACES = 4
DIFFERENCE = re.compile(r"(?:utc|gmt)?\s*([+\-\u2212])\s*(\d{1,2})(?:[:.]?(\d\d))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Not a zone, because the clocks of a zone change: `places` that have this difference now."""

    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    close: str


def find_zone(words: str, now: datetime) -> str | Difference | Unknown:
    """The IANA name for what somebody wrote: one in any case, a city, `WIB`, `new york`."""
    wanted = re.sub(r"\s+", "_", words.strip().lower())
    if wanted in OTHER_NAMES:
        return OTHER_NAMES[wanted]
    difference = DIFFERENCE.fullmatch(wanted.replace("_", ""))
    if difference:
        return Difference(places=_places(difference, now))
    names = _by_name()
    if wanted in names:
        return names[wanted]
    close = get_close_matches(wanted.rpartition("/")[2], names, n=1, cutoff=0.75)
    return Unknown(close=names[close[0]] if close else COMMON[0])


def is_zone_like(word: str) -> bool:
    """Whether a word among others can only mean a zone."""
    return "/" in word.strip("/") or word.lower() in OTHER_NAMES or word.lower() == "jakarta"


def known_zone(name: str | None) -> str | None:
    """The zone a platform names for its user, when this machine knows it too."""
    try:
        return ZoneInfo(name).key if name else None
    except (KeyError, ValueError, OSError):
        return None


@cache
def _by_name() -> Mapping[str, str]:
    """Every zone by its whole name and by its city, in small letters; the whole name counts first."""
    names = sorted(available_timezones() - NO_PLACES)
    cities = {name.rpartition("/")[2].lower(): name for name in reversed(names)}
    return cities | {name.lower(): name for name in names}


def _places(difference: re.Match[str], now: datetime) -> tuple[str, ...]:
    size = timedelta(hours=int(difference[2]), minutes=int(difference[3] or 0))
    wanted = size if difference[1] == "+" else -size
    found = [place for place in PLACES if now.astimezone(ZoneInfo(place)).utcoffset() == wanted]
    return tuple(found[:MOST_PLACES])
