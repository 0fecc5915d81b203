"""/catchup: what came since this chat last looked, the weightiest first."""

from __future__ import annotations

from datetime import timedelta

from bot.commands.command import Command, Context
from bot.domain.digest import ORDER
from bot.domain.message import Message, paragraph

SHOWN, COUNTED = 10, 200
FIRST, LONGEST = timedelta(hours=24), timedelta(days=7)


async def run(words: list[str], context: Context) -> Message:
    """Words make no difference."""
    kit, chat, say = context.kit, context.chat, context.texts.say
    looked = chat.read_until or context.now - FIRST
    since = min(max(looked, context.now - LONGEST), context.now)
    topics = [topic for topic in ORDER if topic in chat.preferences.topics] or list(ORDER)
    ranked = await kit.stories.ranked(
        topics, level=chat.preferences.level, since=since, until=context.now, limit=COUNTED
    )
    await kit.chats.read(chat.id, context.now)
    when = context.presenter.when(since)
    if not ranked:
        return Message(paragraphs=(paragraph(say("catchup.nothing", when=when)),))
    shown = [coverage for coverage, _topic in ranked[:SHOWN]]
    rest = len(ranked) - len(shown)
    footer = say("catchup.more", count=rest) if rest else ""
    return context.presenter.numbered(say("catchup.heading", when=when), shown, footer=footer)


COMMAND = Command(name="catchup", run=run, aliases=("susulan",), alone=True)
