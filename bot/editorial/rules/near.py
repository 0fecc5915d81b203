"""Kind `near`: one of these words and one of those, few words apart in the same sentence."""

from __future__ import annotations

from dataclasses import dataclass

from bot.editorial.rules.company import Groups
from bot.editorial.rules.index import Span, Term
from bot.editorial.rules.matcher import Passage, Vocabulary
from bot.editorial.rules.table import Table

_FARTHEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Found where at most `within` words stand between `a` and `b`; with `ordered`, `a` comes first. `not_between`
    words in the gap part them, and commas where `same_clause`; `but_not` phrases do not count as `a` or `b`."""

    a: Term
    b: Term
    within: int
    ordered: bool = False
    but_not: Term | None = None
    not_between: Term | None = None
    same_clause: bool = False

    @property
    def triggers(self) -> tuple[Term, ...]:
        return (self.a,)

    def find(self, passage: Passage) -> Span | None:
        if self.b not in passage.found:
            return None
        for one in passage.all(self.a, but_not=self.but_not):
            first = one.last + 1 if self.ordered else one.first - self.within - passage.longest
            for other in passage.starting(self.b, first, one.last + 1 + self.within):
                if self._belong(passage, one, other):
                    return one.joined(other)
        return None

    def _belong(self, passage: Passage, one: Span, other: Span) -> bool:
        if one.overlaps(other):
            return False
        left, right = (one, other) if one.first < other.first else (other, one)
        if right.first - left.last - 1 > self.within:
            return False
        if self.but_not is not None and passage.touches(self.but_not, other):
            return False
        gap = Span(left.last + 1, right.first - 1)
        if self.not_between is not None and gap.first <= gap.last and passage.touches(self.not_between, gap):
            return False
        return passage.together(left, right, commas_part=self.same_clause)


def read(table: Table, vocabulary: Vocabulary, _groups: Groups) -> Near:
    """Keys: a, b, within, ordered, same_clause, but_not, not_between."""
    within = table.number("within")
    if not (within.is_integer() and 0 <= within <= _FARTHEST):
        table.fault(f"must be a whole number of words from 0 to {_FARTHEST}", "within")
    return Near(
        a=vocabulary.term(table.phrases("a")),
        b=vocabulary.term(table.phrases("b")),
        within=int(within),
        ordered=table.flag("ordered"),
        same_clause=table.flag("same_clause"),
        but_not=table.term("but_not", vocabulary),
        not_between=table.later("not_between", vocabulary),
    )
