"""/pause [2h|until 08:00|tomorrow]: nothing comes until then, or until /resume; what happens meanwhile is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.commands.asking import echoed
from bot.commands.command import Command, Context
from bot.commands.ends import end_in
from bot.commands.preferences import SWITCHES, save
from bot.commands.resume import run as resume
from bot.domain.message import Button, Message, paragraph

FOR_GOOD = frozenset({"now", "sekarang", "dulu", "forever", "selamanya"})


async def run(words: list[str], context: Context) -> Message:
    said = [word for word in words if word.lower() not in FOR_GOOD]
    if len(said) == 1 and (switch := SWITCHES.get(said[0].lower())) is not None:
        if not switch:
            return await resume([], context)
        said = []
    if not said:
        return await _paused(None, context)
    text = " ".join(said)
    if text.isdecimal() and len(text) <= 3 and int(text):
        raise context.refuse("pause.which", number=int(text))
    until = end_in(text, context.now, context.zone)
    if until is None:
        raise context.refuse("pause.what", words=echoed(text, 40))
    return await _paused(until, context)


async def _paused(until: datetime | None, context: Context) -> Message:
    """Also where it was paused already: the new end counts."""
    say, before = context.texts.say, context.chat.preferences
    if until is None and before.is_paused(context.now) and before.paused_until is None:
        text = say("pause.already")
    else:
        await save(context.chat, replace(before, paused=True, paused_until=until), context)
        text = say("pause.done_until", when=context.presenter.when(until)) if until else say("pause.done")
    rows: list[tuple[Button, ...]] = [(context.button(say("pause.resume"), "/resume"),)]
    if until is None:
        rows += [tuple(context.button(say(f"pause.for.{end}"), f"/pause {end}") for end in ("2h", "tomorrow"))]
    return Message(paragraphs=(paragraph(text),), buttons=tuple(rows), in_place=context.request.pressed)


COMMAND = Command(name="pause", run=run, aliases=("jeda",), changes=True)
