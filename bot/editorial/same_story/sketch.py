"""What of a story counts when it is compared: names, words, actions and numbers of headline, main clause and lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from bot.domain.story import Language
from bot.editorial.same_story.quantities import Quantity, Unit

COMPANY_MARK, NOTION_MARK, NUMBER_MARK = "@", "~", "#"


class Kind(IntEnum):
    """How much a word says of which event it is: a thing least, a name most."""

    THING = 0
    ACTION = 1
    WORD = 2
    NAME = 3
    COMPANY = 4


WORTH = {Kind.THING: 0.7, Kind.ACTION: 1.3, Kind.WORD: 2.0, Kind.NAME: 3.0, Kind.COMPANY: 2.5}
NOTHING: frozenset[str] = frozenset()  # one for all: each empty set would take 200 bytes, and thousands are kept
NUMBER_WORTH = {Unit.PERCENT: 3.0, Unit.SHARE: 3.0, Unit.PEOPLE: 3.0, Unit.MONEY: 3.0, Unit.BARE: 1.2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """`words` in order of appearance: stems, `@Company`, `~notion`."""

    words: Mapping[str, Kind] = field(default_factory=dict)
    actions: frozenset[str] = NOTHING
    markers: frozenset[str] = NOTHING
    numbers: frozenset[Quantity] = frozenset()

    def of(self, *kinds: Kind) -> list[str]:
        return [word for word, kind in self.words.items() if kind in kinds]

    @property
    def companies(self) -> frozenset[str]:
        return frozenset(self.of(Kind.COMPANY))

    def amounts(self, unit: Unit) -> frozenset[float]:
        return frozenset(number.value for number in self.numbers if number.unit is unit)

    def weighed(self) -> dict[str, float]:
        """Words and numbers with what sharing them is worth."""
        weights = {word: WORTH[kind] for word, kind in self.words.items()}
        return weights | {f"{NUMBER_MARK}{number}": NUMBER_WORTH[number.unit] for number in self.numbers}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """One story as it is compared. `head` is the main clause of the headline, `weights` what the headline says,
    `told` what headline and lead say, `turning` actions that turn another one round, `telling` actions and things of
    the headline that are not everybody's, `speaker` who begins a headline that only says what somebody
    thinks. Kept because they are asked for a lot: `strong`, names and rare words of the headline, and `main`, the
    weights of the main clause without things."""

    id: str
    when: datetime
    language: Language
    title: Passage
    head: Passage
    lead: Passage
    weights: Mapping[str, float]
    told: Mapping[str, float]
    turning: frozenset[str] = NOTHING
    telling: frozenset[str] = NOTHING
    speaker: str = ""
    strong: tuple[str, ...] = ()
    main: Mapping[str, float] = field(default_factory=dict)
    headline: frozenset[str] = frozenset()

    def amounts(self, unit: Unit) -> frozenset[float]:
        return self.title.amounts(unit) | self.lead.amounts(unit)


def plainly(word: str) -> str:
    """A word of a sketch as a reader knows it."""
    return word.lstrip(COMPANY_MARK + NOTION_MARK + NUMBER_MARK)
