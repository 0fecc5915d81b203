"""What an event is by all its reports: who leads, what is known, which levels it clears since when; and what grew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.coverage import Change, Report, lead_of, outlets_of, settled, told
from bot.domain.event import Event, EventKind
from bot.domain.story import Language, Story
from bot.store.connection import AsyncConnection
from bot.store.coverage import EVENT, change_of, event_of
from bot.store.rows import NO_LEVEL, chunks
from bot.store.tables import changes, coverage_topics, coverages, facts, feeds, stories, verdicts

TIMES = ("low_at", "normal_at", "high_at")  # by the rank of the level
Times = tuple[datetime | None, ...]
NEVER: Times = (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a reading has for events. `homes` and `folded` as in Placed; `came`: stories that are news by this reading;
    `edited`: known ones whose words it changed as news; `retitled`: those that have another title since then."""

    at: datetime
    homes: Mapping[int, int] = field(default_factory=dict)
    folded: Mapping[int, int] = field(default_factory=dict)
    came: frozenset[int] = frozenset()
    edited: frozenset[int] = frozenset()
    retitled: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An event as the database has it, together with those that became a part of it; nothing of a new one."""

    rows: Sequence[sa.Row[Any]] = ()
    topics: Sequence[sa.Row[Any]] = ()
    changes: Sequence[sa.Row[Any]] = ()

    @property
    def announced(self) -> bool:
        return any(row.announced for row in self.rows)

    def times(self) -> dict[str, Times]:
        """When each topic's levels came to be cleared: what was announced counts before what was stored silently."""
        counted = {row.id for row in self.rows if row.announced == self.announced}
        found: dict[str, Times] = {}
        for row in self.topics:
            if row.coverage_id in counted:
                both = zip(found.get(row.topic, NEVER), (getattr(row, name) for name in TIMES), strict=True)
                found[row.topic] = tuple(min((at for at in two if at is not None), default=None) for two in both)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One report of an event; `scores`: topic, score and the rank of the level it clears."""

    report: Report
    scores: Sequence[tuple[str, float, int]] = ()

    @property
    def id(self) -> int:
        return self.report.story.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event as it is to be written. By topic: `scores` the best score, `times` when it cleared each level, `heard`
    the rank of the strictest one it cleared as news before. `fresh`: changes not stored yet. `rose`: it is news to
    somebody; `grew`: what is shown of it changed; `named`: it has an employer since now."""

    id: int
    stored: Stored
    reports: tuple[Report, ...]
    lead_id: int
    outlets: int
    event: Event | None
    employer: str | None
    announced: bool
    scores: Mapping[str, float]
    times: Mapping[str, Times]
    heard: Mapping[str, int]
    fresh: tuple[Change, ...]
    rose: bool
    grew: bool

    @property
    def is_new(self) -> bool:
        return not self.stored.rows

    @property
    def named(self) -> bool:
        return self.employer is not None and all(row.employer is None for row in self.stored.rows)

    @property
    def version(self) -> int:
        return max((row.version for row in self.stored.rows), default=0) + (self.is_new or self.grew)

    @property
    def first(self) -> Story:
        """The report it has its id from, or what is left of it."""
        return next((one.story for one in self.reports if one.story.id == self.id), self.reports[0].story)

    @property
    def when(self) -> datetime:
        return next((row.shown_at for row in self.stored.rows if row.id == self.id), self.first.when)


async def draft(connection: AsyncConnection, touched: Iterable[int], news: News) -> list[Draft]:
    """The events `touched` as they are with all their reports now, by id."""
    ids = sorted(set(touched))
    members = await _members(connection, ids, news)
    stored = await _stored(connection, ids, news)
    kinds = await _kinds(connection, {row.story_id for one in stored.values() for row in one.changes})
    return [_draft(one, members[one], stored.get(one, Stored()), kinds, news) for one in ids if one in members]


def _draft(
    event_id: int, members: Sequence[Member], stored: Stored, kinds: Mapping[int, EventKind], news: News
) -> Draft:
    reports = tuple(member.report for member in members)
    ids = {member.id for member in members}
    event, employer, said = told(reports)
    known = {(row.kind, row.story_id, row.unit) for row in stored.changes}
    fresh = tuple(change for change in said if (change.kind, change.story_id, change.unit or "") not in known)
    by_others = [change_of(row) for row in stored.changes if row.story_id not in ids]
    event = settled(event, [*said, *by_others], kinds)

    scores, ranks = _best(members)
    came = bool(ids & news.came)
    before = {} if came and not stored.announced else stored.times()
    times = {
        topic: tuple((before.get(topic, NEVER)[n] or news.at) if n <= rank else None for n in range(len(TIMES)))
        for topic, rank in ranks.items()
    }
    clears_more = any(
        now is not None and old is None
        for topic in times
        for now, old in zip(times[topic], before.get(topic, NEVER), strict=True)
    )
    announced = stored.announced or came or (clears_more and bool(ids & news.edited))
    lead, outlets = lead_of(reports), outlets_of(reports)
    row = next((row for row in stored.rows if row.id == event_id), None)
    shown_before = None if row is None else (row.lead_id, row.outlets, event_of(row), row.employer)
    changed = len(stored.rows) > 1 or bool(fresh) or lead.id in news.retitled
    return Draft(
        id=event_id,
        stored=stored,
        reports=reports,
        lead_id=lead.id,
        outlets=outlets,
        event=event,
        employer=employer,
        announced=announced,
        scores=scores,
        times=times,
        heard={topic: max(n for n, at in enumerate(old) if at is not None) for topic, old in before.items()},
        fresh=fresh,
        rose=announced and clears_more,
        grew=row is not None and (changed or shown_before != (lead.id, outlets, event, employer)),
    )


