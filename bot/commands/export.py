"""/export csv|json|opml [week|month|year]: the job cuts as data, or the list of feeds, as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from bot.commands.asking import echoed
from bot.commands.command import Command, Context
from bot.commands.layoffs import PERIODS
from bot.domain.message import Attachment, Button, Message, paragraph
from bot.services import opml
from bot.services.export import as_csv, as_json
from bot.services.job_cuts import Period

FORMATS: Mapping[str, str] = {"csv": "csv", "excel": "csv", "xlsx": "csv", "json": "json", "opml": "opml"}
FEEDS = frozenset({"opml", "feeds", "feed", "sumber"})
TYPES = {"csv": "text/csv", "json": "application/json", "opml": "text/x-opml"}


async def run(words: list[str], context: Context) -> Message:
    kind, period = "", Period.YEAR
    for word in words:
        low = word.lower().strip(".")
        if low in FEEDS:
            kind = "opml"
        elif low in FORMATS:
            kind = FORMATS[low]
        elif low in PERIODS:
            period = PERIODS[low]
        else:
            close = get_close_matches(low[:20], (*FORMATS, *PERIODS), n=1, cutoff=0.6)
            key = "export.close" if close else "export.unknown"
            raise context.refuse(key, word=echoed(word, 40), close="".join(close))
    if not kind:
        buttons = tuple(Button(label=one.upper(), action=f"/export {one}") for one in TYPES)
        return Message(paragraphs=(paragraph(context.texts.say("export.what")),), buttons=(buttons,))
    return await _feeds(context) if kind == "opml" else await _cuts(kind, period, context)


async def _cuts(kind: str, period: Period, context: Context) -> Message:
    since = period.since(context.now, context.zone)
    found = await context.kit.stories.job_cuts(since=since, until=context.now + timedelta(seconds=1))
    cuts = [one for one in found if one.when >= since]
    if not cuts:
        return Message(paragraphs=(paragraph(context.texts.say("export.nothing")),))
    content = as_json(cuts) if kind == "json" else as_csv(cuts)
    return _document(
        f"layoffs-{period.value}", kind, content, context.texts.say("export.cuts", count=len(cuts)), context
    )


async def _feeds(context: Context) -> Message:
    """Feeds with a password in their address are their owner's business and stay out."""
    feeds = [feed.spec for feed in await context.kit.feeds.all() if feed.spec.url == feed.spec.address]
    if not feeds:
        return Message(paragraphs=(paragraph(context.texts.say("export.no_feeds")),))
    said = context.texts.say("export.feeds", count=len(feeds))
    return _document("feeds", "opml", opml.write(feeds), said, context)


def _document(name: str, kind: str, content: bytes, said: str, context: Context) -> Message:
    day = context.now.astimezone(ZoneInfo(context.zone)).date().isoformat()
    file = Attachment(name=f"kabar-{name}-{day}.{kind}", media_type=TYPES[kind], content=content, caption=said)
    return Message(paragraphs=(paragraph(said),), attachment=file)


COMMAND = Command(name="export", run=run, aliases=("ekspor",))
