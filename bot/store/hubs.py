"""What the hubs of feeds were asked for; which process asks next, and who takes in what they bring."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.feed import Feed, FeedState
from bot.domain.hub import HubState, HubSubscription
from bot.store.database import Database, Lock
from bot.store.outcomes import NOT_LEASED
from bot.store.rows import feed_of
from bot.store.tables import feeds, hubs

COLUMNS = tuple(field.name for field in fields(HubSubscription))


class HubTable:
    """bot.ports.Hubs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[HubSubscription]:
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(hubs).order_by(hubs.c.feed_id, hubs.c.since, hubs.c.key))
            return [_subscription_of(row) for row in rows]

    async def find(self, key: str) -> HubSubscription | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(sa.select(hubs).where(hubs.c.key == key))).first()
            return None if row is None else _subscription_of(row)

    async def want(self, wanted: HubSubscription) -> None:
        feed = sa.select(feeds.c.id).where(feeds.c.id == wanted.feed_id, _is_read())
        ours = sa.select(hubs).where(hubs.c.feed_id == wanted.feed_id, hubs.c.state != HubState.LEAVING)
        async with self._database.writing(Lock.FEEDS) as connection:
            if (await connection.execute(feed)).first() is None:
                return
            others = [_subscription_of(row) for row in await connection.execute(ours)]
            if any(_is_alike(one, wanted) for one in others):
                return
            await connection.execute(_left(wanted.since).where(hubs.c.key.in_([one.key for one in others])))
            await connection.execute(sa.insert(hubs).values({name: getattr(wanted, name) for name in COLUMNS}))

    async def leave(self, now: datetime) -> None:
        read = sa.exists().where(feeds.c.id == hubs.c.feed_id, _is_read())
        over = sa.and_(hubs.c.state != HubState.LEAVING, ~read)
        async with self._database.reading() as connection:
            if (await connection.execute(sa.select(hubs.c.key).where(over).limit(1))).first() is None:
                return
        async with self._database.writing() as connection:
            await connection.execute(_left(now).where(over))

    async def claim(self, now: datetime, again: datetime, limit: int) -> list[HubSubscription]:
        due = sa.select(hubs.c.key).where(hubs.c.next_try <= now).order_by(hubs.c.next_try, hubs.c.key).limit(limit)
        async with self._database.reading() as connection:
            if (await connection.execute(due)).first() is None:
                return []
        async with self._database.writing() as connection:
            keys = list((await connection.execute(due.with_for_update(skip_locked=True))).scalars())
            asked = {"asked_at": now, "next_try": again, "tries": hubs.c.tries + 1, "version": hubs.c.version + 1}
            take = sa.update(hubs).where(hubs.c.key.in_(keys)).values(asked).returning(*hubs.c)
            return [_subscription_of(row) for row in await connection.execute(take)]

    async def write(self, now: HubSubscription) -> bool:
        values = {name: getattr(now, name) for name in COLUMNS} | {"version": now.version + 1}
        this = sa.update(hubs).where(hubs.c.key == now.key, hubs.c.version == now.version)
        async with self._database.writing() as connection:
            options = {"preserve_rowcount": True}
            return (await connection.execute(this.values(values), execution_options=options)).rowcount == 1

    async def drop(self, key: str) -> None:
        async with self._database.writing() as connection:
            await connection.execute(sa.delete(hubs).where(hubs.c.key == key))

    async def lease(self, feed_id: str, lease: str, now: datetime, until: datetime) -> Feed | None:
        free = sa.or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now)
        take = sa.update(feeds).where(feeds.c.id == feed_id, _is_read(), free).values(lease=lease, lease_until=until)
        async with self._database.writing() as connection:
            row = (await connection.execute(take.returning(*feeds.c))).first()
            return None if row is None else feed_of(row)

    async def release(self, feed: Feed) -> None:
        ours = sa.update(feeds).where(feeds.c.id == feed.id, feeds.c.lease == feed.lease)
        async with self._database.writing() as connection:
            await connection.execute(ours.values(NOT_LEASED))

    async def wake(self, feed_id: str, at: datetime) -> None:
        later = sa.update(feeds).where(feeds.c.id == feed_id, _is_read(), feeds.c.next_poll > at)
        async with self._database.writing() as connection:
            await connection.execute(later.values(next_poll=at))


def _is_read() -> sa.ColumnElement[bool]:
    return sa.and_(feeds.c.listed, feeds.c.state != FeedState.GONE)


def _left(now: datetime) -> sa.Update:
    """To be told goodbye, from now on."""
    over = {"state": HubState.LEAVING, "next_try": now, "tries": 0, "version": hubs.c.version + 1}
    return sa.update(hubs).values(over)


def _is_alike(one: HubSubscription, other: HubSubscription) -> bool:
    """Both lead to this program; the callbacks end in different keys."""
    ours = one.callback.removesuffix(one.key) == other.callback.removesuffix(other.key)
    return ours and (one.hub, one.topic) == (other.hub, other.topic)


def _subscription_of(row: sa.Row[Any]) -> HubSubscription:
    values = {name: getattr(row, name) for name in COLUMNS}
    return HubSubscription(**values | {"state": HubState(row.state)})
