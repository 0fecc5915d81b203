"""Which stories a digest holds and in which order: ranked, each once under its best topic, and what was read for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.domain.coverage import Coverage
from bot.domain.story import Topic

LONGEST = 30
A_TOPIC = 15
ORDER = (Topic.TECH_LAYOFFS, Topic.LAYOFFS, Topic.AI)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Fixed when it is planned, so that a retry says the same. `found` counts the stories there were, `left_out` those
    that did not fit; feeds, failing and items count what was read."""

    day: date
    groups: tuple[tuple[Topic, tuple[int, ...]], ...]
    found: int
    feeds: int
    failing: int
    items: int

    @property
    def left_out(self) -> int:
        return self.found - sum(len(ids) for _topic, ids in self.groups)

    def to_json(self) -> str:
        groups = [[topic.value, list(ids)] for topic, ids in self.groups]
        values = {"found": self.found, "feeds": self.feeds, "failing": self.failing, "items": self.items}
        return json.dumps({"day": self.day.isoformat(), "groups": groups, **values})

    @staticmethod
    def from_json(text: str) -> Digest:
        data = json.loads(text)
        groups = tuple((Topic(topic), tuple(ids)) for topic, ids in data["groups"])
        counts = {name: int(data[name]) for name in ("found", "feeds", "failing", "items")}
        return Digest(day=date.fromisoformat(data["day"]), groups=groups, **counts)


def compose(
    *, day: date, ranked: Sequence[tuple[Coverage, Topic]], found: int, feeds: int, failing: int, items: int
) -> Digest:
    """The best LONGEST stories, at most A_TOPIC a topic while others have something to say, best first."""
    chosen: dict[Topic, list[int]] = {topic: [] for topic in ORDER}
    spare: list[tuple[Topic, int]] = []
    for coverage, topic in ranked:
        full = sum(map(len, chosen.values())) >= LONGEST
        if full or len(chosen[topic]) >= A_TOPIC:
            spare.append((topic, coverage.id))
        else:
            chosen[topic].append(coverage.id)
    for topic, story_id in spare:
        if sum(map(len, chosen.values())) >= LONGEST:
            break
        chosen[topic].append(story_id)
    groups = tuple((topic, tuple(ids)) for topic, ids in chosen.items() if ids)
    return Digest(day=day, groups=groups, found=found, feeds=feeds, failing=failing, items=items)
