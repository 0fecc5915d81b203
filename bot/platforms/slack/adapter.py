"""Slack as a Platform: what starts and stops in which order, and which trouble is told to whom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.channel import Channel, User
from bot.domain.errors import DeliveryError
from bot.domain.message import Message
from bot.domain.story import Language
from bot.platforms.slack.api import Api
from bot.platforms.slack.background import Background
from bot.platforms.slack.connection import Connection, Pace
from bot.platforms.slack.directory import Directory
from bot.platforms.slack.errors import TokenRefused, refused
from bot.platforms.slack.health import PART, Health
from bot.platforms.slack.inbound import Inbound
from bot.platforms.slack.outgoing import Outgoing
from bot.ports import Beat, Clock, Conversation, Identity, MenuEntry

PAUSE = timedelta(seconds=1)
REPLIES_MAY_TAKE = 3.0  # seconds, of the five that stop() has


class Slack:
    """Fits the Platform port."""

    name = PART

    def __init__(
        self,
        *,
        api: Api,
        app_token: str | None,
        signing_secret: str | None,
        menu: Sequence[MenuEntry],
        clock: Clock,
        invite_text: Mapping[Language, str],
        pace: Pace | None = None,
    ) -> None:
        self._api = api
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._menu = menu
        self._invite_text = invite_text
        self._pace = pace or Pace()
        self._health = Health(clock)
        self._outgoing = Outgoing(api)
        self._directory = Directory(api, clock)
        self._background = Background()
        self._connection: Connection | None = None
        self._running: list[asyncio.Task[None]] = []

    async def check(self) -> Identity:
        """Both tokens; nothing is opened or posted."""
        app = False
        try:
            who = await self._api.introduce()
            if self._app_token:
                app = True
                await self._api.socket_url(self._app_token)
        except DeliveryError as error:
            raise refused(error, app=app) from None
        return Identity(name=who.name, place=who.team)

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """Returns at once: connecting, and every trouble with it, happens in the background and is reported."""
        self._health.begin(report)
        if self._app_token:
            inbound = Inbound(
                api=self._api,
                outgoing=self._outgoing,
                directory=self._directory,
                health=self._health,
                background=self._background,
                conversation=conversation,
                names=[entry.name for entry in self._menu],
                invite_text=self._invite_text,
                retry=self._pace.first_retry,
            )
            self._connection = Connection(
                api=self._api,
                app=inbound.app(self._signing_secret),
                app_token=self._app_token,
                health=self._health,
                background=self._background,
                pace=self._pace,
            )
            receiving = self._connection.run()
        else:
            receiving = self._introduce()
        loop = asyncio.get_running_loop()
        self._running = [loop.create_task(receiving), loop.create_task(self._health.keep_telling(self._pace.beat))]

    async def _introduce(self) -> None:
        """Without an app token there is nothing to receive; a wrong bot token is still found out."""
        delay = self._pace.first_retry
        while True:
            try:
                await self._api.introduce()
            except DeliveryError as error:
                trouble = refused(error)
                await self._health.socket(trouble.reason, trouble.detail)
                await asyncio.sleep(delay)
                delay = min(delay * 2, self._pace.longest_retry)
            else:
                await self._health.socket("no_app_token")
                return

    async def stop(self) -> None:
        if self._connection is not None:
            self._connection.stop_listening()
        await self._background.finish(within=REPLIES_MAY_TAKE)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()
        await self._api.close()
        self._running, self._connection = [], None

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        try:
            ids = await self._outgoing.deliver(channel, message, key)
        except TokenRefused as error:
            await self._health.token(error.cause)
            raise
        await self._health.token("")
        return ids

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        return await self._outgoing.was_delivered(channel, key, since)

    def pause(self, channel: Channel) -> timedelta:
        """Slack allows about one message a second and channel."""
        return PAUSE

    async def is_admin(self, channel: Channel, user: User) -> bool:
        """A Slack channel belongs to its members: each of them may change its settings."""
        return True

    async def find_channel(self, name: str) -> Channel | None:
        try:
            who = self._api.who or await self._api.introduce()
        except DeliveryError:
            return None
        channel_id = await self._directory.channel_id(name)
        return Channel(platform=PART, address=f"{who.team_id}/{channel_id}") if channel_id else None
