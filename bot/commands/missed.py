"""/missed: alerts of the last seven days that did not reach this chat, each with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.commands.command import Command, Context
from bot.domain.coverage import Coverage
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.message import Message, Paragraph, Role, Span, Style, paragraph, span
from bot.ports import Entry
from bot.services.present import number_buttons
from bot.services.present_story import title_of
from bot.services.present_whynot import fate
from bot.services.whynot import FOLDED

LOOK_BACK = timedelta(days=7)
SHOWN = 15


async def run(words: list[str], context: Context) -> Message:
    """Words make no difference."""
    kit, say = context.kit, context.texts.say
    ledger = await kit.outbox.ledger(context.chat.id, since=context.now - LOOK_BACK)
    alerts = [one for one in ledger if one.kind is DeliveryKind.ALERT and one.reason != FOLDED]
    missed = [one for one in alerts if one.state is not DeliveryState.SENT]
    found = {one.id: one for one in await kit.stories.coverages([one.story_id for one in missed[:SHOWN]])}
    shown = [one for one in missed[:SHOWN] if one.story_id in found]
    if not shown:
        return Message(paragraphs=(paragraph(say("missed.nothing" if alerts else "missed.none_due")),))
    parts = [paragraph(say("missed.heading", count=len(missed)), role=Role.HEADING)]
    parts += _lines(shown, found, context)
    if len(missed) > len(shown):
        parts.append(paragraph(say("asked.and_more", count=len(missed) - len(shown))))
    parts.append(paragraph(say("list.hint"), role=Role.FOOTER))
    ids = tuple(one.story_id for one in shown)
    return Message(paragraphs=tuple(parts), buttons=number_buttons(ids), stories=ids, numbered=True)


def _lines(shown: Sequence[Entry], found: dict[int, Coverage], context: Context) -> list[Paragraph]:
    presenter, lines = context.presenter, []
    for n, entry in enumerate(shown, start=1):
        coverage = found[entry.story_id]
        origin = span("\n" + presenter.origin(coverage) + "\n", data=True)
        reason = span(fate(entry, context.texts, presenter), Style.ITALIC)
        lines.append(Paragraph(spans=(Span(text=f"{n}. "), title_of(coverage.lead, context.texts), origin, reason)))
    return lines


COMMAND = Command(name="missed", run=run, aliases=("terlewat",), alone=True)
