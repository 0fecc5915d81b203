"""/feeds [page]: which feeds are read, and which are ill and why."""

from __future__ import annotations

import re

from bot.commands.command import Command, Context
from bot.domain.feed import Feed
from bot.domain.message import Message, Role, Span, Style, paragraph, span
from bot.services.feed_words import cause_words, silence_words
from bot.services.present import page_buttons
from bot.texts.style import age, ago

A_PAGE = 15


async def run(words: list[str], context: Context) -> Message:
    texts, say = context.texts, context.texts.say
    counts = await context.kit.feeds.counts()
    if not counts.listed:
        return Message(paragraphs=(paragraph(say("latest.no_feeds", topics="", count=0)),))
    pages = -(-counts.listed // A_PAGE)
    page = int(words[0]) if words and re.fullmatch(r"[0-9]{1,5}", words[0]) else 1
    page = min(max(page, 1), pages)
    shown = await context.kit.feeds.page(limit=A_PAGE, offset=(page - 1) * A_PAGE)
    parts = [
        paragraph(say("feeds.heading", count=counts.listed), role=Role.HEADING),
        paragraph(say("feeds.states", ok=counts.well, ill=counts.problem)),
        paragraph(*[part for n, feed in enumerate(shown) for part in _line(feed, n, context)]),
    ]
    if pages > 1:
        parts.append(paragraph(say("page.of", page=page, pages=pages), role=Role.FOOTER))
    return Message(paragraphs=tuple(parts), buttons=page_buttons(texts, "/feeds", page, pages), in_place=bool(words))


def trouble(feed: Feed, context: Context) -> str:
    """What is wrong with an ill feed, and since when."""
    since = age(context.now - (feed.problem_since or context.now), context.texts.language)
    return context.texts.say("feeds.ill", cause=cause_words(feed.problem, context.texts), since=since)


def _line(feed: Feed, n: int, context: Context) -> list[Span]:
    say = context.texts.say
    title = span(feed.spec.title, Style.BOLD)
    start = Span(text="\n" if n else "")
    if feed.problem:
        return [start, Span(text="✗ "), title, Span(text=f" – {trouble(feed, context)}")]
    if feed.last_ok is None:
        return [start, Span(text="· "), title, Span(text=f" – {say('feeds.never')}")]
    if silence := silence_words(feed, context.texts, context.now):
        return [start, Span(text="! "), title, Span(text=f" – {silence}")]
    read = ago(context.now - feed.last_ok, context.texts.language)
    return [start, Span(text="✓ "), title, Span(text=f" – {say('feeds.ok', age=read)}")]


COMMAND = Command(name="feeds", run=run, aliases=("media",))
