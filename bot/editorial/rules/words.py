"""Kind `words`: any of these words or phrases, whole words only."""

from __future__ import annotations

from dataclasses import dataclass

from bot.editorial.rules.company import Groups
from bot.editorial.rules.index import Span, Term
from bot.editorial.rules.matcher import Passage, Vocabulary
from bot.editorial.rules.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Found where `term` stands, not as part of a `but_not` phrase."""

    term: Term
    but_not: Term | None = None

    @property
    def triggers(self) -> tuple[Term, ...]:
        return (self.term,)

    def find(self, passage: Passage) -> Span | None:
        return passage.first(self.term, but_not=self.but_not)


def read(table: Table, vocabulary: Vocabulary, _groups: Groups) -> Words:
    """Keys: any, case, but_not."""
    return Words(
        term=vocabulary.term(table.phrases("any"), case=table.flag("case")),
        but_not=table.term("but_not", vocabulary),
    )
