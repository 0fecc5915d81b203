"""Telegram and Slack as a proof needs them: they take messages, keep a receipt of each with who brought it, count who
listens, and can stop the sender at the moment between the message and the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from aiohttp import web

from tests.prove.listening import Listening
from tests.prove.press import tokens
from tests.prove.rates import TooMany, Window
from tests.prove.receipts import Gate, Receipt

TOKEN = "123456:FAKE-token-of-a-bot-for-proofs-000000"
BOT_TOKEN = "xoxb-1111-2222-abcdefabcdef"
TEAM, BOT = "T1TEAM", "U0KABAR"
Body = dict[str, Any]


class PostOffice:
    """Both platforms on one loopback server; each life of a process has an address of its own there (`telegram(who)`),
    by which it is known. With `strict` a message over a limit gets a 429, and is counted in `provoked`."""

    def __init__(self, clock: Callable[[], datetime], *, strict: bool = False) -> None:
        self.clock = clock
        self.receipts: list[Receipt] = []
        self.provoked: list[TooMany] = []
        self.strict = strict
        self.gate: Gate | None = None
        self.trouble: Callable[[str], str] = lambda platform: ""
        self.listening = Listening()
        self.news = asyncio.Event()
        self._window = Window()
        self._next = 1
        self._last_ts = 0.0
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{who}/bot{token}/{method}", self._telegram)
        app.router.add_route("*", "/{who}/api/{method}", self._slack)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def addresses(self, who: str) -> dict[str, str]:
        """The settings of a process that is known as `who` here."""
        base = f"http://127.0.0.1:{self._port}/{who}"
        telegram = {"KABAR_TELEGRAM_TOKEN": TOKEN, "KABAR_TELEGRAM_BASE_URL": f"{base}/bot"}
        return telegram | {"KABAR_SLACK_BOT_TOKEN": BOT_TOKEN, "KABAR_SLACK_BASE_URL": f"{base}/api/"}

    # --- taking in ---

    async def _take(self, receipt: Receipt) -> None:
        gate = self.gate
        if gate is None or not gate.counts_down():
            self._keep(receipt)
            return
        gate.is_shut = True
        if gate.taken_in:
            self._keep(receipt)
        gate.stop(receipt.who)
        await asyncio.Event().wait()  # nobody is there to be answered

    def _keep(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        self.news.set()

    def _over(self, platform: str, address: str) -> float | None:
        """Seconds to wait when this message is one too many."""
        now = self.clock().timestamp()
        broken = self._window.would_break(platform, address, now)
        if broken is not None:
            self.provoked.append(broken)
        if broken is not None and self.strict:
            return self._window.wait(broken, address)
        self._window.add(platform, address, now)
        return None

    # --- Telegram ---

    async def _telegram(self, request: web.Request) -> web.StreamResponse:
        who, method = request.match_info["who"], request.match_info["method"].lower()
        body = dict(await request.post())
        if method == "getupdates":
            return await self._updates(who, int(str(body.get("timeout", 0))))
        if method not in ("sendmessage", "editmessagetext"):
            me = {"id": int(TOKEN.partition(":")[0]), "is_bot": True, "first_name": "Kabar", "username": "kabar_bot"}
            return _good(me if method == "getme" else True)
        address, is_edit = str(body["chat_id"]), method == "editmessagetext"
        trouble = self.trouble("telegram")
        wait = None if is_edit else self._over("telegram", address)
        if trouble == "busy" or wait is not None:
            return _bad(429, "Too Many Requests", {"retry_after": int(wait or 0) + 1})
        if trouble == "dropped" and request.transport is not None:
            request.transport.abort()
            return web.Response()
        number = int(str(body["message_id"])) if is_edit else self._number()
        text = str(body["text"])
        await self._take(
            Receipt(
                who=who,
                at=self.clock(),
                platform="telegram",
                address=address,
                thread=str(body.get("message_thread_id") or ""),
                id=str(number),
                text=text,
                tokens=tokens(text),
                is_edit=is_edit,
                answers="reply_parameters" in body,
            )
        )
        chat = {"id": int(address), "type": "supergroup" if int(address) < 0 else "private"}
        return _good({"message_id": number, "date": int(self.clock().timestamp()), "chat": chat, "text": text})

    def _number(self) -> int:
        self._next += 1
        return self._next

    async def _updates(self, who: str, seconds: int) -> web.StreamResponse:
        if await self.listening.poll(who, seconds):
            return _good([])
        return _bad(409, "Conflict: terminated by other getUpdates request")

    # --- Slack ---

    async def _slack(self, request: web.Request) -> web.StreamResponse:
        who, method = request.match_info["who"], request.match_info["method"]
        is_json = request.content_type == "application/json"
        body: Body = await request.json() if is_json else {**request.query, **await request.post()}
        match method:
            case "auth.test":
                about = {"team": "Acme", "team_id": TEAM, "user": "kabar", "user_id": BOT, "bot_id": "B0KABAR"}
                return web.json_response({"ok": True, **about})
            case "conversations.history" | "conversations.replies":
                return web.json_response({"ok": True, "messages": self._history(body)})
            case "chat.postMessage" | "chat.update":
                return await self._posted(who, body, is_edit=method == "chat.update")
        return web.json_response({"ok": True})

    async def _posted(self, who: str, body: Body, *, is_edit: bool) -> web.StreamResponse:
        channel, thread = str(body["channel"]), str(body.get("thread_ts") or "")
        trouble = self.trouble("slack")
        wait = None if is_edit else self._over("slack", channel)
        if trouble == "busy" or wait is not None:
            headers = {"Retry-After": str(int(wait or 0) + 1)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        payload = (body.get("metadata") or {}).get("event_payload") or {}
        receipt = Receipt(
            who=who,
            at=self.clock(),
            platform="slack",
            address=f"{TEAM}/{channel}",
            thread=thread,
            id=str(body["ts"]) if is_edit else self._ts(),
            text=str(body.get("text", "")),
            tokens=tokens(json.dumps(body)),
            key=str(payload.get("key", "")),
            part=int(payload.get("part", 1)),
            parts=int(payload.get("parts", 1)),
            is_edit=is_edit,
            answers=bool(thread),
        )
        await self._take(receipt)
        if trouble == "failed":
            return web.Response(status=500, text="taken in, and then the answer was lost")
        return web.json_response({"ok": True, "channel": channel, "ts": receipt.id, "message": {"user": BOT}})

    def _ts(self) -> str:
        self._last_ts = max(self.clock().timestamp(), self._last_ts + 0.0001)
        return f"{self._last_ts:.6f}"

    def _history(self, body: Body) -> list[Body]:
        oldest, address = float(body.get("oldest") or 0), f"{TEAM}/{body['channel']}"
        found = []
        for one in reversed(self.receipts):
            if one.address == address and not one.is_edit and float(one.id) >= oldest:
                event = {"key": one.key, "part": one.part, "parts": one.parts}
                metadata = {"event_type": "kabar_delivery", "event_payload": event}
                found.append({"type": "message", "ts": one.id, "user": BOT, "text": one.text, "metadata": metadata})
        return found


def _good(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _bad(code: int, description: str, parameters: Body | None = None) -> web.Response:
    about = {"parameters": parameters} if parameters else {}
    return web.json_response({"ok": False, "error_code": code, "description": description, **about}, status=code)
