"""/subscribe [topic…] [alert|digest|both] [low|normal|high] [08:00] [zone] [@channel]: what this chat wants to hear."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.asking import echoed
from bot.commands.command import Command, Context, topics_in
from bot.commands.options import described, told_topics
from bot.commands.preferences import USUAL, preferences_in, save
from bot.commands.zones import known_zone
from bot.domain.message import Message
from bot.domain.subscription import Chat, Mode


async def run(words: list[str], context: Context) -> Message:
    chat, before = context.chat, context.chat.preferences
    topics, rest = topics_in(words)
    after, unknown = preferences_in(rest, before, context)
    if unknown:
        raise context.refuse("subscribe.what", word=echoed(unknown[0], 40))
    if after.digest_at != before.digest_at and after.mode is before.mode and not before.mode.digests:
        after = replace(after, mode=Mode.BOTH if chat.is_subscribed else Mode.DIGEST)
    after = replace(after, topics=(before.topics | frozenset(topics)) or USUAL)
    if after == before:
        return described("subscribe.already", chat, context, **_names(chat, context))
    saved = await save(chat, replace(after, zone=after.zone or known_zone(context.request.zone)), context)
    key = {Mode.ALERT: "subscribe.alert", Mode.DIGEST: "subscribe.digest", Mode.BOTH: "subscribe.both"}
    return described(key[saved.preferences.mode], saved, context, **_names(saved, context))


def _names(chat: Chat, context: Context) -> dict[str, str]:
    place = context.place or context.texts.say("subscribe.here")
    return {"topics": told_topics(replace(context, chat=chat)), "place": place}


COMMAND = Command(name="subscribe", run=run, aliases=("langganan", "berlangganan", "ikuti"), changes=True)
