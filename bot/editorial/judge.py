"""The editorial side as a whole, as reading feeds and answering questions need it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from bot.domain.event import Event
from bot.domain.story import Item, Language, Topic
from bot.domain.verdict import Verdict
from bot.editorial.facts.extract import extract
from bot.editorial.same_story.quantities import Unit, quantities
from bot.editorial.same_story.stems import stems_of
from bot.editorial.score import Rulebook
from bot.editorial.text import words_of

# What a story is searched by: its headline and how it begins.
INDEXED_LENGTH = 2_000
SHORTEST_WORD = 2


class EditorialJudge:
    """Fits ports.Judge. The rules are loaded when they are first needed: most chat commands never ask for them."""

    def __init__(self, rules: Callable[[], Rulebook]) -> None:
        self._rules = rules

    def detect(self, item: Item, prior: Language | None) -> Language:
        return self._rules().detect(item, prior)

    def score(self, item: Item, *, language: Language, source: str, weight: float, hints: Collection[Topic]) -> Verdict:
        return self._rules().score(item, language=language, source=source, weight=weight, hints=hints)

    def event(self, item: Item, language: Language, verdict: Verdict) -> Event | None:
        return extract(item, language=language, verdict=verdict, rulebook=self._rules())

    def employer(self, company: str | None) -> str | None:
        return self._rules().employer(company)

    def figures(self, item: Item) -> frozenset[int]:
        found = quantities(f"{item.title}\n{item.summary}")
        return frozenset(int(one.value) for one in found if one.unit is Unit.PEOPLE)

    def index(self, item: Item, language: Language) -> str:
        """Every word is stemmed the Indonesian way and then the English way, whatever the language: what is searched
        for in one language is then found in the other's stories too, as names and loan words are."""
        title, text = item.title, item.summary or item.content
        room = max(INDEXED_LENGTH - len(title) - 1, 0)
        words = dict.fromkeys(words_of(title[:INDEXED_LENGTH], text[:room]))
        return " ".join(dict.fromkeys(stems_of([word for word in words if len(word) >= SHORTEST_WORD], Language.ID)))
