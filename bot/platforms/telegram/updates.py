"""Which of Telegram's updates are for us, and what they mean."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

import telegram
from telegram import CallbackQuery, Chat, ChatMember, ChatMemberRestricted, ChatMemberUpdated, InlineQuery, Update

from bot.domain.channel import User
from bot.domain.request import Request
from bot.platforms.telegram.buttons import Seal
from bot.platforms.telegram.events import NAME, Asked, Event, Forged, Gone, Me, Moved, Sought, channel_of, language_of
from bot.platforms.telegram.words import said

TOO_OLD = timedelta(hours=24)
TEXTS_REMEMBERED = 2000
GREETING = "/start"
OUTSIDE = (ChatMember.LEFT, ChatMember.BANNED)


class Reader:
    """Reads updates for one bot. It remembers what was said lately, because Telegram calls it an edit too when only a
    link preview or a reaction came to a message."""

    def __init__(self, me: Me, seal: Seal) -> None:
        self._me = me
        self._seal = seal
        self._texts: OrderedDict[tuple[int, int], int] = OrderedDict()
        self._moved: set[int] = set()

    def read(self, update: Update, now: datetime) -> Event | None:
        """None: not for us."""
        key = f"{NAME}:update:{update.update_id}"
        if update.callback_query is not None:
            return self._pressed(update.callback_query)
        if update.inline_query is not None:
            return _sought(update.inline_query, key)
        if update.my_chat_member is not None:
            return self._membership(update.my_chat_member, key, now)
        edited = update.edited_message or update.edited_channel_post
        message = edited or update.message or update.channel_post
        return self._message(message, key, now, edited=edited is not None) if message is not None else None

    def _message(self, message: telegram.Message, key: str, now: datetime, *, edited: bool) -> Event | None:
        chat = message.chat.id
        if message.migrate_to_chat_id:
            return self._migrated(chat, message.migrate_to_chat_id)
        if message.migrate_from_chat_id:
            return self._migrated(message.migrate_from_chat_id, chat)
        if not self._is_news(message) or now - (message.edit_date or message.date) > TOO_OLD:
            return None
        return said(message, key, self._me, edited=edited)

    def _migrated(self, old: int, new: int) -> Moved | None:
        """Told twice, once in the old chat and once in the new one."""
        if new in self._moved:
            return None
        self._moved.add(new)
        return Moved(old=channel_of(old), new=channel_of(new))

    def _is_news(self, message: telegram.Message) -> bool:
        """Whether the words are others than when this message was last seen."""
        place, words = (message.chat.id, message.message_id), hash((message.text, message.caption))
        known = message.edit_date is not None and self._texts.get(place) == words
        self._texts[place] = words
        self._texts.move_to_end(place)
        while len(self._texts) > TEXTS_REMEMBERED:
            self._texts.popitem(last=False)
        return not known

    def _pressed(self, query: CallbackQuery) -> Asked | Forged:
        language = language_of(query.from_user)
        if query.message is None:
            return Forged(press=query.id, language=language)
        chat = query.message.chat
        channel = channel_of(chat.id, query.message if isinstance(query.message, telegram.Message) else None)
        action = self._seal.opened(channel, query.data or "")
        if action is None:
            return Forged(press=query.id, language=language)
        request = Request(
            channel=channel,
            user=User(id=str(query.from_user.id), name=query.from_user.full_name),
            text=action,
            key=f"{NAME}:callback:{query.id}",
            private=chat.type == Chat.PRIVATE,
            reply_to=str(query.message.message_id),
            language=language,
            pressed=True,
        )
        return Asked(request=request, press=query.id)

    def _membership(self, change: ChatMemberUpdated, key: str, now: datetime) -> Event | None:
        """Where the bot is shut out nothing can be sent any more; where it was let in it introduces itself."""
        chat, status = change.chat, change.new_chat_member.status
        if not _is_inside(change.new_chat_member):
            shut_out = "blocked" if chat.type == Chat.PRIVATE else "kicked"
            return Gone(channel=channel_of(chat.id), reason=shut_out if status == ChatMember.BANNED else "left")
        if chat.type == Chat.PRIVATE or _is_inside(change.old_chat_member):
            return None
        if chat.id in self._moved or now - change.date > TOO_OLD:
            return None
        user = User(id=str(change.from_user.id), name=change.from_user.full_name)
        request = Request(
            channel=channel_of(chat.id),
            user=user,
            text=GREETING,
            key=key,
            private=False,
            language=language_of(change.from_user),
        )
        return Asked(request=request)


def place_of(update: Update) -> str:
    """What updates must be handled one after another for: the chat (its new id where it moves), else the update."""
    chat = update.effective_chat
    message = update.message
    if message is not None and message.migrate_to_chat_id:
        return f"chat {message.migrate_to_chat_id}"
    return f"chat {chat.id}" if chat else f"update {update.update_id}"


def _sought(query: InlineQuery, key: str) -> Sought:
    request = Request(
        channel=channel_of(query.from_user.id),
        user=User(id=str(query.from_user.id), name=query.from_user.full_name),
        text=query.query,
        key=key,
        language=language_of(query.from_user),
    )
    return Sought(request=request, query=query.id)


def _is_inside(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status not in OUTSIDE
