"""/unsubscribe [topic…]: hear no more of these topics, or of any."""

from __future__ import annotations

from bot.commands.command import Command, Context, topics_in
from bot.commands.preferences import Change, apply_change, described
from bot.commands.subscribe import target
from bot.domain.message import Message, say
from bot.domain.story import Topic


async def run(words: list[str], context: Context) -> Message:
    chat, words, _place = await target(words, context)
    topics, unknown = topics_in(words)
    if unknown:
        raise context.refuse("subscribe.what", word=unknown[0][:40])
    if not chat.is_subscribed:
        return say(context.texts.say("unsubscribe.was_not"))
    gone = frozenset(topics) or chat.preferences.topics
    missing = gone - chat.preferences.topics
    if topics and missing == gone:
        names = context.texts.listed([context.presenter.topic(topic) for topic in Topic if topic in missing])
        return described("unsubscribe.not_that", chat, context, topics=names)
    saved = await apply_change(chat, Change(topics=chat.preferences.topics - gone), context)
    if not saved.is_subscribed:
        return say(context.texts.say("unsubscribe.all"))
    names = context.texts.listed([context.presenter.topic(topic) for topic in Topic if topic in gone])
    return described("unsubscribe.some", saved, context, topics=names)


COMMAND = Command(name="unsubscribe", run=run, aliases=("berhenti", "stop"), changes=True)
