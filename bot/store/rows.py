"""How a row becomes a value of the domain, and a value a row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery
from bot.domain.feed import Feed, FeedSpec, FeedState, Move, Origin
from bot.domain.schedule import Rhythm
from bot.domain.story import Language, Story, Topic
from bot.domain.subscription import Chat, ChatState, Mode, Preferences, Quiet, Style
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
        "proxy": spec.proxy,
        "headers": [list(header) for header in spec.headers] or None,
        "auth": spec.auth,
    }


def feed_of(row: sa.Row[Any]) -> Feed:
    spec = FeedSpec(
        id=row.id,
        url=row.moved_url or row.url,
        title=row.title,
        language=None if row.language is None else Language(row.language),
        weight=row.weight,
        topics=tuple(map(Topic, row.topics)),
        kind=row.kind,
        every=None if row.every_seconds is None else timedelta(seconds=row.every_seconds),
        confirmed=row.confirmed,
        proxy=row.proxy,
        headers=tuple((name, value) for name, value in row.headers) if row.headers else (),
        auth=row.auth,
    )
    gap = None if row.gap_seconds is None else timedelta(seconds=row.gap_seconds)
    move = row.moved_to and Move(to=row.moved_to, times=row.moved_times, since=row.moved_since)
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
        rhythm=Rhythm(gap=gap, newest=row.newest_at),
        move=move or None,
        moved_from=row.url if row.moved_url else None,
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


def verdict_rows(story_id: int, verdict: Verdict) -> list[tuple[Any, ...]]:
    """Values in the order of the table's columns. Most stories are about none of the topics: what no rule spoke of and
    nobody sees is not kept."""
    return [
        (
            story_id,
            topic,
            score.score,
            NO_LEVEL if score.clears is None else score.clears.rank,
            {level.value: needed for level, needed in score.thresholds.items()},
            [
                {"rule": r.rule, "points": r.points, "field": r.field, "text": r.text, "why": dict(r.why)}
                for r in score.reasons
            ],
        )
        for topic, score in verdict.topics.items()
        if score.reasons or score.clears is not None
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
        "quiet_start": None if preferences.quiet is None else preferences.quiet.start,
        "quiet_end": None if preferences.quiet is None else preferences.quiet.end,
        "break_through": preferences.break_through,
        "paused": preferences.paused,
        "paused_until": preferences.paused_until,
        "style": preferences.style,
        "preview": preferences.preview,
        "silent": preferences.silent,
        "open": preferences.open,
        "once": preferences.once,
    }


SETTINGS = tuple(preference_values(Preferences()))  # the columns of a chat that its settings are in
_settings_of = attrgetter(*SETTINGS)


@lru_cache(maxsize=4_096)
def _preferences(topics: tuple[str, ...], *settings: Any) -> Preferences:
    """100,000 chats have few different settings."""
    now = dict(zip(SETTINGS, settings, strict=True))
    is_quiet = now["quiet_start"] is not None and now["quiet_end"] is not None
    return Preferences(
        topics=frozenset(Topic(topic) for topic in topics),
        mode=Mode(now["mode"]),
        level=LEVELS[now["level_rank"]],
        language=None if now["language"] is None else Language(now["language"]),
        zone=now["zone"],
        digest_at=now["digest_at"],
        quiet=Quiet(start=now["quiet_start"], end=now["quiet_end"]) if is_quiet else None,
        break_through=now["break_through"],
        paused=now["paused"],
        paused_until=now["paused_until"],
        style=Style(now["style"]),
        preview=now["preview"],
        silent=now["silent"],
        open=now["open"],
        once=now["once"],
    )


def chat_of(row: sa.Row[Any], topics: Collection[str]) -> Chat:
    return Chat(
        id=row.id,
        channel=Channel(platform=row.platform, address=row.address, thread=row.thread),
        preferences=_preferences(tuple(topics), *_settings_of(row)),
        state=ChatState(row.state),
        parked_reason=row.parked_reason,
        since=row.since,
        last_digest=row.last_digest,
        digest_until=row.digest_until,
        read_until=row.read_until,
    )


def delivery_values(kind: DeliveryKind, chat_id: int, now: datetime, **more: Any) -> dict[str, Any]:
    """A delivery that is due now and was never tried."""
    fresh = {"state": DeliveryState.QUEUED, "due_at": now, "created_at": now, "fence": 0, "attempts": 0}
    return {"kind": kind, "chat_id": chat_id} | fresh | {"uncertain": False, "plain": False, "message_ids": []} | more


def delivery_of(
    row: sa.Row[Any], chats: Mapping[int, Chat], answers: Sequence[str] = (), leave_at: datetime | None = None
) -> PendingDelivery:
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
        until=row.due_at or row.created_at,
        leave_at=leave_at or row.created_at,
        uncertain=row.uncertain,
        plain=row.plain,
        answers=tuple(answers),
    )
