"""What an update can mean to us: a request, words sought for sharing, a chat that moved or is gone, a false button."""

from __future__ import annotations

from dataclasses import dataclass

import telegram

from bot.domain.channel import Channel
from bot.domain.request import Request
from bot.domain.story import Language

NAME = "telegram"
WANTED = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "inline_query",
    "my_chat_member",
    "chat_member",
)
GENERAL_TOPIC = 1  # the topic of a forum that Telegram itself never names in a message and refuses in one


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The bot as Telegram knows it, and the names of the commands it has (to tell them from other bots' in a group)."""

    id: int
    username: str
    commands: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`answer_to` is the message a reply points at: in groups only, where the question may have scrolled away. `press`:
    the id of the pressed button's query, which waits to be answered. `document`: a file to fetch for the request."""

    request: Request
    answer_to: int | None = None
    press: str | None = None
    document: telegram.Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Words typed behind the bot's name in any chat, to share a story there."""

    request: Request
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """A pressed button that this bot did not put into that chat."""

    press: str
    language: Language | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    old: Channel
    new: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    channel: Channel
    reason: str


Event = Asked | Sought | Forged | Moved | Gone


def channel_of(chat_id: int, message: telegram.Message | None = None) -> Channel:
    """The chat, or its topic when the message stands in one."""
    topic = message.message_thread_id if message and message.is_topic_message else None
    thread = str(topic) if topic and topic != GENERAL_TOPIC else ""
    return Channel(platform=NAME, address=str(chat_id), thread=thread)


def language_of(user: telegram.User | None) -> Language | None:
    """Telegram's own code for Indonesian is `id`; older Android says `in`. People of any other tongue get English."""
    if user is None or not user.language_code:
        return None
    return Language.ID if user.language_code.lower().split("-")[0] in ("id", "in") else Language.EN
