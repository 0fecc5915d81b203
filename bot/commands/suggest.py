"""/suggest ADDRESS: a feed that somebody misses, passed on to whoever runs the bot."""

from __future__ import annotations

import re

from bot.commands.asking import echoed
from bot.commands.command import Command, Context
from bot.domain.feed import shown_address
from bot.domain.identity import canonical_url
from bot.domain.message import Message, say

A_DAY = 5  # suggestions a person and day: the operator's chat is no place for a flood
LONGEST = 300
LOOKS_LIKE_ONE = re.compile(r"(?:https?://)?[^\s/@:]+\.[^\s/.@:]{2,}(?::[0-9]{2,5})?(?:[/?#]\S*)?", re.IGNORECASE)


async def run(words: list[str], context: Context) -> Message:
    text, kit = context.texts.say, context.kit
    address = next((word.strip("<>()\"'") for word in words if LOOKS_LIKE_ONE.fullmatch(word.strip("<>()\"'"))), None)
    if not words:
        raise context.refuse("suggest.what")
    if address is None or len(address) > LONGEST:
        raise context.refuse("suggest.no_address", word=echoed(words[0], 40))
    url = address if "://" in address else f"https://{address}"
    canonical = canonical_url(url)
    if canonical is None:
        raise context.refuse("suggest.no_address", word=echoed(words[0], 40))
    if await kit.feeds.find(url) or await kit.feeds.find(canonical):
        return say(text("suggest.there", url=shown_address(url)))
    if kit.operator.channel is None:
        return say(text("suggest.nobody", url=shown_address(url)))
    if not await kit.chats.first_time(f"suggested {canonical}", context.now):
        return say(text("suggest.known"))
    if not await _may_suggest(context):
        return say(text("suggest.enough"))
    who = echoed(context.request.user.name or context.request.user.id, 40)
    chat = f"{who} ({context.request.channel})"
    await kit.operator.tell("suggested", {"url": echoed(shown_address(url), LONGEST), "chat": chat})
    return say(text("suggest.thanks"))


async def _may_suggest(context: Context) -> bool:
    person = f"{context.request.channel.platform}:{context.request.user.id}"
    day = context.now.date().isoformat()
    for n in range(A_DAY):
        if await context.kit.chats.first_time(f"suggestion {n} of {person} on {day}", context.now):
            return True
    return False


COMMAND = Command(name="suggest", run=run, aliases=("usulkan",))
