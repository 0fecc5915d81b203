"""What is known, and what is shown: every question about stories."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.coverage import Change, Coverage, Report
from bot.domain.feed import FeedState
from bot.domain.identity import Known, canonical_url, fingerprint_exact
from bot.domain.story import Language, Story, Topic
from bot.domain.verdict import Level, TopicScore
from bot.ports import Committed, Grouping, Hit, JobCuts, Reading, ReadingCounts, Scored, Told
from bot.store import lists
from bot.store.coverage import changes_of, events_of, load, reports_of, stories_by_id
from bot.store.database import Database, Lock
from bot.store.placing import placed_after
from bot.store.reading import commit
from bot.store.rows import score_of
from bot.store.search import find
from bot.store.storing import known_under
from bot.store.tables import coverage_topics, feeds, stories, story_feeds, story_keys, verdicts
from bot.store.titles import titled


class StoryTable:
    """bot.ports.Stories."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()  # what a grouping was told by one commit, the next one must find or find gone

    async def known(self, keys: Collection[str]) -> Mapping[str, Known]:
        if not keys:
            return {}
        async with self._database.reading(brief=True) as connection:
            return await known_under(connection, keys)

    async def titled(self, feed_id: str, titles: Collection[str], since: datetime) -> Mapping[str, Known]:
        async with self._database.reading() as connection:
            return await titled(connection, feed_id, titles, since)

    async def commit(self, reading: Reading, grouping: Grouping) -> Committed:
        return await self.commit_all([reading], grouping)

    async def commit_all(self, readings: Sequence[Reading], grouping: Grouping) -> Committed:
        if not any(reading.has_stories for reading in readings):
            async with self._database.writing(brief=True) as connection:
                return await commit(self._database, connection, readings, grouping)
        async with self._turn:
            try:
                async with self._database.writing(Lock.STORIES, brief=True) as connection:
                    return await commit(self._database, connection, readings, grouping)
            except BaseException:
                grouping.reset()
                raise

    async def placed(self, *, after: int, since: datetime, limit: int) -> list[Told]:
        async with self._database.reading() as connection:
            return await placed_after(connection, after, since, limit)

    async def get(self, story_id: int) -> Story | None:
        found = await self.many([story_id])
        return found[0] if found else None

    async def many(self, story_ids: Sequence[int]) -> list[Story]:
        async with self._database.reading() as connection:
            found = await stories_by_id(connection, story_ids)
            return [found[story_id] for story_id in story_ids if story_id in found]

    async def coverage(self, story_id: int) -> Coverage | None:
        found = await self.coverages([story_id])
        return found[0] if found else None

    async def coverages(self, story_ids: Sequence[int]) -> list[Coverage]:
        async with self._database.reading() as connection:
            return await load(connection, story_ids)

    async def reports(self, coverage_id: int) -> list[Report]:
        async with self._database.reading() as connection:
            event = await events_of(connection, [coverage_id])
            return await reports_of(connection, coverage_id, event.get(coverage_id))

    async def changes(self, coverage_id: int) -> list[Change]:
        async with self._database.reading() as connection:
            event = await events_of(connection, [coverage_id])
            return await changes_of(connection, event.get(coverage_id, coverage_id))

    async def verdict(self, story_id: int) -> Mapping[Topic, TopicScore]:
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(verdicts).where(verdicts.c.story_id == story_id))
            return {Topic(row.topic): score_of(row) for row in rows}

    async def levels(self, coverage_id: int) -> Mapping[Topic, Level]:
        async with self._database.reading() as connection:
            event = await events_of(connection, [coverage_id])
            theirs = sa.select(coverage_topics).where(coverage_topics.c.coverage_id == event.get(coverage_id))
            return {Topic(row.topic): lists.cleared(row) for row in await connection.execute(theirs)}

    async def latest(
        self, topics: Collection[Topic], *, level: Level, limit: int, offset: int = 0, since: datetime | None = None
    ) -> list[Coverage]:
        async with self._database.reading() as connection:
            wanted = lists.Wanted(topics=tuple(topics), level=level)
            return await lists.latest(connection, wanted, limit, offset, since)

    async def ranked(
        self, topics: Sequence[Topic], *, level: Level, since: datetime, until: datetime, limit: int
    ) -> list[tuple[Coverage, Topic]]:
        async with self._database.reading() as connection:
            wanted = lists.Wanted(topics=tuple(topics), level=level)
            return await lists.ranked(connection, wanted, since, until, limit)

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

    async def at(self, url: str) -> list[Hit]:
        key = f"url:{fingerprint_exact(canonical_url(url) or url)}"
        async with self._database.reading() as connection:
            known = sa.select(story_keys.c.story_id).where(story_keys.c.key == key)
            return await lists.hits(connection, list((await connection.execute(known)).scalars()))

    async def search(self, index: str, *, limit: int, offset: int = 0, shown: bool = True) -> list[Hit]:
        async with self._database.reading() as connection:
            found = await find(connection, index, limit=limit, offset=offset, shown=shown)
            return await lists.hits(connection, found)

    async def job_cuts(
        self, *, since: datetime, until: datetime, language: Language | None = None, employer: str | None = None
    ) -> list[JobCuts]:
        async with self._database.reading() as connection:
            return await lists.job_cuts(connection, since, until, language, employer)

    async def companies(self, since: datetime) -> Mapping[str, int]:
        async with self._database.reading() as connection:
            return await lists.companies(connection, since)

    async def of_employer(self, employer: str, *, limit: int, offset: int = 0) -> list[Coverage]:
        async with self._database.reading() as connection:
            return await lists.of_employer(connection, employer, limit, offset)

    async def scored(self, *, since: datetime, after: int, limit: int) -> list[Scored]:
        async with self._database.reading() as connection:
            return await lists.scored(connection, since, after, limit)
