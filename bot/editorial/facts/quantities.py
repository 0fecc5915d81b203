"""Which numbers a text holds, in English and Indonesian writing: 1,300 · 1.300 · 2,5 persen · 145 ribu · 10k · half."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.editorial.facts.reading import Reading

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_GLUED = re.compile(r"(\d+)(k|m|rb|ribu|jt|juta|bn)", re.IGNORECASE)
_LONGEST = 12  # 9,999,999,999 people is nobody any more
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_SCALES = {
    "k": 1e3, "rb": 1e3, "ribu": 1e3, "thousand": 1e3, "million": 1e6, "juta": 1e6, "jt": 1e6, "m": 1e6, "lakh": 1e5,
}  # fmt: skip
_MONEY_BEHIND = frozenset(
    [
        "billion",
        "bn",
        "miliar",
        "milyar",
        "triliun",
        "trillion",
        "dollar",
        "dollars",
        "dolar",
        "rupiah",
        "euro",
        "euros",
        "pounds",
        "yen",
        "yuan",
        "won",
        "rupees",
        "usd",
        "eur",
        "idr",
        "crore",
        "us$",
        "quadrillion",
    ]
)
_MONEY_BEFORE = frozenset(["rp", "usd", "rs", "idr", "eur", "gbp", "sgd", "inr", "us$", "rm", "hk$", "a$", "s$"])
_MONEY_SIGN = re.compile(r"[$£€¥₹]\s?$")
_UNITS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "one": 1, "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8,
    "sembilan": 9, "sepuluh": 10, "sebelas": 11, "seratus": 100, "seribu": 1000, "sejuta": 1_000_000,
}  # fmt: skip
_TENS = {"puluh": 10, "ratus": 100, "hundred": 100, "dozen": 12}
_PERCENT = frozenset(("percent", "pct", "persen", "prosen"))
_PARTS = {
    "half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "tenth": 10, "thirds": 3,
    "quarters": 4, "fifths": 5, "tenths": 10, "separuh": 2, "separuhnya": 2, "setengah": 2, "setengahnya": 2,
    "sepertiga": 3, "seperempat": 4, "seperlima": 5, "seperenam": 6, "sepertujuh": 7, "seperdelapan": 8,
    "sepersepuluh": 10, "pertiga": 3, "perempat": 4, "perlima": 5,
}  # fmt: skip
_WHOLE_PARTS = frozenset(word for word in _PARTS if word.startswith("se")) | {"half"}
# A number that is no digit begins with one of these.
_BEGIN = frozenset((*_UNITS, *_PARTS, "a", "one"))
_OUT_OF = (("in",), ("out", "of"), ("of", "every"), ("dari",), ("di", "antara"), ("dari", "setiap"), ("in", "every"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number, words `first` to `last`. `share`: a percentage or a fraction, in percent. `fraction`: written as one
    (half, a third), which may be no share of anything. `low` is the other end of a range. `maybe_year`: 2024."""

    first: int
    last: int
    value: float
    share: bool = False
    fraction: bool = False
    money: bool = False
    maybe_year: bool = False
    low: float | None = None


def quantities(reading: Reading) -> list[Quantity]:
    """Every number of a text in order; a range is one, its value the upper end."""
    found: list[Quantity] = []
    at = 0
    words = reading.words
    while at < len(words):
        if words[at] not in _BEGIN and not words[at][0].isdigit():
            at += 1
            continue
        one = _fraction(reading, at) or _number(reading, at)
        if one is None:
            at += 1
            continue
        one = _with_unit(reading, one)
        if found and _is_range(reading, found[-1], one):
            one = _joined(found.pop(), one)
        found.append(one)
        at = one.last + 1
    return found


def _number(reading: Reading, at: int) -> Quantity | None:
    word = reading.words[at]
    if not word[0].isdigit():
        return _spelled(reading, at)
    if at > 0 and reading.gap(at) in ("-", "/") and not reading.words[at - 1][0].isdigit():
        return None  # COVID-19, H-21
    last, scale = at, 1.0
    digits = word
    glued = _GLUED.fullmatch(word)
    if at + 1 < len(reading) and reading.gap(at + 1) in (".", ",") and _GLUED.fullmatch(reading.words[at + 1]):
        digits, last = f"{word}.{reading.words[at + 1]}", at + 1  # 1.5k is two words
        glued = re.fullmatch(r"([\d.]+)([a-z]+)", digits)
    if glued is not None and glued[2] in _SCALES:
        digits, scale = glued[1], _SCALES[glued[2]]
    elif last + 1 < len(reading) and reading.words[last + 1] in _SCALES and reading.gap(last + 1).strip() in ("", "-"):
        last += 1
        scale = _SCALES[reading.words[last]]
    if not _DIGITS.fullmatch(digits) or len(digits) > _LONGEST:
        return None
    maybe_year = scale == 1.0 and len(digits) == 4 and digits[:2] in ("19", "20")
    value = _value(digits, scaled=scale != 1.0)
    return None if value is None else Quantity(first=at, last=last, value=value * scale, maybe_year=maybe_year)


