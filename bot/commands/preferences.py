"""How a chat's settings are read from words, changed and told back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import time
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from bot.commands.command import Context
from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, span
from bot.domain.story import Language, Topic
from bot.domain.subscription import Chat, ChatState, Mode
from bot.domain.verdict import Level
from bot.texts import Texts
from bot.texts.style import clock

CLOCK = r"([01]?\d|2[0-3])[:.]([0-5]\d)"
MODES = {
    "alert": Mode.ALERT,
    "alerts": Mode.ALERT,
    "langsung": Mode.ALERT,
    "digest": Mode.DIGEST,
    "ringkasan": Mode.DIGEST,
    "both": Mode.BOTH,
    "keduanya": Mode.BOTH,
}
LEVELS = {
    "low": Level.LOW,
    "rendah": Level.LOW,
    "normal": Level.NORMAL,
    "biasa": Level.NORMAL,
    "generous": Level.LOW,
    "longgar": Level.LOW,
    "strict": Level.HIGH,
    "ketat": Level.HIGH,
    "high": Level.HIGH,
    "tinggi": Level.HIGH,
}
LANGUAGES = {
    "en": Language.EN,
    "english": Language.EN,
    "inggris": Language.EN,
    "id": Language.ID,
    "in": Language.ID,
    "indonesia": Language.ID,
    "indonesian": Language.ID,
    "bahasa": Language.ID,
}
CITIES = {
    "wib": "Asia/Jakarta",
    "wita": "Asia/Makassar",
    "wit": "Asia/Jayapura",
    "jakarta": "Asia/Jakarta",
    "utc": "UTC",
    "gmt": "UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Settings to change; None leaves one as it is."""

    topics: frozenset[Topic] | None = None
    mode: Mode | None = None
    level: Level | None = None
    language: Language | None = None
    zone: str | None = None
    digest_at: time | None = None


def wall_clock(word: str, context: Context) -> time:
    match = re.fullmatch(CLOCK, word)
    if not match:
        raise context.refuse("settings.bad_hour", word=word[:40])
    return time(int(match[1]), int(match[2]))


def zone_named(word: str, context: Context) -> str:
    """A zone by its IANA name in any case, by its city, or WIB / WITA / WIT."""
    wanted = word.lower().replace(" ", "_")
    if wanted in CITIES:
        return CITIES[wanted]
    names = sorted(available_timezones())
    for name in names:
        if wanted in (name.lower(), name.lower().rpartition("/")[2]):
            return name
    close = get_close_matches(wanted.rpartition("/")[2], [n.lower().rpartition("/")[2] for n in names], n=1, cutoff=0.8)
    hint = next((name for name in names if close and name.lower().endswith(close[0])), "Asia/Jakarta")
    raise context.refuse("settings.bad_zone", word=word[:40], close=hint)


def known_zone(name: str | None) -> str | None:
    """The zone a platform names for its user, when this machine knows it too."""
    try:
        return ZoneInfo(name).key if name else None
    except (KeyError, ValueError, OSError):
        return None


def change_in(words: list[str], context: Context) -> tuple[Change, list[str]]:
    """Everything among `words` that names a mode, a level, an hour, a zone; and the words that name nothing."""
    change, rest = Change(), []
    for word in words:
        low = word.lower()
        if low in MODES:
            change = replace(change, mode=MODES[low])
        elif low in LEVELS:
            change = replace(change, level=LEVELS[low])
        elif re.fullmatch(CLOCK, word):
            change = replace(change, digest_at=wall_clock(word, context))
        elif "/" in word.strip("/") or low in CITIES:
            change = replace(change, zone=zone_named(word, context))
        else:
            rest.append(word)
    return change, rest


async def apply_change(chat: Chat, change: Change, context: Context) -> Chat:
    """Saves the chat with the change made. Subscribing and moving the digest hour start the count of digests anew, so
    that an hour that has passed today waits for tomorrow."""
    before = chat.preferences
    named = {
        name: value
        for name in ("topics", "mode", "level", "language", "zone", "digest_at")
        if (value := getattr(change, name)) is not None
    }
    after = replace(before, **named)
    began = (
        not before.topics or not before.mode.digests or (before.digest_at, before.zone) != (after.digest_at, after.zone)
    )
    since = context.now if began and after.topics and after.mode.digests else chat.since
    saved = replace(chat, preferences=after, since=since, state=ChatState.ACTIVE, parked_reason=None)
    await context.kit.chats.save(saved)
    return saved


def settings_lines(chat: Chat, context: Context, texts: Texts) -> Paragraph:
    """The settings, one a line."""
    prefs, say = chat.preferences, texts.say
    zone = prefs.zone or context.kit.zone
    hour = clock(prefs.digest_at.hour, prefs.digest_at.minute, texts.language)
    topics = texts.listed([say(f"topic.{topic.value}") for topic in Topic if topic in prefs.topics])
    lines = (
        ("settings.topics", topics or say("settings.no_topics")),
        ("settings.mode", say(f"mode.{prefs.mode.value}")),
        ("settings.level", say(f"level.{prefs.level.value}")),
        ("settings.digest_at", say("settings.hour_in_zone", hour=hour, zone=zone)),
        ("settings.language", say(f"language.{texts.language}")),
    )
    spans: list[Span] = []
    for key, value in lines:
        spans += [Span(text="\n" if spans else ""), span(say(key), Style.BOLD), Span(text=f": {value}")]
    return paragraph(*spans)


def described(key: str, chat: Chat, context: Context, **values: object) -> Message:
    """A sentence on what was done, and the settings as they are now."""
    texts = Texts(chat.preferences.language or context.texts.language)
    return Message(
        paragraphs=(
            paragraph(texts.say(key, **values)),
            settings_lines(chat, context, texts),
            paragraph(texts.say("settings.hint"), role=Role.FOOTER),
        ),
        buttons=((Button(label=texts.say("start.button.latest"), action="/latest"),),),
    )
