"""How the library's client is set up: time limits, addresses, silence in the log, updates as Telegram sent them."""

from __future__ import annotations

import logging
import os
import re
import ssl
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.platforms.telegram.errors import translating
from bot.platforms.telegram.updates import WANTED

API = "https://api.telegram.org/bot"
SENDING_CONNECTIONS = 16
UNSET = "0:none"  # the library raises on an empty one; so Telegram refuses it like any other wrong token
SENDABLE = re.compile(r"[!-~]+")  # anything else is no token, and some of it no address either
LIBRARY_LOGS = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "telegram": logging.CRITICAL}
"""The first two write the token, as a part of the address, into the log; the third whole answers that are no JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """All in seconds. `poll` is how long Telegram holds an empty getUpdates; `patience` how long the next one waits for
    slow commands; `first_retry` doubles up to `longest_retry` while receiving fails. A reply, or the rest of a message
    in several parts, waits out a rate limit of up to `reply_wait` and a lost connection for `reply_retry`; `stop` is
    what running replies get at the end."""

    connect: float = 10
    read: float = 20
    write: float = 20
    pool: float = 10
    poll: float = 25
    poll_margin: float = 10
    patience: float = 10
    first_retry: float = 5
    longest_retry: float = 30
    reply_wait: float = 30
    reply_retry: float = 1.5
    stop: float = 5


class Client(Bot):
    """The library's client, with updates as Telegram sent them: one that it cannot read must not block the others."""

    __slots__ = ()

    async def raw_updates(self, offset: int | None, poll: float, read_timeout: float) -> list[dict[str, Any]]:
        asked = {"offset": offset, "timeout": int(poll), "allowed_updates": list(WANTED)}
        with translating():
            updates: list[dict[str, Any]] = await self._post("getUpdates", asked, read_timeout=read_timeout)
            return list(updates)

    async def close_connections(self) -> None:
        for request in self._request:
            await request.shutdown()


def build(token: str, base_url: str | None, base_file_url: str | None, timeouts: Timeouts) -> Client:
    """A client that has not connected yet."""
    for name, level in LIBRARY_LOGS.items():
        logging.getLogger(name).setLevel(level)
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # the library's switch for its own future: waits as timedelta
    base = (base_url or API).rstrip("/")
    files = base_file_url or base.removesuffix("/bot") + "/file/bot"
    return Client(
        token.strip() if SENDABLE.fullmatch(token.strip()) else UNSET,
        base_url=base,
        base_file_url=files,
        request=_request(SENDING_CONNECTIONS, timeouts),
        get_updates_request=_request(1, timeouts),
    )


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificate authorities takes 20 ms and a megabyte: once for all connections."""
    return httpx.create_ssl_context()


def _request(connections: int, timeouts: Timeouts) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        connect_timeout=timeouts.connect,
        read_timeout=timeouts.read,
        write_timeout=timeouts.write,
        pool_timeout=timeouts.pool,
        httpx_kwargs={"verify": _tls()},
    )
