"""What is forgotten and when, and whether the database is sound."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.errors import StoreError
from bot.store.connection import AsyncConnection
from bot.store.coverage import events_of
from bot.store.database import Database, Lock
from bot.store.rows import chunks
from bot.store.schema import version_of
from bot.store.tables import (
    chats,
    coverages,
    facts,
    gestures,
    installation_states,
    metadata,
    outbox,
    shown,
    stories,
    story_feeds,
    story_keys,
    verdicts,
)
from bot.store.trying import try_out

BATCH = 500  # events or stories a transaction: the poller and the deliverer get their turn in between
GESTURES_KEPT = timedelta(days=7)
STATES_KEPT = timedelta(days=1)
DIGEST_REACH = timedelta(days=9)  # how far back a digest tells of stories: a week and what its chat slept through
NEEDED = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.PARKED,
    DeliveryState.HELD,
)
OF_NO_STORY = (DeliveryKind.DIGEST, DeliveryKind.CATCH_UP, DeliveryKind.NOTICE)


class HousekeepingTable:
    """bot.ports.Housekeeping."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prune(self, now: datetime, *, stories: timedelta, keys: timedelta) -> int:
        forgotten = 0
        for some_of in (_some_events, _some_alone):
            while True:
                async with self._database.writing(Lock.STORIES) as connection:
                    found, ids = await some_of(connection, now - stories)
                    await _forget(connection, ids)
                forgotten += len(ids)
                if found < BATCH:
                    break
        async with self._database.writing(Lock.STORIES) as connection:
            await _drop_leftovers(connection, now, now - stories, now - max(keys, stories))
        return forgotten

    async def check(self, *, thorough: bool = True) -> str:
        async with self._database.reading() as connection:
            version = await version_of(connection)
            trouble: list[str] = []
            if self._database.is_sqlite and thorough:
                trouble = list((await connection.execute(sa.text("PRAGMA integrity_check(5)"))).scalars())
                trouble = [line for line in trouble if line != "ok"]
                orphans = (await connection.execute(sa.text("PRAGMA foreign_key_check"))).fetchall()
                trouble += [f"a row of {row[0]} points at a missing row of {row[2]}" for row in orphans[:5]]
            elif not self._database.is_sqlite:
                trouble = await _missing_tables(connection)
            if trouble:
                raise StoreError(
                    f"{self._database.place} is damaged ({'; '.join(trouble)}); bring a backup back with "
                    "`kabar db restore FILE`"
                )
            counts = [
                (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
                for table in (stories, chats, outbox)
            ]
        return (
            f"{self._database.place} is sound, schema {version}: "
            f"{counts[0]} stories, {counts[1]} chats, {counts[2]} deliveries"
        )

    async def try_out(self, now: datetime) -> None:
        await try_out(self._database, now)


async def _some_events(connection: AsyncConnection, before: datetime) -> tuple[int, list[int]]:
    """Whole events whose newest report is old and that no delivery still to come needs: how many, and their stories,
    which belong to none any more."""
    report = stories.alias()
    mine = report.c.coverage_id == coverages.c.id
    young = sa.exists().where(mine, report.c.first_seen >= before)
    awaited = sa.exists().where(mine, outbox.c.story_id == report.c.id, outbox.c.state.in_(NEEDED))
    old = sa.select(coverages.c.id).where(coverages.c.first_seen < before, ~young, ~awaited)
    for first, last in await _digest_spans(connection, before):
        old = old.where(~sa.exists().where(mine, report.c.first_seen.between(first, last)))
    named = await _named_by_catch_ups(connection)
    ids = [
        one for one in (await connection.execute(old.order_by(coverages.c.first_seen))).scalars() if one not in named
    ]
    ids = ids[:BATCH]
    members: list[int] = []
    for some in chunks(ids):
        theirs = sa.update(stories).where(stories.c.coverage_id.in_(some)).values(coverage_id=None)
        members += (await connection.execute(theirs.returning(stories.c.id))).scalars()
        await connection.execute(sa.delete(coverages).where(coverages.c.id.in_(some)))
    return len(ids), members


async def _some_alone(connection: AsyncConnection, before: datetime) -> tuple[int, list[int]]:
    """The same for stories that belong to no event."""
    awaited = sa.exists().where(outbox.c.story_id == stories.c.id, outbox.c.state.in_(NEEDED))
    alone = [stories.c.first_seen < before, ~stories.c.forgotten, stories.c.coverage_id.is_(None)]
    old = sa.select(stories.c.id).where(*alone, ~awaited).order_by(stories.c.first_seen).limit(BATCH)
    ids = list((await connection.execute(old)).scalars())
    return len(ids), ids


async def _digest_spans(connection: AsyncConnection, before: datetime) -> list[tuple[datetime, datetime]]:
    digests = sa.select(outbox.c.local_date).where(
        outbox.c.kind == DeliveryKind.DIGEST,
        outbox.c.state.in_(NEEDED),
        outbox.c.local_date < before.date() + DIGEST_REACH,
    )
    return _spans(list((await connection.execute(digests.distinct())).scalars()))


async def _named_by_catch_ups(connection: AsyncConnection) -> frozenset[int]:
    """The events that catch-ups still to come tell of."""
    waiting = [outbox.c.kind == DeliveryKind.CATCH_UP, outbox.c.state.in_(NEEDED)]
    payloads = (await connection.execute(sa.select(outbox.c.payload).where(*waiting).distinct())).scalars()
    ids = {story_id for payload in payloads for story_id in json.loads(payload or "[]")}
    return frozenset((await events_of(connection, ids)).values())


def _spans(days: Sequence[date | None]) -> list[tuple[datetime, datetime]]:
    """The times that digests of these local dates tell of, in any zone, overlapping ones as one."""
    spans: list[tuple[datetime, datetime]] = []
    for day in sorted(day for day in days if day is not None):
        midnight = datetime.combine(day, time(), UTC)
        first, last = midnight - DIGEST_REACH, midnight + timedelta(days=2)
        if spans and first <= spans[-1][1]:
            first = spans.pop()[0]
        spans.append((first, last))
    return spans


async def _forget(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Their words go. Title, address and fingerprint stay as long as their keys do: an old entry that a feed shows
    again must be recognised, or it would be told a second time."""
    for some in chunks(ids):
        for table in (outbox, verdicts, facts, story_feeds):
            await connection.execute(sa.delete(table).where(table.c.story_id.in_(some)))
        words = {"forgotten": True, "summary": "", "content": "", "words": ""}
        await connection.execute(sa.update(stories).where(stories.c.id.in_(some)).values(words))


async def _drop_leftovers(connection: AsyncConnection, now: datetime, before: datetime, keys_before: datetime) -> None:
    await connection.execute(sa.delete(story_keys).where(story_keys.c.seen_at < keys_before))
    known = sa.exists().where(story_keys.c.story_id == stories.c.id)
    await connection.execute(sa.delete(stories).where(stories.c.forgotten, ~known))
    over = sa.and_(outbox.c.kind.in_(OF_NO_STORY), outbox.c.state.not_in(NEEDED))
    await connection.execute(sa.delete(outbox).where(over, outbox.c.created_at < before))
    await connection.execute(sa.delete(gestures).where(gestures.c.at < now - GESTURES_KEPT))
    await connection.execute(sa.delete(installation_states).where(installation_states.c.at < now - STATES_KEPT))
    await connection.execute(sa.delete(shown).where(shown.c.at < before))


async def _missing_tables(connection: AsyncConnection) -> list[str]:
    there = set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))
    return [f"table {name} is missing" for name in sorted(set(metadata.tables) - there)]
