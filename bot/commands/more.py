"""/more N: a story of the last list, opened."""

from __future__ import annotations

from bot.commands.command import Command, Context, story_named
from bot.domain.message import Message


async def run(words: list[str], context: Context) -> Message:
    story = await story_named(words, context, "more")
    outlets = await context.kit.stories.feeds_of(story.id)
    scores = await context.kit.stories.verdict(story.id)
    hits = [topic for topic, score in scores.items() if score.hit]
    return context.presenter.opened(story, outlets, hits)


COMMAND = Command(name="more", run=run, aliases=("lanjut", "selengkapnya", "baca"))
