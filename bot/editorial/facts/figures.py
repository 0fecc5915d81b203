"""Which of a story's numbers say how many lose their jobs, and which how large a share of the staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.editorial.facts.counted import (
    before_approximation,
    is_apposition,
    is_bare_object,
    is_cut_by,
    is_possessive,
    people_behind,
    staff_behind,
    stands_for_people,
)
from bot.editorial.facts.lexicon import Words
from bot.editorial.facts.quantities import Quantity
from bot.editorial.facts.reading import Reading

_VERB_WITHIN = 14
_GONE_WITHIN = 12
_AROUND = 12
_BESIDE = 5
_TIME_WITHIN = 6
# Evidence, added up: what a number needs to count at all, and how one is preferred to another.
_FROM_TITLE = 4.0
_CUT_BEFORE = 3.0
_GONE_BEHIND = 2.5
_CUT_AROUND = 1.5
_SHARE_ALONE = 0.5
_FURTHER_DOWN = 0.01
_ALL_TOLD = 1.0
_OTHER_ROUND = -8.0
_OTHER_CLAUSE = -2.0
_HALVE = frozenset(("halve", "halves", "halved", "halving"))
_GOES_WITH = frozenset(("with", "its", "their", "has", "have", "had", "dengan", "the"))
_SHARE_WORDS = frozenset(
    ("percent", "persen", "half", "third", "quarter", "most", "all", "cent", "out", "tenth", "fifth")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The number at word `at` with the evidence for it. `more`: written as `more than` it; `rough`: as a fraction."""

    at: int
    value: float
    score: float
    more: bool
    rough: bool = False


def counts(reading: Reading, found: Sequence[Quantity], *, title: bool) -> list[Figure]:
    """Numbers of people who lose their jobs."""
    figures = []
    for one in found:
        if one.share or one.money or one.value != int(one.value) or one.value < 2:
            continue
        people = people_behind(reading, one)
        is_object = people is None and stands_for_people(reading, one)
        if people is None and not is_object:
            continue
        end = people if people is not None else one.last
        if (not is_object and _is_total(reading, one, end)) or _is_something_else(reading, one, end):
            continue
        figures += _figure(reading, one, end, title=title, certain=is_object)
    return figures


def shares(reading: Reading, found: Sequence[Quantity], *, title: bool) -> list[Figure]:
    """Percentages of the staff that are cut."""
    figures = []
    for one in found:
        if not one.share or not 0 < one.value <= 100:
            continue
        staff = staff_behind(reading, one)
        by = staff is None and (
            is_apposition(reading, one)
            or is_cut_by(reading, one)
            or (not one.fraction and is_bare_object(reading, one))
        )
        if staff is None and not by:
            continue
        end = staff if staff is not None else one.last
        if reading.has(Words.FEAR, end, min(end + 3, len(reading) - 1)) or _is_something_else(reading, one, end):
            continue
        if staff is not None and not _says_cut(reading, one, end, title=title):
            continue
        figures += _figure(reading, one, end, title=title, certain=by)
    return figures + _halved(reading, title=title)


def _halved(reading: Reading, *, title: bool) -> list[Figure]:
    """`halves its staff` is half without a number."""
    for at, word in enumerate(reading.words):
        if word in _HALVE and reading.has(Words.STAFF, at, min(at + _BESIDE, len(reading) - 1)):
            return [Figure(at=at, value=50.0, score=_CUT_BEFORE + _FROM_TITLE * title, more=False)]
    return []


def _is_more(reading: Reading, one: Quantity) -> bool:
    if reading.gap(one.last + 1).startswith("+"):
        return True
    return one.first - 1 in reading.ends(Words.MORE)


def _is_total(reading: Reading, one: Quantity, end: int) -> bool:
    """`5% of its 12,000 employees`, `from 7,500 to 2,000`: how many there are."""
    if one.first - 1 in reading.ends(Words.VAGUE):
        return True
    if one.last + 1 < len(reading) and reading.words[one.last + 1] == "fewer":
        return False  # to run with 2,000 fewer people
    before = before_approximation(reading, one.first)
    if before < 0 or reading.sentence[before] != reading.sentence[one.first]:
        return False
    word = reading.words[before]
    if any(mark in reading.gap(before + 1) for mark in ",;:"):
        return False
    if before in reading.ends(Words.TOTALS):
        # but `with 20 staff expected to be laid off`
        last = reading.bounds(end)[1]
        if word == "remaining" and before - 1 in reading.ends(Words.LAY_OFF):
            return False  # lays off its last ones
        if word == "with" and end + 1 in reading.begins(Words.CUT):
            return False  # with 489 jobs lost
        return word not in _GOES_WITH or not reading.has(Words.GONE, end + 1, min(end + _TIME_WITHIN, last))
    if word == "to" and before == one.first - 1:
        return not reading.has(Words.CUTS, max(0, before - 3), before)  # buyouts to 240 employees
    if is_possessive(reading, before) or reading.words[max(0, before - 3) : before] == ["how", "many", "of"]:
        return True
    # 10% of 3,000 employees, one in ten of 3,000
    return word == "of" and before > 0 and ("%" in reading.gap(before) or reading.words[before - 1] in _SHARE_WORDS)


