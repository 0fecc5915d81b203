"""A Slack on 127.0.0.1: the Web API methods Kabar uses, Socket Mode with acknowledgements and re-delivery, and people
who type and press. What they do arrives as real Slack sends it."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.adapters.fake_slack_web import (
    APP_TOKEN,
    BOT,
    BOT_ID,
    BOT_TOKEN,
    PATIENCE,
    TEAM,
    Posted,
    Room,
    WebApi,
    problem,
)

__all__ = ["APP_TOKEN", "BOT", "BOT_ID", "BOT_TOKEN", "PATIENCE", "TEAM", "FakeSlack", "Posted", "Room", "problem"]


@dataclass(slots=True)
class Envelope:
    """One delivery over Socket Mode and what came back."""

    id: str
    kind: str
    payload: dict[str, Any]
    retry: int = 0
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    latency: float | None = None
    receipt: dict[str, Any] = field(default_factory=dict)
    sent_at: float = 0.0

    def frame(self) -> dict[str, Any]:
        frame = {"type": self.kind, "envelope_id": self.id, "payload": self.payload, "accepts_response_payload": False}
        if self.kind == "events_api":
            frame |= {"retry_attempt": self.retry, "retry_reason": "timeout" if self.retry else ""}
        return frame


class FakeSlack(WebApi):
    """`async with FakeSlack() as slack:` then connect to `slack.base_url`."""

    def __init__(self, *, redeliver_after: float | None = None, page: int = 200) -> None:
        super().__init__(page=page)
        self.envelopes: list[Envelope] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.deaf = False  # a Slack that never says hello
        self._redeliver_after = redeliver_after
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    # --- life ---

    async def __aenter__(self) -> FakeSlack:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._socket)
        app.router.add_post("/respond/{user}/{channel}", self._respond)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._host = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.base_url = f"http://{self._host}/api/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._released.set()
        for task in set(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in self.sockets:
            await socket.close()
        assert self._runner is not None
        await self._runner.cleanup()

    async def wait_for_socket(self, connections: int = 1) -> None:
        """Until so many connections were opened in all."""
        await self.wait_for(lambda: len(self.sockets) >= connections)

    async def drop(self) -> None:
        """Cuts the newest connection without a word."""
        transport = self.sockets[-1]._req.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.abort()

    async def ask_to_reconnect(self) -> None:
        await self.sockets[-1].send_json({"type": "disconnect", "reason": "refresh_requested"})

    # --- what people do ---

    async def command(
        self, command: str, text: str = "", *, channel: str = "C1NEWS0", user: str = "U1ANNA"
    ) -> Envelope:
        payload = {
            "command": command, "text": text, "channel_id": channel, "channel_name": self.rooms[channel].name,
            "user_id": user, "user_name": self.users.get(user, {}).get("name", ""), "team_id": TEAM,
            "trigger_id": f"{next(self._numbers)}.trigger", "response_url": self._response_url(user, channel),
        }  # fmt: skip
        return await self.deliver("slash_commands", payload)

    async def mention(
        self, text: str, *, channel: str = "C1NEWS0", user: str = "U1ANNA", thread_ts: str = ""
    ) -> Envelope:
        return await self.event(self.said(f"<@{BOT}> {text}", channel=channel, user=user, thread_ts=thread_ts))

    async def direct_message(
        self, text: str, *, channel: str = "D1DIRECT", user: str = "U1ANNA", thread_ts: str = ""
    ) -> Envelope:
        event = self.said(text, channel=channel, user=user, thread_ts=thread_ts)
        return await self.event({**event, "type": "message", "channel_type": "im"})

    def said(self, text: str, *, channel: str = "C1NEWS0", user: str = "U1ANNA", thread_ts: str = "") -> dict[str, Any]:
        """Somebody writes; the event that a mention makes of it."""
        ts = self._ts()
        self.history.append(Posted(channel, ts, user, text, thread_ts))
        event = {
            "type": "app_mention", "user": user, "text": text, "channel": channel, "ts": ts, "event_ts": ts,
            "team": TEAM, "client_msg_id": f"client-{ts}",
        }  # fmt: skip
        if thread_ts:
            event["thread_ts"] = thread_ts
        return event

    async def press(self, message: Posted, action: str, *, user: str = "U1ANNA") -> Envelope:
        block, element = message.button(action)
        container = {
            "type": "message", "message_ts": message.ts, "channel_id": message.channel,
            "is_ephemeral": message.ephemeral,
        }  # fmt: skip
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = {
            "type": "block_actions", "team": {"id": TEAM}, "channel": {"id": message.channel}, "container": container,
            "user": {"id": user, "name": self.users.get(user, {}).get("name", ""), "team_id": TEAM},
            "trigger_id": f"{next(self._numbers)}.trigger", "response_url": self._response_url(user, message.channel),
            "actions": [
                {
                    "type": "button", "action_id": element["action_id"], "block_id": block["block_id"],
                    "value": element["value"], "action_ts": self._ts(),
                }
            ],
        }  # fmt: skip
        return await self.deliver("interactive", payload)

    async def event(self, event: dict[str, Any]) -> Envelope:
        number = next(self._numbers)
        payload = {
            "type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": f"Ev{number}", "event": event,
            "event_time": int(time.time()), "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        }  # fmt: skip
        return await self.deliver("events_api", payload)

    async def deliver(self, kind: str, payload: dict[str, Any], *, wait: bool = True) -> Envelope:
        """Sends an envelope over the newest connection and waits for its acknowledgement."""
        envelope = Envelope(f"env-{next(self._numbers)}", kind, payload)
        self.envelopes.append(envelope)
        await self._push(envelope)
        if kind == "events_api" and self._redeliver_after is not None:
            self._spawn(self._redeliver(envelope))
        elif wait:
            async with asyncio.timeout(PATIENCE):
                await envelope.acknowledged.wait()
        return envelope

    async def _push(self, envelope: Envelope) -> None:
        envelope.sent_at = time.perf_counter()
        with suppress(ConnectionError):  # it goes under with the connection
            await self.sockets[-1].send_json(envelope.frame())

    async def _redeliver(self, envelope: Envelope) -> None:
        """An unacknowledged event comes again, three times at most."""
        assert self._redeliver_after is not None
        while envelope.retry < 3:
            try:
                async with asyncio.timeout(self._redeliver_after):
                    await envelope.acknowledged.wait()
                return
            except TimeoutError:
                envelope.retry += 1
                await self._push(envelope)

    # --- the socket ---

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if self.deaf:
            await socket.close()
            return socket
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        async with self._noted():
            self.sockets.append(socket)
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                await self._acknowledged(json.loads(frame.data))
        async with self._noted():
            pass
        return socket

    async def _acknowledged(self, receipt: dict[str, Any]) -> None:
        for envelope in self.envelopes:
            if envelope.id == receipt.get("envelope_id") and not envelope.acknowledged.is_set():
                envelope.latency = time.perf_counter() - envelope.sent_at
                envelope.receipt = receipt
                envelope.acknowledged.set()
        async with self._noted():
            pass

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _response_url(self, user: str, channel: str) -> str:
        return f"http://{self._host}/respond/{user}/{channel}"
