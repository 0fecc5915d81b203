"""/more N: a story of the last list, opened: its text, its facts, who told it and what changed."""

from __future__ import annotations

from bot.commands.asking import coverage_named
from bot.commands.command import Command, Context
from bot.domain.message import Message
from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.services.present_story import opened


async def run(words: list[str], context: Context) -> Message:
    stories = context.kit.stories
    coverage = await coverage_named(words, context, "more")
    levels = await stories.levels(coverage.id)
    topics = [topic for topic in Topic if topic in levels and levels[topic].rank >= Level.NORMAL.rank]
    reports, changes = await stories.reports(coverage.id), await stories.changes(coverage.id)
    return opened(context.presenter, context.texts, coverage, reports=reports, changes=changes, topics=topics)


COMMAND = Command(name="more", run=run, aliases=("lanjut", "selengkapnya", "baca"))
