"""What the local Slack keeps: workspaces, rooms, people, messages, views, and trouble on demand."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.adapters.fake_slack_rules import paragraphs

BOT_TOKEN = "xoxb-1111-2222-abcdefabcdef"
APP_TOKEN = "xapp-1-A111-2222-fedcbafedcba"
CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET = "111.222", "client-secret-3333", "signing-secret-4444"
TEAM, BOT, BOT_ID = "T1TEAM", "U0KABAR", "B0KABAR"
PATIENCE = 20.0

Answer = dict[str, Any]


@dataclass(slots=True)
class Posted:
    """One message of a channel, as the history keeps it."""

    channel: str
    ts: str
    user: str
    text: str = ""
    thread_ts: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    body: dict[str, Any] = field(default_factory=dict)
    ephemeral: bool = False
    seen_by: str = ""
    edits: int = 0

    @property
    def shown(self) -> str:
        """The words somebody sees: of the blocks, or of the text when there are none."""
        return " ".join(paragraphs(self.blocks)) or self.text

    def button(self, action: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The block and the button whose value or label is `action`."""
        for block, element in self._elements():
            if element["type"] == "button" and action in (element["value"], element["text"]["text"]):
                return block, element
        raise AssertionError(f"no button {action!r} under {self.shown!r}")

    def choice(self, action: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The block, the menu and the option whose value or label is `action`."""
        for block, element in self._elements():
            for option in element.get("options", []):
                if action in (option["value"], option["text"]["text"]):
                    return block, element, option
        raise AssertionError(f"nothing to choose called {action!r} under {self.shown!r}")

    def _elements(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        return [(block, e) for block in self.blocks if block["type"] == "actions" for e in block["elements"]]


@dataclass(slots=True)
class Room:
    name: str
    member: bool = True
    archived: bool = False
    private: bool = False
    team: str = TEAM
    people: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace, as the bot's token in it is known; or an organisation with its `teams`."""

    team: str = TEAM
    name: str = "Acme"
    bot: str = BOT
    bot_id: str = BOT_ID
    teams: tuple[str, ...] = ()

    def covers(self, team: str) -> bool:
        return team == self.team or team in self.teams


@dataclass(slots=True)
class File:
    name: str
    length: int
    alt: str = ""
    content: bytes | None = None
    title: str = ""
    channel: str = ""
    thread_ts: str = ""


@dataclass(slots=True)
class View:
    """A dialog that was opened, or somebody's App Home."""

    id: str
    user: str
    view: dict[str, Any]

    @property
    def shown(self) -> str:
        return " ".join(paragraphs(self.view["blocks"]))

    @property
    def as_message(self) -> Posted:
        return Posted("", "", BOT, blocks=self.view["blocks"])


@dataclass(slots=True)
class Trouble:
    """What happens to the next call of a method. `store` lets the message in before the answer goes wrong; `pass_first`
    calls go through untouched."""

    error: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    raw: str | None = None
    reset: bool = False
    hang: bool = False
    store: bool = False
    pass_first: int = 0


class State:
    """What all parts of the local Slack share."""

    def __init__(self, *, page: int) -> None:
        self.places = {BOT_TOKEN: Place()}  # by the tokens that are good now
        self.refresh_tokens: dict[str, Place] = {}  # each is worth one new token
        self.organisations: dict[str, str] = {}  # of workspaces whose organisation let the bot in as a whole
        self.bot_users = {TEAM: BOT}  # of every workspace that ever let the bot in
        self.rooms = {"C1NEWS0": Room("news"), "C2OTHER": Room("random", member=False), "D1DIRECT": Room("")}
        self.users: dict[str, dict[str, Any]] = {
            "U1ANNA": {"id": "U1ANNA", "name": "anna", "locale": "en-GB", "tz": "Europe/Berlin", "real_name": "Anna"},
            "U2BUDI": {"id": "U2BUDI", "name": "budi", "locale": "id-ID", "tz": "Asia/Jakarta", "real_name": "Budi"},
        }
        self.history: list[Posted] = []
        self.deleted: list[Posted] = []
        self.files: dict[str, File] = {}
        self.shared: dict[str, bytes] = {}  # what people uploaded, by its path
        self.dialogs: list[View] = []
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, str] = {}  # who may open a dialog with it, once
        self.codes: dict[str, tuple[str, Mapping[str, Any]]] = {}  # of an installation: redirect_uri and answer
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.base_url = ""
        self._host = ""
        self._page = page
        self._troubles: dict[str, list[Trouble]] = {}
        self._changed = asyncio.Condition()
        self._numbers = itertools.count(1)
        self._tickets: set[str] = set()
        self._released = asyncio.Event()

    # --- what tests look at ---

    @property
    def messages(self) -> list[Posted]:
        """What the bot posted for everybody."""
        bots = set(self.bot_users.values())
        return [message for message in self.history if message.user in bots and not message.ephemeral]

    @property
    def whispers(self) -> list[Posted]:
        """What the bot showed to one person only."""
        return [message for message in self.history if message.ephemeral]

    async def wait_for(self, condition: Callable[[], object]) -> None:
        """Until something that the server keeps makes `condition` true."""
        async with asyncio.timeout(PATIENCE):
            async with self._changed:
                await self._changed.wait_for(condition)

    async def wait_for_messages(self, count: int) -> list[Posted]:
        await self.wait_for(lambda: len(self.messages) >= count)
        return self.messages

    async def wait_for_whispers(self, count: int) -> list[Posted]:
        await self.wait_for(lambda: len(self.whispers) >= count)
        return self.whispers

    def count(self, method: str) -> int:
        return sum(1 for name, _ in self.calls if name == method)

    # --- trouble ---

    def fail_next(self, method: str, error: str = "", **trouble: Any) -> None:
        """The next call of `method` goes wrong: an error code, an HTTP status, `raw` text, `reset`, `hang`."""
        self._troubles.setdefault(method, []).append(Trouble(error=error, **trouble))

    def fail_always(self, method: str, error: str) -> None:
        for _ in range(1_000):
            self.fail_next(method, error)

    def mend(self) -> None:
        self._troubles.clear()

    def _trouble(self, method: str) -> Trouble | None:
        waiting = self._troubles.get(method)
        if not waiting:
            return None
        if waiting[0].pass_first:
            waiting[0].pass_first -= 1
            return None
        return waiting.pop(0)

    @asynccontextmanager
    async def _noted(self) -> AsyncIterator[None]:
        """Wakes whoever waits for a change."""
        async with self._changed:
            yield
            self._changed.notify_all()

    def _ts(self) -> str:
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def _trigger(self, user: str) -> str:
        trigger = f"{next(self._numbers)}.trigger"
        self.triggers[trigger] = user
        return trigger
