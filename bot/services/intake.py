"""What the items of a document are to Kabar: new, known or edited, and what the rules say of each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

from bot.domain.feed import Feed, FeedOutcome
from bot.domain.identity import Keys, Known, canonical_url, content_hash, is_same, keys_of, shown_link
from bot.domain.story import Item, Language
from bot.ports import EditedStory, Judge, NewStory, Reading, Stories
from bot.services.reissued import FEWEST, lasting, recognised

ITEMS_BETWEEN_BREATHS = 20


class Watching(Protocol):
    """Who asked for companies and words by name."""

    async def refresh(self) -> None: ...

    def of(self, item: Item, employer: str | None, language: Language) -> tuple[int, ...]:
        """The ids of the interests that a story is for."""


class Intake:
    """Reads the items of one feed against what is known."""

    def __init__(self, *, stories: Stories, judge: Judge, watching: Watching) -> None:
        self._stories = stories
        self._judge = judge
        self._watching = watching

    async def refresh(self) -> None:
        """Looks up who watches what; once a round."""
        await self._watching.refresh()

    async def read(
        self, feed: Feed, items: Sequence[Item], outcome: FeedOutcome, *, others: int = 0, is_first: bool = False
    ) -> Reading:
        """All that a look at the feed changes. `others`: further entries that the document still shows as they were.
        `is_first`: it had none until now. Many at once are then old ones that had been missing, and no news."""
        is_news = not feed.is_first_read and not (is_first and len(items) >= FEWEST)
        keys = keys_of(feed.id, items)
        known = await self._stories.known([key for one in keys for key in one.all])
        matches: list[Known | None] = [_match(feed, item, its, known) for item, its in zip(items, keys, strict=True)]
        matches = await recognised(self._stories, feed, items, matches, others=others, now=outcome.at)
        new: list[NewStory] = []
        edited: dict[int, EditedStory] = {}
        seen: list[str] = []
        learnt: list[tuple[str, int]] = []
        fleeting: set[str] = set()  # new ids of entries whose address or words say enough
        for n, (item, item_keys, match) in enumerate(zip(items, keys, matches, strict=True)):
            if n % ITEMS_BETWEEN_BREATHS == 0:
                await asyncio.sleep(0)
            if match is None:
                new.append(self._story(feed, item, item_keys, is_news=is_news))
                continue
            seen += [key for key in item_keys.all if key in known]
            learnt += [(key, match.story_id) for key in item_keys.all if key not in known]
            if any(key in known for key in item_keys.lasting):
                fleeting.update(key for key in item_keys.others if key not in known)
            if match.feed_id == feed.id and match.content_hash != content_hash(item):
                story = self._story(feed, item, item_keys, is_news=is_news)
                edited[match.story_id] = EditedStory(story_id=match.story_id, new=story)
        return Reading(
            outcome=outcome,
            established=is_news,
            new=tuple(reversed(new)),  # documents begin with the newest, but it happened last: tell it last
            edited=tuple(edited.values()),
            seen=tuple(seen),
            learnt=lasting(learnt, fleeting, len(items) + others),
        )

    def _story(self, feed: Feed, item: Item, keys: Keys, *, is_news: bool) -> NewStory:
        language = self._judge.detect(item, feed.spec.language)
        source = feed.spec.title or (urlsplit(feed.spec.url).hostname or feed.id)
        verdict = self._judge.score(
            item, language=language, source=source, weight=feed.spec.weight, hints=feed.spec.topics
        )
        event = self._judge.event(item, language, verdict)
        employer = self._judge.employer(event.company) if event else None
        return NewStory(
            item=item if item.published or item.updated is None else replace(item, published=item.updated),
            keys=keys.all,
            url=shown_link(item.link) if item.link else None,
            source=source,
            language=language,
            content_hash=content_hash(item),
            verdict=verdict,
            announce=is_news,
            event=event,
            employer=employer,
            figures=self._judge.figures(item) if event else frozenset(),
            index=self._judge.index(item, language),
            watched=self._watching.of(item, employer, language),
        )


def _match(feed: Feed, item: Item, keys: Keys, known: Mapping[str, Known]) -> Known | None:
    """The known story this item is, if any."""
    url = canonical_url(item.link) if item.link else None
    for key in keys.all:
        found = known.get(key)
        if found is not None and is_same(item, url, feed.id, key, found):
            return found
    return None
