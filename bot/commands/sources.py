"""/sources N: every outlet that told a story, with its link and its time."""

from __future__ import annotations

from bot.commands.asking import coverage_named
from bot.commands.command import Command, Context
from bot.domain.coverage import Report
from bot.domain.message import Message
from bot.services.present_story import sources


async def run(words: list[str], context: Context) -> Message:
    coverage = await coverage_named(words, context, "sources")
    reports = await context.kit.stories.reports(coverage.id) or [Report(story=coverage.lead)]
    return sources(context.presenter, context.texts, coverage, reports)


COMMAND = Command(name="sources", run=run, aliases=("sumber",))
