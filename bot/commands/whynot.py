"""/whynot ADDRESS or WORDS: which gate kept a story from this chat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.commands.asking import echoed, fits, typed, unquoted
from bot.commands.command import Command, Context
from bot.commands.search import fewer, index_of
from bot.domain.identity import canonical_url
from bot.domain.message import Button, Message, Role, paragraph
from bot.ports import Hit
from bot.services.interests import muted_by
from bot.services.present_whynot import answered, unread, words_unread
from bot.services.whynot import Case, Finding, decide, missing

SHOWN, LOOKED_AT = 3, 20
LONG_AGO = timedelta(days=3_650)
_STORY = re.compile(r"#?s([0-9]{1,15})", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>|]+", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w@])(?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s<>|]*|\bwww\.[^\s<>|]+", re.IGNORECASE)


async def run(words: list[str], context: Context) -> Message:
    asked = typed(words, context)
    about = context.request.subject if not asked else ""
    if not asked and not about:
        raise context.refuse("whynot.what")
    address = address_in(asked or about)
    if address is not None:
        return await _of_address(address, context)
    if named := _STORY.fullmatch(asked):
        return await _of_story(int(named[1]), context)
    return await _of_words(unquoted(asked or about.split("\n")[0]), context)


def address_in(text: str) -> str | None:
    """The first address of a page in a text, as stories are known by it."""
    found = _ADDRESS.search(text) or _BARE.search(text)
    if found is None:
        return None
    url = found[0].rstrip(".,;:!?)\"'”’")
    return canonical_url(url if "://" in url else f"https://{url}")


async def _of_address(address: str, context: Context) -> Message:
    hits = await context.kit.stories.at(address)
    if hits:
        return await _explained(hits[:SHOWN], context)
    feeds = await context.kit.feeds.all()
    said = unread(missing(address, feeds), context.presenter, context.texts, context.now)
    parts = [paragraph(context.texts.say("whynot.not_fetched")), paragraph(said)]
    return Message(paragraphs=tuple(parts))


async def _of_story(story_id: int, context: Context) -> Message:
    story = await context.kit.stories.get(story_id)
    if story is None:
        raise context.refuse("number.forgotten")
    address = canonical_url(story.url) if story.url else None
    hits = await context.kit.stories.at(address) if address else []
    mine = [hit for hit in hits if hit.story.id == story.id]
    coverage = await context.kit.stories.coverage(story.id)
    return await _explained(mine or [Hit(story=story, coverage_id=coverage.id if coverage else None)], context)


async def _stored(words: str, context: Context) -> list[Hit]:
    index = index_of(words, context)
    return await context.kit.stories.search(index, limit=LOOKED_AT, shown=False) if index else []


async def _of_words(asked: str, context: Context) -> Message:
    """The newest stories that have all the words, each event once."""
    if not asked or not index_of(asked, context):
        raise context.refuse("search.no_words", words=echoed(asked))
    found: dict[int, Hit] = {}
    for hit in await _stored(asked, context):
        event = hit.coverage_id or hit.story.id
        if event not in found or hit.story.id == event:  # of several reports the one that the event is named after
            found[event] = hit
    if found:
        return await _explained(list(found.values())[:SHOWN], context)
    feeds = await context.kit.feeds.counts()
    answer = words_unread(echoed(asked), feeds.listed, feeds.problem, context.texts)
    offers = [one for one in await fewer(asked, context) if fits(f"/whynot {one}")]
    if not offers:
        return answer
    hint = paragraph(context.texts.say("search.fewer"), role=Role.FOOTER)
    buttons = tuple((Button(label=echoed(one), action=f"/whynot {one}"),) for one in offers)
    return replace(answer, paragraphs=(*answer.paragraphs, hint), buttons=buttons)


async def _explained(hits: Sequence[Hit], context: Context) -> Message:
    found = [(hit.story, await _finding(hit, context)) for hit in hits]
    heading = context.texts.say("whynot.several") if len(found) > 1 else ""
    return answered(found, context.chat, context.presenter, context.texts, heading=heading)


async def _finding(hit: Hit, context: Context) -> Finding:
    """Looks up what the gates are decided by."""
    kit, chat = context.kit, context.chat
    coverage = await kit.stories.coverage(hit.coverage_id) if hit.coverage_id is not None else None
    muted, ledger = None, []
    if coverage is not None:
        muted = muted_by(await kit.chats.interests(chat.id), coverage, context.now)
        ledger = await kit.outbox.ledger(chat.id, since=context.now - LONG_AGO, story_id=coverage.id)
    case = Case(
        story=hit.story,
        announced=hit.announced,
        scores=await kit.stories.verdict(hit.story.id),
        chat=chat,
        coverage=coverage,
        levels=await kit.stories.levels(coverage.id) if coverage is not None else None,
        muted=muted,
        ledger=ledger,
    )
    return decide(case)


COMMAND = Command(name="whynot", run=run, aliases=("kenapatidak",))
