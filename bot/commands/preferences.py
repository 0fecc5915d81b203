"""How a chat's settings are read from words, saved and told back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from typing import Any, TypeVar

from bot.commands.clocks import clock_in, hours_in
from bot.commands.command import Context, topics_in
from bot.commands.zones import Difference, Unknown, find_zone, is_zone_like
from bot.domain.story import Language, Topic
from bot.domain.subscription import Chat, ChatState, Mode, Preferences
from bot.domain.subscription import Style as Amount
from bot.domain.verdict import Level
from bot.texts import Texts

USUAL = frozenset({Topic.AI, Topic.TECH_LAYOFFS})
MOST_PEOPLE = 10_000_000
V = TypeVar("V")

Read = Callable[[list[str], Preferences, Context], Preferences]
"""The settings after some words for one of them; CommandError says what was not understood."""


def _named(words: Mapping[V, str]) -> Mapping[str, V]:
    return {word: value for value, names in words.items() for word in names.split()}


MODES = _named(
    {
        Mode.ALERT: "alert alerts now langsung segera",
        Mode.DIGEST: "digest digests daily ringkasan harian",
        Mode.BOTH: "both keduanya dua-duanya",
    }
)
LEVELS = _named(
    {
        Level.LOW: "low generous rendah longgar",
        Level.NORMAL: "normal biasa sedang",
        Level.HIGH: "high strict tinggi ketat",
    }
)
LANGUAGES = _named(
    {Language.EN: "en english inggris", Language.ID: "id in indonesia indonesian bahasa bahasa-indonesia"}
)
STYLES = _named({Amount.FULL: "full long lengkap panjang", Amount.COMPACT: "compact short ringkas pendek"})
SWITCHES = _named(
    {True: "on yes true ya nyala hidup aktif boleh", False: "off no none false tidak mati nonaktif hapus jangan"}
)


def wall_clock(word: str, context: Context) -> time:
    found = clock_in(word)
    if found is None:
        raise context.refuse("settings.bad_hour", word=word[:40])
    return found


def zone_named(words: str, context: Context) -> str:
    """The IANA name of a zone; CommandError says which one may be meant."""
    match find_zone(words, context.now):
        case str() as name:
            return name
        case Difference(places=()):
            raise context.refuse("settings.bad_zone", word=words[:40], close="Asia/Jakarta")
        case Difference(places=places):
            raise context.refuse("settings.zone_difference", word=words[:40], places=", ".join(places))
        case Unknown(close=close):
            raise context.refuse("settings.bad_zone", word=words[:40], close=close)


def read_topics(words: list[str], before: Preferences, context: Context) -> Preferences:
    """`ai layoffs` are the topics from now on; `+ai` and `-ai` add and take away."""
    signs = {word[0] for word in words if word[0] in "+-\u2212"}
    topics, unknown = topics_in([word.lstrip("+-\u2212") for word in words])
    if unknown:
        raise context.refuse("subscribe.what", word=unknown[0][:40])
    named = frozenset(topics)
    if signs == {"+"}:
        return replace(before, topics=before.topics | named)
    return replace(before, topics=before.topics - named if signs else named)


def read_one_of(name: str, field: str, values: Mapping[str, Any]) -> Read:
    def read(words: list[str], before: Preferences, context: Context) -> Preferences:
        if not words:
            return before
        value = values.get("-".join(words).lower(), values.get(words[0].lower()))
        if value is None:
            raise context.refuse(f"settings.missing.{name}")
        return replace(before, **{field: value})

    return read


def read_zone(words: list[str], before: Preferences, context: Context) -> Preferences:
    return replace(before, zone=zone_named(" ".join(words), context)) if words else before


def read_digest(words: list[str], before: Preferences, context: Context) -> Preferences:
    """An hour switches the digest on, `off` switches it off."""
    if not words:
        return before
    if SWITCHES.get(words[0].lower()) is False:
        return replace(before, mode=Mode.ALERT)
    mode = before.mode if before.mode.digests else Mode.BOTH
    return replace(before, digest_at=wall_clock(" ".join(words), context), mode=mode)


def read_quiet(words: list[str], before: Preferences, context: Context) -> Preferences:
    text = " ".join(words)
    if not words or SWITCHES.get(text.lower()) is False:
        return replace(before, quiet=None)
    hours = hours_in(text)
    if hours is None:
        raise context.refuse("settings.missing.quiet")
    if hours.start == hours.end:
        raise context.refuse("quiet.all_day")
    return replace(before, quiet=hours)


def read_break(words: list[str], before: Preferences, context: Context) -> Preferences:
    text = "".join(words).lower()
    if not text or SWITCHES.get(text) is False:
        return replace(before, break_through=None)
    digits = re.sub(r"[.,]", "", text)
    if not re.fullmatch(r"[0-9]{1,12}", digits):
        raise context.refuse("settings.missing.break")
    return replace(before, break_through=min(max(int(digits), 1), MOST_PEOPLE))


def preferences_in(words: list[str], before: Preferences, context: Context) -> tuple[Preferences, list[str]]:
    """The settings with everything among `words` that names a mode, a level, an hour or a zone; and the words that name
    nothing."""
    after, rest = before, []
    for word in words:
        low = word.lower()
        if low in MODES:
            after = replace(after, mode=MODES[low])
        elif low in LEVELS:
            after = replace(after, level=LEVELS[low])
        elif clock_in(word) is not None and not word.isdigit():
            after = replace(after, digest_at=wall_clock(word, context))
        elif is_zone_like(word):
            after = replace(after, zone=zone_named(word, context))
        else:
            rest.append(word)
    return after, rest


def still_paused(prefs: Preferences, context: Context) -> str:
    """That nothing comes now, and until when; empty where it does."""
    if not prefs.is_paused(context.now):
        return ""
    if prefs.paused_until is None:
        return context.texts.say("pause.still")
    return context.texts.say("pause.still_until", when=context.presenter.when(prefs.paused_until))


async def save(chat: Chat, after: Preferences, context: Context) -> Chat:
    """Saves the chat with these settings. Subscribing and moving the digest hour start the count of digests anew, so
    that an hour that has passed today waits for tomorrow. In a private chat the first setting also keeps the language
    its person has on the platform: what comes by itself later speaks as the answers do."""
    before = chat.preferences
    if after.language is None and context.request.private and not context.directed:
        after = replace(after, language=context.request.language)
    began = (
        not before.topics or not before.mode.digests or (before.digest_at, before.zone) != (after.digest_at, after.zone)
    )
    since = context.now if began and after.topics and after.mode.digests else chat.since
    saved = replace(chat, preferences=after, since=since, state=ChatState.ACTIVE, parked_reason=None)
    await context.kit.chats.save(saved)
    return saved


def spoken(chat: Chat, context: Context) -> Texts:
    """The language to tell of a change in: that of the chat where it was asked for, also when just that has changed."""
    return context.texts if context.directed else Texts(chat.preferences.language or context.texts.language)
