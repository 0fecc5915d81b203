"""What a chat platform is to the rest of Kabar, and the rest of Kabar to a platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.domain.channel import Channel, User
from bot.domain.delivery import Turn
from bot.domain.message import Message
from bot.domain.request import Request
from bot.domain.story import Language
from bot.ports.upkeep import Beat
from bot.ports.web import Routes

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the platform says this bot is."""

    name: str
    place: str = ""  # a Slack workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A command as a platform's menu shows it, summary by language; the first of `aliases` is its Indonesian name.
    `chooses`: it is for choosing what a chat gets, which in a group is its admins' business."""

    name: str
    summary: Mapping[Language, str]
    usage: str = ""
    aliases: tuple[str, ...] = ()
    chooses: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A story to share: what the list shows of it, and the message that is sent when it is chosen."""

    id: str
    title: str
    description: str
    message: Message


class Duty(Protocol):
    """What only one process of all on this database may do at a time, such as asking Telegram for updates."""

    async def begun(self) -> None:
        """Returns when it is this process's duty."""

    async def unless_lost(self, work: Awaitable[T]) -> T | None:
        """What `work` gives; None, and `work` cancelled, when the duty goes to another process meanwhile."""


class Conversation(Protocol):
    """What a platform hands requests to. Never raises: failures come back as a message."""

    async def answer(self, request: Request) -> Message | None:
        """None: nothing to say (not meant for the bot, or a gesture already handled)."""

    async def sent(self, request: Request, message: Message, message_ids: Sequence[str]) -> None:
        """The reply went out under these ids (so that a reply to it finds its numbers)."""

    async def offers(self, request: Request) -> Sequence[Offer]:
        """Stories to choose one from, for words typed where the bot is not a member (an inline query)."""

    async def moved(self, old: Channel, new: Channel) -> None: ...

    async def gone(self, channel: Channel, reason: str) -> None:
        """It cannot be written to any more, with all its threads; `TEAM/*`: nothing of that workspace can."""

    async def back(self, channel: Channel) -> None:
        """It can be written to again; `TEAM/*`: the workspace took the bot back."""


class Platform(Protocol):
    """A chat platform. `send` raises DeliveryError only; `check` and `start` raise PlatformRefused."""

    name: str

    async def check(self) -> Identity:
        """Asks the platform whether the token is good."""

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """Begins to receive in the background; trouble that comes later (two instances, revoked token, no connection)
        is told through `report` and receiving goes on trying."""

    def routes(self) -> Routes:
        """What it answers over HTTP; empty when it needs no listener."""

    async def stop(self) -> None:
        """Ends receiving, lets running replies finish (5 s at most), closes connections."""

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        """Sends all parts of a message, returns the platform's ids of them."""

    async def edit(self, channel: Channel, message_ids: Sequence[str], message: Message) -> tuple[str, ...]:
        """Puts `message` in the place of one sent before; the ids it has now. What cannot be edited any more raises
        MessageRejected; one that says the same already is no error."""

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        """After an unknown outcome: ids of the message sent under `key`, () when it surely is not there, None when this
        platform can never tell. Raises OutcomeUnknown when it cannot be asked now."""

    def pause(self, channel: Channel) -> timedelta:
        """How long to leave between two deliveries to this channel, so that the platform never has to ask for it."""

    def turn(self, channel: Channel) -> Turn | None:
        """The limit that it shares with other channels, None where there is none."""

    async def is_admin(self, channel: Channel, user: User) -> bool:
        """Whether this person may change settings there; True in private chats."""

    async def find_channel(self, name: str) -> Channel | None:
        """The channel called `@name` (or `#name`), None when there is none that the bot can see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A workspace, or a whole organisation of them, that lets the bot in. `token` is the bot's there, kept encrypted;
    `revoked`: it was taken back. A workspace of an organisation that let the bot in as a whole has no token of its own:
    that of its `organisation` counts. A token that ends at `expires_at` is followed by the one that `refresh_token` is
    worth, once."""

    platform: str
    team: str
    name: str
    token: str
    bot_user: str
    installed_by: str
    at: datetime
    revoked: bool = False
    organisation: str = ""
    refresh_token: str = ""
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        return f"Installation({self.platform} {self.team})"


class Installations(Protocol):
    async def get(self, platform: str, team: str) -> Installation | None: ...

    async def save(self, installation: Installation) -> None: ...

    async def revoke(self, platform: str, team: str) -> None:
        """Keeps the row without its token; coming back is saving it again."""

    async def all(self, platform: str) -> list[Installation]: ...

    async def begin(self, state: str, now: datetime) -> None:
        """Remembers the secret of an installation that was begun."""

    async def complete(self, state: str, now: datetime) -> bool:
        """True once for a state begun in the last ten minutes."""
