"""Where the answer to a gesture appears: in the channel or thread, in place of the pressed message, before one pair of
eyes only, as a dialog, in the App Home."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, DeliveryError, MessageRejected, PlatformUnavailable, RateLimited
from bot.domain.message import Message, paragraph
from bot.domain.request import Request
from bot.domain.story import Language
from bot.log import logger
from bot.platforms.slack.api import Call
from bot.platforms.slack.dialogs import Memo, dialog, home_view, notice
from bot.platforms.slack.directory import Directory
from bot.platforms.slack.errors import TokenRefused
from bot.platforms.slack.events import Gesture
from bot.platforms.slack.outgoing import Outgoing, Place, Progress
from bot.platforms.slack.render import blocks, fallback, parts
from bot.platforms.slack.workspaces import Workspace

TRIES = 4
LONGEST_WAIT = 30.0  # seconds: who waits longer for an answer has asked again
MOST_WHISPERS = 5  # Slack takes no more through one response_url
NOWHERE: tuple[str, ...] = ()  # shown, but under no id that anybody could reply to
log = logger("slack")


class Replies:
    """One answer in the making a gesture. TokenRefused is raised: it is about more than this answer."""

    def __init__(
        self, *, outgoing: Outgoing, directory: Directory, invite_text: Mapping[Language, str], retry: float
    ) -> None:
        self._outgoing = outgoing
        self._directory = directory
        self._invite_text = invite_text
        self._retry = retry

    async def give(
        self, workspace: Workspace, gesture: Gesture, request: Request, message: Message
    ) -> tuple[str, ...] | None:
        """Ids of the answer: () when it arrived without one, or nobody knows; None when it surely did not arrive."""
        if message.form is not None and await self._open(workspace, gesture, request, message):
            return NOWHERE
        if gesture.at_home:
            return await self._at_home(workspace, gesture, request, message)
        if gesture.pressed and message.in_place:
            changed = await self._in_place(workspace, gesture, request, message)
            if changed is not None:
                return changed
        elif gesture.discreet or (gesture.pressed and message.toast):
            return await self._whisper(workspace, gesture, request, message)
        return await self._post(workspace, gesture, request, message)

    # --- dialogs and the App Home ---

    async def _open(self, workspace: Workspace, gesture: Gesture, request: Request, message: Message) -> bool:
        """False: there is no gesture to open a dialog on, or it came too late; then the message itself has to do."""
        assert message.form is not None
        memo = Memo.of(gesture, message.form.action, request.channel.thread)
        return await self._show(workspace, gesture, dialog(message.form, memo))

    async def _show(self, workspace: Workspace, gesture: Gesture, view: dict[str, Any] | None) -> bool:
        if view is None or not gesture.trigger_id:
            return False
        try:
            await workspace.ask(lambda client: client.views_open(trigger_id=gesture.trigger_id, view=view))
        except TokenRefused:
            raise
        except DeliveryError as error:
            log.info("no dialog was opened: %s", error)
            return False
        return True

    async def _at_home(
        self, workspace: Workspace, gesture: Gesture, request: Request, message: Message
    ) -> tuple[str, ...] | None:
        """What was not pressed there is the Home itself; what changes something says so above it; a story goes into the
        chat."""
        if message.in_place or not (gesture.pressed or gesture.submitted):
            return NOWHERE if await self._publish(workspace, gesture, message) else None
        if (message.toast or gesture.submitted) and await self._show(workspace, gesture, notice(message)):
            return NOWHERE
        return await self._post(workspace, gesture, request, message)

    async def _publish(self, workspace: Workspace, gesture: Gesture, message: Message) -> bool:
        view = home_view(message, gesture.channel_id)
        try:
            await workspace.ask(lambda client: client.views_publish(user_id=gesture.user_id, view=view))
        except TokenRefused:
            raise
        except DeliveryError as error:
            log.warning("the App Home could not be shown: %s", error)
            return False
        return True

    # --- messages ---

    async def _in_place(
        self, workspace: Workspace, gesture: Gesture, request: Request, message: Message
    ) -> tuple[str, ...] | None:
        """None: it cannot be changed any more, and a new message has to do."""
        if not gesture.hidden and gesture.reply_to:
            ids = (*gesture.earlier, gesture.reply_to)
            place = Place(channel_id=gesture.channel_id, thread=gesture.stands_in, home=request.channel.thread)
            try:
                changed = await self._outgoing.edit(workspace, place, ids, message)
            except TokenRefused:
                raise
            except DeliveryError as error:
                log.info("a message could not be changed in place: %s", error)
            else:
                if message.attachment is not None:
                    await self._outgoing.attach(workspace, place, message.attachment)
                return changed
        if gesture.response_url and await self._respond(workspace, gesture, request, message, replacing=True):
            return NOWHERE
        return None

    async def _post(
        self, workspace: Workspace, gesture: Gesture, request: Request, message: Message
    ) -> tuple[str, ...] | None:
        progress = Progress()
        place = Place(channel_id=gesture.channel_id, thread=gesture.answer_in, home=request.channel.thread)
        for attempt in range(TRIES):
            try:
                return await self._outgoing.post(workspace, place, message, progress)
            except TokenRefused:
                raise
            except ChannelGone as error:
                if gesture.response_url is None:
                    log.info("no answer in %s: %s", request.channel, error.reason)
                    return None
                return await self._whisper(workspace, gesture, request, self._inviting(request, message))
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
                return progress.in_order()
        log.warning("an answer could not be sent to %s", request.channel)
        return None

    def _inviting(self, request: Request, message: Message) -> Message:
        """Where the bot is no member the one who asked is told how to invite it."""
        invite = self._invite_text.get(request.language or Language.EN) or self._invite_text.get(Language.EN)
        return replace(message, paragraphs=(*message.paragraphs, paragraph(invite))) if invite else message

    # --- for one pair of eyes ---

    async def _whisper(
        self, workspace: Workspace, gesture: Gesture, request: Request, message: Message
    ) -> tuple[str, ...] | None:
        """A file cannot be whispered: it goes to the person's own chat with the bot."""
        arrived = gesture.response_url is not None and await self._respond(workspace, gesture, request, message)
        if not arrived and not await self._post_hidden(workspace, gesture, request, message):
            return None
        if message.attachment is not None:
            try:
                place = Place(channel_id=await self._directory.direct(workspace, gesture.user_id))
            except DeliveryError as error:
                log.warning("a file could not be handed over: %s", error)
            else:
                await self._outgoing.attach(workspace, place, message.attachment)
        return NOWHERE

    async def _respond(
        self, workspace: Workspace, gesture: Gesture, request: Request, message: Message, *, replacing: bool = False
    ) -> bool:
        assert gesture.response_url is not None
        try:
            for number, piece in enumerate(parts(message)[:MOST_WHISPERS]):
                body = _hidden(piece, request.channel, gesture) | {
                    "response_type": "ephemeral",
                    "replace_original": replacing and number == 0,
                    "unfurl_links": False,
                }
                await workspace.api.respond(gesture.response_url, body)
        except DeliveryError as error:
            log.warning("an answer could not be whispered (%s)", error)
            return False
        return True

    async def _post_hidden(self, workspace: Workspace, gesture: Gesture, request: Request, message: Message) -> bool:
        try:
            for piece in parts(message)[:MOST_WHISPERS]:
                body = _hidden(piece, request.channel, gesture)
                await workspace.ask(_ephemeral(body | {"channel": gesture.channel_id, "user": gesture.user_id}))
        except TokenRefused:
            raise
        except DeliveryError as error:
            log.warning("an answer could not be shown to one person (%s)", error)
            return False
        return True


def _hidden(piece: Message, channel: Channel, gesture: Gesture) -> dict[str, Any]:
    body: dict[str, Any] = {"text": fallback(piece), "mrkdwn": False, "blocks": blocks(piece, thread=channel.thread)}
    return body | ({"thread_ts": gesture.stands_in} if gesture.stands_in else {})


def _ephemeral(body: dict[str, Any]) -> Call:
    return lambda client: client.api_call("chat.postEphemeral", json=body)
