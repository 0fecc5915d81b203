"""What is known, and what is shown: every question about stories."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.feed import FeedState
from bot.domain.identity import Known
from bot.domain.story import Story, Topic
from bot.domain.verdict import Level, TopicScore
from bot.ports import Committed, Reading, ReadingCounts
from bot.store.database import Database, Lock
from bot.store.reading import commit, known_under
from bot.store.rows import chunks, score_of, story_of
from bot.store.tables import CLEARING, feeds, stories, story_feeds, verdicts


class StoryTable:
    """bot.ports.Stories."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, keys: Collection[str]) -> Mapping[str, Known]:
        if not keys:
            return {}
        async with self._database.reading() as connection:
            return await known_under(connection, keys)

    async def commit(self, reading: Reading) -> Committed:
        async with self._database.writing(Lock.STORIES) as connection:
            return await commit(self._database, connection, reading)

    async def get(self, story_id: int) -> Story | None:
        found = await self.many([story_id])
        return found[0] if found else None

    async def many(self, story_ids: Sequence[int]) -> list[Story]:
        async with self._database.reading() as connection:
            return await _many(connection, story_ids)

    async def verdict(self, story_id: int) -> Mapping[Topic, TopicScore]:
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(verdicts).where(verdicts.c.story_id == story_id))
            return {Topic(row.topic): score_of(row) for row in rows}

    async def latest(
        self, topics: Collection[Topic], *, level: Level, limit: int, offset: int = 0, since: datetime | None = None
    ) -> list[Story]:
        newest = (
            sa.select(verdicts.c.story_id)
            .where(CLEARING, verdicts.c.topic.in_(list(topics)), verdicts.c.level_rank >= level.rank)
            .group_by(verdicts.c.shown_at, verdicts.c.story_id)  # once, whatever the number of topics
            .order_by(verdicts.c.shown_at.desc(), verdicts.c.story_id.desc())
            .limit(limit)
            .offset(offset)
        )
        if since is not None:
            newest = newest.where(verdicts.c.shown_at >= since)
        async with self._database.reading() as connection:
            return await _many(connection, list((await connection.execute(newest)).scalars()))

    async def ranked(
        self, topics: Sequence[Topic], *, level: Level, since: datetime, until: datetime, limit: int
    ) -> list[tuple[Story, Topic]]:
        clearing = (
            sa.select(verdicts.c.story_id, verdicts.c.topic)
            .join_from(stories, verdicts, verdicts.c.story_id == stories.c.id)
            .where(stories.c.first_seen > since, stories.c.first_seen <= until)
            .where(sa.or_(stories.c.announced, stories.c.shown_at > since))
            .where(CLEARING, verdicts.c.topic.in_(list(topics)), verdicts.c.level_rank >= level.rank)
            .order_by(verdicts.c.score.desc(), stories.c.shown_at.desc(), stories.c.id.desc(), verdicts.c.topic)
        )
        async with self._database.reading() as connection:
            cleared: dict[int, list[Topic]] = {}  # best score first
            for row in await connection.execute(clearing):
                cleared.setdefault(row.story_id, []).append(Topic(row.topic))
            best = await _many(connection, list(cleared)[:limit])
            return [(story, min(cleared[story.id], key=topics.index)) for story in best]

    async def counts(self, since: datetime, until: datetime) -> ReadingCounts:
        failing = feeds.c.state.in_([FeedState.FAILING, FeedState.GONE])
        async with self._database.reading() as connection:
            per_feed = sa.select(sa.func.count(), sa.func.count(sa.case((failing, 1)))).where(feeds.c.listed)
            listed, broken = (await connection.execute(per_feed)).one()
            first_seen = sa.select(sa.func.count()).where(stories.c.first_seen > since, stories.c.first_seen <= until)
            items = (await connection.execute(first_seen)).scalar_one()
            return ReadingCounts(feeds=listed, failing=broken, items=items)

    async def feeds_of(self, story_id: int) -> list[str]:
        carried = (
            sa.select(feeds.c.title)
            .join_from(story_feeds, feeds, feeds.c.id == story_feeds.c.feed_id)
            .where(story_feeds.c.story_id == story_id)
            .order_by(story_feeds.c.first_seen, feeds.c.id)
        )
        async with self._database.reading() as connection:
            return list((await connection.execute(carried)).scalars())


async def _many(connection: AsyncConnection, story_ids: Sequence[int]) -> list[Story]:
    found: dict[int, Story] = {}
    for some in chunks(story_ids):
        rows = await connection.execute(sa.select(stories).where(stories.c.id.in_(some), ~stories.c.forgotten))
        found |= {row.id: story_of(row) for row in rows}
    return [found[story_id] for story_id in story_ids if story_id in found]
