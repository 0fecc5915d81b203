"""Who may change what a chat hears, and which channel somebody means to change from a private chat."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.commands.command import Context, topics_in
from bot.domain.channel import Channel
from bot.domain.errors import DeliveryError
from bot.domain.message import Message, paragraph
from bot.ports import Platform

# `@` and a platform's own id of a group or channel: what buttons carry where the name is too long for them. A private
# chat's id is never one of these (Telegram's groups have negative ids, Slack's begin with C or G), or a stranger could
# change it: in a private chat everybody who writes there is its admin.
BY_ID = re.compile(r"@(-[0-9]{5,16}|[CG][A-Z0-9]{6,14})")
LINKED = re.compile(r"<#[CG][A-Z0-9]{6,14}\|([^<>]+)>")
LONGEST_TOKEN = 18  # bytes of a button, of which most belong to what it types


async def require_admin(context: Context) -> None:
    """In a group only its admins may; CommandError tells the others."""
    request = context.request
    platform = context.kit.platforms.get(request.channel.platform)
    if request.private or platform is None:
        return
    if not await _is_admin(platform, request.channel, context):
        raise context.refuse("group.admins_only")


async def elsewhere(words: list[str], context: Context) -> tuple[list[str], Context]:
    """A channel named among the words of somebody in a private chat: the other words, and a context that acts on that
    channel. CommandError where the bot is not there or the person is none of its admins, which is asked every time."""
    named = [word for word in words if _names_channel(word)] if context.request.private else []
    if not named:
        return words, context
    name = named[0]
    channel, place = await _channel(name, context)
    return [word for word in words if word != name], await managing(channel, place, context)


async def managing(channel: Channel, place: str, context: Context) -> Context:
    """A context that acts on `channel`, for its admins."""
    platform = context.kit.platforms.get(channel.platform)
    if platform is None or not await _is_admin(platform, channel, context):
        raise context.refuse("channel.not_admin", channel=place)
    chat = await context.kit.chats.meet(channel)
    by_name = place.startswith("@") and len(place.encode()) <= LONGEST_TOKEN
    token = place if by_name else f"@{channel.address.rpartition('/')[2]}"
    return replace(context, chat=chat, place=place, directed=token)


async def manage(channel: Channel, context: Context) -> Message:
    """A post of a channel was forwarded here: its admins are shown what they can do about it."""
    there = await managing(channel, context.texts.say("channel.that"), context)
    say, buttons = context.texts.say, []
    for label, line in (("channel.set_up", "/start"), ("settings.topics", "/topics"), ("button.settings", "/settings")):
        buttons.append(there.button(say(label), line))
    return Message(paragraphs=(paragraph(say("channel.manage")),), buttons=(tuple(buttons),))


def _names_channel(word: str) -> bool:
    return word.startswith(("@", "#", "<#")) and len(word) > 1 and not topics_in([word])[0]


async def _channel(name: str, context: Context) -> tuple[Channel, str]:
    """The channel and what to call it. Never one of another workspace than the asker's."""
    here = context.request.channel
    team, slash, _ = here.address.rpartition("/")
    by_id, linked = BY_ID.fullmatch(name), LINKED.fullmatch(name)
    if by_id:
        place = context.texts.say("channel.that")
        return Channel(platform=here.platform, address=f"{team}{slash}{by_id[1]}"), place
    place = f"#{linked[1][:60]}" if linked else name[:60]
    platform = context.kit.platforms.get(here.platform)
    try:
        channel = await platform.find_channel(name) if platform else None
    except DeliveryError as error:
        raise context.refuse("channel.cannot_check") from error
    if channel is None or channel.address.rpartition("/")[0] != team:
        raise context.refuse("channel.not_found", channel=place)
    return channel, place


async def _is_admin(platform: Platform, channel: Channel, context: Context) -> bool:
    try:
        return await platform.is_admin(channel, context.request.user)
    except DeliveryError as error:
        raise context.refuse("channel.cannot_check") from error
