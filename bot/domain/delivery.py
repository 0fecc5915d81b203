"""A message on its way to a chat: the states of the ledger and what happens after each outcome."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.channel import Channel
from bot.domain.subscription import Chat


class DeliveryKind(StrEnum):
    """In the order in which a chat gets them (the alphabet's: the store sorts by it). CATCH_UP: all that was held back
    by quiet hours or a pause, or was too much at once, in one; among alerts it has its place by age. CHANGE: a reply
    under an alert, for a material change. EDIT: the alert itself, brought up to date in place. NOTICE: to the
    operator."""

    ALERT = "alert"
    CATCH_UP = "catch_up"
    CHANGE = "change"
    DIGEST = "digest"
    EDIT = "edit"
    NOTICE = "notice"


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # leased by one deliverer
    UNKNOWN = "unknown"  # sent, no answer: to be settled
    SENT = "sent"
    PARKED = "parked"  # the chat cannot be reached; waits for its return
    DEAD = "dead"  # refused for good, with the reason
    EXPIRED = "expired"  # not sent, with the reason
    HELD = "held"  # quiet hours or a pause: waits for their end


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDelivery:
    """One leased row of the outbox. An alert, edit or change has `story_id`; a digest has `local_date`. `payload`
    (JSON) is what it was planned with: a digest's stories, a catch-up's, a notice's words, the watch that asked for an
    alert. A change or an edit has `answers`, the platform's ids of the alert it belongs to. `fence` is the attempt
    number: an outcome counts only while the row still carries it, `until` when somebody else may take it up, `leave_at`
    its turn among all that the bot sends. `uncertain` is True when an earlier attempt may have reached the chat."""

    id: int
    kind: DeliveryKind
    chat: Chat
    story_id: int | None
    local_date: date | None
    payload: str | None
    fence: int
    attempts: int
    created_at: datetime
    until: datetime
    leave_at: datetime
    uncertain: bool = False
    plain: bool = False
    answers: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name under which a platform can be asked whether this delivery arrived; the same for every attempt."""
        return f"kabar-{self.id}"


FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=15)


def retry_delay(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failed try: doubling from 2 s to 15 min, for as long as it takes."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(LONGEST_RETRY, FIRST_RETRY * (1 << doublings))


LEAVE_BY: ContextVar[datetime | None] = ContextVar("leave_by", default=None)
"""No call of the delivery at hand may begin from this moment on: somebody else may have taken it up. A process that was
paused finds out only now, so adapters ask `is_late` right before they write."""


def is_late(now: datetime) -> bool:
    """Whether what is about to be sent is not ours to send any more."""
    by = LEAVE_BY.get()
    return by is not None and now >= by


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A limit that several chats share: of all that goes by the name `key` one message may leave every `every`."""

    key: str
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The stories that the numbers of a message mean, and where it stands; `kind` is `list` or `alert`."""

    channel: Channel
    stories: tuple[int, ...]
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the ledger says of a delivery after a try. `not_before` is set for QUEUED and UNKNOWN; `hold_chat_until`
    also keeps back all else for this chat and its neighbours at the same address (the platform asked to wait). `shown`
    is remembered for those who answer the message."""

    delivery_id: int
    fence: int
    state: DeliveryState
    at: datetime
    reason: str | None = None
    message_ids: tuple[str, ...] = ()
    not_before: datetime | None = None
    hold_chat_until: datetime | None = None
    plain: bool = False
    shown: Shown | None = None
