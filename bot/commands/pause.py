"""/pause: nothing comes until /resume; what happens meanwhile is kept."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.clocks import clock_in, length_in
from bot.commands.command import Command, Context
from bot.commands.preferences import save
from bot.domain.message import Button, Message, paragraph

FOR_GOOD = frozenset({"on", "now", "sekarang", "dulu"})
UNTIL = re.compile(r"(?:until|till|to|for|sampai|hingga|selama)\b")


async def run(words: list[str], context: Context) -> Message:
    say = context.texts.say
    timed = [word for word in words if word.lower() not in FOR_GOOD]
    text = " ".join(timed).lower()
    if timed and not (length_in(text)[0] or UNTIL.match(text) or clock_in(text)):
        raise context.refuse("pause.what")
    if timed:
        pause = context.button(say("pause.button"), "/pause")
        quiet = context.button(say("settings.quiet"), "/quiet")
        return Message(paragraphs=(paragraph(say("pause.until")),), buttons=((pause, quiet),))
    before = context.chat.preferences
    key = "pause.already" if before.paused else "pause.done"
    await save(context.chat, replace(before, paused=True), context)
    resume = Button(label=say("pause.resume"), action=context.action("/resume"))
    return Message(paragraphs=(paragraph(say(key)),), buttons=((resume,),))


COMMAND = Command(name="pause", run=run, aliases=("jeda",), changes=True)
