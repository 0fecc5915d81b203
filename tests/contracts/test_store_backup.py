"""Backups: one format for both databases, whole or not at all."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from bot.domain.errors import StoreError
from bot.domain.story import Topic
from bot.domain.subscription import Interest, InterestKind, Mode
from bot.domain.verdict import Level
from bot.ports import Beat
from bot.store.store import Store

from .conftest import Templates
from .store_values import HOUR, NOW, channel, commit, cuts, new_story, stored, subscribed


async def fill(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.BOTH)
    first = new_story("Grüße 😀", title="Acme #x", index="acme", **cuts(None))
    event, _two = await stored(store, first, new_story("two", published=NOW - HOUR))
    await commit(store, new_story("three", title="Again #x", source="Other", **cuts(700)), feed_id="other", at=NOW)
    await store.thumbs.set(event, chat.id, "7", True, NOW)
    await store.chats.add_interest(
        Interest(chat_id=chat.id, kind=InterestKind.MUTE, phrase="Acme", key="employer:acme")
    )
    await store.outbox.plan_digest(chat.id, date(2026, 3, 14), '{"a": 1}', NOW, NOW)
    await store.chats.remember(channel(), ["m"], [1, 2], "list", NOW)
    await store.chats.first_time("g", NOW)
    await store.notices.begins("feed:wire", NOW)
    await store.beats.beat(Beat(part="poller", at=NOW, state="ok"))


async def everything(store: Store) -> list[object]:
    chat = await store.chats.meet(channel())
    latest = await store.stories.latest([Topic.AI], level=Level.LOW, limit=9)
    return [
        await store.feeds.all(),
        latest,
        [await store.stories.verdict(one.id) for one in latest],
        [await store.stories.levels(one.id) for one in latest],
        [await store.stories.reports(one.id) for one in latest],
        [await store.stories.changes(one.id) for one in latest],
        [await store.stories.feeds_of(one.id) for one in latest],
        await store.stories.known(new_story("two").keys),
        await store.stories.search("acme", limit=9),
        await store.thumbs.since(NOW - HOUR),
        chat,
        await store.chats.interests(chat.id),
        await store.outbox.of_chat(chat.id),
        await store.chats.numbered(channel(), "m"),
        await store.notices.going_on(""),
        await store.beats.beats(),
    ]


@pytest.mark.parametrize("name", ["kabar.db", "kabar.db-wal", "."])
async def test_a_backup_does_not_overwrite_what_it_is_a_copy_of(tmp_path: Path, name: str) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/kabar.db", upgrade=True)
    try:
        with pytest.raises(StoreError, match=r"the database itself|it is a directory"):
            await store.backup(tmp_path / name)
        await fill(store)
        assert "sound" in await store.housekeeping.check()
    finally:
        await store.close()


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
    assert all(expected)
    target = await Store.open(other, upgrade=False)
    try:
        await commit(target, new_story("something else"), feed_id="else")
        await target.restore(backup)
        assert await everything(target) == expected
        highest = max(known.story_id for known in (await store.stories.known(new_story("two").keys)).values())
        (new_id,) = await stored(target, new_story("afterwards"))
        assert new_id > highest + 1_000  # ids given since the backup keep their meaning
        assert await target.stories.coverage(new_id) is not None
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
