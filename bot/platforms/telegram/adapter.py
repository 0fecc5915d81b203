"""Telegram as a Platform: who the bot is, what becomes of an update, who may change settings."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from telegram import BotCommand, Chat, ChatMember, Update

from bot.domain.channel import Channel, User
from bot.domain.errors import (
    ChannelGone,
    DeliveryError,
    MessageRejected,
    PlatformRefused,
)
from bot.domain.message import Message
from bot.domain.story import Language
from bot.platforms.telegram.client import Client, Timeouts
from bot.platforms.telegram.errors import FIXES, translating
from bot.platforms.telegram.receive import Lanes, Pulse, Receiver, Work
from bot.platforms.telegram.sending import Outgoing
from bot.platforms.telegram.updates import NAME, Asked, Gone, Me, Moved, read
from bot.ports import Beat, Clock, Conversation, Identity, MenuEntry

ADMIN_FOR = timedelta(seconds=60)  # how long a demoted admin may still act
ADMINS_REMEMBERED = 1000
PAUSE_PRIVATE = timedelta(seconds=1)
PAUSE_GROUP = timedelta(seconds=3)
COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")
DESCRIPTION_LIMIT = 256
CHANNEL_NAME = re.compile(r"@?(\w{4,32})", re.ASCII)

log = logging.getLogger("kabar.telegram")


class Telegram:
    """A bot account. Sending works without `start`."""

    name = NAME

    def __init__(self, client: Client, *, menu: Sequence[MenuEntry], clock: Clock, timeouts: Timeouts) -> None:
        self._client = client
        self._menu = menu
        self._clock = clock
        self._timeouts = timeouts
        self._me: Me | None = None
        self._pulse: Pulse | None = None
        self._lanes = Lanes()
        self._polling: asyncio.Task[None] | None = None
        self._outgoing = Outgoing(client, timeouts=timeouts, refused=self._refused)
        self._admins: dict[tuple[str, str], tuple[datetime, bool]] = {}

    # --- the bot itself

    async def check(self) -> Identity:
        me = await self._identify()
        return Identity(name=f"@{me.username}")

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """A wrong token is said at once; a network that is not there yet is waited for in the background."""
        self._pulse = Pulse(report, self._clock)
        try:
            await self._identify()
        except PlatformRefused as refused:
            if refused.reason != "unreachable":
                raise
            await self._pulse.failing(refused.reason, refused.detail)

        async def prepare() -> None:
            if self._me is None:
                await self._identify()
            await self._set_menu()

        async def handle(update: Update) -> Work | None:
            return await self._handle(update, conversation)

        receiver = Receiver(
            self._client,
            prepare=prepare,
            handle=handle,
            pulse=self._pulse,
            lanes=self._lanes,
            timeouts=self._timeouts,
        )
        self._polling = asyncio.create_task(receiver.run(), name="telegram polling")

    async def stop(self) -> None:
        if self._polling is not None:
            self._polling.cancel()
            await asyncio.wait([self._polling])
        await self._lanes.finish(self._timeouts.stop)
        self._outgoing.close()
        await self._client.close_connections()

    async def _identify(self) -> Me:
        try:
            with translating():
                user = await self._client.get_me()
        except DeliveryError as error:
            raise PlatformRefused("unreachable", FIXES["unreachable"]) from error
        commands = frozenset(entry.name.lower() for entry in self._menu)
        self._me = Me(id=user.id, username=user.username or "", commands=commands)
        return self._me

    async def _set_menu(self) -> None:
        """The command list that Telegram shows; without it everything still works."""
        for language, code in ((Language.EN, None), (Language.ID, "id")):
            commands = [BotCommand(name, text) for name, text in self._menu_in(language)]
            try:
                with translating():
                    await self._client.set_my_commands(commands, language_code=code)
            except (DeliveryError, PlatformRefused) as error:
                log.warning("could not set the command menu: %s", error)
                return

    def _menu_in(self, language: Language) -> list[tuple[str, str]]:
        shown: list[tuple[str, str]] = []
        for entry in self._menu:
            name, summary = entry.name.lower(), entry.summary.get(language) or entry.summary.get(Language.EN) or ""
            if COMMAND_NAME.fullmatch(name) and summary:
                shown.append((name, summary[:DESCRIPTION_LIMIT]))
            else:
                log.warning("the command %r cannot be in Telegram's menu", entry.name)
        return shown

    # --- sending

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        return await self._outgoing.deliver(channel, message, key)

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        """A bot cannot read what it wrote: never known."""
        return None

    def pause(self, channel: Channel) -> timedelta:
        """Telegram allows a message a second in a private chat and 20 a minute in a group or channel."""
        return PAUSE_PRIVATE if _is_private(channel) else PAUSE_GROUP

    async def _refused(self, refused: PlatformRefused) -> None:
        if self._pulse is not None:
            await self._pulse.failing(refused.reason, refused.detail)

    # --- receiving

    async def _handle(self, update: Update, conversation: Conversation) -> Work | None:
        me = self._me or await self._identify()
        if update.callback_query is not None:
            self._lanes.put(f"press {update.update_id}", lambda: self._acknowledge(update))
        match read(update, me, self._clock()):
            case Moved() as moved:
                await conversation.moved(moved.old, moved.new)
            case Gone() as gone:
                await conversation.gone(gone.channel, gone.reason)
            case Asked() as asked:
                reply = await conversation.answer(asked.request)
                if reply is not None:
                    return lambda: self._reply(asked, reply, conversation)
        return None

    async def _acknowledge(self, update: Update) -> None:
        """Takes the spinner off the pressed button. For one pressed long ago it is too late, which does no harm."""
        if update.callback_query is not None:
            try:
                with translating():
                    await self._client.answer_callback_query(update.callback_query.id)
            except (DeliveryError, PlatformRefused) as error:
                log.info("could not acknowledge a button: %s", error)

    async def _reply(self, asked: Asked, message: Message, conversation: Conversation) -> None:
        channel = asked.request.channel
        try:
            ids = await self._outgoing.reply(channel, message, asked.answer_to)
        except DeliveryError as error:
            log.warning("could not answer in %s: %s", channel, error)
            return
        await conversation.sent(asked.request, message, ids)

    # --- looking things up

    async def is_admin(self, channel: Channel, user: User) -> bool:
        """Anonymous admins act as the chat itself. A failure to reach Telegram is raised (DeliveryError): "no" would be
        a false answer."""
        if _is_private(channel) or user.id == channel.address:
            return True
        now, asked = self._clock(), (channel.address, user.id)
        until, answer = self._admins.get(asked, (now, False))
        if until > now:
            return answer
        answer = await self._ask_admin(channel, user)
        if len(self._admins) >= ADMINS_REMEMBERED:
            self._admins.clear()
        self._admins[asked] = (now + ADMIN_FOR, answer)
        return answer

    async def _ask_admin(self, channel: Channel, user: User) -> bool:
        if not user.id.lstrip("-").isdecimal():
            return False
        try:
            with translating(channel):
                member = await self._client.get_chat_member(channel.address, int(user.id))
        except (ChannelGone, MessageRejected):
            return False
        return member.status in (ChatMember.OWNER, ChatMember.ADMINISTRATOR)

    async def find_channel(self, name: str) -> Channel | None:
        wanted = CHANNEL_NAME.fullmatch(name.strip())
        if wanted is None:
            return None
        try:
            with translating():
                chat = await self._client.get_chat(f"@{wanted[1]}")
        except (ChannelGone, MessageRejected):
            return None
        return None if chat.type == Chat.PRIVATE else Channel(platform=NAME, address=str(chat.id))


def _is_private(channel: Channel) -> bool:
    """Ids of groups and channels are negative."""
    return not channel.address.startswith(("-", "@"))
