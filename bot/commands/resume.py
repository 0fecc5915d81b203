"""/resume: the end of a pause, and what was kept meanwhile in one message."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.commands.command import Command, Context
from bot.commands.options import told_hour
from bot.commands.preferences import save
from bot.domain.message import Message, say


async def run(words: list[str], context: Context) -> Message:
    """Words make no difference."""
    before = context.chat.preferences
    if not before.is_paused(context.now):
        return say(context.texts.say("pause.was_not"))
    await save(context.chat, replace(before, paused=False, paused_until=None), context)
    quiet = before.quiet
    if quiet is not None and quiet.covers(context.now.astimezone(ZoneInfo(context.zone)).time()):
        return say(context.texts.say("pause.over_quiet", hour=told_hour(quiet.end, context)))
    kept = await context.kit.outbox.plan_catch_up(context.chat.id, context.now)
    return say(context.texts.say("pause.over", count=kept) if kept else context.texts.say("pause.over_nothing"))


COMMAND = Command(name="resume", run=run, aliases=("lanjutkan",), changes=True, alone=True)
