"""The one door to Slack's Web API: one connection pool, no retries of the library's own, no token in a log line."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.delivery import is_late
from bot.domain.errors import MessageRejected, PlatformUnavailable
from bot.log import calm, logger
from bot.platforms.slack.errors import translating
from bot.ports import Clock

BASE_URL = "https://slack.com/api/"
# A call that hangs longer is given up as unknown; connecting is given up earlier, as surely not delivered.
TIMEOUT = aiohttp.ClientTimeout(total=20, connect=8, sock_connect=8)

# At DEBUG the library writes requests, answers and one-time addresses; it decides by the level of the logger itself.
library_log = logger("slack.library")
calm(library_log.name, logging.WARNING)

Call = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]


class Api:
    """Shared by all workspaces; each call names the token it is made with."""

    def __init__(self, *, clock: Clock, base_url: str | None = None, timeout: aiohttp.ClientTimeout = TIMEOUT) -> None:
        self._clock = clock
        self._timeout = timeout
        self.base_url = base_url or BASE_URL
        self._session: aiohttp.ClientSession | None = None
        self._clients: dict[str | None, AsyncWebClient] = {}

    @property
    def session(self) -> aiohttp.ClientSession:
        """Made on first use, inside the running loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
            self._clients.clear()
        return self._session

    def client(self, token: str | None) -> AsyncWebClient:
        """retry_handlers=[]: the library's default one posts a second time after a reset connection."""
        session = self.session
        if token not in self._clients:
            self._clients[token] = AsyncWebClient(
                token=token, base_url=self.base_url, session=session, retry_handlers=[], logger=library_log
            )
        return self._clients[token]

    @property
    def proxy(self) -> str | None:
        return self.client(None).proxy

    async def ask(self, token: str | None, call: Call) -> Mapping[str, Any]:
        """The answer as a mapping; DeliveryError for everything else."""
        client = self.client(token)
        if is_late(self._clock()):
            raise PlatformUnavailable("its time ran out before it could leave")
        with translating():
            response = await call(client)
            return dict(response.data) if isinstance(response.data, dict) else {}

    async def socket_url(self, app_token: str) -> str:
        """A fresh one-time WebSocket address."""
        answer = await self.ask(None, lambda client: client.apps_connections_open(app_token=app_token))
        return str(answer.get("url") or "")

    async def respond(self, response_url: str, body: Mapping[str, Any]) -> None:
        """Posts to the address that came with a gesture: works where the bot is no member."""
        with translating():
            async with self.session.post(response_url, json=body, proxy=self.proxy) as answer:
                answer.raise_for_status()

    async def upload(self, upload_url: str, content: bytes) -> None:
        """The bytes of a file, to the one-time address that Slack named for them."""
        with translating():
            async with self.session.post(upload_url, data=content, proxy=self.proxy) as answer:
                answer.raise_for_status()

    async def download(self, token: str, url: str, most: int) -> bytes:
        """A file that somebody shared. MessageRejected when it is no file of Slack's (the token goes nowhere else) or
        bigger than `most` bytes."""
        if not self._is_slack(url):
            raise MessageRejected("not_slacks_file")
        headers = {"Authorization": f"Bearer {token}"}
        with translating():
            async with self.session.get(url, headers=headers, allow_redirects=False, proxy=self.proxy) as answer:
                answer.raise_for_status()
                content = await answer.content.read(most + 1)
                while len(content) <= most and (more := await answer.content.read(most + 1 - len(content))):
                    content += more
        if answer.status != 200 or len(content) > most:
            raise MessageRejected("file_not_readable")
        return content

    def _is_slack(self, url: str) -> bool:
        there, here = urlsplit(url), urlsplit(self.base_url)
        if (there.scheme, there.netloc) == (here.scheme, here.netloc):
            return True
        return there.scheme == "https" and f".{there.hostname or ''}".endswith(f".{here.hostname}")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
