"""What is kept of the stories of a reading: words, verdicts, facts, what they are known by and who carries them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.identity import Known, is_same
from bot.ports import EditedStory, NewStory, Told
from bot.store.coverage import event_values
from bot.store.database import Database
from bot.store.rows import chunks, verdict_rows
from bot.store.search import folded
from bot.store.tables import facts, stories, story_feeds, story_keys, verdicts

SEEN_PRECISION = timedelta(days=1)  # how exactly it is remembered when a key was last seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """An edit of a stored story: what it was until now. Of a forgotten one only the fingerprint of its words is kept:
    its alerts are forgotten too, and without a verdict it causes none again."""

    edit: EditedStory
    coverage_id: int | None
    title: str
    shown_at: datetime
    forgotten: bool

    @property
    def id(self) -> int:
        return self.edit.story_id


async def known_under(connection: AsyncConnection, keys: Collection[str]) -> dict[str, Known]:
    columns = (
        story_keys.c.key,
        stories.c.id,
        stories.c.feed_id,
        stories.c.url,
        stories.c.title,
        stories.c.content_hash,
    )
    found = {}
    for some in chunks(list(keys)):
        query = sa.select(*columns).join_from(story_keys, stories, stories.c.id == story_keys.c.story_id)
        for row in await connection.execute(query.where(story_keys.c.key.in_(some))):
            found[row.key] = Known(
                story_id=row.id, feed_id=row.feed_id, url=row.url, title=row.title, content_hash=row.content_hash
            )
    return found


def sort(
    news: Sequence[NewStory], feed_id: str, known: Mapping[str, Known]
) -> tuple[list[NewStory], list[tuple[NewStory, int]]]:
    """What is really new, and what is known by now with the story it is: stored by another feed meanwhile, or twice in
    this document. A story not stored yet has its place among the new ones for an id: -1, -2 …

    A key alone does not decide: a recycled guid is known and yet names another story now."""
    by_key = dict(known)
    fresh: list[NewStory] = []
    again: list[tuple[NewStory, int]] = []
    for new in news:
        same = next(
            (k for key in new.keys if (k := by_key.get(key)) and is_same(new.item, new.url, feed_id, key, k)), None
        )
        if same is not None:
            again.append((new, same.story_id))
            for key in new.keys:
                by_key.setdefault(key, same)
            continue
        fresh.append(new)
        itself = Known(
            story_id=-len(fresh), feed_id=feed_id, url=new.url, title=new.item.title, content_hash=new.content_hash
        )
        by_key |= dict.fromkeys(new.keys, itself)
    return fresh, again


async def insert(connection: AsyncConnection, fresh: Sequence[NewStory], feed_id: str, at: datetime) -> list[int]:
    """Stores them with their verdicts and facts; their ids in the same order."""
    if not fresh:
        return []
    rows = [
        _words(new)
        | {
            "feed_id": feed_id,
            "source": new.source,
            "url": new.url,
            "content_hash": new.content_hash,
            "published": new.item.published,
            "first_seen": at,
            "shown_at": shown_at(new, at),
            "forgotten": False,
            "announced": new.announce,
        }
        for new in fresh
    ]
    statement = sa.insert(stories).returning(stories.c.id, sort_by_parameter_order=True)
    ids = list((await connection.execute(statement, rows)).scalars())
    await _judged(connection, list(zip(ids, fresh, strict=True)))
    return ids


async def edit(connection: AsyncConnection, edits: Sequence[EditedStory]) -> list[Edited]:
    """Writes the new words with the verdict and the facts of them; those that exist."""
    existing: list[Edited] = []
    for one in edits:
        columns = (stories.c.coverage_id, stories.c.title, stories.c.shown_at, stories.c.forgotten)
        row = (await connection.execute(sa.select(*columns).where(stories.c.id == one.story_id))).first()
        if row is None:
            continue
        existing.append(Edited(edit=one, **row._mapping))
        values: dict[str, Any] = {"content_hash": one.new.content_hash}
        if not row.forgotten:
            values |= _words(one.new)
            for table in (verdicts, facts):
                await connection.execute(sa.delete(table).where(table.c.story_id == one.story_id))
            await _judged(connection, [(one.story_id, one.new)])
        await connection.execute(sa.update(stories).where(stories.c.id == one.story_id).values(values))
    return existing


def shown_at(new: NewStory, at: datetime) -> datetime:
    """Story.when of a story first seen at `at`."""
    published = new.item.published
    return published if published is not None and published <= at else at


def told_of(story_id: int, new: NewStory, when: datetime) -> Told:
    """A story as the grouping wants it, before it belongs to an event."""
    return Told(
        story_id=story_id,
        coverage_id=None,
        language=new.language,
        title=new.item.title,
        summary=new.item.summary,
        source=new.source,
        when=when,
    )


def _words(new: NewStory) -> dict[str, Any]:
    item = new.item
    words = {"title": item.title, "summary": item.summary, "content": item.content}
    return words | {"language": new.language, "words": folded(new.index)}


async def _judged(connection: AsyncConnection, judged: Sequence[tuple[int, NewStory]]) -> None:
    scores = [row for story_id, new in judged for row in verdict_rows(story_id, new.verdict)]
    if scores:
        await connection.execute(sa.insert(verdicts), scores)
    said = [
        {"story_id": story_id} | event_values(new.event, new.employer)
        for story_id, new in judged
        if new.event is not None
    ]
    if said:
        await connection.execute(sa.insert(facts), said)


async def remember_keys(
    database: Database, connection: AsyncConnection, keys: Sequence[tuple[str, int]], at: datetime, *, take_over: bool
) -> None:
    """With `take_over` a key that named another story (a recycled guid) names this one from now on."""
    if not keys:
        return
    insert = database.insert(story_keys)
    if take_over:
        new = insert.excluded
        insert = insert.on_conflict_do_update(
            index_elements=["key"], set_={"story_id": new.story_id, "seen_at": new.seen_at}
        )
    else:
        insert = insert.on_conflict_do_nothing(index_elements=["key"])
    await connection.execute(insert, [{"key": key, "story_id": story_id, "seen_at": at} for key, story_id in keys])


async def of_existing(connection: AsyncConnection, learnt: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Without those whose story was dropped between the look that found it and now."""
    there: set[int] = set()
    for ids in chunks(sorted({story_id for _key, story_id in learnt})):
        there.update((await connection.execute(sa.select(stories.c.id).where(stories.c.id.in_(ids)))).scalars())
    return [(key, story_id) for key, story_id in learnt if story_id in there]


