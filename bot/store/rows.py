"""How a row becomes a value of the domain, and a value a row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, PendingDelivery
from bot.domain.feed import Feed, FeedSpec, FeedState, Origin
from bot.domain.story import Language, Story, Topic
from bot.domain.subscription import Chat, ChatState, Mode, Preferences
from bot.domain.verdict import Level, Reason, TopicScore, Verdict

LEVELS = {level.rank: level for level in Level}
NO_LEVEL = -1
CHUNK = 5_000  # parameters of one IN list; both databases take more than 30,000

T = TypeVar("T")


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def spec_values(spec: FeedSpec) -> dict[str, Any]:
    return {
        "url": spec.url,
        "title": spec.title,
        "language": spec.language,
        "weight": spec.weight,
        "topics": list(spec.topics),
        "kind": spec.kind,
        "every_seconds": None if spec.every is None else spec.every.total_seconds(),
        "confirmed": spec.confirmed,
    }


def feed_of(row: sa.Row[Any]) -> Feed:
    spec = FeedSpec(
        id=row.id,
        url=row.url,
        title=row.title,
        language=None if row.language is None else Language(row.language),
        weight=row.weight,
        topics=tuple(Topic(topic) for topic in row.topics),
        kind=row.kind,
        every=None if row.every_seconds is None else timedelta(seconds=row.every_seconds),
        confirmed=row.confirmed,
    )
    return Feed(
        spec=spec,
        origin=Origin(row.origin),
        state=FeedState(row.state),
        cursor=row.cursor,
        last_try=row.last_try,
        last_ok=row.last_ok,
        next_poll=row.next_poll,
        failures=row.failures,
        problem=row.problem,
        problem_detail=row.problem_detail,
        problem_since=row.problem_since,
        hold_until=row.hold_until,
        lease=row.lease,
    )


def story_of(row: sa.Row[Any]) -> Story:
    return Story(
        id=row.id,
        feed_id=row.feed_id,
        source=row.source,
        title=row.title,
        url=row.url,
        summary=row.summary,
        content=row.content,
        language=Language(row.language),
        published=row.published,
        first_seen=row.first_seen,
    )


def verdict_rows(story_id: int, shown_at: datetime, verdict: Verdict) -> list[dict[str, Any]]:
    return [
        {
            "story_id": story_id,
            "topic": topic,
            "score": score.score,
            "level_rank": NO_LEVEL if score.clears is None else score.clears.rank,
            "shown_at": shown_at,
            "thresholds": {level.value: needed for level, needed in score.thresholds.items()},
            "reasons": [
                {"rule": r.rule, "points": r.points, "field": r.field, "text": r.text, "why": dict(r.why)}
                for r in score.reasons
            ],
        }
        for topic, score in verdict.topics.items()
    ]


def score_of(row: sa.Row[Any]) -> TopicScore:
    return TopicScore(
        topic=Topic(row.topic),
        score=row.score,
        thresholds={Level(level): needed for level, needed in row.thresholds.items()},
        reasons=tuple(Reason(**reason) for reason in row.reasons),
    )


def preference_values(preferences: Preferences) -> dict[str, Any]:
    return {
        "mode": preferences.mode,
        "level_rank": preferences.level.rank,
        "language": preferences.language,
        "zone": preferences.zone,
        "digest_at": preferences.digest_at,
    }


@lru_cache(maxsize=4_096)
def _preferences(topics: tuple[str, ...], *settings: Any) -> Preferences:
    """100,000 chats have few different settings."""
    mode, level_rank, language, zone, digest_at = settings
    return Preferences(
        topics=frozenset(Topic(topic) for topic in topics),
        mode=Mode(mode),
        level=LEVELS[level_rank],
        language=None if language is None else Language(language),
        zone=zone,
        digest_at=digest_at,
    )


def chat_of(row: sa.Row[Any], topics: Collection[str]) -> Chat:
    return Chat(
        id=row.id,
        channel=Channel(platform=row.platform, address=row.address, thread=row.thread),
        preferences=_preferences(tuple(topics), row.mode, row.level_rank, row.language, row.zone, row.digest_at),
        state=ChatState(row.state),
        parked_reason=row.parked_reason,
        since=row.since,
        last_digest=row.last_digest,
        digest_until=row.digest_until,
    )


def delivery_of(row: sa.Row[Any], chats: Mapping[int, Chat]) -> PendingDelivery:
    return PendingDelivery(
        id=row.id,
        kind=DeliveryKind(row.kind),
        chat=chats[row.chat_id],
        story_id=row.story_id,
        local_date=row.local_date,
        payload=row.payload,
        fence=row.fence,
        attempts=row.attempts,
        created_at=row.created_at,
        uncertain=row.uncertain,
        plain=row.plain,
    )
