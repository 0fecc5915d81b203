"""/home: what this chat gets, whether all is well, and the latest five; the App Home of Slack shows it."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.command import Command, Context
from bot.commands.options import OPTIONS, lines_of
from bot.commands.preferences import still_paused
from bot.domain.message import Button, Message, Role, paragraph
from bot.domain.story import Topic

SHOWN = 5
LINES = ("topics", "mode", "level", "digest", "quiet")


async def run(words: list[str], context: Context) -> Message:
    say, prefs = context.texts.say, context.chat.preferences
    feeds = await context.kit.feeds.counts()
    well = all(part.is_well for part in await context.kit.health.parts())
    rows = [(say(f"settings.{name}"), OPTIONS[name].told(context)) for name in LINES]
    rows.append((say("home.feeds"), say("feeds.states", ok=feeds.listed - feeds.problem, ill=feeds.problem)))
    rows.append((say("home.health"), say("health.well" if well else "health.ill")))
    head = [paragraph(say("home.heading"), role=Role.HEADING), lines_of(rows)]
    if paused := still_paused(prefs, context):
        head.append(paragraph(paused))
    buttons = (
        Button(label=say("button.settings"), action="/settings"),
        Button(label=say("settings.topics"), action="/topics"),
        Button(label=say("interest.all.watch"), action="/watch"),
    )
    topics = sorted(prefs.topics) or list(Topic)
    latest = await context.kit.stories.latest(topics, level=prefs.level, limit=SHOWN)
    if not latest:
        return Message(paragraphs=(*head, paragraph(say("home.nothing"))), buttons=(buttons,))
    told = context.presenter.numbered(say("home.latest"), latest)
    return replace(told, paragraphs=(*head, *told.paragraphs), buttons=(*told.buttons, buttons))


COMMAND = Command(name="home", run=run, aliases=("beranda",), hidden=True, alone=True)
