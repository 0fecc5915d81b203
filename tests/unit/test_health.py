"""What /health says of the database and of the listener; feeds and platforms are in test_feed_notices and others."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.ports import Beat
from bot.services.health import Health, PartState
from bot.store.store import Store

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(f"sqlite:///{tmp_path}/kabar.db", upgrade=True)
    yield store
    await store.close()


def health(store: Store) -> Health:
    return Health(
        feeds=store.feeds,
        outbox=store.outbox,
        beats=store.beats,
        housekeeping=store.housekeeping,
        clock=lambda: NOW,
        platforms=(),
    )


async def test_a_database_that_can_be_read_and_not_written_is_not_well(store: Store, tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "kabar.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        (part,) = await health(store).parts()
    finally:
        holder.close()
    assert (part.name, part.state, part.cause) == ("database", PartState.FAILING, "database_trouble")
    assert "locked by another process" in str(dict(part.values)["detail"])
    assert all(part.name != "database" or part.is_well for part in await health(store).parts())


@pytest.mark.parametrize(("state", "shown"), [("ok", False), ("off", False), ("failing", True)])
async def test_the_listener_is_shown_when_its_address_is_taken(store: Store, state: str, shown: bool) -> None:
    assert "http" not in [part.name for part in await health(store).parts()]
    await store.beats.beat(Beat(part="http", at=NOW - timedelta(hours=1), state=state, cause="http_taken"))
    found = [part for part in await health(store).parts() if part.name == "http"]
    assert bool(found) is shown
    if shown:
        assert (found[0].state, found[0].cause, found[0].age) == (PartState.FAILING, "http_taken", timedelta(hours=1))
