"""What the rule files have said so far, while they are being read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.domain.story import Language, Topic
from bot.editorial.rules.company import Company, Groups
from bot.editorial.rules.examples import Example
from bot.editorial.rules.feed import Adjustment
from bot.editorial.rules.matcher import Vocabulary
from bot.editorial.rules.rule import Field, Head, Rule, TopicRules
from bot.editorial.rules.table import Faults, Table
from bot.editorial.rules.veto import Veto

TOPICS = tuple(topic.value for topic in Topic)
LANGUAGES = (*(language.value for language in Language), "any")
FIELDS = tuple(where.value for where in Field)


@dataclass(slots=True, kw_only=True)
class Shelf:
    """All that the files have said so far."""

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    companies: dict[str, tuple[Company, ...]] = field(default_factory=dict)
    groups: Groups = field(default_factory=dict)
    topics: dict[Topic, TopicRules] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    vetoes: list[Veto] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    named: list[tuple[Table, str, tuple[str, ...]]] = field(default_factory=list)  # rule ids to be known at the end

    @property
    def heads(self) -> tuple[Head, ...]:
        """Of everything with an id."""
        return (
            *(rule.head for rule in self.rules),
            *(veto.head for veto in self.vetoes),
            *(adjustment.head for adjustment in self.adjustments),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    data: Mapping[str, Any]
    faults: Faults
