"""Which of Telegram's updates are for us, and what they mean: a request, a chat that moved, a chat that is gone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import telegram
from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Update

from bot.domain.channel import Channel, User
from bot.domain.request import Request
from bot.domain.story import Language

NAME = "telegram"
TOO_OLD = timedelta(hours=24)
WANTED = ("message", "channel_post", "callback_query", "my_chat_member")
COMMAND = re.compile(r"/(\w+)(?:@(\w+))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot as Telegram knows it, and the names of the commands it has (to tell them from other bots' in a group)."""

    id: int
    username: str
    commands: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`answer_to` is the message a reply points at: in groups only, where the question may have scrolled away."""

    request: Request
    answer_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    old: Channel
    new: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    channel: Channel
    reason: str


Event = Asked | Moved | Gone


def read(update: Update, me: Me, now: datetime) -> Event | None:
    """None: not for us."""
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    message = update.message or update.channel_post
    if message is None:
        return None
    if message.migrate_to_chat_id:
        return Moved(old=_channel(message.chat.id), new=_channel(message.migrate_to_chat_id))
    if not message.text or message.is_automatic_forward or now - message.date > TOO_OLD:
        return None
    return _said(message, message.text, f"{NAME}:update:{update.update_id}", me)


def place_of(update: Update) -> str:
    """What updates must be handled one after another for: the chat, else the update itself."""
    chat = update.effective_chat
    return f"chat {chat.id}" if chat else f"update {update.update_id}"


def _said(message: telegram.Message, text: str, key: str, me: Me) -> Asked | None:
    user = _author(message)
    heard = _addressing(message, text, me)
    if user is None or heard is None:
        return None
    words, addressed = heard
    if message.chat.type == Chat.CHANNEL and not words.startswith("/"):
        return None
    group = message.chat.type in (Chat.GROUP, Chat.SUPERGROUP)
    request = Request(
        channel=_channel(message.chat.id, message),
        user=user,
        text=words,
        key=key,
        private=message.chat.type == Chat.PRIVATE,
        addressed=addressed,
        reply_to=_bot_message_replied_to(message, me),
        language=_language(message.from_user),
    )
    return Asked(request=request, answer_to=message.message_id if group else None)


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


def _bot_message_replied_to(message: telegram.Message, me: Me) -> str | None:
    """In a forum every message of a topic "replies" to the one that opened the topic: that is not a reply."""
    replied = message.reply_to_message
    if replied is None or (message.is_topic_message and replied.message_id == message.message_thread_id):
        return None
    ours = replied.from_user is not None and replied.from_user.id == me.id
    return str(replied.message_id) if ours or message.chat.type == Chat.CHANNEL else None


def _author(message: telegram.Message) -> User | None:
    """Anonymous admins and channels speak as a chat; other bots are not listened to, lest two bots talk for ever."""
    if message.sender_chat is not None:
        return User(id=str(message.sender_chat.id), name=message.sender_chat.title or "")
    if message.from_user is not None and not message.from_user.is_bot:
        return User(id=str(message.from_user.id), name=message.from_user.full_name)
    if message.chat.type == Chat.CHANNEL:
        return User(id=str(message.chat.id), name=message.chat.title or "")
    return None


def _pressed(query: CallbackQuery) -> Asked | None:
    if query.message is None or not query.data:
        return None
    chat = query.message.chat
    seen = query.message if isinstance(query.message, telegram.Message) else None
    request = Request(
        channel=_channel(chat.id, seen),
        user=User(id=str(query.from_user.id), name=query.from_user.full_name),
        text=query.data,
        key=f"{NAME}:callback:{query.id}",
        private=chat.type == Chat.PRIVATE,
        reply_to=str(query.message.message_id),
        language=_language(query.from_user),
    )
    return Asked(request=request)


def _membership(change: ChatMemberUpdated) -> Gone | None:
    status = change.new_chat_member.status
    if status not in (ChatMember.BANNED, ChatMember.LEFT):
        return None
    shut_out = "blocked" if change.chat.type == Chat.PRIVATE else "kicked"
    return Gone(channel=_channel(change.chat.id), reason=shut_out if status == ChatMember.BANNED else "left")


def _channel(chat_id: int, message: telegram.Message | None = None) -> Channel:
    topic = message.message_thread_id if message and message.is_topic_message else None
    return Channel(platform=NAME, address=str(chat_id), thread=str(topic) if topic else "")


def _language(user: telegram.User | None) -> Language | None:
    """Telegram's own code for Indonesian is `id`; older Android says `in`. People of any other tongue get English."""
    if user is None or not user.language_code:
        return None
    return Language.ID if user.language_code.lower().split("-")[0] in ("id", "in") else Language.EN
