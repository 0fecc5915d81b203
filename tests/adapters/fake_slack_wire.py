"""The two ways in which the local Slack delivers: over a WebSocket, and signed over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bot.ports import Ask, Reply, Routes
from tests.adapters.fake_slack_web import SIGNING_SECRET

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Envelope:
    """One delivery and what came back."""

    id: str
    kind: str
    payload: dict[str, Any]
    retry: int = 0
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    latency: float | None = None
    receipt: dict[str, Any] = field(default_factory=dict)
    reply: Reply | None = None
    sent_at: float = 0.0

    def frame(self) -> dict[str, Any]:
        frame = {"type": self.kind, "envelope_id": self.id, "payload": self.payload, "accepts_response_payload": False}
        if self.kind == "events_api":
            frame |= {"retry_attempt": self.retry, "retry_reason": "timeout" if self.retry else ""}
        return frame


@dataclass(slots=True)
class Callback:
    """Slack on the other side of the bot's HTTP paths. `clock` is the time that Slack signs."""

    routes: Callable[[], Routes]
    clock: Callable[[], datetime]
    secret: str = SIGNING_SECRET

    async def post(self, envelope: Envelope) -> None:
        content_type, body = encoded(envelope.kind, envelope.payload)
        retry = {"x-slack-retry-num": str(envelope.retry)} if envelope.retry else {}
        envelope.sent_at = time.perf_counter()
        envelope.reply = await self.send(body, {"content-type": content_type, **retry})
        envelope.latency = time.perf_counter() - envelope.sent_at
        if envelope.reply.status == 200:
            envelope.acknowledged.set()

    async def send(self, body: bytes, headers: Mapping[str, str] = {}, *, at: str | None = None) -> Reply:
        """A body as it is, signed."""
        at = at or str(int(self.clock().timestamp()))
        signed = {"x-slack-request-timestamp": at, "x-slack-signature": signature(self.secret, at, body)}
        handler = self.routes()["POST", "/slack/events"]
        return await handler(Ask(method="POST", path="/slack/events", headers={**signed, **headers}, body=body))


def encoded(kind: str, payload: Mapping[str, Any]) -> tuple[str, bytes]:
    """Events are JSON, interactions JSON in a form, commands a form."""
    if kind == "events_api":
        return JSON, json.dumps(payload).encode()
    fields = {"payload": json.dumps(payload)} if kind == "interactive" else payload
    return FORM, urlencode(fields).encode()


def signature(secret: str, at: str, body: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
