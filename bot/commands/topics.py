"""/topics: what this chat follows, with a switch for each; /topics ai throws one."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.asking import echoed
from bot.commands.command import Command, Context, topics_in, without_words
from bot.commands.options import OPTIONS, described
from bot.commands.preferences import save
from bot.commands.settings import question
from bot.commands.zones import known_zone
from bot.domain.message import Message
from bot.domain.subscription import Preferences


async def run(words: list[str], context: Context) -> Message:
    if not words:
        return question(OPTIONS["topics"], context, line="/topics", back=False)
    before = context.chat.preferences
    after = replace(toggled(words, before, context), zone=before.zone or known_zone(context.request.zone))
    chat = await save(context.chat, after, context)
    if not context.request.pressed:
        return described("topics.changed", chat, context)
    changed = replace(context, chat=chat)
    return replace(question(OPTIONS["topics"], changed, line="/topics", back=False), in_place=True)


def toggled(words: list[str], before: Preferences, context: Context) -> Preferences:
    """`+ai` adds and `-ai` takes away, which a button pressed twice cannot get wrong; `ai` does what is not so yet."""
    if all(word[0] in "+-\u2212" for word in words):
        return OPTIONS["topics"].read(words, before, context)
    topics, unknown = topics_in([word.lstrip("+") for word in words])
    if unknown:
        raise context.refuse("subscribe.what", word=echoed(unknown[0], 40))
    named = frozenset(topics)
    if named <= before.topics:
        return replace(before, topics=before.topics - named)
    return replace(before, topics=before.topics | named)


COMMAND = Command(name="topics", run=run, aliases=("topik",), changes=True, only_shows=without_words)
