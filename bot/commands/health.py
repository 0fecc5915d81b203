"""/health: one line a part of the bot, and what to do about each that is not well."""

from __future__ import annotations

from bot.commands.command import Command, Context
from bot.domain.message import Message, Role, Span, Style, paragraph, span
from bot.services.health import MARKS, part_sentence


async def run(words: list[str], context: Context) -> Message:
    say = context.texts.say
    parts = await context.kit.health.parts()
    spans: list[Span] = []
    for part in parts:
        spans.append(Span(text=("\n" if spans else "") + MARKS[part.state] + " "))
        spans += [span(say(f"part.{part.name}"), Style.BOLD), Span(text=f" – {part_sentence(part, context.texts)}")]
    well = all(part.is_well for part in parts)
    return Message(
        paragraphs=(
            paragraph(say("health.well" if well else "health.ill"), role=Role.HEADING),
            paragraph(*spans),
        )
    )


COMMAND = Command(name="health", run=run, aliases=("kesehatan", "status"), alone=True)
