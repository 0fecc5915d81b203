"""What a number counts: people, a share of the staff, or something else that is none of our business."""

from __future__ import annotations

from bot.domain.story import Language
from bot.editorial.facts.lexicon import Words
from bot.editorial.facts.quantities import Quantity
from bot.editorial.facts.reading import Reading

_PEOPLE_WITHIN = 6
_STAFF_WITHIN = 8
# In Indonesian the noun comes first, then what kind it is: 700 karyawan tetap.
_PEOPLE_WITHIN_INDONESIAN = 2
_MOST_STRANGERS = 3
_MANY = 10
_CUT_WITHIN = 6
_QUOTES = ("'", '"', "‘", "’", "“", "”")
_PARTING = (",", ";", "(", ")", "'", '"', "’", "”")
_NOT_STAFF = frozenset(("costs", "cost", "expenses", "spending", "pay", "gaji", "biaya", "upah"))
_BEING = frozenset(
    ("were", "was", "are", "have", "had", "been", "will", "would", "be", "being", "could", "akan", "telah", "sudah")
)


def people_behind(reading: Reading, one: Quantity) -> int | None:
    """The last word of `jobs` in `1,300 full-time jobs`, None where something else is counted."""
    people, cuts = reading.begins(Words.PEOPLE), reading.begins(Words.CUTS)
    fillers = reading.covers(Words.FILLERS)
    start = one.last + 1
    within = _PEOPLE_WITHIN_INDONESIAN if reading.language is Language.ID else _PEOPLE_WITHIN
    for at in range(start, min(start + within, len(reading))):
        if at == start and reading.gap(at).startswith("-"):
            if reading.words[at] == "plus":  # 400-plus workers
                continue
            return at + 1 if at + 1 in cuts else None  # a 43-member studio, but a 500-person layoff
        if _is_parted(reading, one, at):
            return None
        if at in cuts and fillers.issuperset(range(start, at)):
            return cuts[at]
        if at in people:
            return None if one.maybe_year and at > start + 1 else people[at]
        is_of = reading.words[at] in ("of", "dari")
        if at in reading.begins(Words.CUT) or (at in reading.covers(Words.STOPS) and not is_of):
            return None
        if reading.words[at][0].isdigit() and reading.words[start] not in ("of", "dari"):
            return None  # but 85 of its 300 employees
    return None


def _is_parted(reading: Reading, one: Quantity, at: int) -> bool:
    """Whether a sentence, a comma, a bracket or a quotation mark stands before word `at`."""
    return reading.sentence[at] != reading.sentence[one.last] or any(mark in reading.gap(at) for mark in _PARTING)


def staff_behind(reading: Reading, one: Quantity) -> int | None:
    """The last word of `workforce` in `12% of its global workforce`."""
    staff, cuts = reading.begins(Words.STAFF), reading.begins(Words.CUTS)
    names = {at for first, last, _, _ in reading.employers() for at in range(first, last + 1)}
    known = reading.covers(Words.FILLERS) | names
    barred = reading.covers(Words.STOPS) | reading.covers(Words.CUT) | reading.covers(Words.CUTS)
    strangers = 0
    for at in range(one.last + 1, min(one.last + 1 + _STAFF_WITHIN, len(reading))):
        if _is_parted(reading, one, at):
            return None
        if at in staff and not (reading.words[at] == "company" and is_possessive(reading, at)):
            # 40% of job cuts is a share of something else; half of staff cut is not
            is_noun = staff[at] + 1 in cuts or (at in cuts and reading.words[cuts[at]] != "cut")
            return None if is_noun else staff[at]
        if at in known or reading.words[at][0].isdigit():
            continue
        strangers += 1
        if at in barred or strangers > _MOST_STRANGERS:
            return None
    return None


def is_possessive(reading: Reading, at: int) -> bool:
    return reading.raw(at, at).endswith(("'s", "’s"))


def stands_for_people(reading: Reading, one: Quantity) -> bool:
    """A number without a noun: cuts 230, by 9,000, 1,500 were laid off."""
    if is_bare_object(reading, one) or is_cut_by(reading, one):
        return True
    at = one.last + 1
    while at < len(reading) and reading.words[at] in _BEING:
        at += 1
    near = at < len(reading) and reading.sentence[at] == reading.sentence[one.last] and reading.gap(one.last + 1) == " "
    return near and not one.maybe_year and at in reading.begins(Words.GONE)


def is_bare_object(reading: Reading, one: Quantity) -> bool:
    """`lays off 230 in Ohio`, `PHK 350`: the number alone stands for the people."""
    if one.maybe_year:
        return False
    before = before_approximation(reading, one.first)
    strong = reading.ends(Words.LAY_OFF)
    if not one.share and one.value >= _MANY:
        strong = strong | reading.ends(Words.CUT)  # sheds 740, but not: cuts 10%
    if before < 0 or reading.sentence[before] != reading.sentence[one.first]:
        return False
    reach = reading.ends(Words.REACH).get(before)
    linked = before in strong or (reach is not None and reading.has(Words.CUTS, max(0, reach - 4), reach - 1))
    if not linked:
        return False
    after = one.last + 1
    behind = reading.gap(after)
    if after >= len(reading) or reading.clause[after] != reading.clause[one.last] or any(q in behind for q in _QUOTES):
        return not behind.startswith("-")
    return after in reading.covers(Words.STOPS) or after in reading.covers(Words.AMOUNTS)


def is_cut_by(reading: Reading, one: Quantity) -> bool:
    """`cut its workforce by 10%`, `memangkas karyawan hingga 10 persen`."""
    before = before_approximation(reading, one.first)
    says_by = before >= 0 and reading.words[before] in ("by", "sebesar")
    if not says_by and (one.fraction or before not in reading.ends(Words.STAFF)):
        return False
    if one.maybe_year:
        return False
    begins = reading.begins(Words.STAFF).keys() | reading.begins(Words.PEOPLE).keys()
    staff = max((at for at in begins if max(0, before - 5) <= at <= before), default=None)
    if staff is None or reading.clause[staff] != reading.clause[one.first]:
        return False
    if not _NOT_STAFF.isdisjoint(reading.words[staff:before]):
        return False
    cut = reading.has(Words.CUT, max(0, staff - _CUT_WITHIN), before)
    return cut or reading.has(Words.CUTS, max(0, staff - 3), before)


def is_apposition(reading: Reading, one: Quantity) -> bool:
    """`4,250 jobs, or 5 percent`: behind the people, with nothing behind it."""
    before = before_approximation(reading, one.first)
    after = one.last + 1
    ends = after >= len(reading) or reading.clause[after] != reading.clause[one.last]
    if one.fraction or before < 1 or not ends or before not in reading.ends(Words.AMOUNTS):
        return False
    beside = reading.ends(Words.AMOUNTS)[before] - 1
    return beside >= 0 and beside in reading.covers(Words.PEOPLE) | reading.covers(Words.LAY_OFF)


def before_approximation(reading: Reading, at: int) -> int:
    """The word before `at`, passing over `more than`, `about`, `hingga` …; -1 at the beginning."""
    about = reading.ends(Words.ABOUT)
    before = at - 1
    while before >= 0 and before in about:
        before = about[before] - 1
    return before
