"""/search WORDS: stories that have all these words, newest first, a page at a time."""

from __future__ import annotations

from bot.commands.asking import Page, echoed, fits, listed, page_in, typed, unquoted
from bot.commands.command import Command, Context
from bot.domain.coverage import Coverage
from bot.domain.message import Button, Message, Role, paragraph
from bot.domain.story import Item

A_PAGE = 5
FEWER_OF, OFFERS = 6, 3
SHORTEST_ALONE = 3


async def run(words: list[str], context: Context) -> Message:
    asked, page = page_in(typed(words, context), A_PAGE)
    asked = unquoted(asked)
    if not asked:
        raise context.refuse("search.what")
    index = index_of(asked, context)
    if not index:
        raise context.refuse("search.no_words", words=echoed(asked))
    hits = await context.kit.stories.search(index, limit=page.end + 1)
    ids = list(dict.fromkeys(hit.coverage_id or hit.story.id for hit in hits))
    if not ids:
        return await _nothing(asked, context)
    found = await context.kit.stories.coverages(ids[page.first : page.end])
    if not found:
        return Message(paragraphs=(paragraph(context.texts.say("search.no_more", words=echoed(asked))),))
    return _page(asked, ids, found, page, context)


def index_of(asked: str, context: Context) -> str:
    """The words as stories are found by them."""
    return context.kit.judge.index(Item(title=asked), context.kit.language)


def _page(asked: str, ids: list[int], found: list[Coverage], page: Page, context: Context) -> Message:
    say, more = context.texts.say, len(ids) > page.end
    action = f"/search {asked}"
    footer = say("search.narrow") if more and not fits(f"{action} +{page.number + 1}") else say("list.hint")
    heading = say("search.found", words=echoed(asked))
    plain = context.presenter.numbered(heading, found, footer=footer, start=page.first + 1)
    shown = ids[: page.first] + [coverage.id for coverage in found]
    return listed(plain.paragraphs, shown, page, action=action, more=more, context=context)


async def _nothing(asked: str, context: Context) -> Message:
    """Says so, and offers what is left when a word is dropped."""
    offers = await fewer(asked, context)
    say = context.texts.say
    parts = [paragraph(say("search.nothing", words=echoed(asked)))]
    parts.append(paragraph(say("search.fewer" if offers else "search.other_words"), role=Role.FOOTER))
    buttons = tuple((Button(label=echoed(one), action=f"/search {one}"),) for one in offers)
    return Message(paragraphs=tuple(parts), buttons=buttons)


async def fewer(asked: str, context: Context) -> list[str]:
    """The same words without one of them, or one of them alone: what finds something, best first."""
    words = asked.split()[:FEWER_OF]
    if len(words) < 2:
        return []
    shorter = [" ".join(words[:n] + words[n + 1 :]) for n in reversed(range(len(words)))]
    alone = sorted((word for word in words if len(word) >= SHORTEST_ALONE), key=len, reverse=True)
    found: list[str] = []
    for candidates in (shorter, alone):
        for one in candidates:
            index = index_of(one, context)
            if index and one not in found and fits(f"/search {one}"):
                found += [one] if await context.kit.stories.search(index, limit=1) else []
            if len(found) == OFFERS:
                return found
        if found:
            break
    return found


COMMAND = Command(name="search", run=run, aliases=("cari",))
