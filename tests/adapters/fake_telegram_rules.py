"""What Telegram takes and refuses, and what it makes of a text by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class FakeChat:
    """A chat the bot can see. `statuses` are those of users (`creator`, `administrator`, `member` …); the bot's own is
    `member`, in a channel `administrator`, unless it stands there under the bot's id."""

    id: int
    type: str
    title: str = ""
    username: str = ""
    topics: set[int] = field(default_factory=set)
    closed_topics: set[int] = field(default_factory=set)
    statuses: dict[int, str] = field(default_factory=dict)
    can_post: bool = True  # the bot, in a channel
    forbidden: str = ""  # the 403 the bot gets here
    bad_request: str = ""  # the 400 it gets here
    no_files: bool = False
    migrated_to: int | None = None

    def shown(self) -> Json:
        optional = {"title": self.title, "username": self.username, "is_forum": bool(self.topics)}
        return {"id": self.id, "type": self.type} | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """What came along as a part of the form."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The receipt of one message: `text` is also its caption, `found` what Telegram itself makes tappable in it."""

    chat_id: int
    message_id: int
    text: str
    entities: tuple[Json, ...]
    buttons: tuple[tuple[tuple[str, str], ...], ...]
    silent: bool
    preview: bool
    thread: int | None
    reply_to: int | None
    params: Mapping[str, Any]
    kind: str = "message"
    file: SentFile | None = None
    found: tuple[tuple[str, str], ...] = ()

    @property
    def looks(self) -> tuple[object, ...]:
        return self.text, self.entities, self.buttons, self.file


@dataclass(eq=False, kw_only=True)
class Refusal(Exception):
    """An answer with `ok: false`."""

    code: int
    description: str
    parameters: Json | None = None


class Trouble(Enum):
    """What may happen to one call besides a Refusal."""

    DROPPED = "connection closed, nothing done"
    RESET = "done, then connection closed without an answer"
    HANG = "done, never answered"
    BAD_GATEWAY = "502 without JSON, nothing done"
    GIBBERISH = "done, answered with 200 and no JSON"


def flood(seconds: float | None = None) -> Refusal:
    if seconds is None:
        return Refusal(code=429, description="Too Many Requests: later")
    told = {"retry_after": seconds}
    return Refusal(code=429, description=f"Too Many Requests: retry after {seconds}", parameters=told)


def bad(description: str) -> Refusal:
    return Refusal(code=400, description=f"Bad Request: {description}")


def not_found() -> Refusal:
    return Refusal(code=404, description="Not Found")


def person(user_id: int, language: str | None) -> Json:
    known = {"language_code": language} if language else {}
    return {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"} | known


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def entities_of(raw: Any, text: str) -> tuple[Json, ...]:
    """Each lies in the text and cuts no surrogate pair; Telegram shows the first hundred."""
    entities = tuple(raw or ())
    for entity in entities:
        _check_entity(entity, text)
    return entities[:100]


def _check_entity(entity: Json, text: str) -> None:
    raw = text.encode("utf-16-le")
    start, end = entity["offset"], entity["offset"] + entity["length"]
    if not (0 <= start < end <= len(raw) // 2):
        raise bad(f"can't parse entities: entity {entity['type']} lies outside the text")
    try:
        raw[2 * start : 2 * end].decode("utf-16-le")
    except UnicodeDecodeError:
        raise bad("entity begins in a middle of a UTF-16 symbol") from None
    if entity["type"] == "text_link" and not entity.get("url"):
        raise bad("can't parse entities: text_link without url")


TAPPABLE = {
    "mention": r"\B@(?P<it>[a-zA-Z0-9_]{2,32})\b",
    "bot_command": r"(?<![\w/<>])/(?P<it>[a-zA-Z0-9_]{1,64})(?:@[a-zA-Z0-9_]{3,32})?(?![\w/<>])",
    "hashtag": r"(?<![^\W²³¹¼-¾]|\u200c|·)#(?P<it>[\w\u200c·\u0d80-\u0dff]{1,256})(?![\w\u200c·\u0d80-\u0dff]*#)",
    "cashtag": r"(?<![$\w\u200c])\$(?P<it>1INCH|[A-Z]{1,8})(?![$\w\u200c])",
}
"""Telegram's own rules, as its server publishes them. It applies them beside the entities a bot gives."""

CLOSED = ("text_link", "code", "pre", "text_mention")


def tappable(text: str, entities: tuple[Json, ...]) -> tuple[tuple[str, str], ...]:
    """What Telegram makes tappable by itself: kind and words."""
    shut = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in CLOSED]
    found: list[tuple[str, str]] = []
    for kind, rule in TAPPABLE.items():
        for match in re.finditer(rule, text):
            if kind == "hashtag" and not any(c.isalpha() for c in match["it"]):
                continue
            start, end = units(text[: match.start()]), units(text[: match.end()])
            if not any(start < last and first < end for first, last in shut):
                found.append((kind, match[0]))
    return tuple(found)


def kept(text: str) -> str:
    """A text as Telegram keeps it, but for white space at the ends."""
    spaced = re.sub(r"[\x00-\x09\x0b\x0c\x0e-\x1f]", " ", text.replace("\r", ""))
    return re.sub("[\u2028-\u202e\u0333\u033f\u030a]", "", spaced)


def buttons_of(markup: Any) -> tuple[tuple[tuple[str, str], ...], ...]:
    rows = (markup or {}).get("inline_keyboard", [])
    for button in [button for row in rows for button in row]:
        if not button.get("text"):
            raise bad("can't parse inline keyboard button: Text must be non-empty")
        if not button.get("url") and not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
    if sum(map(len, rows)) > 100:
        raise bad("REPLY_MARKUP_TOO_LONG")
    return tuple(tuple((b["text"], b.get("callback_data") or b["url"]) for b in row) for row in rows)


def member(status: str, user: Json, *, can_post: bool | None = None) -> Json:
    rights = (
        "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
        "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories"
    )
    shown = {"status": status, "user": user}
    if status == "administrator":
        posting = {} if can_post is None else {"can_post_messages": can_post}
        return shown | dict.fromkeys(rights.split(), False) | posting
    if status == "creator":
        return shown | {"is_anonymous": False}
    return shown | ({"until_date": 0} if status == "kicked" else {})
