"""What a chat wants to hear: topics, at once or as a digest, how sure, when, in which language, and what not."""

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


class Style(StrEnum):
    """How much of a story an alert shows."""

    FULL = "full"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of the wall clock in which nothing is sent: from `start` up to `end`, over midnight where end <= start."""

    start: time
    end: time

    def covers(self, at: time) -> bool:
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """The settings of a chat; `language` and `zone` are None until somebody chose (the deployment's default holds).
    `break_through`: job cuts of so many people are told in quiet hours too, None: nothing is. `paused`: nothing is sent
    until /resume or, where the pause has an end, until `paused_until`. `open`: in a group everybody may change
    settings, not only its admins. `once`: a message of which nobody can tell whether it arrived is not sent again."""

    topics: frozenset[Topic] = frozenset()
    mode: Mode = Mode.ALERT
    level: Level = Level.NORMAL
    language: Language | None = None
    zone: str | None = None
    digest_at: time = time(8, 0)
    quiet: Quiet | None = None
    break_through: int | None = None
    paused: bool = False
    paused_until: datetime | None = None
    style: Style = Style.FULL
    preview: bool = False
    silent: bool = False
    open: bool = False
    once: bool = False

    def is_paused(self, now: datetime) -> bool:
        return self.paused and (self.paused_until is None or now < self.paused_until)


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
    read_until: datetime | None = None  # when this chat last looked at a list: /catchup begins there

    @property
    def is_subscribed(self) -> bool:
        return bool(self.preferences.topics)


class InterestKind(StrEnum):
    WATCH = "watch"
    MUTE = "mute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """A company or words that a chat wants to hear of whatever the topic (WATCH), or not to hear of (MUTE). `phrase` is
    what was typed, `key` the same employer or words however they are spelt: `employer:…` or `words:…`. `until`: when a
    mute ends, None: never."""

    chat_id: int
    kind: InterestKind
    phrase: str
    key: str
    until: datetime | None = None
    id: int = 0