def _value(digits: str, *, scaled: bool) -> float | None:
    """1,300 and 1.300 are thousands, 2,5 and 15.3 are not; before `ribu` or `k` a mark is always a decimal one."""
    if not digits.isascii():
        return None
    if _GROUPED.fullmatch(digits) and not scaled:
        return float(re.sub(r"[.,]", "", digits))
    whole, _, decimals = digits.replace(",", ".").rpartition(".")
    return float(f"{whole.replace('.', '') or '0'}.{decimals}") if whole else float(decimals)


def _spelled(reading: Reading, at: int) -> Quantity | None:
    """two hundred · twenty-five · dua ratus lima puluh · a thousand; one alone is no number here."""
    total, current, last = 0.0, 0.0, at - 1
    for here in range(at, min(at + 8, len(reading))):
        word = reading.words[here]
        if here > at and reading.gap(here).strip() not in ("", "-"):
            break
        if word in _UNITS and (here == at or not 1 <= current % 10 <= 9):
            current += _UNITS[word]
        elif word == "belas" and current:
            current += 10
        elif word in _TENS and current:
            current = current + current % 10 * 9 if word == "puluh" else current * _TENS[word]
        elif word in _SCALES and len(word) > 2 and current:
            total, current = total + current * _SCALES[word], 0.0
        elif (
            here == at
            and word == "a"
            and here + 1 < len(reading)
            and reading.words[here + 1] in ("hundred", "thousand")
        ):
            current = 1.0
        else:
            break
        last = here
    value = total + current
    return Quantity(first=at, last=last, value=value) if value >= 2 or (value == 1 and last > at) else None


def _with_unit(reading: Reading, one: Quantity) -> Quantity:
    """With the percent sign or word behind it, or marked as money."""
    if one.share:
        return one
    behind = reading.gap(one.last + 1)
    following = reading.words[one.last + 1] if one.last + 1 < len(reading) else ""
    after_that = reading.words[one.last + 2] if one.last + 2 < len(reading) else ""
    if behind.startswith("%") or behind.strip() == "%":
        return replace(one, share=True)
    if following in _PERCENT and behind.strip() in ("", "-"):
        return replace(one, last=one.last + 1, share=True)
    if following == "per" and after_that == "cent":
        return replace(one, last=one.last + 2, share=True)
    before = reading.words[one.first - 1] if one.first else ""
    money = following in _MONEY_BEHIND or before in _MONEY_BEFORE or bool(_MONEY_SIGN.search(reading.gap(one.first)))
    return replace(one, money=True) if money else one


def _fraction(reading: Reading, at: int) -> Quantity | None:
    """half · a third · two-thirds · tiga perempat · one in five · satu dari lima."""
    word = reading.words[at]
    following = reading.words[at + 1] if at + 1 < len(reading) else ""
    above = _UNITS.get(word, int(word) if word.isascii() and word.isdigit() and len(word) < 3 else 0)
    if word in _WHOLE_PARTS:
        return Quantity(first=at, last=at, value=100 / _PARTS[word], share=True, fraction=True)
    if word in ("a", "one") and following in _PARTS:
        return Quantity(first=at, last=at + 1, value=100 / _PARTS[following], share=True, fraction=True)
    if word in _PARTS and word.endswith(("d", "r", "h")) and following == "of":
        return Quantity(first=at, last=at, value=100 / _PARTS[word], share=True, fraction=True)
    if not above:
        return None
    if (following in _PARTS and following.endswith("s")) or following in ("pertiga", "perempat", "perlima"):
        return Quantity(first=at, last=at + 1, value=100 * above / _PARTS[following], share=True, fraction=True)
    for link in _OUT_OF:
        end = at + 1 + len(link)
        if end < len(reading) and tuple(reading.words[at + 1 : end]) == link:
            whole = reading.words[end]
            below = _UNITS.get(whole, int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 3 else 0)
            if 0 < above < below <= 20 and " " in reading.gap(at + 1):
                return Quantity(first=at, last=end, value=100 * above / below, share=True, fraction=True)
    return None


def _is_range(reading: Reading, one: Quantity, other: Quantity) -> bool:
    """15-20 percent · 5 to 10 percent · 15,3 ribu hingga 20,3 ribu."""
    if one.fraction or other.fraction or one.money or (one.share and not other.share):
        return False
    if not one.value < other.value <= one.value * 20_000:
        return False
    between = reading.words[one.last + 1 : other.first]
    if not between:
        mark = reading.gap(other.first).strip().removeprefix("%")
        return mark in ("-", "–", "—", "s/d") and "  " not in reading.gap(other.first)
    if len(between) != 1 or between[0] not in ("to", "hingga", "sampai", "and"):
        return False
    before = reading.words[one.first - 1] if one.first else ""
    return (between[0] != "and" or before == "between") and before not in ("from", "dari")


def _joined(one: Quantity, other: Quantity) -> Quantity:
    scale = 1_000.0 if other.value >= 1_000 and one.value < 1_000 and other.value / one.value > 100 else 1.0
    return replace(other, first=one.first, low=one.value * scale, maybe_year=False)
