"""Backups beside a bot that goes on writing, and of databases that do not fit into memory."""

from __future__ import annotations

import asyncio
import tracemalloc
from pathlib import Path

import sqlalchemy as sa

from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.store.store import Store
from bot.store.tables import story_keys

from .conftest import OpenStore
from .store_values import MINUTE, NOW, commit, new_story, stored, subscribed, told

MANY = 20_000
MEGABYTE = 1_000_000


async def numbers(store: Store) -> tuple[int, int]:
    """Stories, and alerts of them: a reading stores three of each or none."""
    chat = await subscribed(store)
    stories = await store.stories.latest([Topic.AI], level=Level.LOW, limit=10_000)
    return len(stories), len(await store.outbox.of_chat(chat.id))


async def test_a_backup_is_one_moment_however_much_is_written_meanwhile(
    store: Store, open_store: OpenStore, tmp_path: Path
) -> None:
    writer = await open_store()
    await subscribed(store)
    over = asyncio.Event()

    async def write() -> int:
        rounds = 0
        while not over.is_set():
            rounds += 1
            at = NOW + rounds * MINUTE
            await commit(writer, new_story(), new_story(), new_story(), at=at, feed_id="wire" if rounds % 2 else "post")
            await told(writer, at)
        return rounds

    writing = asyncio.create_task(write())
    backups = []
    for number in range(4):
        await asyncio.sleep(0)
        backups.append(tmp_path / f"{number}.backup")
        await store.backup(backups[-1])
    over.set()
    rounds = await writing
    assert await numbers(store) == (rounds * 3, rounds * 3), "who writes is not held up, and nothing is lost"
    for backup in backups:
        await store.restore(backup)
        stories, alerts = await numbers(store)
        assert stories == alerts
        assert stories % 3 == 0
        assert stories <= rounds * 3
        assert "sound" in await store.housekeeping.check()


async def test_a_restore_beside_a_running_bot_takes_hold_at_once(
    store: Store, open_store: OpenStore, tmp_path: Path
) -> None:
    running = await open_store()
    await subscribed(running)
    await commit(running, new_story("before"))
    await store.backup(tmp_path / "kabar.backup")
    await commit(running, new_story("after"))
    restoring = asyncio.create_task(store.restore(tmp_path / "kabar.backup"))
    meanwhile = [len(await running.stories.latest([Topic.AI], level=Level.LOW, limit=9)) for _ in range(30)]
    await restoring
    assert set(meanwhile) <= {1, 2}, "the old or the new, nothing in between"
    assert await numbers(running) == (1, 1)
    (new_id,) = await stored(running, new_story("later"), at=NOW + MINUTE)
    assert new_id > 1_000, "a number that stands in messages sent since the backup is not given again"


async def test_much_takes_little_memory(store: Store, tmp_path: Path) -> None:
    (story_id,) = await stored(store, new_story())
    rows = [{"key": f"guid:{number:020}", "story_id": story_id, "seen_at": NOW} for number in range(MANY)]
    async with store._database.writing() as connection:
        await connection.execute(sa.insert(story_keys), rows)
    del rows
    tracemalloc.start()
    try:
        await store.backup(tmp_path / "kabar.backup")
        writing = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        await store.restore(tmp_path / "kabar.backup")
        reading = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # All of it at once is about 400 bytes a row each way.
    assert writing < 5 * MEGABYTE
    assert reading < 5 * MEGABYTE
