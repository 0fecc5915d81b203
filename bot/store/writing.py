"""How an event that was brought up to date is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from bot.store.connection import AsyncConnection
from bot.store.coverage import change_values, event_values
from bot.store.events import TIMES, Draft, News
from bot.store.folding import fold
from bot.store.tables import changes, coverage_topics, coverages, stories


async def write(connection: AsyncConnection, drafts: Sequence[Draft], news: News) -> dict[int, list[int]]:
    """Writes the events with the places of their stories. By event: the ids of its new changes, as far as the news of
    this reading told them."""
    fresh = [_values(one) | _once(one) for one in drafts if one.is_new]
    if fresh:
        await connection.execute(sa.insert(coverages), fresh)
    for gone, survivor in sorted(news.folded.items()):
        await fold(connection, gone, survivor, news.at)
    await _assign(connection, news.homes)
    for one in drafts:
        if not one.is_new and (one.grew or one.announced != one.stored.announced):
            await connection.execute(sa.update(coverages).where(coverages.c.id == one.id).values(_values(one)))
    await _write_topics(connection, drafts)
    said: dict[int, list[int]] = {}
    for one in drafts:
        if not one.fresh:
            continue
        rows = [change_values(one.id, change) for change in one.fresh]
        insert = sa.insert(changes).returning(changes.c.id, sort_by_parameter_order=True)
        ids = (await connection.execute(insert, rows)).scalars()
        told = [n for n, change in zip(ids, one.fresh, strict=True) if change.story_id in news.came | news.edited]
        if told:
            said[one.id] = told
    return said


def _values(one: Draft) -> dict[str, Any]:
    common = {"lead_id": one.lead_id, "outlets": one.outlets, "version": one.version, "announced": one.announced}
    return common | event_values(one.event, one.employer)


def _once(one: Draft) -> dict[str, Any]:
    """What never changes of it."""
    return {"id": one.id, "first_seen": one.first.first_seen, "shown_at": one.first.when}


async def _assign(connection: AsyncConnection, homes: Mapping[int, int]) -> None:
    if homes:
        place = sa.update(stories).where(stories.c.id == sa.bindparam("story"))
        rows = [{"story": story_id, "event": event} for story_id, event in homes.items()]
        await connection.execute(place.values(coverage_id=sa.bindparam("event")), rows)


async def _write_topics(connection: AsyncConnection, drafts: Sequence[Draft]) -> None:
    rows: list[dict[str, Any]] = []
    outdated: list[int] = []
    for one in drafts:
        now = {topic: (one.scores[topic], *times) for topic, times in one.times.items()}
        stored = {row.topic: (row.score, *(getattr(row, name) for name in TIMES)) for row in one.stored.topics}
        if stored == now and len(one.stored.rows) == 1:
            continue
        if stored:
            outdated.append(one.id)
        for topic, (score, *times) in now.items():
            common = {"coverage_id": one.id, "topic": topic, "score": score, "shown_at": one.when}
            rows.append(common | dict(zip(TIMES, times, strict=True)))
    for event_id in outdated:
        await connection.execute(sa.delete(coverage_topics).where(coverage_topics.c.coverage_id == event_id))
    if rows:
        await connection.execute(sa.insert(coverage_topics), rows)
