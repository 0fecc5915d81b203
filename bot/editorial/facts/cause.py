"""Whether AI is named as the cause of the cuts, how firmly, and in which sentence: never more than it says."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.event import AiCause, Grade
from bot.editorial.facts.lexicon import Words
from bot.editorial.facts.names import Name
from bot.editorial.facts.reading import Reading

_WITHIN = 6
_DOUBT_WITHIN = 8


def ai_cause(readings: Sequence[Reading], employer: Name | None) -> AiCause | None:
    """The lowest grade the story supports: disputed where any sentence disputes the link, mixed where one gives other
    reasons too; each sentence gets the lowest grade it can be read as. None where no sentence names AI as the cause."""
    found: dict[Grade, str] = {}
    for reading in readings:
        if not reading.any(Words.AI):
            continue
        for sentence in sorted({reading.sentence[at] for at in reading.begins(Words.AI)}):
            first = reading.sentence.index(sentence)
            grade = _grade(reading, first, reading.bounds(first)[1], employer)
            if grade is not None:
                found.setdefault(grade, reading.sentence_text(first))
    for grade in (Grade.DISPUTED, Grade.MIXED, Grade.EXPLICIT, Grade.BLAMED):
        if grade in found:
            return AiCause(grade=grade, quote=found[grade])
    return None


def _grade(reading: Reading, first: int, last: int, employer: Name | None) -> Grade | None:
    if not _speaks_of_cuts(reading, first, last):
        return None
    if _is_doubted(reading, first, last):
        return Grade.DISPUTED
    is_cause = _leads_to_ai(reading, first, last, Words.BECAUSE) or reading.has(Words.AI_ACTS, first, last)
    is_spending = _leads_to_ai(reading, first, last, Words.SPENDING)
    if not (is_cause or is_spending):
        return None
    if "?" in reading.gap(last + 1):
        return Grade.DISPUTED
    if is_spending or reading.has(Words.ALSO_BECAUSE, first, last):
        return Grade.MIXED
    return Grade.EXPLICIT if _is_employers_word(reading, first, last, employer) else Grade.BLAMED


def _is_employers_word(reading: Reading, first: int, last: int, employer: Name | None) -> bool:
    """The employer, by name or as `the company`, says so in this sentence, and no onlooker does."""
    if employer is None or not reading.has(Words.SAYS, first, last) or reading.has(Words.ONLOOKERS, first, last):
        return False
    sentence = reading.text[reading.spans[first][0] : reading.spans[last][1]].casefold()
    return employer.text.casefold() in sentence or any(
        reading.words[at] in ("company", "perusahaan", "manajemen", "management", "firm")
        for at in range(first, last + 1)
    )


def _speaks_of_cuts(reading: Reading, first: int, last: int) -> bool:
    if any(reading.has(words, first, last) for words in (Words.LAY_OFF, Words.CUTS, Words.FURLOUGH)):
        return True
    return reading.has(Words.CUT, first, last) and reading.has(Words.PEOPLE, first, last)


def _leads_to_ai(reading: Reading, first: int, last: int, words: Words) -> bool:
    """`because of AI`, `diganti AI`, `to fund AI`: AI a few words behind one of `words`."""
    return any(
        first <= begin and end <= last and reading.has(Words.AI, end + 1, min(end + _WITHIN, last))
        for begin, end in reading.begins(words).items()
    )


def _is_doubted(reading: Reading, first: int, last: int) -> bool:
    """`bukan karena AI`, `denies that AI`, `AI is a scapegoat`: doubt a few words from AI."""
    return any(
        first <= begin
        and end <= last
        and reading.has(Words.AI, max(first, begin - _DOUBT_WITHIN), min(last, end + _DOUBT_WITHIN))
        for begin, end in reading.begins(Words.NOT_BECAUSE).items()
    )
