"""How an event is kept: its rows as values of the domain, and any report's id as the event it tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from bot.domain.coverage import Change, ChangeKind, Coverage, Report, Unit
from bot.domain.event import AiCause, Event, EventKind, Grade
from bot.domain.story import Story
from bot.store.connection import AsyncConnection
from bot.store.rows import chunks, story_of
from bot.store.tables import changes, coverages, facts, feeds, stories

EVENT = ("employer", "company", "headcount", "percent", "tech", "kind", "ai_grade", "ai_quote")


def event_values(event: Event | None, employer: str | None) -> dict[str, Any]:
    if event is None:
        return dict.fromkeys(EVENT)
    cause = event.ai_cause
    return {
        "employer": employer,
        "company": event.company,
        "headcount": event.headcount,
        "percent": event.percent,
        "tech": event.tech,
        "kind": event.kind,
        "ai_grade": None if cause is None else cause.grade,
        "ai_quote": None if cause is None else cause.quote,
    }


def event_of(row: sa.Row[Any]) -> Event | None:
    if row.kind is None:
        return None
    return Event(
        company=row.company,
        headcount=row.headcount,
        percent=row.percent,
        tech=bool(row.tech),
        kind=EventKind(row.kind),
        ai_cause=None if row.ai_grade is None else AiCause(grade=Grade(row.ai_grade), quote=row.ai_quote or ""),
    )


def change_values(coverage_id: int, change: Change) -> dict[str, Any]:
    return {
        "coverage_id": coverage_id,
        "kind": change.kind,
        "story_id": change.story_id,
        "source": change.source,
        "at": change.at,
        "unit": change.unit or "",
        "before": change.before,
        "after": change.after,
    }


def change_of(row: sa.Row[Any]) -> Change:
    return Change(
        id=row.id,
        kind=ChangeKind(row.kind),
        story_id=row.story_id,
        source=row.source,
        at=row.at,
        unit=Unit(row.unit) if row.unit else None,
        before=row.before,
        after=row.after,
    )


async def events_of(connection: AsyncConnection, story_ids: Collection[int]) -> dict[int, int]:
    """The event of each of these stories that belongs to one."""
    found: dict[int, int] = {}
    for some in chunks(sorted(set(story_ids))):
        query = sa.select(stories.c.id, stories.c.coverage_id)
        query = query.where(stories.c.id.in_(some), stories.c.coverage_id.is_not(None))
        found |= {row.id: row.coverage_id for row in await connection.execute(query)}
    return found


async def stories_by_id(connection: AsyncConnection, story_ids: Collection[int]) -> dict[int, Story]:
    found: dict[int, Story] = {}
    for some in chunks(sorted(set(story_ids))):
        rows = await connection.execute(sa.select(stories).where(stories.c.id.in_(some), ~stories.c.forgotten))
        found |= {row.id: story_of(row) for row in rows}
    return found


async def load(connection: AsyncConnection, story_ids: Sequence[int]) -> list[Coverage]:
    """The events that these stories tell, in the order asked, each once; a story that belongs to none comes alone."""
    event = await events_of(connection, story_ids)
    rows: dict[int, sa.Row[Any]] = {}
    for some in chunks(sorted(set(event.values()))):
        found = await connection.execute(sa.select(coverages).where(coverages.c.id.in_(some)))
        rows |= {row.id: row for row in found}
    alone = [story_id for story_id in story_ids if story_id not in event]
    said = await _facts(connection, alone)
    lead = await stories_by_id(connection, [*alone, *(row.lead_id for row in rows.values())])
    answer: dict[int, Coverage] = {}
    for story_id in story_ids:
        coverage_id = event.get(story_id, story_id)
        row = rows.get(coverage_id)
        story = lead.get(coverage_id if row is None else row.lead_id)
        if story is None or coverage_id in answer:
            continue
        if row is None:
            told, employer = said.get(coverage_id, (None, None))
            answer[coverage_id] = Coverage(id=coverage_id, lead=story, outlets=1, event=told, employer=employer)
        else:
            answer[coverage_id] = Coverage(
                id=row.id,
                lead=story,
                outlets=row.outlets,
                event=event_of(row),
                employer=row.employer,
                restates=row.restates,
                version=row.version,
            )
    return list(answer.values())


async def reports_of(connection: AsyncConnection, story_id: int, coverage_id: int | None) -> list[Report]:
    """All that tell the event, first one first; of a story that belongs to none, its own."""
    mine = stories.c.id == story_id if coverage_id is None else stories.c.coverage_id == coverage_id
    query = (
        sa.select(stories, feeds.c.weight.label("feed_weight"), *(facts.c[name] for name in EVENT))
        .join_from(stories, feeds, feeds.c.id == stories.c.feed_id)
        .join(facts, facts.c.story_id == stories.c.id, isouter=True)
        .where(mine, ~stories.c.forgotten)
        .order_by(stories.c.id)
    )
    return [
        Report(story=story_of(row), weight=row.feed_weight, event=event_of(row), employer=row.employer)
        for row in await connection.execute(query)
    ]


async def _facts(connection: AsyncConnection, story_ids: Sequence[int]) -> dict[int, tuple[Event | None, str | None]]:
    found: dict[int, tuple[Event | None, str | None]] = {}
    for some in chunks(story_ids):
        for row in await connection.execute(sa.select(facts).where(facts.c.story_id.in_(some))):
            found[row.story_id] = (event_of(row), row.employer)
    return found


async def changes_of(connection: AsyncConnection, coverage_id: int) -> list[Change]:
    """In the order they were told."""
    query = sa.select(changes).where(changes.c.coverage_id == coverage_id).order_by(changes.c.id)
    return [change_of(row) for row in await connection.execute(query)]
