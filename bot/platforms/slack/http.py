"""Who may knock at `/slack/events` and what is read of it: signed by Slack, five minutes old at most, acknowledged at
once; the work goes on afterwards, in the background, as over Socket Mode.

The signature is checked here and not by slack_sdk, whose verifier raises on timestamps like `abc`, `nan` or one of
5,000 digits, and on bodies that are no UTF-8."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from bot.ports import Ask, Clock, Reply

SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
LONGEST_AGE = 300  # seconds, in both directions
REFUSED = Reply(status=401, body=b"not signed by Slack\n")
# Slack sends it again to whoever runs then.
CLOSED = Reply(status=503, body=b"not now\n", headers={"Retry-After": "5"})

Payload = dict[str, Any]


class Doorway:
    """`receive` takes a payload and returns at once; False: nobody works here now."""

    def __init__(self, signing_secret: str, clock: Clock, receive: Callable[[Payload], bool]) -> None:
        self._secret = signing_secret.encode()
        self._clock = clock
        self._receive = receive

    async def __call__(self, ask: Ask) -> Reply:
        if not self._is_signed(ask):
            return REFUSED
        payload = read(ask)
        if payload is None:
            return REFUSED
        if payload.get("type") == "url_verification":
            return Reply(body=str(payload.get("challenge") or "").encode())
        if "ssl_check" in payload:
            return Reply()
        return Reply() if self._receive(payload) else CLOSED

    def _is_signed(self, ask: Ask) -> bool:
        at = ask.headers.get("x-slack-request-timestamp", "")
        if not SECONDS.fullmatch(at) or abs(self._clock().timestamp() - int(at)) > LONGEST_AGE:
            return False
        wanted = hmac.new(self._secret, b"v0:" + at.encode() + b":" + ask.body, hashlib.sha256).hexdigest()
        given = ask.headers.get("x-slack-signature", "")
        return hmac.compare_digest(f"v0={wanted}".encode(), given.encode("utf-8", "replace"))


def read(ask: Ask) -> Payload | None:
    """An event as JSON, an interaction as JSON in a form, a slash command as a form; None for anything else."""
    try:
        text = ask.body.decode("utf-8")
        if text.lstrip().startswith("{"):
            return _object(text)
        form: Mapping[str, str] = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=200))
    except ValueError:
        return None
    if "payload" in form:
        return _object(form["payload"])
    return dict(form) if "command" in form or "ssl_check" in form else None


def _object(text: str) -> Payload | None:
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return made if isinstance(made, dict) else None
