"""/import with an OPML file: the feeds of another reader, added by whoever runs the bot."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.asking import echoed
from bot.commands.command import Command, Context
from bot.domain.message import Message, say
from bot.services import opml

MOST = 5_000


async def run(words: list[str], context: Context) -> Message:
    file, kit, text = context.request.file, context.kit, context.texts.say
    if file is None:
        raise context.refuse("import.no_file")
    try:
        specs = opml.read(file.content)
    except opml.NotOpml as error:
        raise context.refuse("import.not_opml", name=echoed(file.name, 60)) from error
    if not specs:
        raise context.refuse("import.empty", name=echoed(file.name, 60))
    if len(specs) > MOST:
        raise context.refuse("import.too_many", count=len(specs), most=MOST)
    taken = {feed.id for feed in await kit.feeds.all()}
    added = 0
    for spec in specs:
        fresh = replace(spec, id=opml.feed_id(spec.url, taken))
        if await kit.feeds.add(fresh, context.now):
            taken.add(fresh.id)
            added += 1
    parts = [text("import.done", count=added, there=len(specs) - added)]
    if added:
        parts.append(text("import.silent"))
    return say(*parts)


COMMAND = Command(name="import", run=run, aliases=("impor",), operator=True)
