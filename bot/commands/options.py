"""Every setting of a chat: how it is typed, what it is told as, what there is to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from zoneinfo import ZoneInfo

from bot.commands.command import Context
from bot.commands.preferences import (
    LANGUAGES,
    LEVELS,
    MODES,
    STYLES,
    SWITCHES,
    Read,
    read_break,
    read_digest,
    read_one_of,
    read_quiet,
    read_topics,
    read_zone,
    spoken,
)
from bot.commands.zones import COMMON
from bot.domain.message import Button, FieldKind, Message, Paragraph, Role, Span, Style, paragraph, span
from bot.domain.story import Topic
from bot.domain.subscription import Chat, Preferences, Quiet
from bot.texts.style import clock, number, zone_name

HOURS = (6, 7, 8, 12, 18, 20)
NIGHTS = (
    Quiet(start=time(21), end=time(6)),
    Quiet(start=time(22), end=time(7)),
    Quiet(start=time(23), end=time(8)),
)
BIG_CUTS = (100, 1_000, 10_000)
ON, OFF = "on", "off"

Choices = tuple[tuple[str, str], ...]
"""What is typed, and its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A setting. Its texts are `settings.<name>` and `settings.missing.<name>`, the question that also answers a value
    nobody understands. `chosen`: what of `choices` holds now (for free text, the text). `is_switch`: there are only two
    values. `for_groups`: it means nothing where one person is alone with the bot. `is_rare`: it can be typed, but few
    need it, so no list offers it."""

    name: str
    aliases: tuple[str, ...] = ()
    read: Read
    told: Callable[[Context], str]
    choices: Callable[[Context], Choices]
    chosen: Callable[[Preferences], tuple[str, ...]]
    kind: FieldKind = FieldKind.ONE
    is_switch: bool = False
    for_groups: bool = False
    is_rare: bool = False


# --- telling ---------------------------------------------------------------------------------------------------------


def told_topics(context: Context) -> str:
    named = [context.texts.say(f"topic.{topic}") for topic in Topic if topic in context.chat.preferences.topics]
    return context.texts.listed(named) or context.texts.say("settings.no_topics")


def _told_zone(context: Context) -> str:
    now = context.now.astimezone(ZoneInfo(context.zone))
    hour = clock(now.hour, now.minute, context.texts.language)
    return context.texts.say("settings.zone_now", zone=context.zone, short=zone_name(now), hour=hour)


def told_hour(at: time, context: Context) -> str:
    return clock(at.hour, at.minute, context.texts.language)


def told_quiet(quiet: Quiet, context: Context) -> str:
    return f"{told_hour(quiet.start, context)}\u2013{told_hour(quiet.end, context)}"


def _told_digest(context: Context) -> str:
    prefs = context.chat.preferences
    return told_hour(prefs.digest_at, context) if prefs.mode.digests else context.texts.say("switch.off")


def _told_quiet(context: Context) -> str:
    quiet = context.chat.preferences.quiet
    return told_quiet(quiet, context) if quiet else context.texts.say("settings.no_quiet")


def _told_break(context: Context) -> str:
    enough = context.chat.preferences.break_through
    return context.texts.say("settings.break_from", count=enough) if enough else context.texts.say("settings.no_break")


# --- the table -------------------------------------------------------------------------------------------------------


def _spelt(at: time) -> str:
    return f"{at.hour:02}:{at.minute:02}"


def _hours(quiet: Quiet) -> str:
    return f"{_spelt(quiet.start)}-{_spelt(quiet.end)}"


def _labels(prefix: str, *values: str) -> Callable[[Context], Choices]:
    return lambda context: tuple((value, context.texts.say(f"{prefix}.{value}")) for value in values)


def _plain(name: str, field: str, values: Mapping[str, object], *, aliases: str, labels: str, told: str) -> Option:
    """A setting with a few values that have names."""
    spelt = tuple(dict.fromkeys(str(value) for value in values.values()))
    return Option(
        name=name,
        aliases=tuple(aliases.split()),
        read=read_one_of(name, field, values),
        told=lambda context: context.texts.say(
            f"{told}.{getattr(context.chat.preferences, field) or context.texts.language}"
        ),
        choices=_labels(labels, *spelt),
        chosen=lambda prefs: (str(getattr(prefs, field)),) if getattr(prefs, field) else (),
    )


def _switch(name: str, *, aliases: str, for_groups: bool = False, is_rare: bool = False) -> Option:
    return Option(
        name=name,
        aliases=tuple(aliases.split()),
        read=read_one_of(name, name, SWITCHES),
        told=lambda context: context.texts.say(f"told.{name}.{_on(context.chat.preferences, name)}"),
        choices=lambda context: tuple((value, context.texts.say(f"told.{name}.{value}")) for value in (ON, OFF)),
        chosen=lambda prefs: (_on(prefs, name),),
        is_switch=True,
        for_groups=for_groups,
        is_rare=is_rare,
    )


def _on(prefs: Preferences, name: str) -> str:
    return ON if getattr(prefs, name) else OFF


SOUNDLESS = frozenset({"slack"})
_ALL = (
    Option(
        name="topics",
        aliases=("topic", "topik"),
        read=read_topics,
        told=told_topics,
        choices=_labels("topic", *(topic.value for topic in Topic)),
        chosen=lambda prefs: tuple(topic.value for topic in Topic if topic in prefs.topics),
        kind=FieldKind.SEVERAL,
    ),
    _plain("mode", "mode", MODES, aliases="delivery kiriman", labels="mode_button", told="mode"),
    _plain("level", "level", LEVELS, aliases="threshold ambang filter saringan", labels="level_button", told="level"),
    _plain("language", "language", LANGUAGES, aliases="bahasa", labels="language", told="language"),
    Option(
        name="zone",
        aliases=("timezone", "zona", "tz"),
        read=read_zone,
        told=_told_zone,
        choices=lambda context: tuple((name, name.rpartition("/")[2].replace("_", " ")) for name in COMMON),
        chosen=lambda prefs: (prefs.zone,) if prefs.zone else (),
        kind=FieldKind.TEXT,
    ),
    Option(
        name="digest",
        aliases=("ringkasan", "hour", "jam"),
        read=read_digest,
        told=_told_digest,
        choices=lambda context: (
            *((_spelt(time(hour)), told_hour(time(hour), context)) for hour in HOURS),
            (OFF, context.texts.say("switch.off")),
        ),
        chosen=lambda prefs: (_spelt(prefs.digest_at),) if prefs.mode.digests else (OFF,),
        kind=FieldKind.TEXT,
    ),
    Option(
        name="quiet",
        aliases=("tenang",),
        read=read_quiet,
        told=_told_quiet,
        choices=lambda context: (
            *((_hours(night), told_quiet(night, context)) for night in NIGHTS),
            (OFF, context.texts.say("switch.off")),
        ),
        chosen=lambda prefs: (_hours(prefs.quiet),) if prefs.quiet else (OFF,),
        kind=FieldKind.TEXT,
    ),
    Option(
        name="break",
        aliases=("breakthrough", "tembus"),
        read=read_break,
        told=_told_break,
        choices=lambda context: (
            *((str(size), number(size, context.texts.language)) for size in BIG_CUTS),
            (OFF, context.texts.say("switch.off")),
        ),
        chosen=lambda prefs: (str(prefs.break_through) if prefs.break_through else OFF,),
        kind=FieldKind.TEXT,
    ),
    _plain("style", "style", STYLES, aliases="gaya", labels="style", told="style"),
    _switch("preview", aliases="pratinjau previews"),
    _switch("silent", aliases="senyap diam"),
    _switch("open", aliases="terbuka", for_groups=True),
    _switch("once", aliases="sekali", is_rare=True),
)

OPTIONS: Mapping[str, Option] = {option.name: option for option in _ALL}
BY_WORD: Mapping[str, Option] = {word: option for option in _ALL for word in (option.name, *option.aliases)}


def told(name: str, context: Context) -> str:
    return OPTIONS[name].told(context)


def options_for(context: Context) -> list[Option]:
    """Those that do something in this chat, without the rare ones."""
    offered = [option for option in _ALL if not option.is_rare and is_heard(option, context)]
    return [option for option in offered if context.in_group or not option.for_groups]


def is_heard(option: Option, context: Context) -> bool:
    """Whether the platform can be told: sound is each reader's own setting on some."""
    return option.name != "silent" or context.chat.channel.platform not in SOUNDLESS


def lines_of(rows: list[tuple[str, str]]) -> Paragraph:
    """`Label: value`, one a line."""
    spans: list[Span] = []
    for label, value in rows:
        spans += [Span(text="\n" if spans else ""), span(label, Style.BOLD), Span(text=f": {value}")]
    return paragraph(*spans)


def described(key: str, chat: Chat, context: Context, *, names: Sequence[str] = (), **values: object) -> Message:
    """A sentence on what was done, and the settings `names` as they are now (without any, what comes and how)."""
    texts = spoken(chat, context)
    after = replace(context, chat=chat, texts=texts)
    usual = ["topics", "mode", "level"] + (["digest"] if chat.preferences.mode.digests else [])
    buttons = [after.button(texts.say("button.settings"), "/settings")]
    if not context.directed:
        buttons.insert(0, Button(label=texts.say("button.latest"), action="/latest"))
    return Message(
        paragraphs=(
            paragraph(texts.say(key, **values)),
            lines_of([(texts.say(f"settings.{name}"), told(name, after)) for name in names or usual]),
            paragraph(texts.say("settings.hint", there=f" {context.directed}".rstrip()), role=Role.FOOTER),
        ),
        buttons=(tuple(buttons),),
    )