def _best(members: Sequence[Member]) -> tuple[dict[str, float], dict[str, int]]:
    """By topic that any report clears: the best score, and the rank of the strictest level."""
    scores: dict[str, float] = {}
    ranks: dict[str, int] = {}
    for member in members:
        for topic, score, rank in member.scores:
            scores[topic] = max(score, scores.get(topic, score))
            ranks[topic] = max(rank, ranks.get(topic, rank))
    return scores, ranks


async def _members(connection: AsyncConnection, ids: Sequence[int], news: News) -> dict[int, list[Member]]:
    """The reports of each event, first one first; their texts are left out."""
    columns = [
        stories.c[name]
        for name in ("id", "coverage_id", "feed_id", "source", "title", "url", "language", "published", "first_seen")
    ]
    query = (
        sa.select(*columns, feeds.c.weight, *(facts.c[name] for name in EVENT))
        .join_from(stories, feeds, feeds.c.id == stories.c.feed_id)
        .join(facts, facts.c.story_id == stories.c.id, isouter=True)
        .where(~stories.c.forgotten)
    )
    rows: list[sa.Row[Any]] = []
    for some in chunks([*ids, *news.folded]):
        rows += await connection.execute(query.where(stories.c.coverage_id.in_(some)))
    for some in chunks(sorted(news.homes)):
        rows += await connection.execute(query.where(stories.c.id.in_(some)))
    scores = await _scores(connection, [row.id for row in rows])
    found: dict[int, list[Member]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.id):
        event_id = news.homes.get(row.id) or news.folded.get(row.coverage_id, row.coverage_id)
        report = Report(story=_bare(row), weight=row.weight, event=event_of(row), employer=row.employer)
        found[event_id].append(Member(report=report, scores=scores.get(row.id, ())))
    return found


async def _scores(connection: AsyncConnection, story_ids: Sequence[int]) -> dict[int, list[tuple[str, float, int]]]:
    found: dict[int, list[tuple[str, float, int]]] = defaultdict(list)
    query = sa.select(verdicts.c.story_id, verdicts.c.topic, verdicts.c.score, verdicts.c.level_rank)
    for some in chunks(story_ids):
        clearing = query.where(verdicts.c.story_id.in_(some), verdicts.c.level_rank > NO_LEVEL)
        for row in await connection.execute(clearing):
            found[row.story_id].append((row.topic, row.score, row.level_rank))
    return found


async def _stored(connection: AsyncConnection, ids: Sequence[int], news: News) -> dict[int, Stored]:
    kept: dict[int, tuple[list[sa.Row[Any]], list[sa.Row[Any]], list[sa.Row[Any]]]] = {}
    for some in chunks([*ids, *news.folded]):
        sources = (
            (coverages, coverages.c.id),
            (coverage_topics, coverage_topics.c.coverage_id),
            (changes, changes.c.coverage_id),
        )
        for place, (table, event_id) in enumerate(sources):
            query = sa.select(table).where(event_id.in_(some)).order_by(*table.primary_key)
            for row in await connection.execute(query):
                own = row.id if table is coverages else row.coverage_id
                kept.setdefault(news.folded.get(own, own), ([], [], []))[place].append(row)
    return {own: Stored(rows=rows, topics=topics, changes=said) for own, (rows, topics, said) in kept.items()}


async def _kinds(connection: AsyncConnection, story_ids: Collection[int]) -> dict[int, EventKind]:
    """What the stories that told a change report of job cuts."""
    found: dict[int, EventKind] = {}
    for some in chunks(sorted(story_ids)):
        query = sa.select(facts.c.story_id, facts.c.kind).where(facts.c.story_id.in_(some))
        found |= {row.story_id: EventKind(row.kind) for row in await connection.execute(query)}
    return found


def _bare(row: sa.Row[Any]) -> Story:
    return Story(
        id=row.id,
        feed_id=row.feed_id,
        source=row.source,
        title=row.title,
        url=row.url,
        summary="",
        content="",
        language=Language(row.language),
        published=row.published,
        first_seen=row.first_seen,
    )
