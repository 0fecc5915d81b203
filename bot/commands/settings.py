"""/settings: how this chat is set, with buttons; /settings threshold high: one of them changed."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from bot.commands.command import Command, Context, topics_in
from bot.commands.preferences import (
    LANGUAGES,
    LEVELS,
    MODES,
    Change,
    apply_change,
    described,
    settings_lines,
    wall_clock,
    zone_named,
)
from bot.domain.message import Button, Message, Role, paragraph
from bot.domain.subscription import Mode
from bot.domain.verdict import Level

NAMES = {
    "topics": "topics",
    "topic": "topics",
    "topik": "topics",
    "mode": "mode",
    "threshold": "level",
    "level": "level",
    "ambang": "level",
    "filter": "level",
    "saringan": "level",
    "delivery": "mode",
    "kiriman": "mode",
    "ringkasan": "digest_at",
    "digest": "digest_at",
    "hour": "digest_at",
    "jam": "digest_at",
    "zone": "zone",
    "timezone": "zone",
    "zona": "zone",
    "language": "language",
    "bahasa": "language",
}


async def run(words: list[str], context: Context) -> Message:
    if not words:
        return shown(context)
    name = NAMES.get(words[0].lower())
    if name is None:
        close = get_close_matches(words[0].lower(), NAMES, n=1)
        raise context.refuse("settings.what", word=words[0][:40], close=close[0] if close else "mode")
    value = [word for word in words[1:] if word not in ("=", ":")]
    if not value:
        raise context.refuse(f"settings.missing.{name}")
    chat = await apply_change(context.chat, change(name, value, context), context)
    return described("settings.changed", chat, context)


def change(name: str, words: list[str], context: Context) -> Change:
    """One setting from its words."""
    word = words[0].lower()
    if name == "topics":
        topics, unknown = topics_in(words)
        if unknown:
            raise context.refuse("subscribe.what", word=unknown[0][:40])
        return Change(topics=frozenset(topics))
    if name == "zone":
        return Change(zone=zone_named("_".join(words), context))
    if name == "digest_at":
        moded = Change(digest_at=wall_clock(words[0], context))
        digests = context.chat.preferences.mode.digests
        return moded if digests else replace(moded, mode=Mode.BOTH)
    if name == "mode" and word in MODES:
        return Change(mode=MODES[word])
    if name == "level" and word in LEVELS:
        return Change(level=LEVELS[word])
    if name == "language" and word in LANGUAGES:
        return Change(language=LANGUAGES[word])
    raise context.refuse(f"settings.missing.{name}")


def shown(context: Context) -> Message:
    """The settings and a button for each other choice."""
    prefs, say = context.chat.preferences, context.texts.say
    modes = tuple(
        Button(label=say(f"mode_button.{mode.value}"), action=f"/settings mode {mode.value}")
        for mode in Mode
        if mode is not prefs.mode
    )
    levels = tuple(
        Button(label=say(f"level_button.{level.value}"), action=f"/settings threshold {level.value}")
        for level in Level
        if level is not prefs.level
    )
    return Message(
        paragraphs=(
            paragraph(say("settings.heading"), role=Role.HEADING),
            settings_lines(context.chat, context, context.texts),
            paragraph(say("settings.how"), role=Role.FOOTER),
        ),
        buttons=(modes, levels),
    )


COMMAND = Command(name="settings", run=run, aliases=("pengaturan", "setelan"), changes=True, shows=True)
