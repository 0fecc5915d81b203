"""What every rule has in common, whatever its kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.story import Language, Topic
from bot.domain.verdict import Level
from bot.editorial.rules.context import Beside
from bot.editorial.rules.index import Span, Term
from bot.editorial.rules.matcher import Passage


class Field(StrEnum):
    """Where a rule can look. `source` is the outlet's name; only rules that ask for it look there."""

    TITLE = "title"
    SUMMARY = "summary"
    CONTENT = "content"
    SOURCE = "source"


BODY = (Field.TITLE, Field.SUMMARY, Field.CONTENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Identity and worth of a rule. `fields` in order of weight; `speaks` and `silent` are its own examples."""

    id: str
    topic: Topic
    points: float
    why: Mapping[str, str]
    languages: frozenset[Language]
    fields: tuple[Field, ...] = BODY
    file: str = ""
    speaks: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


class Finder(Protocol):
    """Looks for something in one passage."""

    @property
    def triggers(self) -> Collection[Term]:
        """Terms without which `find` is None; it is asked only where one of them was found."""

    def find(self, passage: Passage) -> Span | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A finder with a head; a context rule also says what must stand `beside` it."""

    head: Head
    finder: Finder
    beside: Beside | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRules:
    """The scale of a topic. With `after`, a story is only as much of this topic as it is of that one."""

    topic: Topic
    thresholds: Mapping[Level, float]
    weights: Mapping[Field, float]
    after: Topic | None = None
