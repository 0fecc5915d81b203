"""Which feeds are read, by whom right now, and when next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.feed import Feed, FeedSpec, FeedState, Origin, tidy_address
from bot.ports import FeedCounts
from bot.store import feed_lists
from bot.store.columns import Moment
from bot.store.connection import AsyncConnection
from bot.store.database import Database, Lock
from bot.store.outcomes import NOT_LEASED
from bot.store.rows import feed_of, spec_values
from bot.store.tables import feeds

_NOW = sa.bindparam("now", type_=Moment())
_FREE = sa.and_(
    feeds.c.listed,
    sa.or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= _NOW),
    sa.or_(feeds.c.hold_until.is_(None), feeds.c.hold_until <= _NOW),
)
# Two pollers at once never wait for each other and never get the same feed.
_CHOSEN = (
    sa.select(feeds.c.id)
    .where(_FREE)
    .order_by(feeds.c.next_poll)  # by nothing else: a walk along its index, however many are due at one moment
    .limit(sa.bindparam("limit", type_=sa.Integer()))
    .with_for_update(skip_locked=True)
)
_DUE = _CHOSEN.where(feeds.c.next_poll <= _NOW, feeds.c.state != FeedState.GONE)
_NAMED = _CHOSEN.where(feeds.c.id.in_(sa.bindparam("named", expanding=True)))
_TAKE = (
    sa.update(feeds)
    .where(feeds.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(lease=sa.bindparam("holder"), lease_until=sa.bindparam("until"))
    .returning(*feeds.c)
)


class FeedTable:
    """bot.ports.Feeds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def synchronise(self, specs: Sequence[FeedSpec], now: datetime) -> None:
        async with self._database.writing(Lock.FEEDS) as connection:
            rows = {row.id: row for row in await connection.execute(sa.select(feeds))}
            wanted = {spec.id for spec in specs}
            fresh = [_fresh(spec, Origin.FILE, now) for spec in specs if spec.id not in rows]
            if fresh:
                await connection.execute(sa.insert(feeds), fresh)
            for spec in specs:
                if spec.id in rows:
                    await _change(connection, rows[spec.id], spec, Origin.FILE, now)
            vanished = [
                row.id for row in rows.values() if row.listed and row.origin == Origin.FILE and row.id not in wanted
            ]
            if vanished:
                await _unlist(connection, vanished)

    async def add(self, spec: FeedSpec, now: datetime) -> bool:
        async with self._database.writing(Lock.FEEDS) as connection:
            same = sa.or_(feeds.c.id == spec.id, feeds.c.url == spec.url, feeds.c.moved_url == spec.url)
            if (await connection.execute(sa.select(feeds.c.id).where(same, feeds.c.listed))).first() is not None:
                return False
            row = (await connection.execute(sa.select(feeds).where(feeds.c.id == spec.id))).first()
            if row is None:
                await connection.execute(sa.insert(feeds), [_fresh(spec, Origin.ADDED, now)])
            else:
                await _change(connection, row, spec, Origin.ADDED, now)
            return True

    async def remove(self, id_or_url: str) -> Feed | None:
        async with self._database.writing(Lock.FEEDS) as connection:
            row = await _find(connection, id_or_url)
            if row is None:
                return None
            await _unlist(connection, [row.id])
            return feed_of(row)

    async def all(self) -> list[Feed]:
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(feeds).where(feeds.c.listed).order_by(feeds.c.id))
            return [feed_of(row) for row in rows]

    async def counts(self) -> FeedCounts:
        async with self._database.reading() as connection:
            return await feed_lists.counts(connection)

    async def page(self, *, limit: int, offset: int = 0) -> list[Feed]:
        async with self._database.reading() as connection:
            return await feed_lists.page(connection, limit, offset)

    async def troubled(self, *, limit: int) -> list[Feed]:
        async with self._database.reading() as connection:
            return await feed_lists.troubled(connection, limit)

    async def quiet(self, before: datetime) -> list[Feed]:
        async with self._database.reading() as connection:
            return await feed_lists.quiet(connection, before)

    async def find(self, id_or_url: str) -> Feed | None:
        async with self._database.reading() as connection:
            row = await _find(connection, id_or_url)
            return None if row is None else feed_of(row)

    async def claim(
        self, now: datetime, lease: str, until: datetime, limit: int, only: Collection[str] | None = None
    ) -> list[Feed]:
        named = None if only is None else sorted(only)
        asked = {"now": now, "limit": limit} | ({} if named is None else {"named": named})
        async with self._database.writing(brief=True) as connection:
            ids = list((await connection.execute(_DUE if named is None else _NAMED, asked)).scalars())
            if not ids:
                return []
            taken = {"ids": ids, "holder": lease, "until": until}
            rows = {row.id: row for row in await connection.execute(_TAKE, taken)}
            return [feed_of(rows[feed_id]) for feed_id in ids]

    async def bring_forward(self, latest: datetime) -> None:
        later = sa.and_(feeds.c.listed, feeds.c.next_poll > latest)
        async with self._database.reading() as connection:
            if (await connection.execute(sa.select(feeds.c.id).where(later).limit(1))).first() is None:
                return
        async with self._database.writing() as connection:
            await connection.execute(sa.update(feeds).where(later).values(next_poll=latest))

    async def take_back(self, is_gone: Callable[[str], bool], now: datetime) -> int:
        held = feeds.c.lease_until > now
        async with self._database.reading() as connection:
            leases = (await connection.execute(sa.select(feeds.c.lease).where(held).distinct())).scalars()
            gone = [lease for lease in leases if lease and is_gone(lease)]
        if not gone:
            return 0
        async with self._database.writing() as connection:
            back = sa.update(feeds).where(held, feeds.c.lease.in_(gone)).values(**NOT_LEASED)
            return (await connection.execute(back)).rowcount

    async def give_back(self, feed: Feed, next_poll: datetime) -> None:
        ours = sa.and_(feeds.c.id == feed.id, feeds.c.lease == feed.lease)
        async with self._database.writing() as connection:
            await connection.execute(sa.update(feeds).where(ours).values(next_poll=next_poll, **NOT_LEASED))

    async def spread(self, now: datetime, keep: int, apart: timedelta, within: timedelta) -> int:
        due = sa.and_(feeds.c.listed, feeds.c.state != FeedState.GONE, feeds.c.next_poll <= now)
        idle = sa.and_(due, sa.or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now))
        rest = sa.select(feeds.c.id).where(idle).order_by(feeds.c.next_poll, feeds.c.id).offset(keep)
        take = sa.update(feeds).where(feeds.c.id == sa.bindparam("late"), idle)
        async with self._database.writing() as connection:
            late = list((await connection.execute(rest.with_for_update(skip_locked=True))).scalars())
            step = min(apart, within / max(len(late), 1))
            rows = [{"late": one, "next_poll": now + step * n} for n, one in enumerate(late, start=1)]
            if rows:
                await connection.execute(take, rows)
            return len(rows)

    async def next_due(self) -> datetime | None:
        columns = (feeds.c.next_poll, feeds.c.hold_until, feeds.c.lease_until)
        polled = sa.select(*columns).where(feeds.c.listed, feeds.c.state != FeedState.GONE)
        async with self._database.reading() as connection:
            rows = await connection.execute(polled)
            return min((max(at for at in row if at is not None) for row in rows), default=None)


