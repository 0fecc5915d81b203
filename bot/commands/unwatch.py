"""/unwatch NAME: a company or words that are not watched any more; the buttons of /watch type it."""

from __future__ import annotations

from bot.commands.command import Command, Context
from bot.commands.interest import dropped
from bot.domain.message import Message
from bot.domain.subscription import InterestKind


async def run(words: list[str], context: Context) -> Message:
    return await dropped(InterestKind.WATCH, words, context)


COMMAND = Command(name="unwatch", run=run, aliases=("batal-pantau",), changes=True, hidden=True)
