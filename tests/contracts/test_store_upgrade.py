"""From one schema to the next, with everything that was stored, also where the machine dies on the way."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.errors import StoreError
from bot.domain.story import Topic
from bot.domain.subscription import Mode, Preferences
from bot.domain.verdict import Level
from bot.store import schema
from bot.store.backup import KINDS
from bot.store.database import Database
from bot.store.schema import REVISIONS
from bot.store.store import Store

from .store_values import DAY, HOUR, MINUTE, NOW, THRESHOLDS, channel, claim, commit, new_story, told

PYTHON = {"moment": datetime, "date": date, "time": time, "json": (list, dict), "text": str}
FEED = {"id": "wire", "url": "https://wire.example/feed", "title": "The Wire", "language": None, "weight": 1.0}
FEED |= {"topics": [], "kind": "auto", "confirmed": "", "origin": "added", "listed": True, "state": "ok", "cursor": ""}
FEED |= {"next_poll": NOW, "failures": 0}
CHAT = {"id": 3, "platform": "telegram", "address": "1", "thread": "", "mode": "both", "level_rank": 1}
CHAT |= {"digest_at": time(7, 30), "state": "active", "last_digest": date(2026, 3, 13), "digest_until": NOW - DAY}


def story(story_id: int, title: str, **values: object) -> dict[str, object]:
    usual: dict[str, object] = {"feed_id": "wire", "source": "The Wire", "url": f"https://wire.example/{story_id}"}
    usual |= {"summary": "Über alles", "content": "C", "content_hash": "h", "language": "en", "published": None}
    usual |= {"first_seen": NOW - HOUR, "shown_at": NOW - 2 * HOUR, "forgotten": False, "announced": True}
    return {"id": story_id, "title": title} | usual | values


def score(story_id: int, topic: str, points: float, rank: int) -> dict[str, object]:
    values: dict[str, object] = {"story_id": story_id, "topic": topic, "score": points, "level_rank": rank}
    needed = {level.value: points for level, points in THRESHOLDS.items()}
    return values | {"shown_at": NOW - 2 * HOUR, "thresholds": needed, "reasons": []}


def delivery(delivery_id: int, story_id: int | None, state: str, **values: object) -> dict[str, object]:
    usual: dict[str, object] = {"kind": "alert", "chat_id": 3, "story_id": story_id, "local_date": None}
    usual |= {"payload": None, "state": state, "fence": 1, "attempts": 1, "due_at": None, "uncertain": False}
    usual |= {"plain": False, "reason": None, "message_ids": ["m1"], "created_at": NOW - HOUR, "settled_at": None}
    return {"id": delivery_id} | usual | values


ROWS: dict[str, list[dict[str, Any]]] = {
    "feeds": [FEED],
    "stories": [
        story(5, "Robots #x"),
        story(6, "Nothing of interest"),
        story(7, "Silent robots", announced=False),
        story(8, "Long gone", forgotten=True, summary="", content=""),
    ],
    "story_keys": [{"key": "url:5", "story_id": 5, "seen_at": NOW}, {"key": "url:8", "story_id": 8, "seen_at": NOW}],
    "story_feeds": [{"story_id": 5, "feed_id": "wire", "first_seen": NOW - HOUR}],
    "verdicts": [
        score(5, "ai", 9.0, 2),
        score(5, "layoffs", 3.0, 0),
        score(5, "tech-layoffs", 0.0, -1),
        score(6, "ai", 1.0, -1),
        score(7, "ai", 6.0, 1),
    ],
    "chats": [CHAT],
    "chat_topics": [{"chat_id": 3, "topic": "ai"}],
    "outbox": [
        delivery(11, 5, "sent", settled_at=NOW - HOUR),
        delivery(12, 6, "queued", due_at=NOW - HOUR),
        delivery(13, None, "sent", kind="digest", local_date=date(2026, 3, 13), payload="{}", settled_at=NOW - DAY),
        delivery(14, None, "sent", kind="digest", local_date=date(2026, 3, 12), payload="{}", settled_at=NOW - DAY),
    ],
}


async def old_database(url: str) -> Database:
    """A database of the first schema with something of everything in it."""
    database = Database(url)
    await database.prepare()
    async with database.writing() as connection:
        await schema.step_to(connection, "0001")
        for table, rows in ROWS.items():
            for row in rows:
                columns = [sa.column(name, KINDS[kind_of(value)]) for name, value in row.items()]
                await connection.execute(sa.insert(sa.table(table, *columns)).values(row))
        await connection.execute(sa.text("DELETE FROM outbox WHERE id = 14"))  # its id was given all the same
        if not database.is_sqlite:
            for table, last in (("stories", 8), ("chats", 3), ("outbox", 14)):
                await connection.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})"))
    return database


def kind_of(value: object) -> str:
    """Its kind in a backup."""
    found = [kind for kind, types in PYTHON.items() if isinstance(value, types)]
    return found[0] if found else "plain"


async def check(store: Store) -> None:
    """Everything is there, told what was told, and goes on."""
    latest = await store.stories.latest(list(Topic), level=Level.LOW, limit=9)
    assert [(one.id, one.lead.id, one.outlets, one.version) for one in latest] == [(7, 7, 1, 1), (5, 5, 1, 1)]
    assert await store.stories.levels(5) == {Topic.AI: Level.HIGH, Topic.LAYOFFS: Level.LOW}
    assert (await store.stories.verdict(5))[Topic.AI].score == 9.0
    assert [one.id for one in await store.stories.coverages([5, 6, 7, 8])] == [5, 6, 7]
    ranked = await store.stories.ranked([Topic.AI], level=Level.NORMAL, since=NOW - DAY, until=NOW, limit=9)
    assert [coverage.id for coverage, _ in ranked] == [5, 7]
    assert [hit.story.id for hit in await store.stories.search("robots", limit=9)] == [7, 5]
    assert [hit.story.id for hit in await store.stories.search("uber interest", limit=9, shown=False)] == [6]
    assert set(await store.stories.known(["url:5", "url:8"])) == {"url:5", "url:8"}

    chat = await store.chats.find(channel())
    assert chat is not None
    assert chat.preferences == Preferences(topics=frozenset({Topic.AI}), mode=Mode.BOTH, digest_at=time(7, 30))
    ledger = {row.id: (row.kind, row.story_id, state) for row, state in await store.outbox.of_chat(chat.id)}
    assert ledger == {
        11: (DeliveryKind.ALERT, 5, DeliveryState.SENT),
        12: (DeliveryKind.ALERT, 6, DeliveryState.QUEUED),
        13: (DeliveryKind.DIGEST, None, DeliveryState.SENT),
    }
    assert "sound" in await store.housekeeping.check()


async def test_everything_goes_along_to_the_next_schema(empty_url: str) -> None:
    await (await old_database(empty_url)).close()
    with pytest.raises(StoreError, match="kabar db upgrade"):
        await Store.open(empty_url, upgrade=False)
    store = await Store.open(empty_url, upgrade=True)
    assert store.schema_version == REVISIONS[-1]
    await check(store)
    # The event goes on under its number, and its alert is brought up to date.
    committed = await commit(store, new_story(title="Robots again #x", source="Other"), new_story("n"), at=NOW)
    assert committed.alerts == 1
    coverage = await store.stories.coverage(5)
    assert coverage is not None
    assert coverage.outlets == 2
    assert [one.id for one in await told(store, NOW)] == [12, 15]  # ids are never given twice
    (edit,) = await claim(store, NOW + MINUTE)
    assert (edit.kind, edit.story_id, edit.answers) == (DeliveryKind.EDIT, 5, ("m1",))
    await store.close()


async def test_a_backup_of_the_older_schema_is_upgraded_on_the_way(store: Store, tmp_path: Path) -> None:
    def plain(value: object) -> object:
        return value.isoformat() if hasattr(value, "isoformat") else value

    lines: list[object] = [{"kabar_backup": 1, "schema": "0001"}]
    for table, rows in ROWS.items():
        for row in rows:
            if row.get("id") != 14:
                lines.append({"table": table, "columns": {name: kind_of(value) for name, value in row.items()}})
                lines.append([plain(value) for value in row.values()])
    count = sum(isinstance(line, list) for line in lines)
    backup = tmp_path / "old.backup"
    backup.write_text("".join(json.dumps(line) + "\n" for line in [*lines, {"rows": count}]))
    await commit(store, new_story("something else"))
    await store.restore(backup)
    await check(store)


DYING = """
import asyncio, os, signal, sys
from bot.store import schema
from bot.store.backup import KINDS
from bot.store.database import Database, Lock

async def die() -> None:
    database = Database(sys.argv[1])
    async with database.writing(Lock.SCHEMA) as connection:
        await schema.step_to(connection, "head")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(die())
"""


async def test_a_machine_that_dies_while_upgrading_loses_nothing(empty_url: str) -> None:
    await (await old_database(empty_url)).close()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", DYING, empty_url)
    assert await process.wait() == -9
    with pytest.raises(StoreError, match=r"older schema \(0001\)"):
        await Store.open(empty_url, upgrade=False)
    store = await Store.open(empty_url, upgrade=True)
    await check(store)
    await store.close()
