"""/why N: which rules spoke for and against a story, with points and threshold, and whose report was enough."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.commands.asking import coverage_named
from bot.commands.command import Command, Context
from bot.commands.whynot import run as whynot
from bot.domain.coverage import Report
from bot.domain.message import Message
from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.ports import Stories
from bot.services.present_story import Cleared, reasons

ASKED = 12  # reports that are looked at for one that cleared a topic


async def run(words: list[str], context: Context) -> Message:
    if not words and context.request.subject:  # asked of somebody's message: a link or a headline in it
        return await whynot([], context)
    stories = context.kit.stories
    coverage = await coverage_named(words, context, "why")
    scores = await stories.verdict(coverage.lead.id)
    levels = await stories.levels(coverage.id)
    reports = await stories.reports(coverage.id)
    wanting = [
        topic
        for topic, level in levels.items()
        if level.rank >= Level.NORMAL.rank and not (topic in scores and scores[topic].hit)
    ]
    others = [report for report in reports if report.story.id != coverage.lead.id]
    cleared = await _cleared(wanting, others, stories)
    changes = await stories.changes(coverage.id)
    return reasons(
        context.presenter,
        context.texts,
        coverage,
        scores=scores,
        cleared=cleared,
        reports=reports,
        changes=changes,
    )


async def _cleared(wanting: Collection[Topic], reports: Sequence[Report], stories: Stories) -> dict[Topic, Cleared]:
    """The first report that was enough for each topic."""
    found: dict[Topic, Cleared] = {}
    for report in reports[:ASKED]:
        missing = [topic for topic in wanting if topic not in found]
        if not missing:
            break
        scores = await stories.verdict(report.story.id)
        for topic in missing:
            if topic in scores and scores[topic].hit:
                found[topic] = Cleared(report=report, score=scores[topic])
    return found


COMMAND = Command(name="why", run=run, aliases=("kenapa", "mengapa"))
