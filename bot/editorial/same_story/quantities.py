"""Which numbers of a text can tell events apart: people, shares of a staff, percent, money and bare numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    PEOPLE = "people"
    SHARE = "% of staff"
    PERCENT = "%"
    MONEY = "money"
    BARE = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    unit: Unit
    value: float

    def __str__(self) -> str:
        return f"{self.value:.12g} {self.unit.value}".rstrip()


_NONE: frozenset[Quantity] = frozenset()  # one for all: each empty set would take 200 bytes
_NUMBER = re.compile(
    r"(?:(?P<money>(?:us\$|\brp\.?|[$€£¥])\s?)|(?<![\w.,]))"
    r"(?P<digits>\d{1,15}(?:[.,]\d{1,15}){0,5})"
    r"(?:[ -]?(?P<times>k|m|tn|bn|b|rb|jt|ribu|juta|miliar|triliun|thousand|million|billion|trillion)(?![^\W_]))?"
    r"(?P<percent>\s?%|[ -]?(?:percent|per cent|persen|pct)(?![^\W_]))?",
    re.IGNORECASE,
)
_TIMES = {
    **dict.fromkeys(("k", "rb", "ribu", "thousand"), 1e3),
    **dict.fromkeys(("m", "jt", "juta", "million"), 1e6),
    **dict.fromkeys(("b", "bn", "miliar", "billion"), 1e9),
    **dict.fromkeys(("tn", "triliun", "trillion"), 1e12),
}
_MONEY_AFTER = re.compile(r"\s?(?:dollars?|dolar|euros?|pounds?|rupiah|yen|won)(?![^\W_])", re.IGNORECASE)
_WORKERS = (
    r"workers?|employees?|staff(?:ers)?|jobs?|roles?|positions?|posts|people|personnel|developers|engineers|moderators?"
    r"|annotators|contractors|bankers|managers|journalists|teachers|researchers|miners|pilots|crew|karyawan|pekerja(?:an)?|buruh|pegawai|orang|staf|petugas|awak|insinyur"
)
_STAFF = rf"{_WORKERS}|work ?force|headcount|payroll|newsroom"
# A word or a number: from 2,400 to 3,100 jobs.
_ANY = r"(?:[\w'’-]|[.,](?=\d)){1,30}"
_JOBLESS = r"jobless|unemployed|redundant|out of work|without jobs?|laid off|to go"
_PEOPLE_AFTER = re.compile(rf"\s+(?:(?:{_ANY}\s+){{0,2}}?(?:{_WORKERS})|(?:{_JOBLESS}))(?![^\W_])", re.IGNORECASE)
_CUTS = (
    r"\blay(?:s|ing)?[ -]?offs?|\blaid off|\blayoffs?|\bcut(?:s|ting)?|\bslash(?:es|ing)?|\bshed(?:s|ding)?|\baxes?"
    r"|\bdismiss(?:es|ing)?|\bfurlough(?:s|ing)?|\bidl(?:es?|ing)|\bfir(?:es?|ing)|\bsack(?:s|ing)?|\bdrop(?:s|ping)?|\bto|\bby|\bphk|pangkas|lepas|pecat|rumahkan|hentikan"
)
_ABOUT = r"about|around|over|another|more than|up to|at least|nearly|almost|some|off|roughly|hingga|sekitar"
_CUT_BEFORE = re.compile(rf"(?:{_CUTS})\s+(?:(?:{_ABOUT})\s+){{0,3}}$", re.IGNORECASE)
_STAFF_AFTER = re.compile(
    rf"(?:[ -](?:reduction|cut))?\s+(?:(?:of|in|dari|fewer|less|more)\s+)?(?:[\w'’-]{{1,30}}\s+){{0,3}}?"
    rf"(?:{_STAFF})(?![^\W_])",
    re.IGNORECASE,
)
_STAFF_BEFORE = re.compile(
    rf"(?:{_STAFF})\s+(?:[\w'’-]{{1,30}}\s+){{0,2}}?(?:by|to|hingga|sebesar|sebanyak)\s+(?:[\w'’-]{{1,30}}\s+){{0,2}}$",
    re.IGNORECASE,
)
_BEFORE_READ = 60
_YEARS = range(1990, 2101)
# Single digits stand for anything: a list's length, a floor, a version.
_SMALLEST = 10
_IN_WORDS = {
    **dict.fromkeys(("half", "separuh", "setengah"), 50.0),
    **dict.fromkeys(("a third", "sepertiga"), 33.0),
    **dict.fromkeys(("quarter", "seperempat"), 25.0),
    **dict.fromkeys(("a fifth", "one in five", "seperlima"), 20.0),
    **dict.fromkeys(("a tenth", "one in ten", "sepersepuluh"), 10.0),
}
_SHARE = re.compile(rf"\b({'|'.join(_IN_WORDS)}) (?:of|dari)\b[\w\s'’-]{{0,30}}?\b(?:{_STAFF})\b", re.IGNORECASE)
# Most texts have neither, and that is quick to see.
_MAY_SHARE, _DIGIT = re.compile(r" (?:of|dari)\b", re.IGNORECASE), re.compile(r"\d")


def quantities(text: str) -> frozenset[Quantity]:
    """The numbers of `text` with their units; single digits without a unit and years say nothing."""
    found: set[Quantity] = set()
    if _MAY_SHARE.search(text) is not None:
        found |= {Quantity(Unit.SHARE, _IN_WORDS[match[1].lower()]) for match in _SHARE.finditer(text)}
    if _DIGIT.search(text) is None:
        return frozenset(found) or _NONE
    for match in _NUMBER.finditer(text):
        value = _value(match["digits"])
        if value is not None:
            value *= _TIMES.get((match["times"] or "").lower(), 1.0)
            unit = _unit(match, text, value)
            if unit is not None:
                found.add(Quantity(unit, value))
    return frozenset(found) or _NONE


def _unit(match: re.Match[str], text: str, value: float) -> Unit | None:
    before = text[max(0, match.start() - _BEFORE_READ) : match.start()]
    if match["percent"]:
        of_staff = _STAFF_AFTER.match(text, match.end()) or _STAFF_BEFORE.search(before)
        return Unit.SHARE if of_staff else Unit.PERCENT
    if match["money"] or _MONEY_AFTER.match(text, match.end()):
        return Unit.MONEY
    if value < _SMALLEST:
        return None
    if _PEOPLE_AFTER.match(text, match.end()):
        return Unit.PEOPLE
    if match["digits"].isdigit() and value in _YEARS and not match["times"]:
        return None
    return Unit.PEOPLE if value == int(value) and _CUT_BEFORE.search(before) else Unit.BARE


def _value(digits: str) -> float | None:
    """1,300 · 1.300 · 2,5 · 2.5: groups of three are thousands, anything else behind one mark is a fraction."""
    first, *rest = re.split(r"[.,]", digits)
    if rest and all(len(part) == 3 for part in rest) and len(first) <= 3 and first != "0":
        return float(first + "".join(rest))
    if len(rest) > 1:
        return None
    return float(f"{first}.{rest[0]}" if rest else first)
