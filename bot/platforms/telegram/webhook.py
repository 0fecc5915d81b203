"""How updates come in that Telegram brings itself: whom we believe, what is a repeat, how we notice that none can come.

An update is answered before it is handled: Telegram brings the next one of any chat only then."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from bot.domain.errors import PlatformRefused
from bot.platforms.telegram.client import Client, Timeouts
from bot.platforms.telegram.errors import FIXES, translating
from bot.platforms.telegram.receive import Intake, Pulse, go_on
from bot.ports import Ask, Clock, Reply, Routes

PATH = "/telegram/webhook"
HEADER = "x-telegram-bot-api-secret-token"
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # what Telegram takes as one
SEEN_REMEMBERED = 10_000
FAILING_FOR = timedelta(minutes=2)  # after the last failure that Telegram tells of; it tells of no success
MOST_WAITING = 2_000  # updates in work; more are not accepted, so that Telegram brings them again


class Webhook:
    """`url` is the public address; without a path of its own it ends in /telegram/webhook."""

    def __init__(self, client: Client, url: str, secret: str | None, *, clock: Clock, timeouts: Timeouts) -> None:
        path = urlsplit(url).path.rstrip("/")
        self._client = client
        self._url = url if path else url.rstrip("/") + PATH
        self._paths = {PATH, path or PATH}
        self._secret = _secret(secret, client.token)
        self._clock = clock
        self._timeouts = timeouts
        self._seen: dict[int, None] = {}
        self._intake: Intake | None = None
        self._is_set = False
        self._was_taken = False

    def routes(self) -> Routes:
        """The path of the public address, and the usual one for proxies that change it."""
        return {("POST", path): self.take for path in self._paths}

    def open(self, intake: Intake) -> None:
        self._intake = intake

    def close(self) -> None:
        self._intake = None

    async def take(self, ask: Ask) -> Reply:
        told = ask.headers.get(HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(told, self._secret.encode()):
            return Reply(status=403)
        update = _update(ask.body)
        if update is None:
            return Reply(status=400)
        if update["update_id"] in self._seen:
            return Reply()
        if self._intake is None or self._intake.lanes.waiting >= MOST_WAITING:
            return Reply(status=503)
        self._seen[update["update_id"]] = None
        while len(self._seen) > SEEN_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._intake.take(update)
        return Reply()

    async def run(self, prepare: Callable[[], Awaitable[None]], pulse: Pulse) -> None:
        """Sets the webhook and looks after it until it is cancelled."""
        prepared = False

        async def look() -> None:
            nonlocal prepared
            if not prepared:
                await prepare()
                prepared = True
            if await self._look():
                await pulse.ok()
            await asyncio.sleep(self._timeouts.watch)

        await go_on(look, pulse=pulse, timeouts=self._timeouts)

    async def _look(self) -> bool:
        """Whether all is well; after somebody else changed the webhook only the next look can tell."""
        if not self._is_set:
            await self._client.set_own_webhook(self._url, self._secret)
            self._is_set = True
            return not self._was_taken
        with translating():
            info = await self._client.get_webhook_info()
        if info.url != self._url:
            self._is_set, self._was_taken = False, True
            raise PlatformRefused("conflict", FIXES["conflict"])
        self._was_taken = False
        if info.last_error_date is not None and self._clock() - info.last_error_date < FAILING_FOR:
            words = info.last_error_message or "no reason given"
            raise PlatformRefused("webhook_unreachable", f"{FIXES['webhook_unreachable']} It says: {words}")
        return True


def _secret(given: str | None, token: str) -> str:
    """Never without one, for anybody can reach the address. One that Telegram would refuse is sent as its hash."""
    if given and SECRET.fullmatch(given):
        return given
    return blake2b((given or token).encode("utf-8", "replace"), person=b"kabar webhook", digest_size=32).hexdigest()


def _update(body: bytes) -> dict[str, Any] | None:
    """None when it is not an update at all."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or type(found.get("update_id")) is not int:
        return None
    return found
