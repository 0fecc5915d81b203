"""/admin status|feeds|rules|chats|errors: what whoever runs the bot wants to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches

from bot.commands.asking import echoed
from bot.commands.command import Command, Context
from bot.commands.feeds import trouble
from bot.commands.health import run as health
from bot.commands.options import lines_of
from bot.domain.delivery import DeliveryState
from bot.domain.message import Button, Message, Role, Span, Style, paragraph, span
from bot.texts.style import number

MOST_FEEDS = 20
MOST_TROUBLES = 20


async def run(words: list[str], context: Context) -> Message:
    word = words[0].lower() if words else "status"
    shown = PAGES.get(word)
    if shown is None:
        close = get_close_matches(word, PAGES, n=1)
        raise context.refuse("admin.what", word=echoed(word, 40), close=close[0] if close else "status")
    message = await shown(context)
    others = [name for name in NAMES if PAGES[name] is not shown]
    buttons = tuple(Button(label=context.texts.say(f"admin.page.{name}"), action=f"/admin {name}") for name in others)
    return Message(paragraphs=message.paragraphs, buttons=(buttons[:2], buttons[2:]), in_place=True)


async def _status(context: Context) -> Message:
    return await health([], context)


async def _feeds(context: Context) -> Message:
    """Those that have trouble: why, since when, what to do."""
    say = context.texts.say
    counts = await context.kit.feeds.counts()
    parts = [paragraph(say("admin.feeds", count=counts.listed, ill=counts.problem), role=Role.HEADING)]
    for feed in await context.kit.feeds.troubled(limit=MOST_FEEDS):
        fix = f"cli.fix.{feed.problem}"
        lines = [
            span(feed.spec.title, Style.BOLD),
            Span(text=f"\n{trouble(feed, context)}\n→ {say(fix if context.texts.has(fix) else 'cli.fix.other')}\n"),
            span(feed.spec.address, Style.CODE),
        ]
        parts.append(paragraph(*lines))
    if counts.problem > MOST_FEEDS:
        parts.append(paragraph(say("admin.more", count=counts.problem - MOST_FEEDS), role=Role.FOOTER))
    return Message(paragraphs=tuple(parts))


async def _rules(context: Context) -> Message:
    """How many there are of each kind, and where to go on."""
    say, rulebook = context.texts.say, context.kit.rules()
    topics = Counter(rule.head.topic for rule in rulebook.rules)
    rows = [(say(f"topic.{topic.value}"), number(topics[topic], context.texts.language)) for topic in rulebook.topics]
    rows.append((say("admin.vetoes"), number(len(rulebook.vetoes), context.texts.language)))
    companies = sum(len(group) for group in rulebook.companies.groups.values())
    rows.append((say("admin.companies"), say("admin.known", count=companies)))
    heading = paragraph(say("admin.rules", count=len(rulebook.heads)), role=Role.HEADING)
    return Message(paragraphs=(heading, lines_of(rows), paragraph(say("admin.rules_more"), role=Role.FOOTER)))


async def _chats(context: Context) -> Message:
    """By platform: active, subscribed, parked."""
    say = context.texts.say
    census, rows = await context.kit.chats.census(), []
    for one in census:
        told = say("admin.chats_of", count=one.chats, subscribed=one.subscribed, parked=one.parked)
        named = f"part.{one.platform}"
        rows.append((say(named) if context.texts.has(named) else one.platform, told))
    heading = paragraph(say("admin.chats", count=sum(one.chats for one in census)), role=Role.HEADING)
    return Message(paragraphs=(heading, lines_of(rows)) if rows else (heading,))


async def _errors(context: Context) -> Message:
    """What the operator was told of and is not over, and what could not be delivered."""
    say, kit = context.texts.say, context.kit
    troubles = await kit.operator.going_on()
    dead = (await kit.outbox.depth()).get(DeliveryState.DEAD, 0)
    parts = [paragraph(say("admin.errors", count=len(troubles)), role=Role.HEADING)]
    if troubles:
        lines = [echoed(trouble, 120) for trouble in troubles[:MOST_TROUBLES]]
        parts.append(paragraph("\n".join(f"• {line}" for line in lines)))
    if len(troubles) > MOST_TROUBLES:
        parts.append(paragraph(say("admin.more", count=len(troubles) - MOST_TROUBLES)))
    if dead:
        parts.append(paragraph(say("admin.dead", count=dead)))
    return Message(paragraphs=tuple(parts))


PAGES: Mapping[str, Callable[[Context], Awaitable[Message]]] = {
    "status": _status,
    "feeds": _feeds,
    "rules": _rules,
    "chats": _chats,
    "errors": _errors,
    "aturan": _rules,
    "obrolan": _chats,
    "masalah": _errors,
}
NAMES = ("status", "feeds", "rules", "chats", "errors")

COMMAND = Command(name="admin", run=run, aliases=("kelola",), operator=True)
