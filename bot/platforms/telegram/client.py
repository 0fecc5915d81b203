"""How the library's client is set up: time limits, addresses, silence in the log, updates as Telegram sent them."""

from __future__ import annotations

import logging
import os
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.log import calm
from bot.platforms.telegram.errors import translating
from bot.platforms.telegram.events import WANTED

API = "https://api.telegram.org/bot"
SENDING_CONNECTIONS = 40  # more than deliveries that are on their way together
UNSET = "0:none"  # the library raises on an empty one; so Telegram refuses it like any other wrong token
SENDABLE = re.compile(r"[!-~]+")  # anything else is no token, and some of it no address either
LIBRARY_LOGS = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "telegram": logging.CRITICAL}
"""The first two write the token, as a part of the address, into the log; the third whole answers that are no JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """All in seconds. `poll` is how long Telegram holds an empty getUpdates; `patience` how long the next one waits for
    slow commands; `first_retry` doubles up to `longest_retry` while receiving fails. A reply, or the rest of a message
    in several parts, waits out a rate limit of up to `reply_wait` and a lost connection for `reply_retry`; `part` lies
    between the parts of one message, for Telegram allows one a second in a chat. A pressed
    button that has no answer after `press` is told that it was heard. `watch` is how often a webhook is looked after;
    `stop` is what running replies get at the end."""

    connect: float = 10
    read: float = 35  # it has answered after half a minute; who gives up sooner sends everything again
    write: float = 20
    pool: float = 10
    poll: float = 25
    poll_margin: float = 10
    patience: float = 10
    first_retry: float = 5
    longest_retry: float = 30
    reply_wait: float = 30
    reply_retry: float = 1.5
    part: float = 1.05
    press: float = 1.5
    watch: float = 30
    stop: float = 5


class Client(Bot):
    """The library's client, with updates as Telegram sent them: one that it cannot read must not block the others."""

    __slots__ = ()

    async def raw_updates(self, offset: int | None, poll: float, read_timeout: float) -> list[dict[str, Any]]:
        asked = {"offset": offset, "timeout": int(poll), "allowed_updates": list(WANTED)}
        with translating():
            updates: list[dict[str, Any]] = await self._post("getUpdates", asked, read_timeout=read_timeout)
            return list(updates)

    @property
    def own_id(self) -> int:
        """The bot's user id, which its token begins with."""
        return int(self.token.partition(":")[0])

    async def chat(self, chat_id: str) -> dict[str, Any]:
        """As Telegram sends it: of the many fields the library insists on, we need `id` and `type`."""
        found: dict[str, Any] = await self._post("getChat", {"chat_id": chat_id})
        return found

    async def member(self, chat_id: str, user_id: int) -> dict[str, Any]:
        """As Telegram sends it: `status`, and rights by their names."""
        found: dict[str, Any] = await self._post("getChatMember", {"chat_id": chat_id, "user_id": user_id})
        return found

    async def download(self, file_id: str, most: int) -> bytes | None:
        """The content of a file; None when it has more than `most` bytes."""
        about: dict[str, Any] = await self._post("getFile", {"file_id": file_id})
        if int(about.get("file_size") or 0) > most:
            return None
        content = bytes(await self.request.retrieve(f"{self.base_file_url}/{about['file_path']}"))
        return content if len(content) <= most else None

    async def set_own_webhook(self, url: str, secret: str) -> None:
        with translating():
            await self.set_webhook(url, secret_token=secret, allowed_updates=list(WANTED))

    async def drop_webhook(self) -> None:
        """Without dropping what waits."""
        with translating():
            await self.delete_webhook()

    async def close_connections(self) -> None:
        for request in self._request:
            await request.shutdown()


def build(
    token: str,
    base_url: str | None,
    base_file_url: str | None,
    timeouts: Timeouts,
    leaves: Callable[[], None] = lambda: None,
) -> Client:
    """A client that has not connected yet. `leaves` is called right before a request is written, except one for
    updates; what it raises stops it."""
    for name, level in LIBRARY_LOGS.items():
        calm(name, level)
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # the library's switch for its own future: waits as timedelta
    base = (base_url or API).rstrip("/")
    files = base_file_url or base.removesuffix("/bot") + "/file/bot"
    return Client(
        token.strip() if SENDABLE.fullmatch(token.strip()) else UNSET,
        base_url=base,
        base_file_url=files,
        request=_request(SENDING_CONNECTIONS, timeouts, leaves),
        get_updates_request=_request(1, timeouts),
    )


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificate authorities takes 20 ms and a megabyte: once for all connections."""
    return httpx.create_ssl_context()


def _request(connections: int, timeouts: Timeouts, leaves: Callable[[], None] = lambda: None) -> HTTPXRequest:
    async def leaving(_request: httpx.Request) -> None:
        leaves()

    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        write_timeout=timeouts.write,
        pool_timeout=timeouts.pool,
        httpx_kwargs={"verify": _tls(), "event_hooks": {"request": [leaving]}},
    )
