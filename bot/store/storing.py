"""What is kept of the stories of a reading: words, verdicts, facts, what they are known by and who carries them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.domain.identity import Known, canonical_url, is_same
from bot.ports import EditedStory, NewStory, Told
from bot.store.bulk import Bulk
from bot.store.connection import AsyncConnection
from bot.store.coverage import event_values
from bot.store.database import Database
from bot.store.rows import chunks, verdict_rows
from bot.store.search import folded
from bot.store.tables import facts, stories, story_feeds, story_keys, verdicts

SEEN_PRECISION = timedelta(days=1)  # how exactly it is remembered when a key was last seen
# Rows a statement: on SQLite it is made in the bot's own loop, where others want their turn.
BITE = 200

_WORDS = ("title", "summary", "content", "language", "words")
_STORIES = Bulk(
    stories,
    (
        "id",
        "feed_id",
        "source",
        "url",
        "content_hash",
        "published",
        "first_seen",
        "shown_at",
        "forgotten",
        "announced",
        *_WORDS,
    ),
)
_VERDICTS = Bulk(verdicts, tuple(verdicts.c.keys()))
_KEY = ("key", "story_id", "seen_at")
_TAKE_OVER = Bulk(
    story_keys,
    _KEY,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["key"], set_={"story_id": insert.excluded.story_id, "seen_at": insert.excluded.seen_at}
    ),
)
_LEAVE = Bulk(story_keys, _KEY, lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]))
_CARRY = Bulk(
    story_feeds,
    ("story_id", "feed_id", "first_seen"),
    lambda insert: insert.on_conflict_do_nothing(index_elements=["story_id", "feed_id"]),
)
_NAMED = sa.select(story_keys.c.key, story_keys.c.story_id, story_keys.c.seen_at).where(
    story_keys.c.key.in_(sa.bindparam("keys", expanding=True))
)
_CARRIED = sa.select(story_feeds.c.story_id, story_feeds.c.feed_id).where(
    story_feeds.c.story_id.in_(sa.bindparam("story_ids", expanding=True)),
    story_feeds.c.feed_id.in_(sa.bindparam("feed_ids", expanding=True)),
)
_KNOWN = (
    sa.select(
        story_keys.c.key,
        stories.c.id,
        stories.c.feed_id,
        stories.c.url,
        stories.c.title,
        stories.c.content_hash,
        stories.c.published,
    )
    .join_from(story_keys, stories, stories.c.id == story_keys.c.story_id)
    .where(story_keys.c.key.in_(sa.bindparam("keys", expanding=True)))
)

T = TypeVar("T")


def in_bites(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), BITE):
        yield rows[start : start + BITE]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A story as one feed carries it, seen there at `at`."""

    new: NewStory
    feed_id: str
    at: datetime


async def known_under(connection: AsyncConnection, keys: Collection[str]) -> dict[str, Known]:
    found = {}
    for some in chunks(list(keys)):
        for row in await connection.execute(_KNOWN, {"keys": some}):
            found[row.key] = Known(
                story_id=row.id,
                feed_id=row.feed_id,
                url=row.url,
                title=row.title,
                content_hash=row.content_hash,
                published=row.published,
            )
    return found


def sort(news: Sequence[Carried], known: Mapping[str, Known]) -> tuple[list[Carried], list[tuple[Carried, int]]]:
    """What is really new, and what is known by now with the story it is: stored by another feed meanwhile, in another
    of these documents, or twice in one. A story not stored yet has its place among the new ones for an id: -1, -2 …

    A key alone does not decide: a recycled guid is known and yet names another story now."""
    by_key = dict(known)
    fresh: list[Carried] = []
    again: list[tuple[Carried, int]] = []
    for one in news:
        new, feed_id = one.new, one.feed_id
        url = canonical_url(new.url) if new.url else None
        same = next((k for key in new.keys if (k := by_key.get(key)) and is_same(new.item, url, feed_id, key, k)), None)
        if same is not None:
            again.append((one, same.story_id))
            for key in new.keys:
                by_key.setdefault(key, same)
            continue
        fresh.append(one)
        itself = Known(
            story_id=-len(fresh),
            feed_id=feed_id,
            url=new.url,
            title=new.item.title,
            content_hash=new.content_hash,
            published=new.item.published,
        )
        by_key |= dict.fromkeys(new.keys, itself)
    return fresh, again


