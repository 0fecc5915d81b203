"""How often the facts of layoff stories are right: share of right answers by fact, language and clearness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.domain.event import Event
from bot.domain.story import Language
from bot.editorial.measure import ANY, CLEAR

Value = str | float | None
Fact = Literal["company", "headcount", "percent", "nothing"]
NAMES: tuple[Fact, ...] = ("company", "headcount", "percent")
# Of a story about no layoff: that nothing is extracted.
NOTHING: Fact = "nothing"


@dataclass(slots=True)
class Share:
    """How many of a kind were right. The rate of none is None: there is nothing to say."""

    right: int = 0
    total: int = 0

    def add(self, *, right: bool) -> None:
        self.right += right
        self.total += 1

    @property
    def rate(self) -> float | None:
        return self.right / self.total if self.total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFacts:
    """A story with what people read in it. `accepted`: for each of the three facts all right answers, the best first;
    None among them where saying nothing is right. `is_layoff` False: nothing may be extracted."""

    id: str
    title: str
    language: Language
    is_borderline: bool
    is_layoff: bool
    accepted: Mapping[Fact, Sequence[Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactMiss:
    """A fact that was read otherwise than by people."""

    id: str
    fact: Fact
    language: Language
    meant: Value
    found: Value
    title: str


def facts(
    rows: Iterable[tuple[LabelledFacts, Event | None]],
) -> tuple[dict[tuple[Fact, str, str], Share], list[FactMiss]]:
    """Shares by (fact, language or `all`, `all` or `clear`: without borderline rows), and the misses."""
    shares: dict[tuple[Fact, str, str], Share] = {}
    misses: list[FactMiss] = []
    for row, event in rows:
        for fact, meant, found, right in _answers(row, event):
            for language in (ANY, row.language.value):
                for clearness in (ANY,) if row.is_borderline else (ANY, CLEAR):
                    shares.setdefault((fact, language, clearness), Share()).add(right=right)
            if not right:
                misses.append(
                    FactMiss(id=row.id, fact=fact, language=row.language, meant=meant, found=found, title=row.title)
                )
    return shares, misses


def _answers(row: LabelledFacts, event: Event | None) -> Iterable[tuple[Fact, Value, Value, bool]]:
    """Each fact with what was meant, what was found and whether that is right."""
    if not row.is_layoff:
        quiet = event is None or not event.kind.has_numbers
        yield NOTHING, None, None if event is None else event.kind.value, quiet
        return
    for fact in NAMES:
        found: Value = None if event is None else getattr(event, fact)
        accepted = row.accepted[fact]
        yield fact, accepted[0], found, any(_equal(found, one) for one in accepted)


def _equal(found: Value, meant: Value) -> bool:
    if isinstance(found, str) and isinstance(meant, str):
        return " ".join(found.casefold().split()) == " ".join(meant.casefold().split())
    return found == meant
