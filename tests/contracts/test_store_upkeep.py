"""bot.ports.Housekeeping, backups and failures: what is forgotten, what never is, and what comes back."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.domain.delivery import DeliveryState, Settled
from bot.domain.errors import StoreError
from bot.domain.story import Topic
from bot.domain.subscription import Mode
from bot.domain.verdict import Level
from bot.ports import Beat, EditedStory
from bot.store.failures import explain
from bot.store.store import Store

from .conftest import Postgres, Templates
from .store_values import DAY, HOUR, NOW, channel, commit, new_story, stored, subscribed


async def prune(store: Store, at: datetime) -> int:
    return await store.housekeeping.prune(at, stories=30 * DAY, keys=90 * DAY)


async def test_old_stories_are_forgotten_but_still_known(store: Store) -> None:
    old, young = new_story("old"), new_story("young")
    (old_id,) = await stored(store, old)
    (young_id,) = await stored(store, young, at=NOW + 20 * DAY)
    before = await store.stories.known(old.keys)
    assert await prune(store, NOW + 31 * DAY) == 1
    assert await prune(store, NOW + 31 * DAY) == 0
    assert await store.stories.get(old_id) is None
    assert await store.stories.verdict(old_id) == {}
    assert [s.id for s in await store.stories.latest([Topic.AI], level=Level.LOW, limit=9)] == [young_id]
    assert await store.stories.known(old.keys) == before
    assert (await commit(store, old, at=NOW + 32 * DAY)).new_stories == 0


async def test_an_edit_of_a_forgotten_story_is_noted_and_not_told(store: Store) -> None:
    chat = await subscribed(store)
    (story_id,) = await stored(store, new_story("x"))
    (delivery,) = await store.outbox.claim(NOW, NOW + HOUR, 1, ["telegram"])
    sent = Settled(delivery_id=delivery.id, fence=delivery.fence, state=DeliveryState.SENT, at=NOW)
    await store.outbox.settle(sent)
    assert await prune(store, NOW + 31 * DAY) == 1
    assert await store.outbox.of_chat(chat.id) == []
    edited = new_story("x", title="Other words")
    committed = await commit(store, edited=[EditedStory(story_id=story_id, new=edited)], at=NOW + 31 * DAY)
    assert committed.alerts == 0
    assert {k.content_hash for k in (await store.stories.known(edited.keys)).values()} == {edited.content_hash}
    assert await store.stories.get(story_id) is None


async def test_keys_are_forgotten_last(store: Store) -> None:
    old = new_story("old")
    (old_id,) = await stored(store, old)
    await prune(store, NOW + 31 * DAY)
    await prune(store, NOW + 91 * DAY)
    assert await store.stories.known(old.keys) == {}
    (new_id,) = await stored(store, old, at=NOW + 92 * DAY)
    assert new_id > old_id  # an id is never given twice


@pytest.mark.parametrize("parked", [True, False])
async def test_a_story_that_a_delivery_needs_stays(store: Store, parked: bool) -> None:
    chat = await subscribed(store)
    (story_id,) = await stored(store, new_story())
    if parked:
        await store.outbox.park(chat.id, "blocked", NOW)
    assert await prune(store, NOW + 300 * DAY) == 0
    assert await store.stories.get(story_id) is not None


async def test_the_stories_of_a_digest_that_is_still_to_come_stay(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.DIGEST)
    (before,) = await stored(store, new_story("before"), at=NOW - 20 * DAY)
    (told,) = await stored(store, new_story("told"), at=NOW - HOUR)
    (after,) = await stored(store, new_story("after"), at=NOW + 5 * DAY)
    await store.outbox.plan_digest(chat.id, date(2026, 3, 14), "{}", NOW, NOW)
    await store.outbox.park(chat.id, "blocked", NOW)
    assert await prune(store, NOW + 60 * DAY) == 2
    assert [s.id for s in await store.stories.many([before, told, after])] == [told]


async def test_many_old_stories_go_in_batches(store: Store) -> None:
    await stored(store, *(new_story(announce=False) for _ in range(1_200)))
    assert await prune(store, NOW + 31 * DAY) == 1_200


async def test_a_check_of_a_sound_database(store: Store) -> None:
    await subscribed(store)
    await commit(store, new_story())
    assert "1 stories, 1 chats, 1 deliveries" in await store.housekeeping.check()


# --- backup and restore ----------------------------------------------------------------------------------------------


async def fill(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.BOTH)
    await commit(store, new_story("Grüße 😀"), new_story("two", published=NOW - HOUR))
    await store.outbox.plan_digest(chat.id, date(2026, 3, 14), '{"a": 1}', NOW, NOW)
    await store.chats.remember(channel(), ["m"], [1, 2], "list", NOW)
    await store.chats.first_time("g", NOW)
    await store.beats.beat(Beat(part="poller", at=NOW, state="ok"))


async def everything(store: Store) -> list[object]:
    chat = await store.chats.meet(channel())
    latest = await store.stories.latest([Topic.AI], level=Level.LOW, limit=9)
    return [
        await store.feeds.all(),
        latest,
        [await store.stories.verdict(story.id) for story in latest],
        [await store.stories.feeds_of(story.id) for story in latest],
        await store.stories.known(new_story("two").keys),
        chat,
        await store.outbox.of_chat(chat.id),
        await store.chats.numbered(channel(), "m"),
        await store.beats.beats(),
    ]


@pytest.fixture(params=["to sqlite", "to postgresql"])
async def other(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> str:
    """The database a backup goes into."""
    if request.param == "to sqlite":
        return await templates.sqlite(tmp_path / "other.db")
    return await templates.postgresql(request.getfixturevalue("postgres"))


async def test_a_backup_goes_into_either_database(store: Store, other: str, tmp_path: Path) -> None:
    await fill(store)
    backup = tmp_path / "kabar.backup"
    await store.backup(backup)
    assert backup.stat().st_mode & 0o777 == 0o600
    expected = await everything(store)
    target = await Store.open(other, upgrade=False)
    try:
        await commit(target, new_story("something else"), feed_id="else")
        await target.restore(backup)
        assert await everything(target) == expected
        highest = max(known.story_id for known in (await store.stories.known(new_story("two").keys)).values())
        (new_id,) = await stored(target, new_story("afterwards"))
        assert new_id > highest + 1_000  # ids given since the backup keep their meaning
        assert await target.chats.meet(channel("9"))
        assert "sound" in await target.housekeeping.check()
    finally:
        await target.close()


async def test_a_bad_backup_changes_nothing(store: Store, tmp_path: Path) -> None:
    await fill(store)
    expected = await everything(store)
    good = tmp_path / "good"
    await store.backup(good)
    lines = good.read_text().splitlines(keepends=True)
    newer = json.dumps({**json.loads(lines[0]), "schema": "9999"}) + "\n"
    bad = {
        "empty": "",
        "text": "Dear diary\n",
        "other JSON": '{"a": 1}\n',
        "cut": "".join(lines[:-1]),
        "cut in a line": "".join(lines)[: len("".join(lines)) // 2],
        "a row short": "".join(lines[:2] + lines[3:]),
        "unknown table": lines[0] + '{"table":"tables","columns":{"id":"text"}}\n["x"]\n{"rows":1}\n',
        "broken value": "".join(lines).replace("2026-03-14", "2026-33-14"),
        "newer": newer + "".join(lines[1:]),
    }
    for name, text in bad.items():
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(StoreError, match="newer version" if name == "newer" else "backup"):
            await store.restore(path)
        assert await everything(store) == expected, name
    with pytest.raises(StoreError, match="cannot be read"):
        await store.restore(tmp_path / "missing")
    with pytest.raises(StoreError, match="backup"):
        await store.restore(tmp_path / "kabar.db" if (tmp_path / "kabar.db").exists() else good.parent)


async def test_a_backup_that_cannot_be_written_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        await store.backup(tmp_path / "missing" / "kabar.backup")
    taken = tmp_path / "directory"
    taken.mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        await store.backup(taken)
    assert not (tmp_path / "directory.part").exists()


# --- failures --------------------------------------------------------------------------------------------------------


async def test_a_server_that_goes_away_is_a_store_error(postgres: Postgres, templates: Templates) -> None:
    url = await templates.postgresql(postgres)
    store = await Store.open(url, upgrade=False)
    await store.feeds.all()
    name = str(sa.make_url(url).database)
    postgres.run(f"DROP DATABASE {name} WITH (FORCE)")
    with pytest.raises(StoreError, match=name):
        await store.feeds.all()
    await store.close()


async def test_a_broken_connection_is_made_anew(postgres: Postgres, templates: Templates) -> None:
    store = await Store.open(await templates.postgresql(postgres), upgrade=False)
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid() AND datname LIKE 'kabar%'"
    )
    assert await store.feeds.all() == []
    await store.close()


async def test_a_full_database_says_what_to_do(templates: Templates, tmp_path: Path) -> None:
    path = tmp_path / "full.db"
    store = await Store.open(await templates.sqlite(path), upgrade=False)
    async with store._database.writing() as connection:
        await connection.execute(sa.text("PRAGMA max_page_count=60"))
    with pytest.raises(StoreError, match="disk is full"):
        await commit(store, *(new_story() for _ in range(2_000)))
    await store.close()


@pytest.mark.parametrize(
    ("code", "expected"),
    [(5, "locked by another process"), (8, "read-only"), (13, "disk is full"), (11, "damaged"), (778, "disk reports")],
)
def test_each_failure_of_sqlite_has_a_remedy(code: int, expected: str) -> None:
    error = sqlite3.OperationalError("whatever")
    error.sqlite_errorcode = code
    assert expected in explain(sa.make_url("sqlite:///var/kabar.db"), error)


def test_no_explanation_has_the_password_in_it() -> None:
    url = sa.make_url("postgresql://kabar:geheim@db.example/kabar")
    said = explain(url, RuntimeError("cannot use conninfo 'postgresql://kabar:geheim@db.example/kabar'"))
    assert "geheim" not in said
    assert "db.example" in said
