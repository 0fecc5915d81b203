"""What each use case needs from the outside, as small Protocols; adapters in store, sources and platforms fit them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.domain.channel import Channel, User
from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled
from bot.domain.feed import Feed, FeedOutcome, FeedSpec, Fetched
from bot.domain.identity import Known
from bot.domain.message import Message
from bot.domain.request import Request
from bot.domain.story import Item, Language, Story, Topic
from bot.domain.subscription import Chat, ChatState
from bot.domain.verdict import Level, TopicScore, Verdict

Clock = Callable[[], datetime]
"""The time now, aware, UTC."""


# --- feeds and stories -------------------------------------------------------------------------------------------


class Source(Protocol):
    """One kind of feed. Raises SourceError and nothing else."""

    async def fetch(self, feed: Feed) -> Fetched: ...


class Judge(Protocol):
    """The rules: pure and quick."""

    def detect(self, item: Item, prior: Language | None) -> Language: ...

    def score(
        self, item: Item, *, language: Language, source: str, weight: float, hints: Collection[Topic]
    ) -> Verdict: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStory:
    """An item that is not known yet, on its way into the store. `keys` are all it is known by. `announce` is False for
    what a feed already held when it was first read: stored and searchable, but no alert."""

    item: Item
    keys: tuple[str, ...]
    url: str | None
    source: str
    language: Language
    content_hash: str
    verdict: Verdict
    announce: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedStory:
    """A known story whose words changed; `keys` may hold new ones. Its verdict is judged anew."""

    story_id: int
    new: NewStory


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that one look at a feed changes; committed in one transaction or not at all. `seen` are the keys of known
    stories that the feed still shows (they stay remembered), `learnt` further keys of theirs (key, story id) that were
    not known yet: a guid that changed, or another feed's own; when the address changes next they still tell.
    `established`: the feed was read before, so a story that it carries for the first time is news, even one that was
    stored without a word when another feed was read for the first time."""

    outcome: FeedOutcome
    established: bool = False
    new: tuple[NewStory, ...] = ()
    edited: tuple[EditedStory, ...] = ()
    seen: tuple[str, ...] = ()
    learnt: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """`new_stories` stored and `alerts` put into the outbox by one Reading."""

    new_stories: int
    alerts: int


class Feeds(Protocol):
    async def synchronise(self, specs: Sequence[FeedSpec], now: datetime) -> None:
        """The file's feeds become exactly `specs`: new ones inserted (next_poll = now), changed ones updated with their
        state kept (cursor dropped when the address changed), vanished ones no longer polled or listed but their stories
        and state stay. Feeds of origin ADDED are untouched."""

    async def add(self, spec: FeedSpec, now: datetime) -> bool:
        """Adds a feed of origin ADDED; False when that id or address is there already."""

    async def remove(self, id_or_url: str) -> Feed | None: ...

    async def all(self) -> list[Feed]:
        """Every listed feed by id."""

    async def find(self, id_or_url: str) -> Feed | None: ...

    async def claim(
        self, now: datetime, lease: str, until: datetime, limit: int, only: Collection[str] | None = None
    ) -> list[Feed]:
        """Leases up to `limit` feeds that are due and not leased by another, longest overdue first. With `only` (ids)
        exactly those, due or not, except where a server's Retry-After still runs (`hold_until`). GONE feeds only when
        named. The Feed's `lease` is set."""

    async def bring_forward(self, latest: datetime) -> None:
        """No feed's next look is later than `latest`; `hold_until` stays as it is."""

    async def next_due(self) -> datetime | None: ...


