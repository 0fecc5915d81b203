"""/subscribe [topic…] [alert|digest|both] [low|normal|high] [08:00] [zone] [@channel]: what this chat wants to hear."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.command import Command, Context, topics_in
from bot.commands.preferences import Change, apply_change, change_in, described, known_zone
from bot.domain.message import Message
from bot.domain.story import Topic
from bot.domain.subscription import Chat, Mode

USUAL = frozenset({Topic.AI, Topic.TECH_LAYOFFS})


async def run(words: list[str], context: Context) -> Message:
    chat, words, place = await target(words, context)
    topics, rest = topics_in(words)
    change, unknown = change_in(rest, context)
    if unknown:
        raise context.refuse("subscribe.what", word=unknown[0][:40])
    if change.digest_at is not None and change.mode is None and not chat.preferences.mode.digests:
        change = replace(change, mode=Mode.BOTH if chat.is_subscribed else Mode.DIGEST)
    wanted = chat.preferences.topics | frozenset(topics)
    if not wanted:
        wanted = USUAL
    if wanted == chat.preferences.topics and change == Change():
        return described("subscribe.already", chat, context, **_names(chat, place, context))
    zone = change.zone or chat.preferences.zone or known_zone(context.request.zone)
    saved = await apply_change(chat, replace(change, topics=wanted, zone=zone), context)
    key = {Mode.ALERT: "subscribe.alert", Mode.DIGEST: "subscribe.digest", Mode.BOTH: "subscribe.both"}
    return described(key[saved.preferences.mode], saved, context, **_names(saved, place, context))


async def target(words: list[str], context: Context) -> tuple[Chat, list[str], str]:
    """The chat to act on, the words left, and what to call that chat: this one, or, said privately with @channel, that
    channel for its admins."""
    named = [word for word in words if word.startswith(("@", "#", "<#")) and len(word) > 1 and not topics_in([word])[0]]
    if not named or not context.request.private:
        return context.chat, words, context.texts.say("subscribe.here")
    name = named[0]
    platform = context.kit.platforms.get(context.request.channel.platform)
    channel = await platform.find_channel(name) if platform else None
    if platform is None or channel is None:
        raise context.refuse("channel.not_found", channel=name[:60])
    if not await platform.is_admin(channel, context.request.user):
        raise context.refuse("channel.not_admin", channel=name[:60])
    return await context.kit.chats.meet(channel), [word for word in words if word != name], name


def _names(chat: Chat, place: str, context: Context) -> dict[str, str]:
    topics = [topic for topic in Topic if topic in chat.preferences.topics]
    return {"topics": context.texts.listed([context.presenter.topic(topic) for topic in topics]), "place": place}


COMMAND = Command(name="subscribe", run=run, aliases=("langganan", "berlangganan", "ikuti"), changes=True)
