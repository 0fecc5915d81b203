"""From a gesture to its answer: acknowledged at once, asked of the conversation once, answered where it was made."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.channel import Channel, User
from bot.domain.errors import DeliveryError
from bot.domain.message import Attachment
from bot.domain.request import Request
from bot.log import logger
from bot.platforms.slack.api import Api, library_log
from bot.platforms.slack.background import Background
from bot.platforms.slack.changes import Changes
from bot.platforms.slack.directory import Directory
from bot.platforms.slack.errors import TokenRefused
from bot.platforms.slack.events import Gesture, Opener, from_command, from_message
from bot.platforms.slack.health import PART, Health
from bot.platforms.slack.interactions import from_home, from_press, from_shortcut, from_submission, home
from bot.platforms.slack.replies import Replies
from bot.platforms.slack.workspaces import Workspace, Workspaces, asked_in
from bot.ports import Conversation

MOST_SEEN = 5_000
LARGEST_FILE = 1024 * 1024
log = logger("slack")


class Inbound:
    def __init__(
        self,
        *,
        api: Api,
        workspaces: Workspaces,
        directory: Directory,
        replies: Replies,
        changes: Changes,
        health: Health,
        background: Background,
        conversation: Conversation,
        names: Collection[str],
    ) -> None:
        self._api = api
        self._workspaces = workspaces
        self._directory = directory
        self._replies = replies
        self._changes = changes
        self._health = health
        self._background = background
        self._conversation = conversation
        self._names = frozenset(names)
        self.app = self._listening()
        self._lanes: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._seen: dict[str, None] = {}

    def take(self, payload: dict[str, Any]) -> None:
        """A payload that is acknowledged already, in the shape that Socket Mode has it in."""
        self._background.spawn(self._dispatch(payload))

    async def _dispatch(self, payload: dict[str, Any]) -> None:
        await self.app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))

    def _listening(self) -> AsyncApp:
        """Bolt with our listeners. They use none of its clients, so it needs no token: nothing is looked up, in Slack
        or in a database, before the acknowledgement. Signatures are checked before (`http.py`)."""

        async def authorize(team_id: str | None) -> AuthorizeResult:  # bolt looks at the names: no bound method
            return AuthorizeResult(enterprise_id=None, team_id=team_id, bot_token="none")  # noqa: S106

        app = AsyncApp(
            name="kabar",
            client=AsyncWebClient(base_url=self._api.base_url, retry_handlers=[], logger=library_log),
            authorize=authorize,
            request_verification_enabled=False,
            logger=library_log,
        )
        anything = re.compile(".*")
        app.command(anything)(self._on_command)
        app.action(anything)(self._on_press)
        app.shortcut(anything)(self._on_shortcut)
        app.view(anything)(self._on_submission)
        app.event("app_mention")(self._on_message)
        app.event("message")(self._on_message)
        app.event("app_home_opened")(self._on_home)
        app.event(re.compile("^(app_uninstalled|tokens_revoked)$"))(self._on_left)
        app.event(re.compile("^team_access_(granted|revoked)$"))(self._on_granted)
        app.event(self._changes.EVENTS)(self._on_change)
        return app

    # --- listeners: acknowledge, then leave the work to the background; bolt acknowledges events by itself ---

    async def _on_command(self, args: AsyncArgs) -> None:
        await args.ack()
        self._begin(from_command(self._team(args), args.body, self._names))

    async def _on_press(self, args: AsyncArgs) -> None:
        await args.ack()
        self._begin(from_press(self._team(args), args.body))

    async def _on_shortcut(self, args: AsyncArgs) -> None:
        await args.ack()
        self._begin(from_shortcut(self._team(args), args.body))

    async def _on_submission(self, args: AsyncArgs) -> None:
        await args.ack()  # an empty answer closes the dialog
        self._begin(from_submission(self._team(args), args.body))

    async def _on_message(self, args: AsyncArgs) -> None:
        self._begin(from_message(self._team(args), args.body, self._bot_user(args), self._directory.noted))

    async def _on_home(self, args: AsyncArgs) -> None:
        self._begin(from_home(self._team(args), args.body))

    async def _on_left(self, args: AsyncArgs) -> None:
        who = self._organisation(args) or self._team(args)
        self._background.spawn(self._changes.left(who, args.body, self._bot_user(args)))

    async def _on_granted(self, args: AsyncArgs) -> None:
        self._background.spawn(self._changes.granted(args.body, str(args.context.enterprise_id or "")))

    async def _on_change(self, args: AsyncArgs) -> None:
        self._background.spawn(self._changes.of_channel(self._team(args), args.body, self._bot_user(args)))

    def _team(self, args: AsyncArgs) -> str:
        team = str(args.context.team_id or args.body.get("team_id") or "")
        self._workspaces.belongs(team, self._organisation(args))
        return self._workspaces.named(team)

    def _organisation(self, args: AsyncArgs) -> str:
        """Whose installation as a whole the gesture comes through, "" for a workspace's own."""
        return str(args.context.enterprise_id or "") if args.context.is_enterprise_install else ""

    def _bot_user(self, args: AsyncArgs) -> str:
        """The bot in that workspace: an event says so itself."""
        for authorization in args.body.get("authorizations") or []:
            if authorization.get("is_bot") and authorization.get("user_id"):
                return str(authorization["user_id"])
        return self._workspaces.bot_user(self._team(args))

    # --- the work ---

    def _begin(self, gesture: Gesture | None) -> None:
        """A gesture that arrives twice counts once. One channel's gestures are handled in their order, different
        channels' side by side."""
        if gesture is None or gesture.key in self._seen:
            return
        if gesture.key:
            self._seen[gesture.key] = None
        while len(self._seen) > MOST_SEEN:
            self._seen.pop(next(iter(self._seen)))
        lane = (gesture.team, gesture.channel_id)
        before = self._lanes.get(lane)
        task = self._lanes[lane] = self._background.spawn(self._handle(gesture, before))
        task.add_done_callback(lambda done: self._lanes.pop(lane) if self._lanes.get(lane) is done else None)

    async def _handle(self, gesture: Gesture, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        try:
            workspace = await self._workspaces.known(gesture.team)
            try:
                await self._answer(workspace, gesture)
            except TokenRefused as error:
                if workspace is self._workspaces.own:
                    await self._health.token(error.cause)
                raise await self._workspaces.verdict(workspace, error) from None
        except DeliveryError as error:
            log.warning("no answer in %s: %s", gesture.team, error)

    async def _answer(self, workspace: Workspace, gesture: Gesture) -> None:
        opener = gesture.opener or await self._directory.opener(workspace, gesture.channel_id, gesture.thread)
        request = await self._request(workspace, gesture, opener)
        asked_in.set(request.channel)
        message = await self._conversation.answer(request)
        if message is None:
            return
        ids = await self._replies.give(workspace, gesture, request, message)
        if ids is None:
            return
        if gesture.root:
            self._directory.note(workspace.team, gesture.channel_id, gesture.root, opener)
        # Of a reply in a thread Slack names only the thread's first message. Where that is a person's, it stands for
        # our newest answer below it; the bot's own first message keeps the numbers it shows.
        root = () if opener is Opener.BOT or gesture.root is None else (gesture.root,)
        await self._conversation.sent(request, message, (*ids, *root))
        if gesture.at_home and (gesture.submitted or (gesture.pressed and message.toast)):
            again = home(gesture.team, gesture.channel_id, gesture.user_id, f"{gesture.key}:home")
            await self._answer(workspace, again)  # it shows what was just changed

    async def _request(self, workspace: Workspace, gesture: Gesture, opener: Opener) -> Request:
        person = await self._directory.person(workspace, gesture.user_id)
        return Request(
            channel=Channel(
                platform=PART,
                address=f"{workspace.team}/{gesture.channel_id}",
                thread=gesture.thread if opener is Opener.OTHER else "",
            ),
            user=User(id=gesture.user_id, name=person.name or gesture.user_name),
            text=gesture.text,
            key=gesture.key,
            private=gesture.private,
            addressed=gesture.addressed,
            reply_to=gesture.reply_to,
            language=person.language,
            zone=person.zone,
            pressed=gesture.pressed,
            file=await self._file(workspace, gesture),
            subject=gesture.subject,
        )

    async def _file(self, workspace: Workspace, gesture: Gesture) -> Attachment | None:
        shared = gesture.file
        if shared is None:
            return None
        try:
            content = await self._api.download(workspace.token, shared.url, LARGEST_FILE)
        except DeliveryError as error:
            log.info("a shared file could not be read: %s", error)
            return None
        return Attachment(name=shared.name, media_type=shared.media_type, content=content)
