"""Which employer cuts the jobs: the subject of the cutting, `layoffs at X`, `karyawan X`, at last a name alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.story import Language
from bot.editorial.facts.lexicon import Words
from bot.editorial.facts.names import Name, Names
from bot.editorial.facts.reading import Reading
from bot.editorial.facts.subject import predicates, subject

_LEAD_SENTENCES = 4
# How much each way of being named is worth; a name the company table knows is worth more.
_SUBJECT, _AT, _COMPOUND, _FIRST, _FIRST_OF_CLAUSE, _ALONE = 7.0, 6.5, 5.0, 3.5, 2.5, 1.0
_KNOWN, _TITLE, _LATER = 2.5, 2.0, -0.3
_UNSURE, _OUTLET = -2.0, -4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That `name` is the employer that cuts, and how much speaks for it."""

    name: Name
    worth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`name` is None where the story names no employer, or `several` alike; `others`: whom the headline only compares
    it with."""

    name: Name | None
    several: bool = False
    others: frozenset[str] = frozenset()


def employer(texts: Sequence[Names], *, title: bool = True) -> Answer:
    """The employer that cuts the jobs; the first of `texts` is the title, if any is."""
    claims: list[Claim] = []
    compared: frozenset[str] = _compared(texts[0]) if title and texts else frozenset()
    for number, names in enumerate(texts):
        is_title = title and number == 0
        if is_title and _lists_several(names):
            return Answer(name=None, several=True)
        worth = _TITLE if is_title else 0.0
        claims += [Claim(name=one.name, worth=one.worth + worth) for one in _claims(names)]
    claims = [one for one in claims if one.name.identity not in compared] or claims
    if not claims:
        return Answer(name=None)
    said = {claim.name.identity for claim in claims}
    best = max(claims, key=lambda claim: claim.worth + 0.1 * (claim.name.identity in said))
    return Answer(name=best.name if best.worth > 0 else None, others=compared)


def _compared(title: Names) -> frozenset[str]:
    """Who is only compared with in the headline: `X follows Y with job cuts`, `X, rival of Y, cuts`."""
    reading = title.reading
    behind = [title.starting_at(at + 1) for at in reading.ends(Words.BESIDE) if 0 < at < len(reading) - 1]
    return frozenset(name.identity for name in behind if name is not None)


def _claims(names: Names) -> Iterator[Claim]:
    reading = names.reading
    for name, worth, at in _found(names):
        sentence = reading.sentence[at]
        if sentence > _LEAD_SENTENCES:
            continue
        known = _KNOWN if name.company is not None else 0.0
        unsure = 0.0
        if name.company is None and names.is_headline:
            unsure = _UNSURE * ((worth < _SUBJECT) + (not _looks_like_name(name, reading)))
        outlet = _OUTLET if name.outlet else 0.0
        yield Claim(name=name, worth=worth + known + unsure + outlet + _LATER * sentence - 0.01 * at)


def _found(names: Names) -> Iterator[tuple[Name, float, int]]:
    """Names with the worth of the place they stand in and the word they stand at."""
    reading = names.reading
    for at in predicates(reading):
        name = subject(names, at)
        if name is not None:
            yield name, _SUBJECT, at
    for first, last in _at(reading).items():
        name = _after(names, last + 1)
        if name is not None:
            yield name, _AT, first
    for first, last in reading.begins(Words.WITH_CUTS_BEFORE).items():
        if last + 1 < len(reading) and reading.gap(last + 1).strip() == "":
            name = names.starting_at(last + 1)
            # `PHK Melonjak`: behind PHK alone in a headline anything may follow.
            vague = names.is_headline and reading.words[last] in ("phk", "massal")
            if name is not None and (name.company is not None or not vague):
                yield name, _COMPOUND, first
    for first in reading.begins(Words.WITH_CUTS):
        if not names.is_headline and not reading.forms[first].islower():
            continue  # United Auto Workers
        name = names.ending_at(first - 1) if first and reading.gap(first).strip() == "" else None
        if name is not None:
            yield name, _COMPOUND, first
    yield from _incorporated(names)
    yield from _possessive(names)
    yield from _leading(names)
    yield from _alone(names)


def _at(reading: Reading) -> dict[int, int]:
    """Phrases that an employer follows: those of the list, and every noun of cuts with `at` or `di` behind it."""
    nouns = {
        first: last + 1
        for first, last in reading.begins(Words.CUTS).items()
        if last + 1 < len(reading) and reading.words[last + 1] in ("at", "by", "di", "oleh")
    }
    return nouns | reading.begins(Words.AT)


def _after(names: Names, at: int) -> Name | None:
    """The name that begins at `at` or after an article, a trade, a place: `at chip giant X`."""
    reading = names.reading
    passed = reading.covers(Words.TRADES) | reading.covers(Words.ORDINARY) | reading.covers(Words.PLACES)
    for here in range(at, min(at + 6, len(reading))):
        if reading.sentence[here] != reading.sentence[at - 1] or (here > at and "," in reading.gap(here)):
            return None
        name = names.starting_at(here)
        if name is not None:
            return _behind_trade(names, name) or name
        if here not in passed and not reading.forms[here].islower():
            return None
    return None


def _behind_trade(names: Names, name: Name) -> Name | None:
    """Of `SaaS firm X` not the trade but the firm."""
    reading, at = names.reading, name.last + 1
    if name.company is not None or at not in reading.covers(Words.TRADES) or not reading.forms[at].islower():
        return None
    return names.starting_at(at + 1)


def _possessive(names: Names) -> Iterator[tuple[Name, float, int]]:
    """`X's workforce`, `X's 7,500-member staff`."""
    reading = names.reading
    staff = reading.begins(Words.STAFF)
    for at in range(len(reading)):
        if reading.raw(at, at).endswith(("'s", "’s")) and any(
            one in staff for one in range(at + 1, min(at + 5, len(reading)))
        ):
            name = names.ending_at(at)
            if name is not None:
                yield name, _COMPOUND, at


def _incorporated(names: Names) -> Iterator[tuple[Name, float, int]]:
    """`PT Xyz` in a sentence with cuts."""
    reading = names.reading
    cut = {reading.sentence[at] for at in predicates(reading)}
    for at in range(len(reading) - 1):
        if reading.forms[at] == "PT" and reading.sentence[at] in cut:
            name = names.starting_at(at + 1)
            if name is not None:
                yield name, _COMPOUND, at


def _leading(names: Names) -> Iterator[tuple[Name, float, int]]:
    """The subject of a clause beside the cuts, whatever its verb: `X closes two plants, 300 jobs to go`."""
    reading = names.reading
    # A title, and how a story begins, are about the cuts whether or not they name them.
    telling = (
        {0}
        | {reading.sentence[at] for at in predicates(reading)}
        | {reading.sentence[at] for at in reading.begins(Words.GONE)}
    )
    starts = [at for at in range(len(reading)) if at == 0 or reading.clause[at] != reading.clause[at - 1]]
    for start in starts:
        name = _first_name(names, start) if reading.sentence[start] in telling else None
        if name is None:
            continue
        opens = start == 0 or reading.sentence[start] != reading.sentence[start - 1]
        if not opens and name.company is None and reading.language is Language.ID:
            continue  # `…, Dorong Efisiensi`
        verb = _behind_site(reading, name.last + 1)
        if verb < len(reading) and _is_verb(reading, verb) and not reading.has(Words.SPEAKS, verb, verb):
            yield name, _FIRST if opens else _FIRST_OF_CLAUSE, name.first


def _behind_site(reading: Reading, at: int) -> int:
    """The word behind what may stand between a firm and its verb: `Xyz in Sydney closes`, `Xyz smelter to close`."""
    nouns = reading.covers(Words.SITES)
    passed = 0
    while at < len(reading) and passed < 3 and reading.gap(at).strip() == "":
        is_noun = reading.forms[at].islower() and at in nouns
        if not (is_noun or at in reading.covers(Words.PLACES) or reading.words[at] in ("in", "di")):
            break
        at, passed = at + 1, passed + 1
    return at


def _first_name(names: Names, start: int) -> Name | None:
    """The first name among the first words of a sentence, at its full length."""
    for at in range(start, min(start + 6, len(names.reading))):
        if names.reading.clause[at] != names.reading.clause[start]:
            return None
        name = names.starting_at(at)
        if name is not None:
            return name
    return None


def _is_verb(reading: Reading, at: int) -> bool:
    if at in reading.covers(Words.SMALL) and reading.words[at] not in ("is", "are", "was", "were", "to"):
        return False
    if any(at in reading.begins(words) for words in (Words.LINKS, Words.VERBS, Words.CUT, Words.LAY_OFF)):
        return True
    form = reading.forms[at]
    if not form.islower() or at in reading.covers(Words.ORDINARY) or at in reading.covers(Words.PEOPLE):
        return False
    return (form.endswith(("ed", "ing")) and at > 1) or (form.endswith("s") and reading.language is Language.EN)


def _alone(names: Names) -> Iterator[tuple[Name, float, int]]:
    """Employers the table knows, in a sentence with cuts or in the title, not compared with and not a person's."""
    reading = names.reading
    for name in names.known:
        if name.first - 1 in reading.ends(Words.BESIDE) or name.first - 1 in reading.ends(Words.REPORTED):
            continue
        if name.last + 1 in reading.begins(Words.RELATED):
            continue
        if _is_speaker(name, reading):
            continue
        found = names.ending_at(name.last)
        if found is not None:
            yield found, _ALONE, name.first


