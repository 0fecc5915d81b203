"""The Web API half of the local Slack: messages, history, people, channels, and trouble on demand. What it refuses,
real Slack refuses."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

BOT_TOKEN = "xoxb-1111-2222-abcdefabcdef"
APP_TOKEN = "xapp-1-A111-2222-fedcbafedcba"
TEAM, BOT, BOT_ID = "T1TEAM", "U0KABAR", "B0KABAR"
PATIENCE = 20.0
MOST_BLOCKS, LONGEST_BLOCKS = 50, 13_000
RICH_ELEMENTS = {"text", "link"}


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

    @property
    def shown(self) -> str:
        """The words somebody sees: of the blocks, or of the text when there are none."""
        return " ".join(words for block in self.blocks for words in _words(block)) or self.text

    def button(self, action: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The block and the button whose value or label is `action`."""
        for block in self.blocks:
            for element in block.get("elements", []):
                if element.get("type") == "button" and action in (element["value"], element["text"]["text"]):
                    return block, element
        raise AssertionError(f"no button {action!r} under {self.shown!r}")


@dataclass(slots=True)
class Room:
    name: str
    member: bool = True
    archived: bool = False
    private: bool = False


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


class WebApi:
    """State and methods; `FakeSlack` puts a server and a socket around it."""

    def __init__(self, *, page: int) -> None:
        self.rooms = {"C1NEWS0": Room("news"), "C2OTHER": Room("random", member=False), "D1DIRECT": Room("")}
        self.users: dict[str, dict[str, Any]] = {
            "U1ANNA": {"id": "U1ANNA", "name": "anna", "locale": "en-GB", "tz": "Europe/Berlin", "real_name": "Anna"},
            "U2BUDI": {"id": "U2BUDI", "name": "budi", "locale": "id-ID", "tz": "Asia/Jakarta", "real_name": "Budi"},
        }
        self.history: list[Posted] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.tokens = {"bot": BOT_TOKEN, "app": APP_TOKEN}
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
        return [message for message in self.history if message.user == BOT and not message.ephemeral]

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

    # --- the server ---

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.content_type == "application/json":
            body = dict(await request.json())
        else:
            body = {**request.query, **dict(await request.post())}
        async with self._noted():
            self.calls.append((method, body))
        trouble = self._trouble(method)
        if trouble is not None:
            return await self._go_wrong(trouble, method, body, request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        wanted = "app" if method == "apps.connections.open" else "bot"
        if token != self.tokens[wanted]:
            return web.json_response({"ok": False, "error": "invalid_auth" if token else "not_authed"})
        answer = await self._answer(method, body)
        return web.json_response({"ok": "error" not in answer, **answer})

    def _trouble(self, method: str) -> Trouble | None:
        waiting = self._troubles.get(method)
        if not waiting:
            return None
        if waiting[0].pass_first:
            waiting[0].pass_first -= 1
            return None
        return waiting.pop(0)

    async def _go_wrong(
        self, trouble: Trouble, method: str, body: dict[str, Any], request: web.Request
    ) -> web.StreamResponse:
        if trouble.store:
            await self._answer(method, body)
        if trouble.hang:
            await self._released.wait()
        if trouble.reset or trouble.hang:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if trouble.raw is not None:
            return web.Response(status=trouble.status, text=trouble.raw, content_type="text/html")
        answer = {"ok": False, "error": trouble.error, **trouble.extra}
        return web.json_response(answer, status=trouble.status, headers=dict(trouble.headers))

    async def _answer(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "auth.test":
                return {"team": "Acme", "team_id": TEAM, "user": "kabar", "user_id": BOT, "bot_id": BOT_ID}
            case "apps.connections.open":
                ticket = f"ticket-{next(self._numbers)}-secret"
                self._tickets.add(ticket)
                return {"url": f"ws://{self._host}/link?ticket={ticket}&app_id=A1"}
            case "chat.postMessage":
                return await self._post(body)
            case "conversations.history" | "conversations.replies":
                return self._read(method, body)
            case "conversations.info":
                room = self.rooms.get(body["channel"])
                channel = room and {"id": body["channel"], "name": room.name, "is_member": room.member}
                return {"channel": channel} if channel else {"error": "channel_not_found"}
            case "users.conversations":
                mine = [
                    {"id": key, "name": room.name, "is_member": True}
                    for key, room in self.rooms.items()
                    if room.member and not room.archived and key.startswith("C")
                ]
                return self._paged("channels", mine, body)
            case "users.info":
                user = self.users.get(body["user"])
                return {"user": user} if user else {"error": "user_not_found"}
        return {"error": "unknown_method"}

    async def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        room, channel = self.rooms.get(body.get("channel", "")), str(body.get("channel"))
        error = problem(body)
        if room is None:
            error = "channel_not_found"
        elif room.archived:
            error = "is_archived"
        elif not room.member:
            error = "not_in_channel"
        elif body.get("thread_ts") and not any(message.ts == body["thread_ts"] for message in self.history):
            error = "thread_not_found"
        if error:
            return {"error": error}
        posted = Posted(
            channel, self._ts(), BOT, body.get("text", ""), body.get("thread_ts", ""), body.get("blocks", []),
            body.get("metadata"), body,
        )  # fmt: skip
        async with self._noted():
            self.history.append(posted)
        return {"channel": channel, "ts": posted.ts, "message": {"user": BOT, "bot_id": BOT_ID, "text": posted.text}}

    def _read(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("channel") not in self.rooms:
            return {"error": "channel_not_found"}
        found = [m for m in self.history if m.channel == body["channel"] and not m.ephemeral]
        oldest = float(body.get("oldest") or 0)
        if method == "conversations.replies":
            root = body["ts"]
            found = [m for m in found if m.ts == root or (m.thread_ts == root and float(m.ts) >= oldest)]
            if not any(m.ts == root for m in found):
                return {"error": "thread_not_found"}
        else:
            found = [m for m in reversed(found) if not m.thread_ts and float(m.ts) >= oldest]
        with_metadata = str(body.get("include_all_metadata")) in ("1", "True", "true")
        return self._paged("messages", [_as_history(message, with_metadata) for message in found], body)

    def _paged(self, name: str, rows: list[dict[str, Any]], body: dict[str, Any]) -> dict[str, Any]:
        start, size = int(body.get("cursor") or 0), min(int(body.get("limit") or 100), self._page)
        more = str(start + size) if start + size < len(rows) else ""
        return {name: rows[start : start + size], "response_metadata": {"next_cursor": more}}

    async def _respond(self, request: web.Request) -> web.Response:
        trouble = self._trouble("response_url")
        if trouble is not None:
            return web.Response(status=trouble.status or 500)
        body = await request.json()
        if problem(body):
            return web.Response(status=400, text=problem(body))
        channel = request.match_info["channel"]
        posted = Posted(channel, self._ts(), BOT, body.get("text", ""), "", body.get("blocks", []), None, body, True)
        posted.ephemeral = body.get("response_type", "ephemeral") == "ephemeral"
        async with self._noted():
            self.history.append(posted)
        return web.Response(text="ok")

    @asynccontextmanager
    async def _noted(self) -> AsyncIterator[None]:
        """Wakes whoever waits for a change."""
        async with self._changed:
            yield
            self._changed.notify_all()

    def _ts(self) -> str:
        return f"{int(time.time())}.{next(self._numbers):06d}"


def problem(body: Mapping[str, Any]) -> str:
    """The error code with which Slack refuses this message, "" when it takes it."""
    blocks = body.get("blocks") or []
    if not body.get("text") and not blocks:
        return "no_text"
    if len(blocks) > MOST_BLOCKS:
        return "invalid_blocks"
    if len(json.dumps(blocks, ensure_ascii=False)) > LONGEST_BLOCKS:
        return "msg_blocks_too_long"
    if len(str(body.get("text"))) > 40_000:
        return "msg_too_long"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    names = [e["action_id"] for block in blocks if block["type"] == "actions" for e in block["elements"]]
    if len(ids) != len(set(ids)) or len(names) != len(set(names)):
        return "invalid_blocks"
    return "" if all(_is_valid(block) for block in blocks) else "invalid_blocks"


def _is_valid(block: Mapping[str, Any]) -> bool:
    match block["type"]:
        case "header":
            return block["text"]["type"] == "plain_text" and 1 <= len(block["text"]["text"]) <= 150
        case "section":
            return 1 <= len(block["text"]["text"]) <= 3_000
        case "context":
            return 1 <= len(block["elements"]) <= 10 and all(1 <= len(e["text"]) <= 2_000 for e in block["elements"])
        case "rich_text":
            inner = [element for section in block["elements"] for element in section["elements"]]
            return bool(inner) and all(_is_valid_element(element) for element in inner)
        case "actions":
            return 1 <= len(block["elements"]) <= 25 and all(
                1 <= len(e["text"]["text"]) <= 75 and len(e["value"]) <= 2_000 for e in block["elements"]
            )
    return False


def _is_valid_element(element: Mapping[str, Any]) -> bool:
    if element["type"] not in RICH_ELEMENTS or not element["text"]:
        return False
    return element["type"] == "text" or (element["url"].startswith("http") and len(element["url"]) <= 3_000)


def _as_history(message: Posted, with_metadata: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text}
    if message.user == BOT:
        row["bot_id"] = BOT_ID
    if message.thread_ts:
        row["thread_ts"] = message.thread_ts
    if with_metadata and message.metadata:
        row["metadata"] = message.metadata
    return row


def _words(block: Mapping[str, Any]) -> list[str]:
    if block["type"] == "header":
        return [block["text"]["text"]]
    if block["type"] == "context":
        return [element["text"] for element in block["elements"]]
    if block["type"] == "rich_text":
        return ["".join(e["text"] for section in block["elements"] for e in section["elements"])]
    return []
