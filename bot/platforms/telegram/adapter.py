"""Telegram as a Platform: who the bot is, what becomes of an update, what goes where."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from telegram import Update

from bot.domain.channel import Channel, User
from bot.domain.delivery import Turn
from bot.domain.errors import DeliveryError, PlatformRefused
from bot.domain.message import Message
from bot.platforms.telegram.buttons import Seal
from bot.platforms.telegram.client import Client, Timeouts
from bot.platforms.telegram.documents import with_file
from bot.platforms.telegram.errors import FIXES, translating
from bot.platforms.telegram.events import NAME, Asked, Forged, Gone, Me, Moved, Sought
from bot.platforms.telegram.menu import names, publish
from bot.platforms.telegram.polling import Poller
from bot.platforms.telegram.presses import Presses
from bot.platforms.telegram.receive import Intake, Lanes, Pulse, Work
from bot.platforms.telegram.rights import Rights, is_private
from bot.platforms.telegram.sending import Outgoing
from bot.platforms.telegram.sharing import offer
from bot.platforms.telegram.tempo import Tempo
from bot.platforms.telegram.updates import Reader
from bot.platforms.telegram.webhook import Webhook
from bot.platforms.telegram.wire import Wire
from bot.ports import Beat, Clock, Conversation, Duty, Identity, MenuEntry, Routes
from bot.texts import Texts

PAUSE_PRIVATE = timedelta(seconds=1)
PAUSE_GROUP = timedelta(seconds=3)
BETWEEN_ALL = timedelta(milliseconds=34)

log = logging.getLogger("kabar.telegram")


class Telegram:
    """A bot account. Sending works without `start`. With a `webhook` Telegram brings the updates, else they are
    fetched."""

    name = NAME

    def __init__(
        self,
        client: Client,
        *,
        menu: Sequence[MenuEntry],
        clock: Clock,
        timeouts: Timeouts,
        webhook: Webhook | None,
        tempo: Tempo,
        duty: Duty | None,
    ) -> None:
        self._client = client
        self._menu = menu
        self._clock = clock
        self._timeouts = timeouts
        self._webhook = webhook
        self._me: Me | None = None
        self._pulse: Pulse | None = None
        self._lanes = Lanes()
        self._receiving: asyncio.Task[None] | None = None
        self._seal = Seal(client.token)
        self._reader: Reader | None = None
        self._turn = Turn(key=f"{NAME}:{client.token.partition(':')[0]}", every=BETWEEN_ALL)
        self._wire = Wire(client, tempo, self._refused)
        self._duty = duty
        self._outgoing = Outgoing(self._wire, self._seal, timeouts)
        self._rights = Rights(client, clock)
        self._presses = Presses(client, self._lanes, timeouts.press)

    # --- the bot itself

    async def check(self) -> Identity:
        me = await self._identify()
        return Identity(name=f"@{me.username}")

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """A wrong token is said at once; a network that is not there yet is waited for in the background."""
        pulse = self._pulse = Pulse(report, self._clock)
        try:
            await self._identify()
        except PlatformRefused as refused:
            if refused.reason != "unreachable":
                raise
            await pulse.failing(refused.reason, refused.detail)

        async def handle(update: Update) -> Work | None:
            return await self._handle(update, conversation)

        intake = Intake(self._client, arrived=self._arrived, handle=handle, lanes=self._lanes)
        if self._webhook is not None:
            self._webhook.open(intake)
            receive = self._webhook.run(self._prepare, pulse)
        else:
            poller = Poller(
                self._client, intake, prepare=self._prepare, pulse=pulse, timeouts=self._timeouts, duty=self._duty
            )
            receive = poller.run()
        self._receiving = asyncio.create_task(receive, name="telegram receiving")

    async def stop(self) -> None:
        if self._webhook is not None:
            self._webhook.close()
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.wait([self._receiving])
        self._presses.settle_all()
        await self._lanes.finish(self._timeouts.stop)
        self._wire.close()
        await self._client.close_connections()

    def routes(self) -> Routes:
        return self._webhook.routes() if self._webhook is not None else {}

    async def _prepare(self) -> None:
        if self._me is None:
            await self._identify()
        self._lanes.put("menu", partial(publish, self._client, self._menu))

    async def _identify(self) -> Me:
        try:
            with translating():
                user = await self._client.get_me()
        except DeliveryError as error:
            raise PlatformRefused("unreachable", FIXES["unreachable"]) from error
        self._me = Me(id=user.id, username=user.username or "", commands=names(self._menu))
        return self._me

    async def _refused(self, refused: PlatformRefused) -> None:
        if self._pulse is not None:
            await self._pulse.failing(refused.reason, refused.detail)

    # --- sending

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        return await self._outgoing.deliver(channel, message, key)

    async def edit(self, channel: Channel, message_ids: Sequence[str], message: Message) -> tuple[str, ...]:
        return await self._outgoing.edit(channel, message_ids, message)

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        """A bot cannot read what it wrote: never known."""
        return None

    def pause(self, channel: Channel) -> timedelta:
        """Telegram allows a message a second in a private chat and 20 a minute in a group or channel."""
        return PAUSE_PRIVATE if is_private(channel) else PAUSE_GROUP

    def turn(self, channel: Channel) -> Turn | None:
        """Telegram allows about 30 messages a second over all chats."""
        return self._turn

    # --- receiving

    def _arrived(self, update: Update) -> None:
        """What cannot wait until the chat has time for it."""
        self._rights.heed(update)
        if update.callback_query is not None:
            self._presses.begin(update.callback_query.id)

    async def _handle(self, update: Update, conversation: Conversation) -> Work | None:
        me = self._me or await self._identify()
        if self._reader is None:
            self._reader = Reader(me, self._seal)
        match self._reader.read(update, self._clock()):
            case Moved() as moved:
                await conversation.moved(moved.old, moved.new)
            case Gone() as gone:
                await conversation.gone(gone.channel, gone.reason)
            case Forged() as forged:
                texts = Texts(forged.language or "en")
                await self._presses.notice(forged.press, texts.say("telegram.button.elsewhere"))
            case Sought() as sought:
                await offer(self._client, sought, await conversation.offers(sought.request), me.username)
            case Asked() as asked:
                return await self._answer(asked, conversation)
        return None

    async def _answer(self, asked: Asked, conversation: Conversation) -> Work | None:
        request = asked.request
        if asked.document is not None:
            request = await with_file(self._client, request, asked.document)
        reply = await conversation.answer(request)
        if asked.press is not None and not (reply and reply.toast):
            self._presses.settle(asked.press)
        if reply is None:
            return None
        return partial(self._reply, asked, reply, conversation)

    async def _reply(self, asked: Asked, message: Message, conversation: Conversation) -> None:
        request = asked.request
        if asked.press and message.toast and await self._presses.notice(asked.press, message.text):
            return
        try:
            if asked.press and message.in_place and request.reply_to:
                ids = await self._outgoing.put_in_place(request.channel, request.reply_to, message)
            else:
                ids = await self._outgoing.reply(request.channel, message, asked.answer_to)
        except DeliveryError as error:
            log.warning("could not answer in %s: %s", request.channel, error)
            return
        await conversation.sent(request, message, ids)

    # --- looking things up

    async def is_admin(self, channel: Channel, user: User) -> bool:
        return await self._rights.is_admin(channel, user)

    async def find_channel(self, name: str) -> Channel | None:
        return await self._rights.find(name)
