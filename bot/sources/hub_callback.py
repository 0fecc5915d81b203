"""Who may knock at the addresses given to hubs, and what is answered: a challenge only to what was asked, 2xx to every
document, which counts only when it is signed with the secret that this hub alone was told."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Protocol

from bot.domain.hub import HubState, HubSubscription, Push
from bot.ports import Ask, Hubs, Reply, Routes

PATH = "/hubs/*"
_KEY = re.compile(r"[A-Za-z0-9_-]{20,100}", re.ASCII)
_LONGEST_CHALLENGE, _LONGEST_REASON = 4_000, 200
_METHODS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_PLAIN = {"X-Content-Type-Options": "nosniff"}
_UNKNOWN = Reply(status=404, body=b"nothing was asked here\n", headers=_PLAIN)
_GOODBYE = Reply(status=410, body=b"nothing is wanted here any more\n", headers=_PLAIN)
_THANKS = Reply(status=202)
_BUSY = Reply(status=503, body=b"not now\n", headers={"Retry-After": "60"})


class Answers(Protocol):
    """What was asked of hubs, and what they say to it."""

    async def confirm(self, key: str, mode: str, topic: str, lease: str | None) -> bool: ...

    async def refused(self, key: str, topic: str, reason: str) -> bool: ...


class Takes(Protocol):
    """What becomes of a document."""

    async def take(self, subscription: HubSubscription, body: bytes, content_type: str | None) -> Push: ...


class HubCallback:
    """The listener's routes for hubs."""

    def __init__(self, hubs: Hubs, answers: Answers, pushes: Takes) -> None:
        self._hubs = hubs
        self._answers = answers
        self._pushes = pushes

    def routes(self) -> Routes:
        return {("GET", PATH): self._verify, ("POST", PATH): self._receive}

    async def _verify(self, ask: Ask) -> Reply:
        key, topic, mode = _key_of(ask), ask.query.get("hub.topic", ""), ask.query.get("hub.mode", "")
        if key is None or ask.method != "GET":
            return _UNKNOWN
        if mode == "denied":
            reason = "".join(letter for letter in ask.query.get("hub.reason", "") if letter.isprintable())
            return _THANKS if await self._answers.refused(key, topic, reason[:_LONGEST_REASON]) else _UNKNOWN
        challenge = ask.query.get("hub.challenge", "")
        if not challenge or len(challenge) > _LONGEST_CHALLENGE:
            return _UNKNOWN
        if not await self._answers.confirm(key, mode, topic, ask.query.get("hub.lease_seconds")):
            return _UNKNOWN
        return Reply(body=challenge.encode("utf-8", "replace"), headers=_PLAIN)

    async def _receive(self, ask: Ask) -> Reply:
        key = _key_of(ask)
        subscription = await self._hubs.find(key) if key is not None else None
        if subscription is None:
            return _UNKNOWN
        if subscription.state is HubState.LEAVING:
            return _GOODBYE
        if not is_signed(ask.body, ask.headers.get("x-hub-signature", ""), subscription.secret):
            return _THANKS  # as the specification wants it: who guesses learns nothing
        came = await self._pushes.take(subscription, ask.body, ask.headers.get("content-type"))
        return _BUSY if came is Push.BUSY else _THANKS


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `signature` (`sha256=…`) is this body's under the secret; compared in constant time."""
    name, _, given = signature.strip().partition("=")
    method = _METHODS.get(name.lower())
    if method is None:
        return False
    wanted = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(wanted.encode(), given.strip().lower().encode("utf-8", "replace"))


def _key_of(ask: Ask) -> str | None:
    key = ask.path.rpartition("/")[2]
    return key if _KEY.fullmatch(key) else None