async def _find(connection: AsyncConnection, id_or_url: str) -> sa.Row[Any] | None:
    """The listed feed of that id or, failing that, of that address."""
    for column in (feeds.c.id, feeds.c.url, feeds.c.moved_url):
        names = {id_or_url, tidy_address(id_or_url)}
        query = sa.select(feeds).where(feeds.c.listed, column.in_(names)).order_by(feeds.c.id).limit(1)
        if (row := (await connection.execute(query)).first()) is not None:
            return row
    return None


def _fresh(spec: FeedSpec, origin: Origin, now: datetime) -> dict[str, Any]:
    """The row of a feed that is not there yet."""
    nothing_known = {"state": FeedState.NEW, "cursor": "", "next_poll": now, "failures": 0}
    return {"id": spec.id, "origin": origin, "listed": True} | spec_values(spec) | nothing_known


async def _change(connection: AsyncConnection, row: sa.Row[Any], spec: FeedSpec, origin: Origin, now: datetime) -> None:
    """Makes the row say what `spec` says; what was learnt about the feed stays."""
    values = spec_values(spec) | {"origin": origin, "listed": True}
    if row.url != spec.url:
        values |= {"moved_to": None, "moved_times": None, "moved_since": None, "moved_url": None}
    if spec.url not in (row.url, row.moved_url):
        # Another document: the validators are not its own, and a look at the old address that is under way is void.
        values |= NOT_LEASED
        values |= {"cursor": "", "next_poll": now, "failures": 0, "hold_until": None}
        values |= {"problem": None, "problem_detail": None, "problem_since": None}
        values |= {"gap_seconds": None, "newest_at": None}
        values["state"] = FeedState.NEW if row.last_ok is None else FeedState.OK
    if row.url == spec.url and not spec.title:
        values["title"] = row.title  # the name that the feed gives itself
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if changed:
        await connection.execute(sa.update(feeds).where(feeds.c.id == spec.id).values(changed))


async def _unlist(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Not read any more; a look that is under way may not write its stories."""
    await connection.execute(sa.update(feeds).where(feeds.c.id.in_(ids)).values(listed=False, **NOT_LEASED))