async def remember_feed(
    database: Database, connection: AsyncConnection, story_ids: Sequence[int], feed_id: str, at: datetime
) -> list[int]:
    """That this feed carries these stories; those it carries for the first time."""
    if not story_ids:
        return []
    ids = list(dict.fromkeys(story_ids))
    known: set[int] = set()
    for some in chunks(ids):
        mine = sa.select(story_feeds.c.story_id)
        mine = mine.where(story_feeds.c.feed_id == feed_id, story_feeds.c.story_id.in_(some))
        known.update((await connection.execute(mine)).scalars())
    fresh = [story_id for story_id in ids if story_id not in known]
    if fresh:
        insert = database.insert(story_feeds).on_conflict_do_nothing(index_elements=["story_id", "feed_id"])
        rows = [{"story_id": story_id, "feed_id": feed_id, "first_seen": at} for story_id in fresh]
        await connection.execute(insert, rows)
    return fresh


async def refresh(connection: AsyncConnection, seen: Sequence[str], at: datetime) -> list[int]:
    """What the feed still shows stays remembered; the stories it shows. Mostly there is nothing to write."""
    shown: list[int] = []
    for keys in chunks(seen):
        stale = sa.update(story_keys).where(story_keys.c.key.in_(keys), story_keys.c.seen_at < at - SEEN_PRECISION)
        await connection.execute(stale.values(seen_at=at))
        named = sa.select(story_keys.c.story_id).where(story_keys.c.key.in_(keys)).distinct()
        shown += (await connection.execute(named)).scalars()
    return shown
