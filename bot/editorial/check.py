"""Whether rules, facts and comparison do what the examples in their files say."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.domain.errors import Problem
from bot.domain.story import Item
from bot.editorial.facts.example import FactExample
from bot.editorial.facts.extract import extract
from bot.editorial.same_story.compare import compare
from bot.editorial.same_story.example import Pair
from bot.editorial.same_story.sketcher import Sketcher
from bot.editorial.score import Rulebook

# Two stories of an example are of one moment, whichever it is.
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def failing_examples(rulebook: Rulebook) -> list[Problem]:
    """Every example that fails, with its file and what came out; empty when all is well."""
    problems = rulebook.run_examples()
    for example in rulebook.fact_examples:
        problems += [Problem(where=example.where, what=what) for what in _facts(example, rulebook)]
    sketcher = Sketcher.of(rulebook.wording, rulebook.companies)
    for pair in rulebook.pairs:
        problems += [Problem(where=pair.where, what=what) for what in _pair(pair, sketcher)]
    return problems


def count_examples(rulebook: Rulebook) -> int:
    return len(rulebook.examples) + len(rulebook.fact_examples) + len(rulebook.pairs)


def _facts(example: FactExample, rulebook: Rulebook) -> list[str]:
    item = Item(title=example.title, summary=example.summary)
    language = example.language or rulebook.detect(item, None)
    verdict = rulebook.score(item, language=language, source="", weight=1.0, hints=())
    event = extract(item, language=language, verdict=verdict, rulebook=rulebook)
    if event is None or example.kind is None:
        found = "none" if event is None else event.kind.value
        wanted = "none" if example.kind is None else example.kind.value
        return [] if found == wanted else [f"{example.title!r} should give kind {wanted}, but gives {found}"]
    cause = None if event.ai_cause is None else event.ai_cause.grade
    facts = (
        ("kind", example.kind, event.kind),
        ("company", example.company, event.company),
        ("headcount", example.headcount, event.headcount),
        ("percent", example.percent, event.percent),
        ("cause", example.cause, cause),
    )
    return [
        f"{example.title!r} should give {name} {_shown(wanted)}, but gives {_shown(found)}"
        for name, wanted, found in facts
        if wanted != found
    ]


def _shown(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _pair(pair: Pair, sketcher: Sketcher) -> list[str]:
    one, other = (
        sketcher.sketch(id=title, when=_MOMENT, language=language, title=title)
        for title, language in zip((pair.one, pair.other), pair.languages, strict=True)
    )
    likeness = compare(one, other, lambda _word: 1.0)
    if likeness.same is pair.same:
        return []
    wanted = "the same story" if pair.same else "two stories"
    return [f"{pair.one!r} and {pair.other!r} should be {wanted}, but are {likeness.verdict.value}: {likeness.why}"]