def _is_speaker(name: Name, reading: Reading) -> bool:
    """The boss of one firm speaks about others, or is spoken to: `CEO X Kecam …`, but not `CEO X Sebut …`."""
    if name.first - 1 not in reading.ends(Words.ROLES) and name.last + 1 not in reading.begins(Words.ROLES):
        return False
    if reading.has(Words.EXPLAINS, name.last + 1, min(name.last + 4, len(reading) - 1)):
        return False
    return reading.any(Words.SPEAKS)


def _lists_several(names: Names) -> bool:
    """`What Google, Meta and others got wrong`: no single employer."""
    reading = names.reading
    different = {name.identity for name in names.known}
    if len(different) < 2:
        return False
    chained = 0
    for one, other in zip(names.known, names.known[1:], strict=False):
        between = reading.words[one.last + 1 : other.first]
        chained += not between or between in (["and"], ["dan"])
    open_end = reading.any(Words.OTHERS) and reading.begins(Words.OTHERS).keys() & {
        at for name in names.known for at in (name.last + 1, name.last + 2)
    }
    return chained >= 2 or bool(open_end)


def _looks_like_name(name: Name, reading: Reading) -> bool:
    """In a headline of capitals: not a participle, not too long."""
    last = reading.words[name.last]
    return name.last - name.first < 4 and not (name.first == name.last and last.endswith(("ing", "ed", "ly")))
