"""What people type in Slack, read from its payloads: a command, a mention, a direct message, a reply in a thread.

Where it counts: a gesture acts on its channel. Only a mention typed inside a thread that is not about Kabar (its first
message neither by the bot nor to it) acts on that thread. Where the answer goes: to the channel for a slash command
and a direct message, into the thread of the mention or the reply otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

OWN_COMMAND = "/kabar"
HELP = "/help"
IMPORT = "/import"
LINK = re.compile(r"<((?:https?|mailto):[^|<>]+)(?:\|[^<>]*)?>")
# Messages that are news for a bot: typed ones. Edits, joins, deletions and posts of other bots are not.
SPOKEN_SUBTYPES = frozenset({None, "file_share", "thread_broadcast"})


class Opener(Enum):
    """Whose first message a thread hangs on."""

    BOT = "bot"
    ASKER = "asker"  # somebody who mentioned the bot
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    name: str
    media_type: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gesture:
    """`thread` is the thread it was typed in (or that the pressed message belongs to), "" for none; `opener` who opened
    that thread, None when only Slack knows; `answer_in` the thread that takes the answer, "" for none; `root` the first
    message of that thread, which stands for the answer when somebody goes on there. `reply_to` is the message it is
    about, `earlier` the parts of that message above it, `hidden`: only this person sees it. `discreet`: the answer is
    for this person's eyes. `at_home`: made in the App Home, `submitted`: a dialog sent off. `trigger_id` opens a
    dialog within three seconds. `key` tells it from others, "" when nothing does."""

    team: str
    channel_id: str
    user_id: str
    user_name: str = ""
    text: str
    key: str
    private: bool
    addressed: bool = True
    thread: str = ""
    opener: Opener | None = Opener.BOT
    answer_in: str = ""
    reply_to: str | None = None
    root: str | None = None
    earlier: tuple[str, ...] = ()
    response_url: str | None = None
    trigger_id: str = ""
    pressed: bool = False
    hidden: bool = False
    discreet: bool = False
    at_home: bool = False
    submitted: bool = False
    subject: str = ""
    file: SharedFile | None = None

    @property
    def stands_in(self) -> str:
        """The thread that the message it is about stands in; "" for one in the channel itself."""
        return "" if self.answer_in == self.reply_to else self.answer_in


def from_command(team: str, payload: Mapping[str, Any], names: Collection[str]) -> Gesture:
    """`/kabar latest 5` and `/latest 5` type the same; what does not begin with a command's name stays as it is."""
    command, words = str(payload.get("command") or ""), typed(str(payload.get("text") or ""))
    if command != OWN_COMMAND:
        text = f"{command} {words}".strip()
    elif not words:
        text = HELP
    else:
        text = f"/{words}" if words.split()[0].lower() in names else words
    channel_id, trigger_id = str(payload.get("channel_id") or ""), str(payload.get("trigger_id") or "")
    return Gesture(
        team=team,
        channel_id=channel_id,
        user_id=str(payload.get("user_id") or ""),
        user_name=str(payload.get("user_name") or ""),
        text=text,
        key=f"command:{trigger_id}" if trigger_id else "",
        private=channel_id.startswith("D"),
        response_url=str(payload.get("response_url") or "") or None,
        trigger_id=trigger_id,
    )


def from_message(
    team: str, body: Mapping[str, Any], bot_user_id: str, noted: Callable[[str, str, str], Opener | None]
) -> Gesture | None:
    """A mention, a direct message, or a reply in a thread that the bot is part of (`noted` knows those by team, channel
    and thread); None for what is not for the bot. A reply that does not name the bot is only overheard: people may be
    talking among themselves below a story."""
    event = body.get("event") or {}
    user_id, channel_id = str(event.get("user") or ""), str(event.get("channel") or "")
    if event.get("subtype") not in SPOKEN_SUBTYPES or event.get("bot_id") or user_id in ("", bot_user_id):
        return None
    private = event.get("channel_type") == "im" or channel_id.startswith("D")
    said, ts, thread = str(event.get("text") or ""), str(event.get("ts") or ""), str(event.get("thread_ts") or "")
    opener: Opener | None = None
    if private or event.get("parent_user_id") == bot_user_id:
        opener = Opener.BOT
    elif not thread:
        opener = Opener.ASKER
    overheard = event.get("type") == "message" and not private
    if overheard:
        if not thread or f"<@{bot_user_id}" in said:  # a mention comes as an event of its own
            return None
        opener = opener or noted(team, channel_id, thread)
        if opener is None:
            return None
    spoken = typed(re.sub(rf"<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>", " ", said))
    file = _file(event)
    if not spoken and (private or overheard) and file is None:
        return None
    answer_in = thread if private else thread or ts
    return Gesture(
        team=team,
        channel_id=channel_id,
        user_id=user_id,
        text=spoken or (IMPORT if file else HELP),
        key=f"message:{event.get('client_msg_id') or body.get('event_id') or f'{channel_id}/{ts}'}",
        private=private,
        addressed=not overheard,
        thread=thread,
        opener=opener,
        answer_in=answer_in,
        reply_to=thread or None,
        root=None if private else answer_in,
        file=None if overheard else file,
    )


def _file(event: Mapping[str, Any]) -> SharedFile | None:
    """The first file that came along."""
    for file in event.get("files") or []:
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        if url:
            name, media_type = str(file.get("name") or "file"), str(file.get("mimetype") or "")
            return SharedFile(name=name, media_type=media_type or "application/octet-stream", url=url)
    return None


def typed(text: str) -> str:
    """What the person saw in the message field: Slack's links and entities taken back."""
    return unescaped(LINK.sub(lambda found: found[1].removeprefix("mailto:"), text)).strip()


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
