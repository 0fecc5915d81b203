"""What is written down of a look at a feed: when it is read next, what is wrong with it, whose it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.feed import FeedOutcome, FeedState
from bot.domain.schedule import Rhythm
from bot.store.connection import AsyncConnection
from bot.store.rows import chunks
from bot.store.tables import feeds

NOT_LEASED = {"lease": None, "lease_until": None}

# What an outcome leaves as it is, and what decides about the rest.
_KEPT = (
    "id",
    "lease",
    "lease_until",
    "state",
    "title",
    "last_ok",
    "problem_since",
    "moved_url",
    "gap_seconds",
    "newest_at",
)
_NOTHING_ODD = ("problem", "problem_detail", "problem_since", "hold_until", "moved_to", "moved_times", "moved_since")
_IS_WELL = sa.and_(
    feeds.c.state == FeedState.OK, feeds.c.failures == 0, *(feeds.c[name].is_(None) for name in _NOTHING_ODD)
)
_STANDING = (
    sa.select(*(feeds.c[name] for name in _KEPT), _IS_WELL.label("is_well"))
    .where(feeds.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(feeds.c.id)
    .with_for_update()
)
_WRITE = sa.update(feeds).where(feeds.c.id == sa.bindparam("feed"))
_WRITE_TIMES = _WRITE.values(NOT_LEASED)


async def write_outcomes(connection: AsyncConnection, outcomes: Sequence[FeedOutcome]) -> list[bool]:
    """Writes what looks at feeds brought and gives their leases back. False, and nothing written, for a feed that is
    gone or leased by somebody else meanwhile."""
    rows: dict[str, sa.Row[Any]] = {}
    for ids in chunks([outcome.feed_id for outcome in outcomes]):
        rows |= {row.id: row for row in await connection.execute(_STANDING, {"ids": ids})}
    written: list[bool] = []
    changes: dict[tuple[sa.Update, bool], list[dict[str, Any]]] = defaultdict(list)
    for outcome in outcomes:
        row = rows.get(outcome.feed_id)
        is_ours = row is not None and outcome.lease in (None, row.lease)
        written.append(is_ours)
        if row is None or not is_ours:
            continue
        if outcome.lease is not None:
            del rows[outcome.feed_id]  # given back by this very outcome
        if _leaves_all_well(row, outcome):
            statement, values = _WRITE_TIMES, _times(outcome)
        else:
            statement, values = _WRITE, _values(row, outcome)
        if outcome.cursor is not None:
            values["cursor"] = outcome.cursor
        changes[statement, outcome.cursor is not None].append(values)
    for (statement, _has_cursor), some in changes.items():
        await connection.execute(statement, some)
    return written


def _leaves_all_well(row: sa.Row[Any], outcome: FeedOutcome) -> bool:
    """Whether nothing but times and the cursor changes, as at most looks: the feed read well, and does again."""
    rhythm = outcome.rhythm
    return (
        row.is_well
        and outcome.lease is not None
        and outcome.state is FeedState.OK
        and not outcome.failures
        and (outcome.problem, outcome.problem_detail, outcome.hold_until) == (None, None, None)
        and (outcome.move, outcome.address) == (None, None)
        and bool(row.title or not outcome.title)
        and (rhythm is None or (_gap(rhythm), rhythm.newest) == (row.gap_seconds, row.newest_at))
    )


def _gap(rhythm: Rhythm) -> float | None:
    return None if rhythm.gap is None else rhythm.gap.total_seconds()


def _times(outcome: FeedOutcome) -> dict[str, Any]:
    return {
        "feed": outcome.feed_id,
        "last_try": outcome.at,
        "last_ok": outcome.at,
        "next_poll": outcome.next_poll,
    }


def _values(row: sa.Row[Any], outcome: FeedOutcome) -> dict[str, Any]:
    """Every column that a look may change but the cursor, so that many outcomes are one statement."""
    is_leased = outcome.lease is None
    move, rhythm = outcome.move, outcome.rhythm
    return {
        "feed": outcome.feed_id,
        "state": outcome.state,
        "last_try": outcome.at,
        "last_ok": outcome.at if outcome.state is FeedState.OK else row.last_ok,
        "next_poll": outcome.next_poll,
        "failures": outcome.failures,
        "problem": outcome.problem,
        "problem_detail": outcome.problem_detail,
        "problem_since": None if outcome.problem is None else _since(row, outcome),
        "hold_until": outcome.hold_until,
        "lease": row.lease if is_leased else None,
        "lease_until": row.lease_until if is_leased else None,
        "moved_to": move and move.to,
        "moved_times": move and move.times,
        "moved_since": move and move.since,
        "moved_url": None if outcome.goes_home else outcome.address or row.moved_url,
        "gap_seconds": row.gap_seconds if rhythm is None else _gap(rhythm),
        "newest_at": row.newest_at if rhythm is None else rhythm.newest,
        "title": row.title or outcome.title or "",  # the operator's own name for it comes first
    }


def _since(row: sa.Row[Any], outcome: FeedOutcome) -> datetime:
    """A failing streak goes on whatever the cause; what is odd about a feed that reads well is no part of it."""
    goes_on = (row.state == FeedState.OK) == (outcome.state == FeedState.OK)
    return (row.problem_since if goes_on else None) or outcome.at
