"""Kind `context`: words that count only next to other signs of the topic in the same story."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.editorial.rules.index import Term
from bot.editorial.rules.matcher import Passage, Vocabulary
from bot.editorial.rules.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What must be there besides: one of `rules` spoke of the story, or one of `words` stands anywhere in it."""

    rules: frozenset[str]
    words: Term | None

    def holds(self, spoke: Collection[str], passages: Iterable[Passage]) -> bool:
        if not self.rules.isdisjoint(spoke):
            return True
        return self.words is not None and any(self.words in passage.found for passage in passages)


def read_beside(table: Table, vocabulary: Vocabulary) -> Beside:
    """Keys: beside, beside_words, besides those of the `words` (or `near`) inside."""
    rules = table.names("beside")
    if not rules and "beside_words" not in table:
        table.fault("is missing; name rules here, or words in `beside_words`", "beside")
    return Beside(rules=frozenset(rules), words=table.term("beside_words", vocabulary))
