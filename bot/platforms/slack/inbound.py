"""From a gesture to its answer: acknowledged at once, asked of the conversation, answered where it was made."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.channel import Channel, User
from bot.domain.errors import ChannelGone, DeliveryError, MessageRejected, PlatformUnavailable, RateLimited
from bot.domain.message import Message, paragraph
from bot.domain.request import Request
from bot.domain.story import Language
from bot.log import logger
from bot.platforms.slack.api import Api, library_log
from bot.platforms.slack.background import Background
from bot.platforms.slack.directory import Directory
from bot.platforms.slack.errors import TokenRefused
from bot.platforms.slack.events import Gesture, Opener, from_command, from_message, from_press
from bot.platforms.slack.health import PART, Health
from bot.platforms.slack.outgoing import Outgoing, Progress
from bot.platforms.slack.render import blocks, fallback, parts
from bot.ports import Conversation

TRIES = 4
LONGEST_WAIT = 30.0  # seconds: who waits longer for an answer has asked again
MOST_WHISPERS = 5  # Slack takes no more through one response_url
LOST = {
    "channel_archive": "is_archived",
    "group_archive": "is_archived",
    "channel_deleted": "channel_not_found",
    "group_deleted": "channel_not_found",
    "channel_left": "not_in_channel",
    "group_left": "not_in_channel",
}
log = logger("slack")


class Inbound:
    def __init__(
        self,
        *,
        api: Api,
        outgoing: Outgoing,
        directory: Directory,
        health: Health,
        background: Background,
        conversation: Conversation,
        names: Collection[str],
        invite_text: Mapping[Language, str],
        retry: float,
    ) -> None:
        self._api = api
        self._outgoing = outgoing
        self._directory = directory
        self._health = health
        self._background = background
        self._conversation = conversation
        self._names = frozenset(names)
        self._invite_text = invite_text
        self._retry = retry
        self._lanes: dict[str, asyncio.Task[None]] = {}

    def app(self, signing_secret: str | None) -> AsyncApp:
        """Bolt with our listeners. It is told who we are instead of asking Slack before the first acknowledgement."""

        async def authorize(team_id: str | None) -> AuthorizeResult:  # bolt looks at the names: no bound method
            return self._authorization(team_id)

        app = AsyncApp(
            name="kabar",
            client=AsyncWebClient(base_url=self._api.base_url, retry_handlers=[], logger=library_log),
            authorize=authorize,
            signing_secret=signing_secret or "",
            logger=library_log,
        )
        anything = re.compile(".*")
        app.command(anything)(self._on_command)
        app.action(anything)(self._on_press)
        app.event("app_mention")(self._on_message)
        app.event("message")(self._on_message)
        app.event(re.compile("^(app_uninstalled|tokens_revoked)$"))(self._on_revoked)
        app.event(re.compile("^(" + "|".join(LOST) + ")$"))(self._on_lost)
        return app

    def _authorization(self, team_id: str | None) -> AuthorizeResult:
        who = self._api.who
        assert who is not None  # no connection is opened before
        return AuthorizeResult(
            enterprise_id=None,
            team_id=team_id,
            bot_token=self._api.token,
            bot_id=who.bot_id,
            bot_user_id=who.user_id,
        )

    # --- listeners: acknowledge, then leave the work to the background; bolt acknowledges events by itself ---

    async def _on_command(self, args: AsyncArgs) -> None:
        await args.ack()
        self._begin(from_command(args.body, self._names))

    async def _on_press(self, args: AsyncArgs) -> None:
        await args.ack()
        self._begin(from_press(args.body))

    async def _on_message(self, args: AsyncArgs) -> None:
        who = self._api.who
        self._begin(from_message(args.body, who.user_id) if who else None)

    async def _on_revoked(self, args: AsyncArgs) -> None:
        event, who = args.body.get("event") or {}, self._api.who
        revoked = (event.get("tokens") or {}).get("bot") or []
        if event.get("type") == "app_uninstalled" or who is None or who.user_id in revoked:
            await self._health.token("revoked")

    async def _on_lost(self, args: AsyncArgs) -> None:
        event = args.body.get("event") or {}
        channel_id, reason = str(event.get("channel") or ""), LOST[str(event.get("type"))]
        self._background.spawn(self._conversation.gone(self._channel(channel_id, ""), reason))

    # --- the work ---

    def _begin(self, gesture: Gesture | None) -> None:
        """One channel's gestures are handled in their order, different channels' side by side."""
        if gesture is None:
            return
        lane, before = gesture.channel_id, self._lanes.get(gesture.channel_id)
        task = self._lanes[lane] = self._background.spawn(self._handle(gesture, before))
        task.add_done_callback(lambda done: self._lanes.pop(lane) if self._lanes.get(lane) is done else None)

    async def _handle(self, gesture: Gesture, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        opener = gesture.opener or await self._directory.opener(gesture.channel_id, gesture.thread)
        request = await self._request(gesture, opener)
        message = await self._conversation.answer(request)
        if message is None:
            return
        ids = await self._reply(gesture, request, message)
        if ids is None:
            return
        # Of a reply in a thread Slack names only the thread's first message. Where that is a person's, it stands for
        # our newest answer below it; the bot's own first message keeps the numbers it shows.
        root = () if opener is Opener.BOT or gesture.root is None else (gesture.root,)
        await self._conversation.sent(request, message, (*ids, *root))

    async def _request(self, gesture: Gesture, opener: Opener) -> Request:
        person = await self._directory.person(gesture.user_id)
        return Request(
            channel=self._channel(gesture.channel_id, gesture.thread if opener is Opener.OTHER else ""),
            user=User(id=gesture.user_id, name=person.name or gesture.user_name),
            text=gesture.text,
            key=gesture.key,
            private=gesture.private,
            reply_to=gesture.reply_to,
            language=person.language,
            zone=person.zone,
        )

    def _channel(self, channel_id: str, thread: str) -> Channel:
        # One token is one workspace. A shared channel's events may name the other company's team; ours is the address.
        team = self._api.who.team_id if self._api.who else ""
        return Channel(platform=PART, address=f"{team}/{channel_id}", thread=thread)

    async def _reply(self, gesture: Gesture, request: Request, message: Message) -> tuple[str, ...] | None:
        """Ids of the answer: () when it arrived without one, or nobody knows; None when it surely did not arrive."""
        progress = Progress()
        for attempt in range(TRIES):
            try:
                return await self._outgoing.post(
                    channel_id=gesture.channel_id,
                    thread_ts=gesture.answer_in,
                    home_thread=request.channel.thread,
                    message=message,
                    progress=progress,
                )
            except TokenRefused as error:
                await self._health.token(error.cause)
                return None
            except ChannelGone as error:
                return await self._whisper(gesture, request, message, error)
            except MessageRejected as error:
                log.warning("an answer was refused (%s), trying it without style", error)
                if message == message.plain():
                    return None
                message = message.plain()
            except (RateLimited, PlatformUnavailable) as error:
                asked = error.retry_after.total_seconds() if isinstance(error, RateLimited) else 0.0
                await asyncio.sleep(min(max(asked, self._retry * 2**attempt), LONGEST_WAIT))
            except DeliveryError as error:
                log.warning("an answer may not have arrived (%s)", error)
                return tuple(progress.ids.values())
        log.warning("an answer could not be sent to %s", request.channel)
        return None

    async def _whisper(
        self, gesture: Gesture, request: Request, message: Message, gone: ChannelGone
    ) -> tuple[str, ...] | None:
        """Where the bot is no member only the one who asked can be answered, and is told how to invite it."""
        if gesture.response_url is None:
            log.info("no answer in %s: %s", request.channel, gone.reason)
            return None
        invite = self._invite_text.get(request.language or Language.EN) or self._invite_text.get(Language.EN)
        if invite:
            message = replace(message, paragraphs=(*message.paragraphs, paragraph(invite)))
        try:
            for piece in parts(message)[:MOST_WHISPERS]:
                shown = blocks(piece, thread=request.channel.thread)
                await self._api.respond(
                    gesture.response_url,
                    {
                        "response_type": "ephemeral",
                        "replace_original": False,
                        "text": fallback(piece),
                        "blocks": shown,
                        "unfurl_links": False,
                    },
                )
        except DeliveryError as error:
            log.warning("an answer could not be whispered (%s)", error)
            return None
        return ()