async def insert(database: Database, connection: AsyncConnection, fresh: Sequence[Carried]) -> list[int]:
    """Stores them with their verdicts and facts; their ids in the same order."""
    if not fresh:
        return []
    # Ids are taken beforehand: asking for them row by row costs more than writing the rows.
    ids = await database.next_ids(connection, stories, len(fresh))
    rows = [
        (
            story_id,
            one.feed_id,
            one.new.source,
            one.new.url,
            one.new.content_hash,
            one.new.item.published,
            one.at,
            shown_at(one.new, one.at),
            False,
            one.new.announce,
            *_words(one.new),
        )
        for story_id, one in zip(ids, fresh, strict=True)
    ]
    for some in in_bites(rows):
        await _STORIES.insert(database, connection, some)
        await asyncio.sleep(0)
    await _judged(database, connection, [(story_id, one.new) for story_id, one in zip(ids, fresh, strict=True)])
    return ids


async def edit(database: Database, connection: AsyncConnection, edits: Sequence[EditedStory]) -> list[Edited]:
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
            values |= zip(_WORDS, _words(one.new), strict=True)
            for table in (verdicts, facts):
                await connection.execute(sa.delete(table).where(table.c.story_id == one.story_id))
            await _judged(database, connection, [(one.story_id, one.new)])
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


def _words(new: NewStory) -> tuple[Any, ...]:
    """The values of _WORDS."""
    item = new.item
    return item.title, item.summary, item.content, new.language, folded(new.index)


async def _judged(database: Database, connection: AsyncConnection, judged: Sequence[tuple[int, NewStory]]) -> None:
    scores = [row for story_id, new in judged for row in verdict_rows(story_id, new.verdict)]
    for some in in_bites(scores):
        await _VERDICTS.insert(database, connection, some)
        await asyncio.sleep(0)
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
    insert = _TAKE_OVER if take_over else _LEAVE
    for some in in_bites(keys):
        await insert.insert(database, connection, [(key, story_id, at) for key, story_id in some])
        await asyncio.sleep(0)


async def of_existing(connection: AsyncConnection, learnt: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Without those whose story was dropped between the look that found it and now."""
    there: set[int] = set()
    for ids in chunks(sorted({story_id for _key, story_id in learnt})):
        there.update((await connection.execute(sa.select(stories.c.id).where(stories.c.id.in_(ids)))).scalars())
    return [(key, story_id) for key, story_id in learnt if story_id in there]


async def remember_feeds(
    database: Database,
    connection: AsyncConnection,
    carried: Collection[tuple[int, str]],
    at: datetime,
    stored: Collection[int],
) -> list[tuple[int, str]]:
    """Which feeds carry which stories; the pairs of (story, feed) that are new. `stored`: stories that nobody can have
    carried before."""
    pairs = dict.fromkeys(carried)
    older = sorted({story_id for story_id, _feed_id in pairs if story_id not in stored})
    feed_ids = sorted({feed_id for _story_id, feed_id in pairs})
    known: set[tuple[int, str]] = set()
    for some in chunks(older):
        found = await connection.execute(_CARRIED, {"story_ids": some, "feed_ids": feed_ids})
        known.update((row.story_id, row.feed_id) for row in found)
    fresh = [pair for pair in pairs if pair not in known]
    for rows in in_bites([(story_id, feed_id, at) for story_id, feed_id in fresh]):
        await _CARRY.insert(database, connection, rows)
        await asyncio.sleep(0)
    return fresh


async def refresh(connection: AsyncConnection, seen: Collection[str], at: datetime) -> dict[str, int]:
    """What feeds still show stays remembered; the story each key names. Mostly there is nothing to write."""
    named: dict[str, int] = {}
    stale: list[str] = []
    for keys in chunks(list(seen)):
        for row in await connection.execute(_NAMED, {"keys": keys}):
            named[row.key] = row.story_id
            if row.seen_at < at - SEEN_PRECISION:
                stale.append(row.key)
    for keys in chunks(stale):
        await connection.execute(sa.update(story_keys).where(story_keys.c.key.in_(keys)).values(seen_at=at))
    return named
