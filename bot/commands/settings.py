"""/settings: how this chat is set, as a panel that edits itself; /settings threshold high: one of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from bot.commands.command import Command, Context
from bot.commands.options import BY_WORD, OFF, ON, OPTIONS, Option, described, is_heard, lines_of, options_for
from bot.commands.preferences import save, spoken, still_paused
from bot.commands.rights import require_admin
from bot.domain.message import Button, Field, FieldKind, Form, Message, Role, paragraph
from bot.domain.subscription import Preferences

PANEL = "panel"  # back to the first level
A_ROW, NARROW_ROW = 2, 3
NARROW = 12  # letters of a label of which three fit beside each other on a phone
Pairs = list[tuple[Option, list[str]]]


async def run(words: list[str], context: Context) -> Message:
    if not words or words == [PANEL]:
        # Where there are dialogs, one opens instead of the panel; what is pressed in a panel that is there changes it.
        return replace(panel(context), in_place=bool(words), form=None if words else _form(context))
    pairs = _pairs(words, context)
    name, values = pairs[0]
    if len(pairs) == 1 and not values and "=" not in "".join(words):
        return replace(question(name, context), in_place=True)
    return await change(pairs, context)


async def change(pairs: Pairs, context: Context) -> Message:
    """All of the settings or, where one is not understood, none."""
    after = context.chat.preferences
    # A digest's hour switches the digest on; where the mode is said as well, the mode has the last word.
    for option, values in sorted(pairs, key=lambda pair: pair[0].name == "mode"):
        if option.for_groups and not context.directed:
            await require_admin(context)  # also where everybody may change the rest
        after = option.read(values, after, context)
    chat = await save(context.chat, after, context)
    if not context.request.pressed:
        return described("settings.changed", chat, context, names=[option.name for option, _values in pairs])
    changed = replace(context, chat=chat, texts=spoken(chat, context))
    stays = len(pairs) == 1 and pairs[0][0].kind is FieldKind.SEVERAL
    return replace(question(pairs[0][0], changed) if stays else panel(changed), in_place=True)


def panel(context: Context) -> Message:
    """Everything that is set, and a way to change each."""
    say = context.texts.say
    options = options_for(context)
    shown = [option for option in options if option.name != "break" or context.chat.preferences.quiet]
    rows = [(say(f"settings.{option.name}"), option.told(context)) for option in shown]
    heading = say("settings.heading_of", place=context.place) if context.place else say("settings.heading")
    parts = [paragraph(heading, role=Role.HEADING), lines_of(rows)]
    if paused := still_paused(context.chat.preferences, context):
        parts.append(paragraph(paused))
    parts.append(paragraph(say("settings.how", there=f" {context.directed}".rstrip()), role=Role.FOOTER))
    buttons = [_opener(option, context) for option in options if option.name != "break"]
    return Message(paragraphs=tuple(parts), buttons=in_rows(buttons, A_ROW))


def question(option: Option, context: Context, *, line: str = "/settings", back: bool = True) -> Message:
    """One setting: what it is, and its choices. `line` is the command they type, with the setting's name where that
    is /settings."""
    say = context.texts.say
    parts = [
        paragraph(say(f"settings.{option.name}"), role=Role.HEADING),
        paragraph(option.told(context)),
        paragraph(say(f"settings.missing.{option.name}"), role=Role.FOOTER),
    ]
    rows = list(_choices(option, context, line))
    if option.name == "quiet":
        parts.insert(2, paragraph(say("quiet.break", told=OPTIONS["break"].told(context))))
        rows += _choices(OPTIONS["break"], context, "/settings")
    if back:
        rows.append((context.button(say("button.back"), f"/settings {PANEL}"),))
    return Message(paragraphs=tuple(parts), buttons=tuple(rows))


def in_rows(buttons: Sequence[Button], size: int) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(buttons[at : at + size]) for at in range(0, len(buttons), size))


def shows_only(words: list[str]) -> bool:
    """Nothing, the panel, or the bare name of one setting."""
    return not words or words == [PANEL] or (len(words) == 1 and words[0].lower() in BY_WORD)


def _choices(option: Option, context: Context, line: str) -> tuple[tuple[Button, ...], ...]:
    chosen = option.chosen(context.chat.preferences)
    start = f"{line} {option.name}" if line == "/settings" else line
    buttons = []
    for value, label in option.choices(context):
        holds = value in chosen
        sign = ("-" if holds else "+") if option.kind is FieldKind.SEVERAL else ""
        shown = context.texts.say("settings.chosen", label=label) if holds else label
        if option.name == "break" and value != OFF:
            shown = context.texts.say("settings.people_label", label=shown)
        buttons.append(context.button(shown, f"{start} {sign}{value}"))
    narrow = all(len(button.label) <= NARROW for button in buttons)
    return in_rows(buttons, NARROW_ROW if narrow else A_ROW)


def _opener(option: Option, context: Context) -> Button:
    """Opens the choices of a setting; a switch is simply thrown."""
    say = context.texts.say
    if not option.is_switch:
        return context.button(say(f"settings.{option.name}"), f"/settings {option.name}")
    other = ON if option.chosen(context.chat.preferences) == (OFF,) else OFF
    return context.button(say(f"flip.{option.name}.{other}"), f"/settings {option.name} {other}")


def _pairs(words: list[str], context: Context) -> Pairs:
    """`mode digest`, `mode = digest`, `high threshold`, or several as `mode=digest quiet=22:00-07:00`."""
    if words[0].find("=") > 0:
        return _assigned(words, context)
    rest = [word.strip("=:") for word in words if word.strip("=:")]
    if rest and rest[0].lower() not in BY_WORD and rest[-1].lower() in BY_WORD:
        rest = [rest[-1], *rest[:-1]]
    return [(_option(rest[0] if rest else words[0], context), rest[1:])]


def _assigned(words: list[str], context: Context) -> Pairs:
    pairs: Pairs = []
    for word in words:
        name, sign, value = word.partition("=")
        if sign:
            pairs.append((_option(name, context), [value] if value else []))
        else:
            pairs[-1][1].append(word)
    return pairs


def _option(word: str, context: Context) -> Option:
    option = BY_WORD.get(word.lower())
    if option is None:
        close = get_close_matches(word.lower(), BY_WORD, n=1)
        raise context.refuse("settings.what", word=word[:40], close=close[0] if close else "mode")
    if not is_heard(option, context):
        raise context.refuse("settings.own_sound")
    return option


def _form(context: Context) -> Form:
    say, prefs = context.texts.say, context.chat.preferences
    fields = tuple(
        Field(
            key=option.name,
            label=say(f"settings.{option.name}"),
            kind=option.kind,
            options=() if option.kind is FieldKind.TEXT else option.choices(context),
            chosen=_filled_in(option, prefs, context),
        )
        for option in options_for(context)
    )
    return Form(
        title=say("settings.form"), submit=say("settings.save"), action=context.action("/settings"), fields=fields
    )


def _filled_in(option: Option, prefs: Preferences, context: Context) -> tuple[str, ...]:
    """What holds now, also where nobody has chosen yet."""
    usual = {"zone": context.zone, "language": context.texts.language, "digest": f"{prefs.digest_at:%H:%M}"}
    if option.name == "digest":
        return (usual["digest"],)
    return option.chosen(prefs) or tuple(filter(None, [usual.get(option.name)]))


COMMAND = Command(name="settings", run=run, aliases=("pengaturan", "setelan"), changes=True, only_shows=shows_only)
