"""/unmute NAME: a company or words that may be told of again; the buttons of /mute type it."""

from __future__ import annotations

import re

from bot.commands.asking import coverage_named
from bot.commands.command import Command, Context
from bot.commands.interest import dropped
from bot.commands.mute import card_of
from bot.domain.message import Message
from bot.domain.subscription import InterestKind

STORY = re.compile(r"s[0-9]{1,15}")


async def run(words: list[str], context: Context) -> Message:
    """`/unmute i5 s123` is typed by a button under the alert on story 123, which it brings back as it was."""
    done = await dropped(InterestKind.MUTE, words, context)
    if context.request.pressed and len(words) > 1 and STORY.fullmatch(words[1]):
        return await card_of(await coverage_named(words[1:], context, "unmute"), context)
    return done


COMMAND = Command(name="unmute", run=run, aliases=("batal-bisukan",), changes=True, hidden=True)
