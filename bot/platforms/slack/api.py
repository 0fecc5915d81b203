"""The one door to Slack's Web API: one connection pool, no retries of the library's own, no token in a log line."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.log import logger
from bot.platforms.slack.errors import translating

BASE_URL = "https://slack.com/api/"
# A call that hangs longer is given up as unknown; connecting is given up earlier, as surely not delivered.
TIMEOUT = aiohttp.ClientTimeout(total=20, connect=8, sock_connect=8)

# At DEBUG the library writes requests, answers and one-time addresses; it decides by the level of the logger itself.
library_log = logger("slack.library")
library_log.setLevel(logging.WARNING)

Call = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """What auth.test says of the token: the workspace and the bot's ids in it."""

    team_id: str
    team: str
    user_id: str
    bot_id: str
    name: str


class Api:
    def __init__(
        self, *, bot_token: str, base_url: str | None = None, timeout: aiohttp.ClientTimeout = TIMEOUT
    ) -> None:
        self._timeout = timeout
        self.base_url = base_url or BASE_URL
        self.token = bot_token
        self.who: Who | None = None
        self._client: AsyncWebClient | None = None

    @property
    def client(self) -> AsyncWebClient:
        """Made on first use, inside the running loop. retry_handlers=[]: the library's default one posts a second time
        after a reset connection."""
        if self._client is None or self._client.session is None or self._client.session.closed:
            self._client = AsyncWebClient(
                token=self.token,
                base_url=self.base_url,
                session=aiohttp.ClientSession(timeout=self._timeout),
                retry_handlers=[],
                logger=library_log,
            )
        return self._client

    @property
    def session(self) -> aiohttp.ClientSession:
        session = self.client.session
        assert session is not None
        return session

    async def ask(self, call: Call) -> Mapping[str, Any]:
        """The answer as a mapping; DeliveryError for everything else."""
        client = self.client
        with translating():
            response = await call(client)
            return dict(response.data) if isinstance(response.data, dict) else {}

    async def introduce(self) -> Who:
        """Asks Slack who this token is, once."""
        answer = await self.ask(lambda client: client.auth_test())
        self.who = Who(
            team_id=str(answer.get("team_id") or ""),
            team=str(answer.get("team") or ""),
            user_id=str(answer.get("user_id") or ""),
            bot_id=str(answer.get("bot_id") or ""),
            name=str(answer.get("user") or ""),
        )
        return self.who

    async def socket_url(self, app_token: str) -> str:
        """A fresh one-time WebSocket address."""
        answer = await self.ask(lambda client: client.apps_connections_open(app_token=app_token))
        return str(answer.get("url") or "")

    async def respond(self, response_url: str, body: Mapping[str, Any]) -> None:
        """Posts to the address that came with a slash command or a button: works where the bot is no member."""
        session, proxy = self.session, self.client.proxy
        with translating():
            async with session.post(response_url, json=body, proxy=proxy) as answer:
                answer.raise_for_status()

    async def close(self) -> None:
        if self._client is not None and self._client.session is not None:
            await self._client.session.close()
