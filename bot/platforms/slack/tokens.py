"""How a workspace's token is got and kept good: Slack's code for one, and, where tokens rotate, the old one's successor
before it ends."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.errors import DeliveryError, KabarError, PlatformUnavailable
from bot.log import logger
from bot.platforms.slack.api import Api
from bot.platforms.slack.errors import TokenRefused
from bot.ports import Clock, Installation, Installations

RENEWED_BEFORE = timedelta(hours=2)  # Slack's tokens live for twelve
log = logger("slack")


class Tokens:
    def __init__(
        self,
        api: Api,
        installations: Installations | None,
        clock: Clock,
        *,
        client_id: str | None,
        client_secret: str | None,
    ) -> None:
        self._api = api
        self._installations = installations
        self._clock = clock
        self._client = {"client_id": client_id or "", "client_secret": client_secret or ""}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def exchange(self, **form: str) -> Mapping[str, Any]:
        """What oauth.v2.access gives for a code or a refresh token."""
        # In the body: the library's own method goes through a class that aiohttp is about to drop.
        data = self._client | form
        return await self._api.ask(None, lambda client: client.api_call("oauth.v2.access", data=data))

    def kept(self, installation: Installation, answer: Mapping[str, Any]) -> Installation:
        """The installation with the token of such an answer, and until when it is good."""
        lasts = answer.get("expires_in")
        return replace(
            installation,
            token=str(answer.get("access_token") or ""),
            refresh_token=str(answer.get("refresh_token") or ""),
            expires_at=self._clock() + timedelta(seconds=int(lasts)) if lasts else None,
        )

    def is_ending(self, expires_at: datetime | None) -> bool:
        return expires_at is not None and self._clock() > expires_at - RENEWED_BEFORE

    async def fresh(self, row: Installation) -> Installation:
        """The installation with a token that is good for a while. While Slack cannot be asked the old one is, as long
        as it lasts; then PlatformUnavailable. Where Slack gives no more, the old one meets its own refusal."""
        if not self.is_ending(row.expires_at) or not row.refresh_token:
            return row
        try:
            return await self.renewed(row)
        except DeliveryError as error:
            assert row.expires_at is not None
            if self._clock() >= row.expires_at and not isinstance(error, TokenRefused):
                raise
            log.warning("the token of workspace %s could not be renewed yet: %s", row.team, error)
            return row

    async def renewed(self, row: Installation) -> Installation:
        """With the next token. A refresh token works once: who comes late, in this process or another one, takes what
        the first one has written down. TokenRefused where Slack gives none, PlatformUnavailable where none is got."""
        assert self._installations is not None
        async with self._turns[row.team]:
            try:
                now = await self._installations.get(row.platform, row.team) or row
                if now.token != row.token or now.revoked:
                    return now
                try:
                    answer = await self.exchange(grant_type="refresh_token", refresh_token=row.refresh_token)
                except DeliveryError as error:
                    now = await self._installations.get(row.platform, row.team) or row
                    if now.token != row.token:
                        return now
                    if isinstance(error, TokenRefused):
                        raise
                    raise PlatformUnavailable(f"no new token: {error}") from error
                renewed = self.kept(row, answer)
                await self._installations.save(renewed)
            except KabarError as error:
                if isinstance(error, DeliveryError):
                    raise
                raise PlatformUnavailable(f"a renewed token cannot be kept: {error}") from error
        log.info("the token of workspace %s is renewed", row.team)
        return renewed