class Stories(Protocol):
    async def known(self, keys: Collection[str]) -> Mapping[str, Known]: ...

    async def commit(self, reading: Reading) -> Committed:
        """One transaction: stories, keys, verdicts, the alerts they cause for active chats, the feed's outcome. A key
        that another feed stored meanwhile makes the story known, not new. An outcome whose lease is no longer the
        feed's writes nothing."""

    async def get(self, story_id: int) -> Story | None: ...

    async def many(self, story_ids: Sequence[int]) -> list[Story]:
        """In the order asked; missing ones left out."""

    async def verdict(self, story_id: int) -> Mapping[Topic, TopicScore]: ...

    async def latest(
        self, topics: Collection[Topic], *, level: Level, limit: int, offset: int = 0, since: datetime | None = None
    ) -> list[Story]:
        """Stories that clear `level` in any of `topics`, newest first by `Story.when` (ties by id)."""

    async def ranked(
        self, topics: Sequence[Topic], *, level: Level, since: datetime, until: datetime, limit: int
    ) -> list[tuple[Story, Topic]]:
        """Stories first seen in (since, until] that clear `level`, best score first, each once under the first of
        `topics` it clears. What a feed held when it was first read counts only when it is dated after `since`."""

    async def counts(self, since: datetime, until: datetime) -> ReadingCounts: ...

    async def feeds_of(self, story_id: int) -> list[str]:
        """Titles of the feeds that carried it, first one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingCounts:
    """What explains silence: feeds listed, feeds failing now, entries seen first in the time asked for."""

    feeds: int
    failing: int
    items: int


# --- chats -------------------------------------------------------------------------------------------------------


class Chats(Protocol):
    async def find(self, channel: Channel) -> Chat | None: ...

    async def meet(self, channel: Channel) -> Chat:
        """The chat of this channel, created when it is new."""

    async def save(self, chat: Chat) -> None:
        """Preferences, `since` and state of an existing chat."""

    async def revive(self, chat_id: int) -> int:
        """A parked chat spoke again: active, its parked deliveries queued; how many."""

    async def digest_chats(self) -> list[Chat]:
        """Active, subscribed chats with a digest mode."""

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


class Outbox(Protocol):
    async def plan_digest(self, chat_id: int, day: date, payload: str, until: datetime, now: datetime) -> bool:
        """Queues the digest of a local date and moves the chat's `last_digest` and `digest_until`, in one transaction;
        False when that date (or a later one) has one."""

    async def claim(
        self, now: datetime, until: datetime, limit: int, platforms: Collection[str]
    ) -> list[PendingDelivery]:
        """Leases due deliveries of active chats on `platforms`: at most one a chat and never while another of that chat
        is in flight, alerts before digests, oldest first; rows whose lease ran out come back with `uncertain`."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life of a part of the running bot: `state` is `ok`, `failing` or `off`; `cause` says why, `fix` what to
    do (both plain sentences of bot/texts keys or short texts)."""

    part: str
    at: datetime
    state: str
    cause: str = ""
    fix: str = ""


class Beats(Protocol):
    async def beat(self, beat: Beat) -> None: ...

    async def beats(self) -> list[Beat]: ...


class Housekeeping(Protocol):
    async def prune(self, now: datetime, *, stories: timedelta, keys: timedelta) -> int:
        """Forgets stories first seen longer ago than `stories` that no delivery needs, and keys not seen for `keys`."""

    async def check(self, *, thorough: bool = True) -> str:
        """Integrity and schema version in one sentence; StoreError when something is wrong. `thorough` reads the whole
        database, which takes its time; without it the database only has to answer."""


# --- platforms ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the platform says this bot is."""

    name: str
    place: str = ""  # a Slack workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A command as a platform's menu shows it, summary by language; the first of `aliases` is its Indonesian name."""

    name: str
    summary: Mapping[Language, str]
    usage: str = ""
    aliases: tuple[str, ...] = ()


class Conversation(Protocol):
    """What a platform hands requests to. Never raises: failures come back as a message."""

    async def answer(self, request: Request) -> Message | None:
        """None: nothing to say (not meant for the bot, or a gesture already handled)."""

    async def sent(self, request: Request, message: Message, message_ids: Sequence[str]) -> None:
        """The reply went out under these ids (so that a reply to it finds its numbers)."""

    async def moved(self, old: Channel, new: Channel) -> None: ...

    async def gone(self, channel: Channel, reason: str) -> None: ...


class Platform(Protocol):
    """A chat platform. `send` raises DeliveryError only; `check` and `start` raise PlatformRefused."""

    name: str

    async def check(self) -> Identity:
        """Asks the platform whether the token is good."""

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """Begins to receive in the background; trouble that comes later (two instances, revoked token, no connection)
        is told through `report` and receiving goes on trying."""

    async def stop(self) -> None:
        """Ends receiving, lets running replies finish (5 s at most), closes connections."""

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        """Sends all parts of a message, returns the platform's ids of them."""

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        """After an unknown outcome: ids of the message sent under `key`, () when it surely is not there, None when this
        platform can never tell. Raises OutcomeUnknown when it cannot be asked now."""

    def pause(self, channel: Channel) -> timedelta:
        """How long to leave between two deliveries to this channel, so that the platform never has to ask for it."""

    async def is_admin(self, channel: Channel, user: User) -> bool:
        """Whether this person may change settings there; True in private chats."""

    async def find_channel(self, name: str) -> Channel | None:
        """The channel called `@name` (or `#name`), None when there is none that the bot can see."""
