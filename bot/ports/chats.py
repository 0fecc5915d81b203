"""What is remembered of chats, and how what they get is queued and settled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled, Turn
from bot.domain.subscription import Chat, ChatState, Interest, InterestKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The chats of one platform: all that were met, those with topics, those that cannot be reached."""

    platform: str
    chats: int
    subscribed: int
    parked: int


class Chats(Protocol):
    async def find(self, channel: Channel) -> Chat | None: ...

    async def meet(self, channel: Channel) -> Chat:
        """The chat of this channel, created when it is new."""

    async def save(self, chat: Chat) -> None:
        """Preferences, `since` and state of an existing chat."""

    async def revive(self, chat_id: int) -> int:
        """A parked chat spoke again: active, its parked deliveries queued; how many."""

    async def digest_chats(self) -> list[Chat]:
        """Active, subscribed chats with a digest mode, without those paused for good."""

    async def counts(self) -> Mapping[ChatState, int]: ...

    async def remember(
        self, channel: Channel, message_ids: Sequence[str], stories: Sequence[int], kind: str, now: datetime
    ) -> None:
        """Which stories the numbers of a message meant (`kind`: `list` or `alert`)."""

    async def numbered(self, channel: Channel, message_id: str | None) -> list[int] | None:
        """Story ids of that message, or (None) of the newest `list` shown in this channel. With an unknown message id
        None."""

    async def was_answered(self, key: str) -> bool:
        """Whether `first_time` was called with this key before."""

    async def first_time(self, key: str, now: datetime) -> bool:
        """True once per key: the guard against a gesture that arrives twice. Kept for three days at least."""

    async def read(self, chat_id: int, at: datetime) -> None:
        """This chat has seen a list: /catchup begins here from now on."""

    async def interests(self, chat_id: int) -> list[Interest]:
        """What it watches and mutes, oldest first; also mutes that have ended."""

    async def interests_of(self, chat_ids: Collection[int]) -> Mapping[int, Sequence[Interest]]:
        """As `interests`, by chat; of chats that have none an empty list."""

    async def add_interest(self, interest: Interest) -> bool:
        """False when there was one of that kind and key: its `until` and phrase are the new ones now."""

    async def drop_interest(self, chat_id: int, kind: InterestKind, key: str) -> bool: ...

    async def watches(self) -> list[Interest]:
        """Those of every chat that is not parked."""

    async def all(self) -> list[Chat]:
        """Every chat, by id."""

    async def census(self) -> list[Census]:
        """By platform."""

    async def within(self, channel: Channel) -> list[Chat]:
        """A channel with all its threads (with a thread only that one); `TEAM/*`: every chat of a workspace. By id."""


class Outbox(Protocol):
    async def plan_digest(self, chat_id: int, day: date, payload: str, until: datetime, now: datetime) -> bool:
        """Queues the digest of a local date and moves the chat's `last_digest` and `digest_until`, in one transaction;
        False when that date (or a later one) has one."""

    async def claim(
        self,
        now: datetime,
        until: datetime,
        limit: int,
        platforms: Collection[str],
        *,
        turn: Callable[[Channel], Turn | None] | None = None,
        holder: str = "",
    ) -> list[PendingDelivery]:
        """Leases due deliveries of active chats on `platforms`: at most one an address and never while another there
        is in flight, alerts before digests, oldest first; rows whose lease ran out come back with `uncertain`. `turn`
        names the limit that a channel is under; each delivery gets its moment in it. Where more than a few alerts wait
        for one chat they become one CATCH_UP. `holder` signs what is taken up."""

    async def take_back(self, is_gone: Callable[[str], bool], now: datetime) -> int:
        """Ends the leases of holders that are gone; how many."""

    async def settle(self, settled: Settled) -> bool:
        """Writes an outcome; False when the row is no longer held under that fence."""

    async def park(self, chat_id: int, reason: str, now: datetime) -> int:
        """Parks the chat and everything of it that is not sent or dead (the settings stay); how many deliveries."""

    async def move(self, chat_id: int, new: Channel) -> None:
        """The chat has a new address; when a chat with that address exists, both become one (older settings win, no
        delivery is doubled)."""

    async def depth(self) -> Mapping[DeliveryState, int]: ...

    async def oldest_queued(self) -> datetime | None: ...

    async def next_due(self, platforms: Collection[str]) -> datetime | None: ...

    async def of_chat(
        self, chat_id: int, kind: DeliveryKind | None = None
    ) -> list[tuple[PendingDelivery, DeliveryState]]:
        """The ledger of one chat, oldest first."""

    async def held(self) -> list[Chat]:
        """Active chats with deliveries in state HELD."""

    async def plan_catch_up(self, chat_id: int, now: datetime) -> int:
        """What is held for a chat becomes one CATCH_UP whose payload names its stories (JSON list of ids, oldest
        first); how many stories that are. A single held alert is queued again as it is."""

    async def tell_singly(self, catch_up: PendingDelivery, now: datetime) -> int:
        """Queues again, one by one, what a CATCH_UP told that was refused for good; how many."""

    async def spoke(self, channel: Channel, rest_until: datetime, turn: Turn | None, now: datetime) -> None:
        """A message went there outside the outbox (an answer): deliveries to it wait until `rest_until`, and those
        under the same limit a turn longer."""

    async def notify(self, chat_id: int, payload: str, now: datetime) -> None:
        """Queues a NOTICE."""

    async def ledger(self, chat_id: int, *, since: datetime, story_id: int | None = None) -> list[Entry]:
        """What became of the alerts of a chat (of one event), newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the ledger of one chat."""

    kind: DeliveryKind
    story_id: int
    state: DeliveryState
    reason: str | None
    created_at: datetime
    settled_at: datetime | None


class Notices(Protocol):
    """What the operator was told, so that it is told once."""

    async def begins(self, key: str, now: datetime) -> bool:
        """True when this trouble was not going on already."""

    async def ends(self, key: str, now: datetime) -> bool:
        """True when it was going on."""

    async def going_on(self, prefix: str) -> list[str]: ...