def _is_something_else(reading: Reading, one: Quantity, end: int) -> bool:
    """Hired, kept, complaining, open roles: people, but not those who go."""
    first = max(one.first - 4, 0)
    while reading.clause[first] != reading.clause[one.first]:
        first += 1
    return reading.has(Words.NOT_CUT, first, min(end + 1, len(reading) - 1))


def _says_cut(reading: Reading, one: Quantity, end: int, *, title: bool) -> bool:
    """Whether a share of the staff is said to be cut: a verb before, people gone behind, or `or`, `that's` beside."""
    first, last = (0, len(reading) - 1) if title else reading.bounds(one.first)
    verbs = max(first, one.first - _VERB_WITHIN)
    if end + 1 in reading.begins(Words.CUT) or reading.has(Words.GONE, end, min(last, end + _GONE_WITHIN)):
        return True
    if any(reading.has(words, verbs, one.first - 1) for words in (Words.CUT, Words.LAY_OFF)):
        return True
    if reading.has(Words.CUTS, max(first, one.first - _TIME_WITHIN), one.first):
        return True
    before = before_approximation(reading, one.first)
    if before >= 0 and (before in reading.ends(Words.AMOUNTS) or "(" in reading.gap(before + 1)):
        return True
    return "," in reading.gap(before + 1) and reading.has(Words.PEOPLE, max(0, before - 3), max(before, 0))


def _figure(reading: Reading, one: Quantity, end: int, *, title: bool, certain: bool) -> list[Figure]:
    """The number with its evidence, nothing where there is none."""
    first, last = reading.bounds(one.first)
    score = _CUT_BEFORE if certain else _evidence(reading, one, end)
    if not score:
        return []
    if reading.has(Words.ALL_TOLD, end, min(end + _BESIDE, last)):
        score += _ALL_TOLD
    earlier = ((end, min(end + _TIME_WITHIN, last)), (max(first, one.first - _BESIDE), one.first))
    begins_so = reading.begins(Words.EARLIER).get(first, first) > first  # Last year the firm …
    if begins_so or any(reading.has(Words.EARLIER, begin, stop) for begin, stop in earlier):
        score += _OTHER_ROUND
    score += _after_another(reading, one, first)
    score += _FROM_TITLE * title - _FURTHER_DOWN * reading.sentence[one.first]
    if score <= 0:
        return []
    return [Figure(at=one.first, value=one.value, score=score, more=_is_more(reading, one), rough=one.fraction)]


def _evidence(reading: Reading, one: Quantity, end: int) -> float:
    """How surely the sentence says that those counted go; 0 where it does not."""
    first, last = reading.bounds(one.first)
    verbs = max(first, one.first - _VERB_WITHIN)
    if any(reading.begins(words).keys() & set(range(verbs, one.first)) for words in (Words.LAY_OFF, Words.CUT)):
        return _CUT_BEFORE
    if end + 1 in reading.begins(Words.CUT) or reading.has(Words.GONE, one.first, min(last, end + _GONE_WITHIN)):
        return _GONE_BEHIND
    if reading.has(Words.CUTS, one.first, end + 1):
        return _CUT_BEFORE
    around = max(first, one.first - _AROUND), min(last, end + _AROUND)
    if any(reading.has(words, *around) for words in (Words.CUTS, Words.LAY_OFF, Words.GONE)):
        return _CUT_AROUND
    return _SHARE_ALONE if one.share else 0.0


def _after_another(reading: Reading, one: Quantity, first: int) -> float:
    """`after cutting 11,000 last year`: said of an earlier round, surely where the sentence has told of this one."""
    cuts = (Words.LAY_OFF, Words.CUT, Words.CUTS)
    after = max((end for begin, end in reading.begins(Words.AFTER).items() if first <= begin < one.first), default=None)
    if after is None:
        return 0.0
    if one.first - after > _BESIDE and not any(reading.has(words, after, after + _BESIDE) for words in cuts):
        return 0.0
    return _OTHER_ROUND if any(reading.has(words, first, after) for words in cuts) else _OTHER_CLAUSE
