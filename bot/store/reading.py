"""What looks at feeds change: stories, the events they tell, what chats get of it; all or nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.ports import Committed, Grouping, NewStory, Reading
from bot.store import storing
from bot.store.connection import AsyncConnection
from bot.store.coverage import events_of
from bot.store.database import Database
from bot.store.events import News, draft
from bot.store.outcomes import write_outcomes
from bot.store.placing import Placed, place
from bot.store.planning import plan_alerts, plan_edits, plan_replies, plan_watched
from bot.store.relating import relate
from bot.store.rows import chunks
from bot.store.storing import Carried, Edited
from bot.store.tables import stories
from bot.store.writing import write


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The stories that readings stored, those they edited, and known ones that are news only now."""

    stored: Sequence[tuple[int, Carried]]
    edited: Sequence[Edited]
    late: Sequence[int]

    @property
    def judged(self) -> list[tuple[int, NewStory]]:
        stored = ((story_id, one.new) for story_id, one in self.stored)
        return [*stored, *((one.id, one.edit.new) for one in self.edited)]


async def commit(
    database: Database, connection: AsyncConnection, readings: Sequence[Reading], grouping: Grouping
) -> Committed:
    """Everything of these readings, inside the caller's transaction, which holds the lock on stories where any of them
    touches one."""
    written = await write_outcomes(connection, [reading.outcome for reading in readings])
    told = [reading for reading, is_ours in zip(readings, written, strict=True) if is_ours and reading.has_stories]
    if not told:
        return Committed(new_stories=0, alerts=0)
    at = max(reading.outcome.at for reading in told)
    news = [
        Carried(new=new, feed_id=reading.outcome.feed_id, at=reading.outcome.at)
        for reading in told
        for new in reading.new
    ]
    known = await storing.known_under(connection, {key for one in news for key in one.new.keys})
    fresh, again = storing.sort(news, known)
    ids = await storing.insert(database, connection, fresh)
    edited = {r.outcome.feed_id: await storing.edit(database, connection, r.edited) for r in told if r.edited}

    known_by = [(ids[-place - 1] if place < 0 else place, one.new, one.feed_id) for one, place in again]
    known_by += [(one.id, one.edit.new, feed_id) for feed_id, some in edited.items() for one in some]
    keys = [(key, story_id) for story_id, one in zip(ids, fresh, strict=True) for key in one.new.keys]
    await storing.remember_keys(database, connection, keys, at, take_over=True)
    keys = [(key, story_id) for story_id, new, _feed_id in known_by for key in new.keys]
    keys += await storing.of_existing(connection, [pair for reading in told for pair in reading.learnt])
    await storing.remember_keys(database, connection, keys, at, take_over=False)

    named = await storing.refresh(connection, {key for reading in told for key in reading.seen}, at)
    carried = [(story_id, one.feed_id) for story_id, one in zip(ids, fresh, strict=True)]
    carried += [(story_id, feed_id) for story_id, _new, feed_id in known_by]
    carried += [(named[key], r.outcome.feed_id) for r in told for key in r.seen if key in named]
    first = await storing.remember_feeds(database, connection, carried, at, frozenset(ids))
    established = {reading.outcome.feed_id for reading in told if reading.established}
    late = await _news_after_all(connection, {story_id for story_id, feed_id in first if feed_id in established})

    kept = Kept(
        stored=list(zip(ids, fresh, strict=True)), edited=[one for some in edited.values() for one in some], late=late
    )
    placed = await _place(connection, grouping, kept, at)
    alerts = await _tell(database, connection, kept, placed, at)
    return Committed(new_stories=len(ids), alerts=alerts)


async def _news_after_all(connection: AsyncConnection, carried: Collection[int]) -> list[int]:
    """Of the stories that an established feed carries for the first time, those that were stored without a word because
    the feed that had them first was just being read for the first time. They are news now."""
    found: list[int] = []
    for ids in chunks(sorted(carried)):
        silent = sa.update(stories).where(stories.c.id.in_(ids), ~stories.c.announced, ~stories.c.forgotten)
        found += (await connection.execute(silent.values(announced=True).returning(stories.c.id))).scalars()
    return sorted(found)


async def _place(connection: AsyncConnection, grouping: Grouping, kept: Kept, at: datetime) -> Placed:
    """Every story that somebody may see now and that belongs to no event yet is placed."""
    told = [
        storing.told_of(story_id, one.new, storing.shown_at(one.new, one.at))
        for story_id, one in kept.stored
        if one.new.is_shown
    ]
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
