"""/catchup: what came since this chat last looked, the weightiest first; and the pages of a list that was sent."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

from bot.commands.command import Command, Context
from bot.domain.delivery import DeliveryKind
from bot.domain.digest import ORDER
from bot.domain.message import Message, paragraph

SHOWN, COUNTED = 10, 200
SENT, PAGE = re.compile(r"d([0-9]{1,18})"), re.compile(r"[0-9]{1,4}")
FIRST, LONGEST = timedelta(hours=24), timedelta(days=7)


async def run(words: list[str], context: Context) -> Message:
    """Only the words of a page's button make a difference."""
    if len(words) == 2 and (sent := SENT.fullmatch(words[0])) and PAGE.fullmatch(words[1]):
        return await _page(int(sent[1]), int(words[1]), context)
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


async def _page(delivery_id: int, page: int, context: Context) -> Message:
    """Of the list that was sent to this chat as that delivery."""
    ledger = await context.kit.outbox.of_chat(context.chat.id, DeliveryKind.CATCH_UP)
    payload = next((one.payload for one, _state in ledger if one.id == delivery_id), None)
    found = await context.kit.stories.coverages(json.loads(payload or "[]"))
    if not found:
        raise context.refuse("catchup.forgotten")
    return replace(context.presenter.caught_up(found, delivery_id, page), in_place=True)


COMMAND = Command(name="catchup", run=run, aliases=("susulan",), alone=True)
