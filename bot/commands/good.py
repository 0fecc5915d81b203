"""The button 👍 under an alert: /good s123."""

from __future__ import annotations

from bot.commands.command import Command, Context
from bot.commands.thumb import note
from bot.domain.message import Message


async def run(words: list[str], context: Context) -> Message:
    return await note(words, context, up=True)


COMMAND = Command(name="good", run=run, aliases=("bagus",), hidden=True)
