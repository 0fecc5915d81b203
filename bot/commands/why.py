"""/why N: which rules spoke for and against a story, with points and threshold."""

from __future__ import annotations

from bot.commands.command import Command, Context, story_named
from bot.domain.message import Message


async def run(words: list[str], context: Context) -> Message:
    story = await story_named(words, context, "why")
    return context.presenter.reasons(story, await context.kit.stories.verdict(story.id))


COMMAND = Command(name="why", run=run, aliases=("kenapa", "mengapa"))
