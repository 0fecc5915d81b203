"""In which order rules are asked, and which need not be: those of a topic that follows another one, where that says
nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.story import Topic
from bot.editorial.rules.index import Term
from bot.editorial.rules.rule import Rule, TopicRules
from bot.editorial.rules.veto import Veto

Triggered = Mapping[Term, tuple[Rule, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Rules by the terms that trigger them: those that speak for themselves, then those that need something `beside`,
    once it is known what the others found."""

    alone: Triggered
    beside: Triggered


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """`own`: rules of topics that stand on their own, and those that other rules ask for. `following`: the others,
    which count only where a rule of one of the topics `followed` spoke."""

    own: Stage
    following: Stage
    followed: frozenset[Topic]


def stages_of(rules: Iterable[Rule], vetoes: Iterable[Veto], topics: Mapping[Topic, TopicRules]) -> Stages:
    rules = tuple(rules)
    asked_for = {name for rule in rules if rule.beside is not None for name in rule.beside.rules}
    asked_for |= {name for veto in vetoes for name in veto.unless}
    after = {topic: of.after for topic, of in topics.items() if of.after is not None}
    following = [rule for rule in rules if rule.head.topic in after and rule.head.id not in asked_for]
    return Stages(
        own=_stage([rule for rule in rules if rule not in following]),
        following=_stage(following),
        followed=frozenset(after.values()),
    )


def _stage(rules: Iterable[Rule]) -> Stage:
    alone: dict[Term, list[Rule]] = {}
    beside: dict[Term, list[Rule]] = {}
    for rule in rules:
        for term in rule.finder.triggers:
            (alone if rule.beside is None else beside).setdefault(term, []).append(rule)
    return Stage(
        alone={term: tuple(some) for term, some in alone.items()},
        beside={term: tuple(some) for term, some in beside.items()},
    )
