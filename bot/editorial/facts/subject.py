"""Who does the cutting: from the verb or noun of the cut back to the name before it."""

from __future__ import annotations

from bot.domain.story import Language
from bot.editorial.facts.lexicon import Words
from bot.editorial.facts.names import Name, Names
from bot.editorial.facts.reading import Reading

_APPOSITION = 14
_PEOPLE_WITHIN = 8
_CALLED_AFTER_PLACES = frozenset(
    (
        "plant",
        "plants",
        "factory",
        "mill",
        "office",
        "offices",
        "site",
        "warehouse",
        "refinery",
        "works",
        "headquarters",
    )
)


def predicates(reading: Reading) -> list[int]:
    """Where jobs are said to be cut: verbs of people, verbs with people behind them, and nouns."""
    strong = {first for words in (Words.LAY_OFF, Words.CUTS) for first in reading.begins(words)}
    weak = {first for first, last in reading.begins(Words.CUT).items() if _has_people(reading, last)}
    return sorted(strong | weak)


def _has_people(reading: Reading, verb: int) -> bool:
    people = reading.begins(Words.PEOPLE).keys() | reading.begins(Words.STAFF).keys()
    for at in range(verb + 1, min(verb + 1 + _PEOPLE_WITHIN, len(reading))):
        if reading.clause[at] != reading.clause[verb] and "," not in reading.gap(at):
            return False
        if at in people:
            return True
    return False


def subject(names: Names, at: int) -> Name | None:
    """Who does what word `at` says, passing over `is reportedly planning to` and appositions."""
    reading = names.reading
    links, sites = reading.ends(Words.LINKS), reading.covers(Words.SITES)
    before, site = at - 1, False
    while before >= 0 and reading.sentence[before] == reading.sentence[at]:
        gap = reading.gap(before + 1)
        if ":" in gap or ";" in gap:
            return None
        if "," in gap or ")" in gap:
            before = _before_apposition(reading, before)
            return names.ending_at(before) if before >= 0 else None
        name = names.ending_at(before)
        if name is not None:
            if _is_no_subject(name, names) or (site and not _has_site(name, reading)):
                return None
            return _owner(name, names) if site else name
        if before in links:
            before = links[before] - 1
        elif reading.forms[before].islower() and (reading.words[before].endswith("ly") or before in sites):
            site = site or before in sites
            before -= 1
        else:
            return None
    return None


def _has_site(name: Name, reading: Reading) -> bool:
    """`the Xyz studio`, `X's Xyz studio`; but in `its popular VIP casino` VIP is no firm."""
    first = name.first
    if first == 0 or reading.clause[first] != reading.clause[first - 1]:
        return True
    return reading.words[first - 1] == "the" or reading.raw(first - 1, first - 1).endswith(("'s", "’s"))


def _owner(name: Name, names: Names) -> Name:
    """Of `Ford's Cologne plant` Ford: a plant is called after its place, a studio has a name of its own."""
    reading, before = names.reading, name.first - 1
    owner = names.ending_at(before) if before >= 0 and reading.raw(before, before).endswith(("'s", "’s")) else None
    is_place = name.company is None and reading.words[min(name.last + 1, len(reading) - 1)] in _CALLED_AFTER_PLACES
    return owner if owner is not None and owner.company is not None and is_place else name


def _is_no_subject(name: Name, names: Names) -> bool:
    """`the label behind X`; in an Indonesian headline what follows an auxiliary: `Sudah Dapat Surat PHK`."""
    reading = names.reading
    if not names.is_headline:
        return name.first - 1 in reading.ends(Words.BESIDE)
    is_new = name.company is None and reading.language is Language.ID
    before = name.first - 1
    return is_new and before in reading.covers(Words.LINKS) and before not in reading.covers(Words.SPEAKS)


def _before_apposition(reading: Reading, at: int) -> int:
    """The word before `, the firm behind it,` or `(LTTS)`; -1 where nothing of the kind ends at `at`."""
    for before in range(at - 1, max(at - 1 - _APPOSITION, -1), -1):
        if reading.sentence[before] != reading.sentence[at]:
            return -1
        gap = reading.gap(before + 1)
        if "," in gap or "(" in gap:
            return before
    return -1
