"""What one look at a feed changes: stories, the events they tell, what chats get of it; all or nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ports import Committed, Grouping, NewStory, Reading
from bot.store import storing
from bot.store.coverage import events_of
from bot.store.database import Database
from bot.store.events import News, draft
from bot.store.feeds import write_outcome
from bot.store.placing import Placed, place
from bot.store.planning import plan_alerts, plan_edits, plan_replies, plan_watched
from bot.store.relating import relate
from bot.store.rows import chunks
from bot.store.storing import Edited
from bot.store.tables import stories
from bot.store.writing import write


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The stories that a reading stored, those it edited, and known ones that are news only now."""

    stored: Sequence[tuple[int, NewStory]]
    edited: Sequence[Edited]
    late: Sequence[int]

    @property
    def judged(self) -> list[tuple[int, NewStory]]:
        return [*self.stored, *((one.id, one.edit.new) for one in self.edited)]


async def commit(database: Database, connection: AsyncConnection, reading: Reading, grouping: Grouping) -> Committed:
    """Everything of one Reading, inside the caller's transaction, which holds the lock on stories."""
    outcome = reading.outcome
    at = outcome.at
    if not await write_outcome(connection, outcome):
        return Committed(new_stories=0, alerts=0)
    known = await storing.known_under(connection, {key for new in reading.new for key in new.keys})
    fresh, again = storing.sort(reading.new, outcome.feed_id, known)
    ids = await storing.insert(connection, fresh, outcome.feed_id, at)
    stored = list(zip(ids, fresh, strict=True))
    edited = await storing.edit(connection, reading.edited)

    known_by = [(ids[-place - 1] if place < 0 else place, new) for new, place in again]
    known_by += [(one.id, one.edit.new) for one in edited]
    keys = [(key, story_id) for story_id, new in stored for key in new.keys]
    await storing.remember_keys(database, connection, keys, at, take_over=True)
    keys = [(key, story_id) for story_id, new in known_by for key in new.keys]
    keys += await storing.of_existing(connection, reading.learnt)
    await storing.remember_keys(database, connection, keys, at, take_over=False)
    shown = [story_id for story_id, _new in (*stored, *known_by)]
    shown += await storing.refresh(connection, reading.seen, at)
    carried = await storing.remember_feed(database, connection, shown, outcome.feed_id, at)
    late = await _news_after_all(connection, carried) if reading.established else []

    kept = Kept(stored=stored, edited=edited, late=late)
    placed = await _place(connection, grouping, kept, at)
    alerts = await _tell(database, connection, kept, placed, at)
    return Committed(new_stories=len(ids), alerts=alerts)


async def _news_after_all(connection: AsyncConnection, carried: Collection[int]) -> list[int]:
    """Of the stories that an established feed carries for the first time, those that were stored without a word because
    the feed that had them first was just being read for the first time. They are news now."""
    found: list[int] = []
    for ids in chunks(list(carried)):
        silent = sa.update(stories).where(stories.c.id.in_(ids), ~stories.c.announced, ~stories.c.forgotten)
        found += (await connection.execute(silent.values(announced=True).returning(stories.c.id))).scalars()
    return sorted(found)


async def _place(connection: AsyncConnection, grouping: Grouping, kept: Kept, at: datetime) -> Placed:
    """Every story that somebody may see now and that belongs to no event yet is placed."""
    told = [storing.told_of(story_id, new, storing.shown_at(new, at)) for story_id, new in kept.stored if new.is_shown]
    told += [
        storing.told_of(one.id, one.edit.new, one.shown_at)
        for one in kept.edited
        if one.edit.new.is_shown and one.coverage_id is None and not one.forgotten
    ]
    return await place(connection, grouping, told, at)


async def _tell(database: Database, connection: AsyncConnection, kept: Kept, placed: Placed, at: datetime) -> int:
    """Brings the events up to date and plans what chats get; how many alerts."""
    known = await events_of(connection, [*kept.late, *(one.id for one in kept.edited)])
    announced = {story_id for story_id, new in kept.judged if new.announce}
    news = News(
        at=at,
        homes=placed.homes,
        folded=placed.folded,
        came=frozenset(kept.late) | (announced & placed.homes.keys()),
        edited=frozenset(announced - placed.homes.keys()) & known.keys(),
        retitled=frozenset(one.id for one in kept.edited if one.title != one.edit.new.item.title),
    )
    touched = {placed.folded.get(event, event) for event in known.values()}
    drafts = await draft(connection, touched | set(placed.homes.values()), news)
    said = await write(connection, drafts, news)
    figures = {story_id: new.figures for story_id, new in kept.judged}
    spoken_of = await relate(database, connection, [one for one in drafts if one.named], figures)
    settled = await draft(connection, spoken_of, News(at=at))
    await write(connection, settled, News(at=at))

    event_of = {report.story.id: one.id for one in drafts for report in one.reports}
    watched = [(event_of[one], new.watched) for one, new in kept.judged if one in news.came and new.watched]
    alerts = await plan_watched(database, connection, watched, at)
    alerts += await plan_alerts(database, connection, [one for one in drafts if one.rose], at)
    await plan_edits(database, connection, sorted({one.id for one in (*drafts, *settled) if one.grew}), at)
    await plan_replies(database, connection, said, at)
    return alerts
