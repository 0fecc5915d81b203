"""/start: hello and three taps to be set up; later, where things stand; with a story's number, that story."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.command import Command, Context, topics_in
from bot.commands.options import OPTIONS, Option, told_topics
from bot.commands.preferences import USUAL, save, spoken
from bot.commands.settings import in_rows, panel
from bot.commands.topics import toggled
from bot.commands.zones import known_zone
from bot.domain.message import Button, Message, Role, paragraph
from bot.domain.story import Topic
from bot.domain.subscription import Preferences

STORY = re.compile(r"(?:story[_-]?|s)([0-9]{1,15})", re.IGNORECASE)
STEPS = ("topics", "mode", "language")
A_ROW = 3


async def run(words: list[str], context: Context) -> Message:
    if words and (linked := STORY.fullmatch(words[0])):
        return await _story(linked[1], context)
    step, values = (words[0].lower(), words[1:]) if words and words[0].lower() in STEPS else ("", [])
    if not step:
        return _again(context) if context.chat.is_subscribed else _hello(context)
    return replace(await _taken(step, values, context), in_place=True)


def shows_only(words: list[str]) -> bool:
    """Everything but a step with its choice."""
    return len(words) < 2 or words[0].lower() not in STEPS


async def _taken(step: str, values: list[str], context: Context) -> Message:
    """One tap: what it sets, and the step that is next."""
    if not values:
        return {"topics": _topics, "mode": _mode, "language": _language}[step](context)
    before = context.chat.preferences
    if step == "topics":
        after = await _saved(toggled(values, before, context), context)
        everything = set(topics_in([value.lstrip("+") for value in values])[0]) == set(Topic)
        return _mode(after) if everything else _topics(after)
    chosen = replace(before, topics=before.topics or USUAL)
    after = await _saved(OPTIONS[step].read(values, chosen, context), context)
    return _language(after) if step == "mode" else _done(after)


async def _saved(after: Preferences, context: Context) -> Context:
    zone = after.zone or known_zone(context.request.zone)
    chat = await save(context.chat, replace(after, zone=zone), context)
    return replace(context, chat=chat, texts=spoken(chat, context))


def _hello(context: Context) -> Message:
    say = context.texts.say
    first = _topics(context)
    heading = (paragraph(say("start.heading"), role=Role.HEADING), paragraph(say("start.what")))
    return replace(first, paragraphs=(*heading, *first.paragraphs))


def _topics(context: Context) -> Message:
    """Each topic on or off, all at once, or on with what is chosen."""
    say, chosen = context.texts.say, context.chat.preferences.topics
    buttons = []
    for topic in Topic:
        label = say(f"topic.{topic.value}")
        if topic in chosen:
            buttons.append(context.button(say("settings.chosen", label=label), f"/start topics -{topic.value}"))
        else:
            buttons.append(context.button(label, f"/start topics +{topic.value}"))
    on = context.button(say("start.button.next"), "/start mode")
    everything = context.button(say("start.button.all"), "/start topics +all")
    rows = (*in_rows(buttons, A_ROW), (everything, on) if chosen else (everything,))
    return _step(1, "start.topics", rows, context)


def _mode(context: Context) -> Message:
    return _step(2, "start.mode", _choices("mode", context), context)


def _language(context: Context) -> Message:
    return _step(3, "start.language", _choices("language", context), context)


def _choices(step: str, context: Context) -> tuple[tuple[Button, ...], ...]:
    option: Option = OPTIONS[step]
    return in_rows([context.button(label, f"/start {step} {value}") for value, label in option.choices(context)], A_ROW)


def _step(number: int, key: str, buttons: tuple[tuple[Button, ...], ...], context: Context) -> Message:
    say = context.texts.say
    count = paragraph(say("start.step", number=number, steps=len(STEPS)), role=Role.FOOTER)
    return Message(paragraphs=(paragraph(say(key)), count), buttons=buttons)


def _done(context: Context) -> Message:
    """What will be heard, and what to try at once."""
    say, prefs = context.texts.say, context.chat.preferences
    place = context.place or say("subscribe.here")
    parts = (
        paragraph(say("start.done"), role=Role.HEADING),
        paragraph(say(f"start.hear.{prefs.mode.value}", topics=told_topics(context), place=place,
                      hour=OPTIONS["digest"].told(context))),
        paragraph(say("start.try")),
    )  # fmt: skip
    look = Button(label=say("button.latest"), action="/latest")
    return Message(paragraphs=parts, buttons=((look, context.button(say("button.settings"), "/settings")),))


def _again(context: Context) -> Message:
    """Where things stand, and the panel."""
    shown = panel(context)
    hello = (paragraph(context.texts.say("start.again"), role=Role.HEADING),)
    look = Button(label=context.texts.say("button.latest"), action="/latest")
    return replace(shown, paragraphs=(*hello, *shown.paragraphs[1:]), buttons=((look,), *shown.buttons))


async def _story(number: str, context: Context) -> Message:
    """A shared story, opened by somebody who may never have written before."""
    from bot.commands.more import run as opened

    return await opened([f"s{number}"], context)


COMMAND = Command(name="start", run=run, aliases=("mulai",), changes=True, only_shows=shows_only)
