"""How an event stands to earlier ones of the same employer: whether it tells their job cuts again, or settles them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from bot.domain.coverage import REDUCTIONS, Change, ChangeKind, Cuts, restated, settles
from bot.domain.event import EventKind
from bot.store.connection import AsyncConnection
from bot.store.coverage import change_values
from bot.store.database import Database
from bot.store.events import Draft
from bot.store.rows import chunks
from bot.store.tables import changes, coverages


async def relate(
    database: Database, connection: AsyncConnection, named: Sequence[Draft], figures: Mapping[int, frozenset[int]]
) -> set[int]:
    """Writes down which earlier event each of `named` (in the order of their ids) restates, and what it denies or
    confirms; the events it says that of. `figures`: every number of people that a story mentions."""
    employers = sorted({one.employer for one in named if one.employer is not None})
    known = await _cuts(connection, employers)
    spoken_of: set[int] = set()
    for one in named:
        event = one.event
        if event is None or one.employer is None:
            continue
        earlier = [cuts for cuts in known[one.employer].values() if cuts.coverage_id != one.id]
        found = settles(event, one.when, earlier)
        if found is not None:
            settled_id, kind = found
            await _tell(database, connection, settled_id, kind, one)
            spoken_of.add(settled_id)
            verdict = EventKind.DENIED if kind is ChangeKind.DENIED else event.kind
            earlier = [replace(cuts, kind=verdict) if cuts.coverage_id == settled_id else cuts for cuts in earlier]
        restates = None
        if event.kind in REDUCTIONS:
            mentioned = frozenset[int]().union(*(figures.get(report.story.id, ()) for report in one.reports))
            restates = restated(event, one.when, earlier, mentioned)
            await _restate(connection, one.id, restates)
        if found is not None and found[1] is ChangeKind.CONFIRMED and restates is None:
            # What was only said until now counts with what confirms it, which knows better how many.
            await _restate(connection, found[0], one.id)
            earlier = [replace(cuts, counted=False) if cuts.coverage_id == found[0] else cuts for cuts in earlier]
        known[one.employer] = {cuts.coverage_id: cuts for cuts in (*earlier, _own(one, restates))}
    return spoken_of


def _own(one: Draft, restates: int | None) -> Cuts:
    assert one.event is not None
    return Cuts(
        coverage_id=one.id,
        headcount=one.event.headcount,
        percent=one.event.percent,
        when=one.when,
        kind=one.event.kind,
        counted=restates is None and one.event.kind is not EventKind.DENIED,
    )


async def _cuts(connection: AsyncConnection, employers: Sequence[str]) -> defaultdict[str, dict[int, Cuts]]:
    found: defaultdict[str, dict[int, Cuts]] = defaultdict(dict)
    denial = sa.exists().where(changes.c.coverage_id == coverages.c.id, changes.c.kind == ChangeKind.DENIED)
    columns: list[Any] = [coverages, denial.label("was_denied")]
    for some in chunks(employers):
        query = sa.select(*columns).where(coverages.c.employer.in_(some), coverages.c.kind.is_not(None))
        for row in await connection.execute(query):
            kind = EventKind(row.kind)
            found[row.employer][row.id] = Cuts(
                coverage_id=row.id,
                headcount=row.headcount,
                percent=row.percent,
                when=row.shown_at,
                kind=kind,
                counted=row.restates is None and (kind is not EventKind.DENIED or row.was_denied),
            )
    return found


async def _tell(database: Database, connection: AsyncConnection, coverage_id: int, kind: ChangeKind, by: Draft) -> None:
    story = next(report.story for report in by.reports if report.event is not None and report.employer == by.employer)
    change = Change(kind=kind, story_id=story.id, source=story.source, at=story.when)
    insert = database.insert(changes).values(change_values(coverage_id, change))
    key = ["coverage_id", "kind", "story_id", "unit"]
    await connection.execute(insert.on_conflict_do_nothing(index_elements=key))


async def _restate(connection: AsyncConnection, coverage_id: int, restates: int | None) -> None:
    if restates is not None:
        update = sa.update(coverages).where(coverages.c.id == coverage_id)
        await connection.execute(update.values(restates=restates))
