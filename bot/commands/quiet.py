"""/quiet 22-07: hours in which nothing comes; /quiet break 1000: job cuts so big that they come all the same."""

from __future__ import annotations

from bot.commands.command import Command, Context, without_words
from bot.commands.options import BY_WORD, OPTIONS
from bot.commands.settings import change, question
from bot.domain.message import Message


async def run(words: list[str], context: Context) -> Message:
    if not words:
        return question(OPTIONS["quiet"], context, back=False)
    enough = [word for word in words if BY_WORD.get(word.lower()) is OPTIONS["break"]]
    if enough:
        return await change([(OPTIONS["break"], [word for word in words if word not in enough])], context)
    return await change([(OPTIONS["quiet"], words)], context)


COMMAND = Command(name="quiet", run=run, aliases=("tenang",), changes=True, only_shows=without_words)
