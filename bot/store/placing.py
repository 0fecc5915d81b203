"""Which event each story of a reading tells: the grouping is asked, and what it says is held against the database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain.story import Language
from bot.ports import Grouping, Placement, Told
from bot.store.connection import AsyncConnection
from bot.store.coverage import events_of
from bot.store.tables import stories

WINDOW = timedelta(hours=72)  # how long an event is one with what comes after
# Comparing takes time: the rest of the bot gets its turn after so many stories.
PLACED_AT_ONCE, RESTORED_AT_ONCE = 20, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """`homes`: the event of each story that had none; its own id where it is the first to tell it. `folded`: stored
    events that turned out to be another one, and which."""

    homes: Mapping[int, int] = field(default_factory=dict)
    folded: Mapping[int, int] = field(default_factory=dict)


async def place(connection: AsyncConnection, grouping: Grouping, told: Sequence[Told], at: datetime) -> Placed:
    """Places stories that belong to no event yet, in the order given."""
    if not told:
        return Placed()
    await _restore(connection, grouping, at)
    placements: list[tuple[int, Placement]] = []
    for one in told:
        if len(placements) % PLACED_AT_ONCE == 0:
            await asyncio.sleep(0)
        placements.append((one.story_id, grouping.place(one)))
    return settle(placements, await events_of(connection, _named(placements)))


def settle(placements: Sequence[tuple[int, Placement]], stored: Mapping[int, int]) -> Placed:
    """What the grouping said, in terms of events that are there: another process may have found meanwhile that an event
    is part of another (`stored` says which event the story of that id tells now), or it may be forgotten."""
    homes: dict[int, int] = {}
    folded: dict[int, int] = {}

    def event(named: int) -> int | None:
        now = homes.get(named, stored.get(named))
        while now in folded:
            now = folded[now]
        return now

    for story_id, placement in placements:
        named = [*placement.joined] if placement.coverage_id is None else [placement.coverage_id, *placement.joined]
        found = {now for now in map(event, named) if now is not None}
        first = min(found, default=story_id)  # an event keeps the id of its first report, whatever else joins it
        folded |= dict.fromkeys(found - {first}, first)
        homes[story_id] = first
    there = set(stored.values())
    return Placed(
        homes={story_id: event(story_id) or story_id for story_id in homes},
        folded={gone: event(gone) or gone for gone in folded if gone in there},
    )


def _named(placements: Sequence[tuple[int, Placement]]) -> set[int]:
    named = {event for _, placement in placements for event in placement.joined}
    return named | {placement.coverage_id for _, placement in placements if placement.coverage_id is not None}


async def _restore(connection: AsyncConnection, grouping: Grouping, at: datetime) -> None:
    """Tells the grouping what it has not heard: everything after a start, else what other processes stored."""
    last = grouping.newest
    while True:
        some = await placed_after(connection, last, at - WINDOW, RESTORED_AT_ONCE)
        if some:
            grouping.restore(some)
            last = some[-1].story_id
        if len(some) < RESTORED_AT_ONCE:
            return


async def placed_after(connection: AsyncConnection, after: int, since: datetime, limit: int) -> list[Told]:
    query = (
        sa.select(
            stories.c.id,
            stories.c.coverage_id,
            stories.c.language,
            stories.c.title,
            stories.c.summary,
            stories.c.source,
            stories.c.shown_at,
        )
        .where(stories.c.id > after, stories.c.first_seen > since, stories.c.coverage_id.is_not(None))
        .order_by(stories.c.id)
        .limit(limit)
    )
    return [
        Told(
            story_id=row.id,
            coverage_id=row.coverage_id,
            language=Language(row.language),
            title=row.title,
            summary=row.summary,
            source=row.source,
            when=row.shown_at,
        )
        for row in await connection.execute(query)
    ]
