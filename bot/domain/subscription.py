"""What a chat wants to hear: topics, at once or as a digest, how sure, when, in which language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from bot.domain.channel import Channel
from bot.domain.story import Language, Topic
from bot.domain.verdict import Level


class Mode(StrEnum):
    ALERT = "alert"
    DIGEST = "digest"
    BOTH = "both"

    @property
    def alerts(self) -> bool:
        return self is not Mode.DIGEST

    @property
    def digests(self) -> bool:
        return self is not Mode.ALERT


class ChatState(StrEnum):
    ACTIVE = "active"
    PARKED = "parked"  # the platform cannot reach it any more; settings are kept and it revives when it speaks


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The settings of a chat; `language` and `zone` are None until somebody chose (the deployment's default holds)."""

    topics: frozenset[Topic] = frozenset()
    mode: Mode = Mode.ALERT
    level: Level = Level.NORMAL
    language: Language | None = None
    zone: str | None = None
    digest_at: time = time(8, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat Kabar has met. `since` is when its digests began to run (subscribing or moving the hour starts anew);
    `last_digest` the newest local date that has a digest; `digest_until` the moment that digest reached up to."""

    id: int
    channel: Channel
    preferences: Preferences = Preferences()
    state: ChatState = ChatState.ACTIVE
    parked_reason: str | None = None
    since: datetime | None = None
    last_digest: date | None = None
    digest_until: datetime | None = None

    @property
    def is_subscribed(self) -> bool:
        return bool(self.preferences.topics)
