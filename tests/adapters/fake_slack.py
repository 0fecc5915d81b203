"""A Slack on 127.0.0.1: the Web API methods Kabar uses, Socket Mode with acknowledgements and re-delivery, or signed
HTTP, installations, and people who type and press. What they do arrives as real Slack sends it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import WSMsgType, web

from bot.ports import Routes
from tests.adapters.fake_slack_people import People
from tests.adapters.fake_slack_rules import problem
from tests.adapters.fake_slack_web import (
    APP_TOKEN,
    BOT,
    BOT_ID,
    BOT_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    PATIENCE,
    SIGNING_SECRET,
    TEAM,
    Place,
    Posted,
    Room,
)
from tests.adapters.fake_slack_wire import Callback, Envelope

__all__ = [
    "APP_TOKEN",
    "BOT",
    "BOT_ID",
    "BOT_TOKEN",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "PATIENCE",
    "SIGNING_SECRET",
    "TEAM",
    "FakeSlack",
    "Place",
    "Posted",
    "Room",
    "problem",
]


class FakeSlack(People):
    """`async with FakeSlack() as slack:` then connect to `slack.base_url`."""

    def __init__(self, *, redeliver_after: float | None = None, page: int = 200) -> None:
        super().__init__(page=page)
        self.envelopes: list[Envelope] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.deaf = False  # a Slack that never says hello
        self.http: Callback | None = None
        self._redeliver_after = redeliver_after
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    # --- life ---

    async def __aenter__(self) -> FakeSlack:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._socket)
        app.router.add_post("/respond/{user}/{channel}/{target}", self._respond)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_get("/files/{name}", self._download)
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

    def over_http(self, routes: Callable[[], Routes], clock: Callable[[], datetime]) -> Callback:
        """From now on everything is delivered there."""
        self.http = Callback(routes, clock)
        return self.http

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

    def allow(self, location: str, place: Place | None, **more: Any) -> dict[str, str]:
        """Somebody says yes on the page that an installation leads to (no, when `place` is None): what their browser
        brings back. The workspace's token is `xoxb-` and its team."""
        wish = {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}
        if place is None:
            return {"error": "access_denied", "state": wish["state"]}
        code, token = f"code-{next(self._numbers)}", f"xoxb-{place.team}-{next(self._numbers)}"
        answer = {
            "access_token": token, "token_type": "bot", "scope": wish["scope"], "bot_user_id": place.bot,
            "app_id": "A1", "team": {"id": place.team, "name": place.name}, "enterprise": None,
            "authed_user": {"id": "U1ANNA"}, "is_enterprise_install": False, **more,
        }  # fmt: skip
        self.codes[code] = (wish["redirect_uri"], answer)
        self.places[token] = place
        if "refresh_token" in more:
            self.refresh_tokens[more["refresh_token"]] = place
        self.bot_users |= dict.fromkeys((place.team, *place.teams), place.bot)
        self.organisations |= dict.fromkeys(place.teams, place.team)
        return {"code": code, "state": wish["state"]}

    # --- delivering ---

    async def deliver(self, kind: str, payload: dict[str, Any], *, wait: bool = True) -> Envelope:
        """Sends an envelope over the newest connection, or over HTTP, and waits for its acknowledgement."""
        envelope = Envelope(f"env-{next(self._numbers)}", kind, payload)
        self.envelopes.append(envelope)
        if self.http is not None:
            await self.http.post(envelope)
            return envelope
        await self._push(envelope)
        if kind == "events_api" and self._redeliver_after is not None:
            self._spawn(self._redeliver(envelope))
        elif wait:
            async with asyncio.timeout(PATIENCE):
                await envelope.acknowledged.wait()
        return envelope

    async def again(self, envelope: Envelope) -> Envelope:
        """The same over HTTP, as Slack does when it got no answer in time."""
        assert self.http is not None
        envelope.retry += 1
        await self.http.post(envelope)
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

    # --- the server beside the Web API ---

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

    async def _respond(self, request: web.Request) -> web.Response:
        trouble = self._trouble("response_url")
        if trouble is not None:
            return web.Response(status=trouble.status or 500)
        body = await request.json()
        if problem(body):
            return web.Response(status=400, text=problem(body))
        channel, target, user = (request.match_info[name] for name in ("channel", "target", "user"))
        async with self._noted():
            old = next((m for m in self.history if m.ts == target), None)
            if body.get("replace_original") and old is not None:
                old.text, old.blocks, old.edits = body.get("text", ""), body.get("blocks", []), old.edits + 1
            else:
                hidden = body.get("response_type", "ephemeral") == "ephemeral"
                bot = self._bot(self._team(channel))
                thread, blocks = str(body.get("thread_ts") or ""), body.get("blocks", [])
                seen_by = user if hidden else ""
                ts = self._ts()
                self.history.append(
                    Posted(channel, ts, bot, body.get("text", ""), thread, blocks, None, body, hidden, seen_by)
                )
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        trouble = self._trouble("upload")
        file = self.files.get(request.match_info["file"])
        if trouble is not None or file is None:
            return web.Response(status=500)
        file.content = await request.read()
        return web.Response(text=f"OK - {len(file.content)}")

    async def _download(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.places or request.path not in self.shared:
            return web.Response(status=302, headers={"Location": f"{self.base_url}login"})
        return web.Response(body=self.shared[request.path], content_type="application/octet-stream")

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
