"""What people do in Slack, read from its payloads: a command, a mention, a direct message, a pressed button.

Where it counts: a gesture acts on its channel. Only a mention typed inside a thread that is not about Kabar (its first
message neither by the bot nor to it) acts on that thread. Where the answer goes: to the channel for a slash command
and a direct message, into the thread of the mention or under the pressed message otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bot.platforms.slack.render import thread_of

OWN_COMMAND = "/kabar"
HELP = "/help"
LINK = re.compile(r"<((?:https?|mailto):[^|<>]+)(?:\|[^<>]*)?>")
# Messages that are news for a bot: typed ones. Edits, joins, deletions and posts of other bots are not.
SPOKEN_SUBTYPES = frozenset({None, "file_share", "thread_broadcast"})


class Opener(Enum):
    """Whose first message a thread hangs on."""

    BOT = "bot"
    ASKER = "asker"  # somebody who mentioned the bot
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gesture:
    """`thread` is the thread it was typed in (or that the pressed message belongs to), "" for none; `opener` who opened
    that thread, None when only Slack knows; `answer_in` the thread that takes the answer, "" for none; `root` the first
    message of that thread, which stands for the answer when somebody goes on there."""

    channel_id: str
    user_id: str
    user_name: str = ""
    text: str
    key: str
    private: bool
    thread: str = ""
    opener: Opener | None = Opener.BOT
    answer_in: str = ""
    reply_to: str | None = None
    root: str | None = None
    response_url: str | None = None


def from_command(payload: Mapping[str, Any], names: Collection[str]) -> Gesture:
    """`/kabar latest 5` and `/latest 5` type the same; what does not begin with a command's name stays as it is."""
    command, words = str(payload.get("command") or ""), typed(str(payload.get("text") or ""))
    if command != OWN_COMMAND:
        text = f"{command} {words}".strip()
    elif not words:
        text = HELP
    else:
        text = f"/{words}" if words.split()[0].lower() in names else words
    channel_id = str(payload.get("channel_id") or "")
    return Gesture(
        channel_id=channel_id,
        user_id=str(payload.get("user_id") or ""),
        user_name=str(payload.get("user_name") or ""),
        text=text,
        key=f"command:{payload.get('trigger_id')}",
        private=channel_id.startswith("D"),
        response_url=str(payload.get("response_url") or "") or None,
    )


def from_message(body: Mapping[str, Any], bot_user_id: str) -> Gesture | None:
    """A mention in a channel or a direct message; None for what is not for the bot."""
    event = body.get("event") or {}
    user_id, channel_id = str(event.get("user") or ""), str(event.get("channel") or "")
    if event.get("subtype") not in SPOKEN_SUBTYPES or event.get("bot_id") or user_id in ("", bot_user_id):
        return None
    private = event.get("channel_type") == "im" or channel_id.startswith("D")
    if event.get("type") == "message" and not private:
        return None
    spoken = typed(re.sub(rf"<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>", " ", str(event.get("text") or "")))
    if not spoken and private:
        return None
    ts, thread = str(event.get("ts") or ""), str(event.get("thread_ts") or "")
    opener: Opener | None = None
    if private or event.get("parent_user_id") == bot_user_id:
        opener = Opener.BOT
    elif not thread:
        opener = Opener.ASKER
    answer_in = thread if private else thread or ts
    return Gesture(
        channel_id=channel_id,
        user_id=user_id,
        text=spoken or HELP,
        key=f"message:{event.get('client_msg_id') or body.get('event_id')}",
        private=private,
        thread=thread,
        opener=opener,
        answer_in=answer_in,
        reply_to=thread or None,
        root=None if private else answer_in,
    )


def from_press(body: Mapping[str, Any]) -> Gesture | None:
    """A pressed button types its value; the block id says which thread's chat it belongs to."""
    container, action = body.get("container") or {}, (body.get("actions") or [{}])[0]
    channel_id = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    text, block = str(action.get("value") or ""), str(action.get("block_id") or "")
    if not text or not channel_id:
        return None
    message_ts, inside = str(container.get("message_ts") or ""), str(container.get("thread_ts") or "")
    private = channel_id.startswith("D")
    hidden = bool(container.get("is_ephemeral"))  # seen by one person: there is nothing to open a thread under
    user = body.get("user") or {}
    return Gesture(
        channel_id=channel_id,
        user_id=str(user.get("id") or ""),
        user_name=str(user.get("name") or user.get("username") or ""),
        text=text,
        key=f"press:{action.get('action_ts')}:{block}:{user.get('id')}",
        private=private,
        thread=thread_of(block),
        opener=Opener.OTHER if thread_of(block) else Opener.BOT,
        answer_in=inside if private or hidden else inside or message_ts,
        reply_to=message_ts or None,
        response_url=str(body.get("response_url") or "") or None,
    )


def typed(text: str) -> str:
    """What the person saw in the message field: Slack's links and entities taken back."""
    text = LINK.sub(lambda found: found[1].removeprefix("mailto:"), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
