"""Which rules readers' thumbs speak against, and what worth would answer them: proposed in words, never applied."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.coverage import Coverage
from bot.domain.story import Story, Topic
from bot.domain.verdict import Level, Reason, TopicScore
from bot.editorial.rules.rule import Head
from bot.editorial.score import Rulebook
from bot.ports import Opinion, Scored, Stories
from bot.services.trial import judged, stored, with_points

LOOK_BACK = timedelta(days=90)
FEWEST_DOWN = 2  # one person's whim is no reason to change a rule
MOST_PROPOSALS, MOST_OPINIONS = 5, 300
STEP, LEAST = 0.5, 1.0
JUST_BELOW = 0.05


@dataclass(slots=True)
class Record:
    """What people thought of the events that one rule decided. `down` and `up` are events with more of one than of the
    other; `misses`: for each event in `down` the worth at which the rule would not have decided it."""

    topic: Topic
    down: list[int] = field(default_factory=list)
    up: list[int] = field(default_factory=list)
    misses: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`points` of a rule from `before` to `after`. Of the stored month's stories on its topic it would lose `rated`, of
    those that were voted down, and `others`."""

    head: Head
    down: int
    up: int
    before: float
    after: float
    rated: tuple[Story, ...]
    others: tuple[Story, ...]


def decisive(scores: Mapping[Topic, TopicScore]) -> list[tuple[Topic, TopicScore, Reason]]:
    """The reasons without which a topic would not have been hit."""
    return [
        (topic, score, reason)
        for topic, score in scores.items()
        for reason in score.reasons
        if score.hit and reason.field != "feed" and 0 < score.score - score.threshold + JUST_BELOW <= reason.points
    ]


def records(
    rated: Iterable[tuple[Opinion, Mapping[Topic, TopicScore]]], heads: Mapping[str, Head]
) -> dict[str, Record]:
    """By rule, what became of the events that it decided."""
    found: dict[str, Record] = {}
    for opinion, scores in rated:
        for topic, score, reason in decisive(scores):
            head = heads.get(reason.rule)
            if head is None or head.topic is not topic or opinion.up == opinion.down:
                continue
            record = found.setdefault(reason.rule, Record(topic))
            if opinion.up > opinion.down:
                record.up.append(opinion.coverage_id)
                continue
            share = reason.points / head.points  # of its worth, in the field it was found in
            record.down.append(opinion.coverage_id)
            record.misses.append((reason.points - (score.score - score.threshold) - JUST_BELOW) / share)
    return found


def suggested(record: Record, before: float) -> float | None:
    """The worth at which none of the events voted down would have been decided; None where thumbs do not say so."""
    if len(record.down) < max(FEWEST_DOWN, len(record.up) + 1):
        return None
    after = max(LEAST, math.floor(min(record.misses) / STEP) * STEP)
    return after if after < before else None


async def proposed(stories: Stories, opinions: Sequence[Opinion], book: Rulebook, since: datetime) -> list[Proposal]:
    """The rules with the most thumbs down first. `since`: how far back the loss is counted."""
    loudest = sorted(opinions, key=lambda one: one.up + one.down, reverse=True)[:MOST_OPINIONS]
    events = {one.id: one for one in await stories.coverages([one.coverage_id for one in loudest])}
    heads = {rule.head.id: rule.head for rule in book.rules if rule.head.points > 0}
    rated = [
        (one, await stories.verdict(events[one.coverage_id].lead.id)) for one in loudest if one.coverage_id in events
    ]
    found = records(rated, heads)
    wanted: dict[str, float] = {}
    for rule in sorted(found, key=lambda rule: len(found[rule].up) - len(found[rule].down)):
        after = suggested(found[rule], heads[rule].points)
        if after is not None and len(wanted) < MOST_PROPOSALS:
            wanted[rule] = after
    lost = await _losses(stories, since, book, {rule: (found[rule].topic, wanted[rule]) for rule in wanted})
    return [_proposal(heads[rule], found[rule], after, lost[rule], events) for rule, after in wanted.items()]


def _proposal(
    head: Head, record: Record, after: float, lost: Sequence[Story], events: Mapping[int, Coverage]
) -> Proposal:
    disliked: Collection[int] = {event for one in record.down for event in (one, events[one].lead.id)}
    return Proposal(
        head=head,
        down=len(record.down),
        up=len(record.up),
        before=head.points,
        after=after,
        rated=tuple(story for story in lost if story.id in disliked),
        others=tuple(story for story in lost if story.id not in disliked),
    )


async def _losses(
    stories: Stories, since: datetime, book: Rulebook, changes: Mapping[str, tuple[Topic, float]]
) -> Mapping[str, list[Story]]:
    """By rule the stories that stop being news of its topic, newest first. One walk for all: only what cleared the
    topic can be lost."""
    lost: dict[str, list[Story]] = defaultdict(list)
    books = {rule: with_points(book, rule, points) for rule, (_topic, points) in changes.items()}
    topics = {topic for topic, _points in changes.values()}
    if not changes:
        return lost
    async for one in stored(stories, since):
        if not any(_cleared(one, topic) for topic in topics):
            continue
        now = judged(book, one)
        for rule, (topic, _points) in changes.items():
            score = now.topics[topic]
            spoke = score.hit and any(reason.rule == rule for reason in score.reasons)
            if spoke and not judged(books[rule], one).topics[topic].hit:
                lost[rule].insert(0, one.story)
    return lost


def _cleared(one: Scored, topic: Topic) -> bool:
    return topic in one.levels and one.levels[topic].rank >= Level.NORMAL.rank
