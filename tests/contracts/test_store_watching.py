"""bot.ports.Bookkeeping, and trying a database out: what a watcher is told, and how soon."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.domain.delivery import DeliveryState
from bot.domain.errors import OtherVersion, StoreError
from bot.domain.feed import FeedState
from bot.ports import Beat
from bot.store.database import Database
from bot.store.store import Store

from .conftest import Templates
from .store_values import DAY, MINUTE, NOW, channel, claim, commit, new_story, settled, subscribed

# --- figures ----------------------------------------------------------------------------------------------------------


async def test_an_empty_database_has_figures_too(store: Store) -> None:
    figures = await store.bookkeeping.figures(NOW)
    assert (figures.queues, figures.next_poll, sum(figures.feeds.values())) == ((), None, 0)


async def test_queues_by_platform_with_the_age_of_what_could_go_out(store: Store) -> None:
    await subscribed(store)
    await subscribed(store, channel("T/C1", platform="slack"))
    blocked = await subscribed(store, channel("3"))
    await commit(store, new_story(), at=NOW)
    await store.outbox.park(blocked.id, "blocked", NOW)
    for delivery in await claim(store, platforms=["telegram"]):
        await store.outbox.settle(settled(delivery, DeliveryState.SENT))
    await commit(store, new_story(), feed_id="other", at=NOW + MINUTE)
    queues = {queue.platform: queue for queue in (await store.bookkeeping.figures(NOW)).queues}
    assert queues["slack"].depth == {DeliveryState.QUEUED: 2}
    assert queues["telegram"].depth == {DeliveryState.QUEUED: 1, DeliveryState.PARKED: 2}
    assert {name: queue.oldest for name, queue in queues.items()} == {"slack": NOW, "telegram": NOW + MINUTE}


async def test_feeds_signs_of_life_and_offices(store: Store) -> None:
    await commit(store, new_story(), feed_id="wire", at=NOW)
    await store.beats.beat(Beat(part="scheduler", at=NOW, state="ok"))
    figures = await store.bookkeeping.figures(NOW)
    assert sum(figures.feeds.values()) == 1
    assert figures.feeds.get(FeedState.OK) == 1
    assert figures.next_poll is not None
    assert [beat.part for beat in figures.beats] == ["scheduler"]
    assert figures.offices == ()


# --- a trial ----------------------------------------------------------------------------------------------------------


async def test_a_trial_leaves_a_sign_of_life(store: Store) -> None:
    await store.housekeeping.try_out(NOW)
    await store.housekeeping.try_out(NOW + DAY)
    assert await store.beats.beats() == [Beat(part="database", at=NOW + DAY, state="ok")]


async def test_another_version_came_while_it_runs(store: Store, url: str) -> None:
    database = Database(url)
    try:
        for version, expected in (("9999", "schema 9999 by now"), (store.schema_version, None)):
            async with database.writing() as connection:
                await connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{version}'"))
            if expected is None:
                await store.housekeeping.try_out(NOW)
            else:
                with pytest.raises(OtherVersion, match=expected):
                    await store.housekeeping.try_out(NOW)
    finally:
        await database.close()


async def test_who_holds_it_does_not_hold_the_trial(store: Store, url: str) -> None:
    """The sign of life is what both want to write; the trial gives up long before others do."""
    await store.housekeeping.try_out(NOW)
    database = Database(url)
    try:
        async with database.writing() as connection:
            await connection.execute(sa.text("UPDATE beats SET state = 'held'"))
            async with asyncio.timeout(8):
                with pytest.raises(StoreError, match=r"locked by another process|lock in time"):
                    await store.housekeeping.try_out(NOW)
        await store.housekeeping.try_out(NOW)
    finally:
        await database.close()


async def test_a_long_transaction_of_our_own_is_no_trouble(templates: Templates, tmp_path: Path) -> None:
    store = await Store.open(await templates.sqlite(tmp_path / "kabar.db"), upgrade=False)
    try:
        async with store._database.writing():
            await store.housekeeping.try_out(NOW)
    finally:
        await store.close()


async def test_a_file_that_was_deleted_takes_nothing_more_and_one_put_back_is_taken_up(
    templates: Templates, tmp_path: Path
) -> None:
    path, aside = tmp_path / "kabar.db", tmp_path / "aside.db"
    store = await Store.open(await templates.sqlite(path), upgrade=False)
    try:
        await commit(store, new_story("before"))
        await store.backup(tmp_path / "kabar.backup")
        path.rename(aside)
        for work in (store.housekeeping.try_out(NOW), commit(store, new_story("into nothing"))):
            with pytest.raises(StoreError, match="is gone: the file was deleted or moved"):
                await work
        assert not path.exists(), "no empty database in its place"
        other = await Store.open(f"sqlite:///{path}", upgrade=False)
        await other.restore(tmp_path / "kabar.backup")
        await other.close()
        await store.housekeeping.try_out(NOW)
        await commit(store, new_story("after"), at=NOW + timedelta(hours=1))
    finally:
        await store.close()
    with sqlite3.connect(path) as connection:
        titles = [row[0] for row in connection.execute("SELECT title FROM stories ORDER BY id")]
    connection.close()
    assert len(titles) == 2
