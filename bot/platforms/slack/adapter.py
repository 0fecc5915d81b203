"""Slack as a Platform: what starts and stops in which order, and which trouble is told to whom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.channel import Channel, User
from bot.domain.delivery import Turn
from bot.domain.errors import DeliveryError, RateLimited
from bot.domain.message import Message
from bot.domain.story import Language
from bot.log import logger
from bot.platforms.slack.api import Api
from bot.platforms.slack.background import Background
from bot.platforms.slack.changes import Changes
from bot.platforms.slack.connection import Connection, Pace
from bot.platforms.slack.directory import Directory
from bot.platforms.slack.errors import TokenRefused, refused
from bot.platforms.slack.health import PART, Health
from bot.platforms.slack.history import was_delivered
from bot.platforms.slack.http import Payload
from bot.platforms.slack.inbound import Inbound
from bot.platforms.slack.names import channel_id
from bot.platforms.slack.outgoing import Outgoing, Place
from bot.platforms.slack.replies import Replies
from bot.platforms.slack.routes import Credentials, routes
from bot.platforms.slack.tokens import Tokens
from bot.platforms.slack.workspaces import Workspace, Workspaces, asked_in
from bot.ports import Beat, Clock, Conversation, Identity, MenuEntry, Routes

PAUSE = timedelta(seconds=1)
BETWEEN_ALL = timedelta(milliseconds=200)
MOST_NAMED = 5  # workspaces, where the bot says where it is
REPLIES_MAY_TAKE = 3.0  # seconds, of the five that stop() has
log = logger("slack")


class Slack:
    """Fits the Platform port."""

    name = PART

    def __init__(
        self,
        *,
        api: Api,
        credentials: Credentials,
        menu: Sequence[MenuEntry],
        clock: Clock,
        invite_text: Mapping[Language, str],
        admins_only: bool = False,
        pace: Pace | None = None,
    ) -> None:
        self._api = api
        self._credentials = credentials
        self._menu = menu
        self._clock = clock
        self._invite_text = invite_text
        self._admins_only = admins_only
        self._pace = pace or Pace()
        self._health = Health(clock)
        self._outgoing = Outgoing(between_parts=self._pace.part)
        self._directory = Directory(clock)
        self._tokens = Tokens(
            api,
            credentials.installations,
            clock,
            client_id=credentials.client_id,
            client_secret=credentials.client_secret,
        )
        self._workspaces = Workspaces(
            api, self._tokens, bot_token=credentials.bot_token, installations=credentials.installations
        )
        self._background = Background()
        self._inbound: Inbound | None = None
        self._changes: Changes | None = None
        self._connection: Connection | None = None
        self._running: list[asyncio.Task[None]] = []

    async def check(self) -> Identity:
        """Both tokens; nothing is opened or posted."""
        app, own = False, self._workspaces.own
        try:
            who = await own.introduce() if own else None
            if self._credentials.app_token:
                app = True
                await self._api.socket_url(self._credentials.app_token)
            if who is None:
                rows = await self._workspaces.installed()
                places = [row.name for row in rows if not (row.revoked or row.organisation)]
                return Identity(name="Kabar", place=", ".join(places[:MOST_NAMED]))
        except DeliveryError as error:
            raise refused(error, app=app) from None
        return Identity(name=who.name, place=who.team)

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """Returns at once: connecting, and every trouble with it, happens in the background and is reported."""
        self._health.begin(report)
        self._changes = Changes(self._workspaces, self._health, conversation)
        self._inbound = self._receiving(conversation, self._changes)
        if self._credentials.app_token:
            self._connection = Connection(
                api=self._api,
                app=self._inbound.app,
                app_token=self._credentials.app_token,
                health=self._health,
                background=self._background,
                pace=self._pace,
            )
        loop = asyncio.get_running_loop()
        self._running = [loop.create_task(self._run()), loop.create_task(self._health.keep_telling(self._pace.beat))]

    def _receiving(self, conversation: Conversation, changes: Changes) -> Inbound:
        replies = Replies(
            outgoing=self._outgoing,
            directory=self._directory,
            invite_text=self._invite_text,
            retry=self._pace.first_retry,
        )
        return Inbound(
            api=self._api,
            workspaces=self._workspaces,
            directory=self._directory,
            replies=replies,
            changes=changes,
            health=self._health,
            background=self._background,
            conversation=conversation,
            names=[entry.name for entry in self._menu],
        )

    async def _run(self) -> None:
        own = self._workspaces.own
        if own is not None:
            await self._introduce(own)
        if self._connection is not None:
            await self._connection.run()
        else:
            await self._health.socket("" if self._credentials.signing_secret else "no_app_token")

    async def _introduce(self, own: Workspace) -> None:
        """Until Slack takes the bot token."""
        delay = self._pace.first_retry
        while True:
            try:
                who = own.who or await own.introduce()
            except DeliveryError as error:
                trouble = refused(error)
                await self._health.socket(trouble.reason, trouble.detail)
                asked = error.retry_after.total_seconds() if isinstance(error, RateLimited) else 0.0
                await asyncio.sleep(max(delay, asked))
                delay = min(delay * 2, self._pace.longest_retry)
            else:
                await self._arrived(who.team_id)
                return

    async def _arrived(self, team: str) -> None:
        if self._changes is not None:
            await self._changes.arrived(team)

    def routes(self) -> Routes:
        return routes(
            self._credentials,
            api=self._api,
            workspaces=self._workspaces,
            tokens=self._tokens,
            clock=self._clock,
            take=self._take,
            arrived=self._arrived,
        )

    def _take(self, payload: Payload) -> bool:
        """What comes in over HTTP. Before the start and from the stop on it is left to whoever runs then."""
        if self._inbound is None:
            return False
        self._inbound.take(payload)
        return True

    async def stop(self) -> None:
        self._inbound = None
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

    # --- sending ---

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        workspace, _ = await self._workspaces.of(channel)
        return await self._surely(workspace, self._outgoing.deliver(workspace, channel, message, key))

    async def edit(self, channel: Channel, message_ids: Sequence[str], message: Message) -> tuple[str, ...]:
        workspace, _ = await self._workspaces.of(channel)
        place = Place.of(channel)
        return await self._surely(workspace, self._outgoing.edit(workspace, place, message_ids, message))

    async def _surely(self, workspace: Workspace, sending: Awaitable[tuple[str, ...]]) -> tuple[str, ...]:
        """Says what a refused token means, for this delivery and for the health of the platform."""
        own = workspace is self._workspaces.own
        try:
            ids = await sending
        except TokenRefused as error:
            if own:
                await self._health.token(error.cause)
            raise await self._workspaces.verdict(workspace, error) from None
        if own:
            await self._health.token("")
        return ids

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        return await was_delivered(self._workspaces, self._outgoing, channel, key, since)

    def pause(self, channel: Channel) -> timedelta:
        """Slack allows about one message a second and channel."""
        return PAUSE

    def turn(self, channel: Channel) -> Turn | None:
        """Slack allows a few hundred messages a minute in a workspace."""
        team, _, _ = channel.address.rpartition("/")
        return Turn(key=f"{PART}:{team}", every=BETWEEN_ALL)

    # --- who and where ---

    async def is_admin(self, channel: Channel, user: User) -> bool:
        """A Slack channel belongs to its members: each of them may change its settings, or, where the operator wants it
        so, the admins of the workspace only. Who speaks in a channel is there; of another one it is looked up."""
        here = asked_in.get()
        try:
            workspace, channel_id = await self._workspaces.of(channel)
            if channel_id.startswith("D"):
                return here is None or here.address == channel.address
            if self._admins_only:
                return await self._directory.is_admin(workspace, user.id)
            if here is None or here.address == channel.address:
                return True
            return await self._directory.belongs(workspace, channel_id, user.id)
        except DeliveryError as error:
            log.info("who may change %s: %s", channel, error)
            return False

    async def find_channel(self, name: str) -> Channel | None:
        try:
            workspace = await self._workspaces.here()
            if workspace is None:
                return None
            if not workspace.team:
                await workspace.introduce()
        except DeliveryError:
            return None
        found = await channel_id(workspace, name)
        return Channel(platform=PART, address=f"{workspace.team}/{found}") if found else None
