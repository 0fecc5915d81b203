"""Kinds `hint` and `weight`: what the feed itself adds to a score, and why it stays small."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.domain.story import Topic
from bot.editorial.rules.rule import Head

LIGHTEST, HEAVIEST = 0.5, 1.5
_WEIGHT_SPAN = HEAVIEST - 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A `hint` adds its points where the operator marked the feed with the topic; a `weight` moves a score by its
    points as a share, at most, for the heaviest and the lightest feed.

    It is a share of what the words said, so a story that says nothing stays at nothing. The loader sees to it that with
    the largest hint and weight a score below LOW stays below NORMAL, and with the smallest weight one at HIGH stays
    above NORMAL: a feed can tip what lies between, never make noise an alert nor lose a clear story."""

    head: Head
    is_hint: bool

    def points(self, total: float, *, weight: float, hints: Collection[Topic]) -> float:
        if self.is_hint:
            return self.head.points if self.head.topic in hints else 0.0
        held = min(max(weight, LIGHTEST), HEAVIEST)
        return round(total * self.head.points * (held - 1.0) / _WEIGHT_SPAN, 2)
