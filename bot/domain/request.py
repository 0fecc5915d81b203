"""What somebody asked, on whatever platform, in one shape."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.channel import Channel, User
from bot.domain.message import Attachment
from bot.domain.story import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`text` is what was typed with the bot's own name removed (`/latest 5`, `latest 5`, `2`); a pressed button types
    its action. `addressed` is False for words overheard in a group that were not meant for the bot for sure.
    `reply_to` is the platform's id of the bot message replied to; `key` names this gesture, so that a repeat of it
    is recognised; `zone` is the IANA zone the platform knows for this user, if any. `pressed`: a button was pressed on
    the message `reply_to`. `about`: the channel a forwarded post comes from. `file`: a document that was sent along.
    `subject`: the text of a message that is not the bot's and that the gesture is about (a shortcut on it)."""

    channel: Channel
    user: User
    text: str
    key: str
    private: bool = True
    addressed: bool = True
    reply_to: str | None = None
    language: Language | None = None
    zone: str | None = None
    pressed: bool = False
    about: Channel | None = None
    file: Attachment | None = None
    subject: str = ""
