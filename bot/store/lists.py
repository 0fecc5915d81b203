"""Lists of events and stories: the latest, the best of a span, job cuts, what the rules are tried on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.coverage import Coverage
from bot.domain.event import EventKind
from bot.domain.story import Language, Topic
from bot.domain.verdict import Level
from bot.ports import Hit, JobCuts, Scored
from bot.store.connection import AsyncConnection
from bot.store.coverage import EVENT, event_of, load, stories_by_id
from bot.store.rows import LEVELS, NO_LEVEL, story_of
from bot.store.tables import coverage_topics, coverages, feeds, stories, verdicts

CLEARED_AT = {
    Level.LOW: coverage_topics.c.low_at,
    Level.NORMAL: coverage_topics.c.normal_at,
    Level.HIGH: coverage_topics.c.high_at,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a chat wants to see: events that clear `level` in one of `topics`."""

    topics: tuple[Topic, ...]
    level: Level

    @property
    def since(self) -> sa.Column[Any]:
        """When an event came to be wanted, NULL while it is not."""
        return CLEARED_AT[self.level]


def cleared(row: sa.Row[Any]) -> Level:
    """The strictest level that a row of coverage_topics clears."""
    reached = [level for level, column in CLEARED_AT.items() if getattr(row, column.name) is not None]
    return max(reached, key=lambda level: level.rank)


async def latest(
    connection: AsyncConnection, wanted: Wanted, limit: int, offset: int, since: datetime | None
) -> list[Coverage]:
    newest = []
    for topic in wanted.topics:  # each is one walk along the index
        columns = (coverage_topics.c.shown_at, coverage_topics.c.coverage_id)
        query = sa.select(*columns).where(coverage_topics.c.topic == topic, wanted.since.is_not(None))
        if since is not None:
            query = query.where(coverage_topics.c.shown_at >= since)
        query = query.order_by(*(column.desc() for column in columns)).limit(limit + offset)
        newest += [(row.shown_at, row.coverage_id) for row in await connection.execute(query)]
    page = sorted(set(newest), reverse=True)[offset : offset + limit]
    return await load(connection, [event for _, event in page])


async def ranked(
    connection: AsyncConnection, wanted: Wanted, since: datetime, until: datetime, limit: int
) -> list[tuple[Coverage, Topic]]:
    earlier = coverage_topics.alias()
    # Spelt like this the topic has no index: few events of all those of a topic came in the span.
    topic = coverage_topics.c.topic.concat("")
    before = sa.exists().where(
        earlier.c.coverage_id == coverage_topics.c.coverage_id,
        earlier.c.topic.in_(wanted.topics),
        earlier.c[wanted.since.name] <= since,
    )
    best = (
        sa.select(coverage_topics.c.coverage_id)
        .join(coverages, coverages.c.id == coverage_topics.c.coverage_id)
        .where(wanted.since > since, wanted.since <= until, topic.in_(wanted.topics), ~before)
        .where(sa.or_(coverages.c.announced, coverages.c.shown_at > since))
        .group_by(coverage_topics.c.coverage_id, coverages.c.shown_at)
        .order_by(sa.func.max(coverage_topics.c.score).desc(), coverages.c.shown_at.desc())
        .order_by(coverage_topics.c.coverage_id.desc())
        .limit(limit)
    )
    ids = list((await connection.execute(best)).scalars())
    theirs = sa.select(coverage_topics.c.coverage_id, coverage_topics.c.topic)
    theirs = theirs.where(coverage_topics.c.coverage_id.in_(ids), wanted.since <= until)
    topics: dict[int, list[Topic]] = defaultdict(list)
    for row in await connection.execute(theirs.where(coverage_topics.c.topic.in_(wanted.topics))):
        topics[row.coverage_id].append(Topic(row.topic))
    found = await load(connection, ids)
    return [(coverage, min(topics[coverage.id], key=wanted.topics.index)) for coverage in found]


