"""/unsubscribe [topic…]: hear no more of these topics, or of any."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.asking import echoed
from bot.commands.command import Command, Context, topics_in
from bot.commands.options import described
from bot.commands.preferences import save
from bot.domain.message import Message, say
from bot.domain.story import Topic
from bot.domain.subscription import InterestKind


async def run(words: list[str], context: Context) -> Message:
    chat = context.chat
    topics, unknown = topics_in(words)
    if unknown:
        raise context.refuse("subscribe.what", word=echoed(unknown[0], 40))
    if not chat.is_subscribed:
        return say(context.texts.say("unsubscribe.was_not"), *await _watched(context))
    gone = frozenset(topics) or chat.preferences.topics
    missing = gone - chat.preferences.topics
    if topics and missing == gone:
        return described("unsubscribe.not_that", chat, context, topics=_named(missing, context))
    left = chat.preferences.topics - gone
    saved = await save(chat, replace(chat.preferences, topics=left), context)
    if not saved.is_subscribed:
        return say(context.texts.say("unsubscribe.all"), *await _watched(context))
    return described("unsubscribe.some", saved, context, topics=_named(gone, context))


async def _watched(context: Context) -> list[str]:
    """What still comes, whatever the topics."""
    interests = await context.kit.chats.interests(context.chat.id)
    count = sum(one.kind is InterestKind.WATCH for one in interests)
    return [context.texts.say("unsubscribe.watched", count=count)] if count else []


def _named(topics: frozenset[Topic], context: Context) -> str:
    return context.texts.listed([context.presenter.topic(topic) for topic in Topic if topic in topics])


COMMAND = Command(name="unsubscribe", run=run, aliases=("berhenti", "stop"), changes=True)
