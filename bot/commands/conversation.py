"""What a typed line means: a command, a number, a word that is nearly a command; and that every line gets an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from bot.commands.command import Command, Context, Kit, words_of
from bot.commands.registry import by_word
from bot.domain.channel import Channel
from bot.domain.errors import CommandError, KabarError, StoreError
from bot.domain.message import Button, Message, paragraph, say
from bot.domain.request import Request
from bot.domain.subscription import Chat, ChatState
from bot.log import logger
from bot.ports import Outbox
from bot.texts import Texts

RIGHT_AFTER = timedelta(minutes=10)
NUMBER = re.compile(r"(?:#|no\.?\s*|nomor\s*)?([0-9]{1,4})[.)!]?", re.IGNORECASE)
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
        if request.key in self._in_hand or self._read(request) is None:
            return None
        if request.key:
            self._in_hand.add(request.key)
        texts = Texts(request.language or self._kit.language)
        try:
            if request.key and await self._kit.chats.was_answered(request.key):
                return None
            try:
                message = await self._answer(request)
            except CommandError as error:
                message = say(str(error))
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
        """Numbers in a reply, or right after it, mean the stories of this message."""
        if not message.stories:
            return
        now = self._kit.clock()
        kind = "list" if message.numbered else "alert"
        if kind == "list":
            self._listed[request.channel] = now
        try:
            await self._kit.chats.remember(request.channel, message_ids, message.stories, kind, now)
        except StoreError as error:
            LOG.error("the numbers of a message are not kept: %s", error)

    async def moved(self, old: Channel, new: Channel) -> None:
        try:
            chat = await self._kit.chats.find(old)
            if chat is not None:
                await self._outbox.move(chat.id, new)
                LOG.info("%s is now %s", old, new)
        except StoreError as error:  # the next delivery to the old address will be told of the new one
            LOG.error("%s moved to %s, not written down: %s", old, new, error)

    async def gone(self, channel: Channel, reason: str) -> None:
        try:
            chat = await self._kit.chats.find(channel)
            if chat is not None and chat.state is ChatState.ACTIVE:
                await self._outbox.park(chat.id, reason, self._kit.clock())
                LOG.info("%s is parked: %s", channel, reason)
        except StoreError as error:  # the next delivery finds out by itself
            LOG.error("%s is gone, not written down: %s", channel, error)

    async def _answer(self, request: Request) -> Message | None:
        read = self._read(request)
        if read is None:
            return None
        command, words = read
        chat = await self._kit.chats.meet(request.channel)
        if chat.state is ChatState.PARKED:
            await self._kit.chats.revive(chat.id)
            chat = replace(chat, state=ChatState.ACTIVE, parked_reason=None)
        context = self._context(request, chat)
        if command is None:
            return self._unknown(context)
        if command.is_change(words):
            await self._allow(context)
        return await command.run(words, context)

    def _context(self, request: Request, chat: Chat) -> Context:
        language = chat.preferences.language or request.language or self._kit.language
        return Context(request=request, chat=chat, kit=self._kit, texts=Texts(language), now=self._kit.clock())

    def _read(self, request: Request) -> tuple[Command | None, list[str]] | None:
        """The command and its words; (None, []) for words meant for the bot that are no command; None for words that
        are not for the bot."""
        text = request.text.strip()
        number = NUMBER.fullmatch(text)
        if number and (request.addressed or self._is_right_after(request.channel)):
            return by_word()["more"], [number[1]]
        typed = re.match(r"/([^\s@]+)(?:@\S+)?\s*(.*)", text, re.DOTALL)
        if typed:
            command = by_word().get(typed[1].lower())
            return (command, words_of(typed[2])) if command or request.addressed else None
        if not request.addressed:
            return None
        words = words_of(text)
        if words and words[0].lower() in by_word():
            return by_word()[words[0].lower()], words[1:]
        if not words and request.private:
            return by_word()["help"], []
        return None, []

    def _is_right_after(self, channel: Channel) -> bool:
        listed = self._listed.get(channel)
        return listed is not None and self._kit.clock() - listed <= RIGHT_AFTER

    async def _allow(self, context: Context) -> None:
        """In a group only its admins change settings."""
        request = context.request
        platform = self._kit.platforms.get(request.channel.platform)
        if request.private or platform is None:
            return
        if not await platform.is_admin(request.channel, request.user):
            raise context.refuse("group.admins_only")

    def _unknown(self, context: Context) -> Message:
        """Names the command that was nearly typed, or the way to all of them."""
        first = (context.request.text.split() or [""])[0]
        word = first.lstrip("/").split("@")[0].lower()
        close = get_close_matches(word, by_word(), n=1, cutoff=0.7)
        if close:
            text = context.texts.say("unknown.close", word=first[:40], close=close[0])
            return Message(
                paragraphs=(paragraph(text),), buttons=((Button(label=f"/{close[0]}", action=f"/{close[0]}"),),)
            )
        key = "unknown.command" if first.startswith("/") else "unknown.words"
        return say(context.texts.say(key, word=first[:40]))