async def hits(connection: AsyncConnection, story_ids: Sequence[int]) -> list[Hit]:
    """In the order given; forgotten ones left out."""
    found = await stories_by_id(connection, story_ids)
    columns = (stories.c.id, stories.c.coverage_id, stories.c.announced)
    rows = await connection.execute(sa.select(*columns).where(stories.c.id.in_(found)))
    state = {row.id: (row.coverage_id, row.announced) for row in rows}
    return [
        Hit(story=found[one], coverage_id=state[one][0], announced=state[one][1]) for one in story_ids if one in found
    ]


async def job_cuts(
    connection: AsyncConnection, since: datetime, until: datetime, language: Language | None, employer: str | None
) -> list[JobCuts]:
    lead = stories.alias("lead")
    told = (coverages.c[name] for name in ("id", "shown_at", "outlets", "restates", *EVENT))
    query = (
        sa.select(*told, *(lead.c[name] for name in ("title", "url", "source", "language")))
        .join(lead, lead.c.id == coverages.c.lead_id)
        .where(coverages.c.first_seen >= since, coverages.c.first_seen < until)
        .where(coverages.c.kind != EventKind.SINGLE_DISMISSAL)
        .order_by(coverages.c.shown_at.desc(), coverages.c.id.desc())
    )
    if language is not None:
        query = query.where(lead.c.language == language)
    if employer is not None:
        query = query.where(coverages.c.employer == employer)
    found = []
    for row in await connection.execute(query):
        event = event_of(row)
        assert event is not None  # its kind is something
        found.append(
            JobCuts(
                coverage_id=row.id,
                title=row.title,
                url=row.url,
                source=row.source,
                language=Language(row.language),
                when=row.shown_at,
                outlets=row.outlets,
                employer=row.employer,
                event=event,
                restates=row.restates,
            )
        )
    return found


async def companies(connection: AsyncConnection, since: datetime) -> dict[str, int]:
    events = sa.func.count().label("events")
    named = sa.select(coverages.c.company, events).where(coverages.c.first_seen >= since)
    named = named.where(coverages.c.company.is_not(None), coverages.c.kind != EventKind.SINGLE_DISMISSAL)
    named = named.group_by(coverages.c.company).order_by(events.desc(), coverages.c.company)
    return {row.company: row.events for row in await connection.execute(named)}


async def of_employer(connection: AsyncConnection, employer: str, limit: int, offset: int) -> list[Coverage]:
    newest = sa.select(coverages.c.id).where(coverages.c.employer == employer)
    newest = newest.order_by(coverages.c.shown_at.desc(), coverages.c.id.desc()).limit(limit).offset(offset)
    return await load(connection, list((await connection.execute(newest)).scalars()))


async def scored(connection: AsyncConnection, since: datetime, after: int, limit: int) -> list[Scored]:
    columns = (feeds.c.weight.label("feed_weight"), feeds.c.topics.label("hints"))
    query = (
        sa.select(stories, *columns)
        .join_from(stories, feeds, feeds.c.id == stories.c.feed_id)
        .where(stories.c.id > after, stories.c.first_seen > since, ~stories.c.forgotten)
        .order_by(stories.c.id)
        .limit(limit)
    )
    rows = list(await connection.execute(query))
    clearing = sa.select(verdicts.c.story_id, verdicts.c.topic, verdicts.c.level_rank)
    clearing = clearing.where(verdicts.c.story_id.in_([row.id for row in rows]), verdicts.c.level_rank > NO_LEVEL)
    levels: dict[int, dict[Topic, Level]] = defaultdict(dict)
    for row in await connection.execute(clearing):
        levels[row.story_id][Topic(row.topic)] = LEVELS[row.level_rank]
    return [
        Scored(
            story=story_of(row),
            weight=row.feed_weight,
            hints=tuple(Topic(topic) for topic in row.hints),
            levels=levels.get(row.id, {}),
        )
        for row in rows
    ]
