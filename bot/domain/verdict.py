"""What the rules say of a story, with every reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.story import Topic


class Level(StrEnum):
    """How sure a chat wants to be before it hears of a story; HIGH hears least."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return {"low": 0, "normal": 1, "high": 2}[self.value]


_STRICTEST_FIRST = tuple(sorted(Level, key=lambda level: level.rank, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule that spoke: `points` may be negative (a veto or a damper), `text` is the snippet it matched in `field`
    (title, summary, content, source or feed), `why` a readable sentence fragment by language (`{"en": …, "id": …}`)."""

    rule: str
    points: float
    field: str
    text: str
    why: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicScore:
    """`hit` is score >= threshold at the NORMAL level; `thresholds` has the score needed at each level."""

    topic: Topic
    score: float
    thresholds: Mapping[Level, float]
    reasons: tuple[Reason, ...]

    @property
    def threshold(self) -> float:
        return self.thresholds[Level.NORMAL]

    @property
    def hit(self) -> bool:
        return self.score >= self.threshold

    @property
    def clears(self) -> Level | None:
        """The strictest level this score still reaches, None when it reaches none."""
        for level in _STRICTEST_FIRST:
            needed = self.thresholds.get(level)
            if needed is not None and self.score >= needed:
                return level
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One score a topic; topics without a single reason are included with score 0."""

    topics: Mapping[Topic, TopicScore]

    @property
    def hits(self) -> tuple[Topic, ...]:
        return tuple(topic for topic, score in self.topics.items() if score.hit)
