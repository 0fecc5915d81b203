"""/latest [topic] [n]: the newest stories, numbered, with a way to older ones."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.asking import echoed
from bot.commands.command import Command, Context, topics_in
from bot.domain.message import Button, Message, paragraph
from bot.domain.story import Topic

USUAL = 5
MOST = 15
FURTHEST = 500


async def run(words: list[str], context: Context) -> Message:
    say, kit, prefs = context.texts.say, context.kit, context.chat.preferences
    topics, rest = topics_in(words)
    count, offset = _count_and_offset(rest, context)
    chosen = topics or sorted(prefs.topics) or list(Topic)
    found = await kit.stories.latest(chosen, level=prefs.level, limit=count + 1, offset=offset)
    names = context.texts.listed([context.presenter.topic(topic) for topic in chosen])
    if not found:
        return await _nothing(context, names, offset)
    if offset == 0 and prefs.topics.issubset(chosen):
        await kit.chats.read(context.chat.id, context.now)
    page, more = found[:count], len(found) > count and offset < FURTHEST
    heading = say("latest.heading" if offset == 0 else "latest.heading_older", topics=names)
    message = context.presenter.numbered(heading, page)
    if not more:
        return message
    named = " ".join(topic.value for topic in topics)
    action = " ".join(f"/latest {named} {count} +{offset + count}".split())
    older = Button(label=say("button.older"), action=action)
    return replace(message, buttons=(*message.buttons, (older,)))


def _count_and_offset(words: list[str], context: Context) -> tuple[int, int]:
    """`5` is how many, `+10` how many newer ones to pass over; too many are trimmed, anything else is asked back."""
    count, offset = USUAL, 0
    for word in words:
        if re.fullmatch(r"[0-9]{1,9}", word):
            count = min(max(int(word), 1), MOST)
        elif re.fullmatch(r"\+[0-9]{1,9}", word):
            offset = min(int(word), FURTHEST)
        else:
            raise context.refuse("latest.what", word=echoed(word, 40))
    return count, offset


async def _nothing(context: Context, names: str, offset: int) -> Message:
    """Why there is nothing: no feed yet, none read yet, or a quiet time."""
    say = context.texts.say
    if offset:
        return Message(paragraphs=(paragraph(say("latest.no_older")),))
    feeds = await context.kit.feeds.counts()
    if not feeds.listed:
        key = "latest.no_feeds"
    elif not feeds.read:
        key = "latest.none_read"
    else:
        key = "latest.nothing"
    return Message(paragraphs=(paragraph(say(key, topics=names, count=feeds.read)),))


COMMAND = Command(name="latest", run=run, aliases=("terbaru", "news", "berita"))
