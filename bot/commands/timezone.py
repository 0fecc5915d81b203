"""/timezone CITY: whose clock the digest, the quiet hours and all times go by."""

from __future__ import annotations

from bot.commands.asking import echoed
from bot.commands.command import Command, Context, without_words
from bot.commands.options import OPTIONS
from bot.commands.preferences import zone_named
from bot.commands.settings import change, question
from bot.commands.zones import Difference, find_zone
from bot.domain.message import Message, paragraph


async def run(words: list[str], context: Context) -> Message:
    if not words:
        return question(OPTIONS["zone"], context, line="/timezone", back=False)
    found = find_zone(" ".join(words), context.now)
    if isinstance(found, Difference) and found.places:
        return _which(" ".join(words), found, context)
    zone_named(" ".join(words), context)
    return await change([(OPTIONS["zone"], words)], context)


def _which(typed: str, difference: Difference, context: Context) -> Message:
    """A difference is no place: half of the world moves its clocks twice a year."""
    names = ", ".join(difference.places)
    text = context.texts.say("settings.zone_difference", word=echoed(typed, 40), places=names)
    buttons = tuple((context.button(place, f"/timezone {place}"),) for place in difference.places)
    return Message(paragraphs=(paragraph(text),), buttons=buttons)


COMMAND = Command(name="timezone", run=run, aliases=("zona", "zone", "tz"), changes=True, only_shows=without_words)
