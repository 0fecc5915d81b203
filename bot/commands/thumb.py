"""Whether an alert was a good one: kept by person and chat, taken back by pressing again, never acted on by itself."""

from __future__ import annotations

from bot.commands.asking import coverage_named
from bot.commands.command import Context
from bot.domain.message import Message, paragraph


async def note(words: list[str], context: Context, *, up: bool) -> Message:
    coverage = await coverage_named(words, context, "good" if up else "bad")
    thumbs, chat, user = context.kit.thumbs, context.chat, context.request.user
    taken_back = await thumbs.given(coverage.id, chat.id, user.id) is up
    await thumbs.set(coverage.id, chat.id, user.id, None if taken_back else up, context.now)
    said = context.texts.say("thumb.taken_back" if taken_back else "thumb.noted")
    return Message(paragraphs=(paragraph(said),), toast=True)
