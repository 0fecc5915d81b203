"""When a feed is printed anew: its publisher moved house, every entry has a new address or id, and none is news."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.domain.feed import Feed
from bot.domain.identity import Known, content_hash, words
from bot.domain.story import Item
from bot.log import logger
from bot.ports import Stories

# One entry with a title of before is a column that comes again. Many at once, and most of the document, are no news;
# nor are a few that are all of it and say what they said before, word for word.
FEWEST, FEWEST_WHOLE = 5, 2
TELLING_WORDS = 4
REACH = timedelta(days=60)
LOG = logger("poll")


async def recognised(
    stories: Stories, feed: Feed, items: Sequence[Item], found: Sequence[Known | None], *, others: int, now: datetime
) -> list[Known | None]:
    """`found` (the story that each item is known as) with what only its title gives away. `others`: how many further
    entries the document still shows as they were."""
    unknown = [n for n, item in enumerate(items) if found[n] is None and len(words(item.title)) >= TELLING_WORDS]
    is_whole = not others and not any(found)
    is_much = len(unknown) >= FEWEST and 2 * len(unknown) >= len(items) + others
    if feed.is_first_read or not unknown or not (is_whole or is_much):
        return list(found)
    told = await stories.titled(feed.id, {items[n].title for n in unknown}, now - REACH)
    again = {n: told[items[n].title] for n in unknown if items[n].title in told}
    if not is_much or len(again) < FEWEST:
        again = {n: one for n, one in again.items() if one.content_hash == content_hash(items[n])}
        is_one = len(items) == 1 and items[0].published is None
        if not is_whole or len(again) < (1 if is_one else FEWEST_WHOLE):
            return list(found)
    if 2 * len(again) < len(unknown):
        return list(found)
    LOG.info("feed %s: %d entries have new addresses and ids; by their titles they are old", feed.id, len(again))
    return [again.get(n, one) for n, one in enumerate(found)]


def lasting(learnt: Sequence[tuple[str, int]], fleeting: Collection[str], shown: int) -> tuple[tuple[str, int], ...]:
    """What is worth remembering of the keys that were learnt. Where most of a document has another id or date than
    before, it may well have so at every look: what its addresses tell anyway is then not written down each time."""
    if len(fleeting) < max(min(FEWEST, shown), shown / 2):
        return tuple(learnt)
    return tuple(pair for pair in learnt if pair[0] not in fleeting)
