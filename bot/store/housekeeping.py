"""What is forgotten and when, and whether the database is sound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.errors import StoreError
from bot.store.database import Database, Lock
from bot.store.schema import version_of
from bot.store.tables import chats, gestures, metadata, outbox, shown, stories, story_feeds, story_keys, verdicts

BATCH = 500  # stories a transaction: the poller and the deliverer get their turn in between
GESTURES_KEPT = timedelta(days=7)
DIGEST_REACH = timedelta(days=9)  # how far back a digest tells of stories: a week and what its chat slept through
NEEDED = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.PARKED)


class HousekeepingTable:
    """bot.ports.Housekeeping."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prune(self, now: datetime, *, stories: timedelta, keys: timedelta) -> int:
        forgotten = 0
        while True:
            async with self._database.writing(Lock.STORIES) as connection:
                ids = await _forgettable(connection, now - stories)
                await _forget(connection, ids)
            forgotten += len(ids)
            if len(ids) < BATCH:
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


async def _forgettable(connection: AsyncConnection, before: datetime) -> list[int]:
    """Old stories that no delivery still to come needs: neither an alert of its own nor a digest of its days."""
    alert = sa.exists().where(outbox.c.story_id == stories.c.id, outbox.c.state.in_(NEEDED))
    old = sa.select(stories.c.id).where(stories.c.first_seen < before, ~stories.c.forgotten, ~alert)
    digests = sa.select(outbox.c.local_date).where(
        outbox.c.kind == DeliveryKind.DIGEST,
        outbox.c.state.in_(NEEDED),
        outbox.c.local_date < before.date() + DIGEST_REACH,
    )
    for first, last in _spans(list((await connection.execute(digests.distinct())).scalars())):
        old = old.where(sa.not_(stories.c.first_seen.between(first, last)))
    return list((await connection.execute(old.order_by(stories.c.first_seen).limit(BATCH))).scalars())


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
    if ids:
        await connection.execute(sa.delete(outbox).where(outbox.c.story_id.in_(ids)))
        await connection.execute(sa.delete(verdicts).where(verdicts.c.story_id.in_(ids)))
        await connection.execute(sa.delete(story_feeds).where(story_feeds.c.story_id.in_(ids)))
        words = {"forgotten": True, "summary": "", "content": ""}
        await connection.execute(sa.update(stories).where(stories.c.id.in_(ids)).values(words))


async def _drop_leftovers(connection: AsyncConnection, now: datetime, before: datetime, keys_before: datetime) -> None:
    await connection.execute(sa.delete(story_keys).where(story_keys.c.seen_at < keys_before))
    known = sa.exists().where(story_keys.c.story_id == stories.c.id)
    await connection.execute(sa.delete(stories).where(stories.c.forgotten, ~known))
    old_digest = sa.and_(outbox.c.kind == DeliveryKind.DIGEST, outbox.c.state.not_in(NEEDED))
    await connection.execute(sa.delete(outbox).where(old_digest, outbox.c.created_at < before))
    await connection.execute(sa.delete(gestures).where(gestures.c.at < now - GESTURES_KEPT))
    await connection.execute(sa.delete(shown).where(shown.c.at < before))


async def _missing_tables(connection: AsyncConnection) -> list[str]:
    there = set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))
    return [f"table {name} is missing" for name in sorted(set(metadata.tables) - there)]
