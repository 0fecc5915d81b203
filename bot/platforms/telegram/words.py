"""What a message says to the bot: whose words they are, whether they are meant for it, what comes along with them."""

from __future__ import annotations

import re

import telegram
from telegram import Chat, MessageOriginChannel

from bot.domain.channel import User
from bot.domain.request import Request
from bot.platforms.telegram.events import Asked, Me, channel_of, language_of

COMMAND = re.compile(r"/(\w+)(?:@(\w+))?", re.ASCII)
IMPORT = "/import"  # what a file without words of its own asks for


def said(message: telegram.Message, key: str, me: Me, *, edited: bool) -> Asked | None:
    """None: not for us. An edit counts only when it is meant for the bot for sure."""
    user = _author(message)
    if user is None or message.is_automatic_forward or (message.via_bot and message.via_bot.id == me.id):
        return None
    private, text = message.chat.type == Chat.PRIVATE, message.text or message.caption or ""
    if message.forward_origin is not None:
        return _forwarded(message, user, text, key) if private and not edited else None
    if message.document and private and not text:
        text = IMPORT
    heard = _addressing(message, text, me) if text else None
    if heard is None or (edited and not heard[1]):
        return None
    words, addressed = heard
    if message.chat.type == Chat.CHANNEL and not words.startswith("/"):
        return None
    request = Request(
        channel=channel_of(message.chat.id, message),
        user=user,
        text=words,
        key=key,
        private=private,
        addressed=addressed,
        reply_to=_bot_message_replied_to(message, me),
        language=language_of(message.from_user),
        subject=_others_words(message, me) if addressed else "",
    )
    grouped = message.chat.type in (Chat.GROUP, Chat.SUPERGROUP)
    return Asked(
        request=request,
        answer_to=message.message_id if grouped else None,
        document=message.document if addressed else None,
    )


def _forwarded(message: telegram.Message, user: User, text: str, key: str) -> Asked:
    """The words of a forwarded message are somebody else's: they are what the gesture is about, never a command. A
    forwarded file asks for what any file asks for."""
    origin = message.forward_origin
    request = Request(
        channel=channel_of(message.chat.id, message),
        user=user,
        text=IMPORT if message.document else "",
        key=key,
        language=language_of(message.from_user),
        about=channel_of(origin.chat.id) if isinstance(origin, MessageOriginChannel) else None,
        subject=text,
    )
    return Asked(request=request, document=message.document)


def _addressing(message: telegram.Message, text: str, me: Me) -> tuple[str, bool] | None:
    """The words without the bot's name, and whether they are meant for it. None: a command for another bot.

    In a group a bare `/ban` may be any bot's: it counts as meant for us when it is one of our commands."""
    private = message.chat.type == Chat.PRIVATE
    command = COMMAND.match(text)
    if command and command[2]:
        if command[2].lower() == me.username.lower():
            return f"/{command[1]}{text[command.end() :]}", True
        return (text, True) if private else None
    if private:
        return text, True
    answers_us = _bot_message_replied_to(message, me) is not None
    if command:
        return text, answers_us or command[1].lower() in me.commands
    words, mentions = re.subn(rf"(?<![\w@/.])@{re.escape(me.username)}\b[,:]?", " ", text, flags=re.IGNORECASE)
    if mentions and me.username:
        return " ".join(words.split()), True
    return text, answers_us


def _replied(message: telegram.Message) -> telegram.Message | None:
    """In a forum every message of a topic "replies" to the one that opened the topic: that is not a reply."""
    replied = message.reply_to_message
    opened = message.is_topic_message and replied and replied.message_id == message.message_thread_id
    return None if opened else replied


def _bot_message_replied_to(message: telegram.Message, me: Me) -> str | None:
    replied = _replied(message)
    if replied is None:
        return None
    ours = replied.from_user is not None and replied.from_user.id == me.id
    return str(replied.message_id) if ours or message.chat.type == Chat.CHANNEL else None


def _others_words(message: telegram.Message, me: Me) -> str:
    """The text of somebody else's message that this one replies to."""
    replied = _replied(message)
    if replied is None or _bot_message_replied_to(message, me) is not None:
        return ""
    return replied.text or replied.caption or ""


def _author(message: telegram.Message) -> User | None:
    """Anonymous admins and channels speak as a chat; other bots are not listened to, lest two bots talk for ever."""
    if message.sender_chat is not None:
        return User(id=str(message.sender_chat.id), name=message.sender_chat.title or "")
    if message.from_user is not None and not message.from_user.is_bot:
        return User(id=str(message.from_user.id), name=message.from_user.full_name)
    if message.chat.type == Chat.CHANNEL:
        return User(id=str(message.chat.id), name=message.chat.title or "")
    return None
