"""How a request is answered: who may ask, on which chat it acts, what happens when something fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.commands.command import Context, Kit
from bot.commands.question import found, reply_to_unknown, reply_to_words
from bot.commands.rights import elsewhere, manage, require_admin
from bot.commands.sharing import stories_to_share
from bot.commands.understanding import Meant, understood
from bot.domain.channel import Channel
from bot.domain.errors import CommandError, KabarError, StoreError
from bot.domain.message import Message, say
from bot.domain.request import Request
from bot.domain.subscription import Chat, ChatState
from bot.log import logger
from bot.ports import Offer, Outbox
from bot.texts import Texts

RIGHT_AFTER = timedelta(minutes=10)
LONGEST_TOAST = 190  # letters: Telegram shows 200
UNINSTALLED = "app_uninstalled"
LOG = logger("chat")


class Conversation:
    """Answers requests of every platform; fits ports.Conversation."""

    def __init__(self, kit: Kit, outbox: Outbox) -> None:
        self._kit = kit
        self._outbox = outbox
        self._in_hand: set[str] = set()
        self._listed: dict[Channel, datetime] = {}

    async def answer(self, request: Request) -> Message | None:
        """A gesture that is in hand or was answered already gets no second answer; any failure gets a sentence."""
        request = replace(request, text=_whole(request.text))
        meant = understood(request, right_after=self._is_right_after(request.channel))
        if request.key in self._in_hand or meant is None:
            return None
        if request.key:
            self._in_hand.add(request.key)
        texts = Texts(request.language or self._kit.language)
        try:
            if request.key and await self._kit.chats.was_answered(request.key):
                return None
            try:
                message = await self._answer(request, meant)
            except CommandError as error:
                message = replace(say(str(error)), toast=request.pressed and len(str(error)) <= LONGEST_TOAST)
            if request.key:
                await self._kit.chats.first_time(request.key, self._kit.clock())
            return message
        except StoreError as error:
            LOG.error("no answer to a message: %s", error)
            return say(texts.say("trouble.database"))
        except KabarError as error:
            LOG.error("no answer to a message: %s", error)
            return say(texts.say("trouble.other"))
        except Exception:
            LOG.exception("no answer to a message")
            return say(texts.say("trouble.other"))
        finally:
            self._in_hand.discard(request.key)

    async def sent(self, request: Request, message: Message, message_ids: Sequence[str]) -> None:
        """Numbers in a reply, or right after it, mean the stories of this message. What is delivered there waits for
        its distance to it."""
        now = self._kit.clock()
        platform = self._kit.platforms.get(request.channel.platform)
        try:
            if platform is not None and message_ids:
                turn = platform.turn(request.channel)
                await self._outbox.spoke(request.channel, now + platform.pause(request.channel), turn, now)
        except StoreError as error:
            LOG.error("an answer is not counted against the platform's limits: %s", error)
        if not message.stories:
            return
        kind = "list" if message.numbered else "alert"
        if kind == "list":
            self._listed[request.channel] = now
        try:
            await self._kit.chats.remember(request.channel, message_ids, message.stories, kind, now)
        except StoreError as error:
            LOG.error("the numbers of a message are not kept: %s", error)

    async def offers(self, request: Request) -> Sequence[Offer]:
        """Stories to share; none where nothing is found, and none for strangers."""
        if not self._kit.access.admits(request.channel, request.user):
            return ()
        try:
            return await stories_to_share(replace(request, text=_whole(request.text)), self._kit)
        except KabarError as error:
            LOG.error("nothing to share: %s", error)
        except Exception:
            LOG.exception("nothing to share")
        return ()

    async def moved(self, old: Channel, new: Channel) -> None:
        """Every thread of a channel moves along."""
        try:
            for chat in await self._kit.chats.within(old):
                to = replace(new, thread=chat.channel.thread) if not (old.thread or new.thread) else new
                await self._outbox.move(chat.id, to)
                LOG.info("%s is now %s", chat.channel, to)
        except StoreError as error:  # the next delivery to the old address will be told of the new one
            LOG.error("%s moved to %s, not written down: %s", old, new, error)

    async def gone(self, channel: Channel, reason: str) -> None:
        """The chat with all its threads; `TEAM/*`: every chat of a workspace."""
        try:
            for chat in await self._kit.chats.within(channel):
                if chat.state is ChatState.ACTIVE:
                    await self._outbox.park(chat.id, reason, self._kit.clock())
                    LOG.info("%s is parked: %s", chat.channel, reason)
        except StoreError as error:  # the next delivery finds out by itself
            LOG.error("%s is gone, not written down: %s", channel, error)

    async def back(self, channel: Channel) -> None:
        """The channel can be reached again, with all that waits for it; `TEAM/*`: every chat that went when the
        workspace took the bot away, but not those it was put out of before."""
        try:
            for chat in await self._kit.chats.within(channel):
                if chat.state is ChatState.PARKED and (not channel.is_workspace or chat.parked_reason == UNINSTALLED):
                    await self._kit.chats.revive(chat.id)
                    LOG.info("%s is back", chat.channel)
        except StoreError as error:  # it is back too as soon as somebody speaks there
            LOG.error("%s is back, not written down: %s", channel, error)

    async def _answer(self, request: Request, meant: Meant) -> Message | None:
        kit = self._kit
        if not kit.access.admits(request.channel, request.user):
            place = f"{request.channel.platform}:{request.channel.address}"
            return say(Texts(request.language or kit.language).say("access.refused", chat=place))
        chat = await kit.chats.meet(request.channel)
        if chat.state is ChatState.PARKED:
            await kit.chats.revive(chat.id)
            chat = replace(chat, state=ChatState.ACTIVE, parked_reason=None)
        context = self._context(request, chat)
        if request.about is not None and request.private and not request.text.lstrip().startswith("/"):
            return await manage(request.about, context)
        if meant.command is None:
            return await reply_to_words(meant.words, context) if not meant.sure else reply_to_unknown(context)
        try:
            return await self._run(meant, context)
        except CommandError:
            message = None if meant.sure else await found(request.text.split(), context)
            if message is None:
                raise
            return message

    async def _run(self, meant: Meant, context: Context) -> Message:
        """A command, by those who may, on the chat it is meant for."""
        command, words = meant.command, list(meant.words)
        assert command is not None
        if command.operator and not self._kit.access.is_operator(context.request.channel):
            raise context.refuse("access.operator", command=command.name)
        if command.changes:
            words, context = await elsewhere(words, context)
        if not context.directed and command.is_change(words) and not context.chat.preferences.open:
            await require_admin(context)
        return await command.run(words, context)

    def _context(self, request: Request, chat: Chat) -> Context:
        language = chat.preferences.language or request.language or self._kit.language
        return Context(request=request, chat=chat, kit=self._kit, texts=Texts(language), now=self._kit.clock())

    def _is_right_after(self, channel: Channel) -> bool:
        listed = self._listed.get(channel)
        return listed is not None and self._kit.clock() - listed <= RIGHT_AFTER


def _whole(text: str) -> str:
    """Without halves of characters, which some keyboards and forwarded texts hold and nothing can send or store."""
    return text.encode("utf-8", "replace").decode()
