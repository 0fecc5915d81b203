"""bot.ports.Chats and Beats on both databases: settings, numbers, gestures, signs of life."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import date, time

import pytest

from bot.domain.story import Language, Topic
from bot.domain.subscription import Chat, ChatState, Mode, Preferences, Quiet, Style
from bot.domain.verdict import Level
from bot.ports import Beat
from bot.store.store import Store

from .conftest import OpenStore
from .store_values import DAY, HOUR, NOW, channel, commit, new_story, subscribed


async def again(store: Store, chat: Chat) -> Chat:
    found = await store.chats.find(chat.channel)
    assert found is not None
    return found


async def test_a_chat_is_met_once(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    assert await stores[0].chats.find(channel()) is None
    chats = await asyncio.gather(*(s.chats.meet(channel()) for s in stores for _ in range(3)))
    assert len({chat.id for chat in chats}) == 1
    assert chats[0] == Chat(id=chats[0].id, channel=channel())


async def test_topics_and_threads_of_one_group_are_chats_of_their_own(store: Store) -> None:
    one = await store.chats.meet(channel("1"))
    topic = await store.chats.meet(channel("1", thread="7"))
    slack = await store.chats.meet(channel("1", platform="slack"))
    assert len({one.id, topic.id, slack.id}) == 3


@pytest.mark.parametrize("level", Level)
async def test_settings_come_back_as_they_were_saved(store: Store, level: Level) -> None:
    chat = await store.chats.meet(channel())
    preferences = Preferences(
        topics=frozenset({Topic.AI, Topic.LAYOFFS}),
        mode=Mode.BOTH,
        level=level,
        language=Language.ID,
        zone="Asia/Jakarta",
        digest_at=time(7, 45),
        quiet=Quiet(start=time(22, 0), end=time(0, 0)),
        break_through=500,
        paused=True,
        paused_until=NOW + HOUR,
        style=Style.COMPACT,
        preview=True,
        silent=True,
        open=True,
        once=True,
    )
    usual = {f.name for f in fields(Preferences) if getattr(preferences, f.name) == getattr(Preferences(), f.name)}
    assert usual <= {"level"}
    chat = replace(chat, preferences=preferences, since=NOW)
    await store.chats.save(chat)
    assert await again(store, chat) == chat
    bare = replace(chat, preferences=Preferences(), since=None)
    await store.chats.save(bare)
    assert await again(store, chat) == bare


@pytest.mark.parametrize("name", ["paused", "preview", "silent", "open", "once"])
async def test_one_setting_is_not_another(store: Store, name: str) -> None:
    chat = await store.chats.meet(channel())
    chat = replace(chat, preferences=replace(Preferences(), **{name: True}))  # type: ignore[arg-type]
    await store.chats.save(chat)
    assert await again(store, chat) == chat


async def test_what_a_chat_has_read(store: Store) -> None:
    chat = await subscribed(store)
    assert chat.read_until is None
    await store.chats.read(chat.id, NOW)
    await store.chats.save(chat)  # an older copy, of before it read
    assert await again(store, chat) == replace(chat, read_until=NOW)
    await store.chats.read(99, NOW)


async def test_every_chat(store: Store) -> None:
    assert await store.chats.all() == []
    one, two = await subscribed(store, channel("1")), await store.chats.meet(channel("2"))
    await store.outbox.park(two.id, "kicked", NOW)
    assert await store.chats.all() == [one, replace(two, state=ChatState.PARKED, parked_reason="kicked")]


async def test_saving_does_not_undo_a_digest_planned_meanwhile(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.DIGEST)
    assert await store.outbox.plan_digest(chat.id, date(2026, 3, 14), "{}", NOW, NOW)
    await store.chats.save(chat)
    assert (await again(store, chat)).last_digest == date(2026, 3, 14)


async def test_saving_an_active_chat_leaves_nothing_parked(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    assert await store.outbox.park(chat.id, "blocked", NOW) == 1
    assert (await again(store, chat)).parked_reason == "blocked"
    await store.chats.save(chat)
    assert await again(store, chat) == chat
    assert len(await store.outbox.claim(NOW, NOW + HOUR, 9, ["telegram"])) == 1


async def test_saving_a_chat_that_is_gone(store: Store) -> None:
    await store.chats.save(Chat(id=99, channel=channel(), preferences=Preferences(topics=frozenset({Topic.AI}))))
    assert await store.chats.find(channel()) is None


async def test_which_chats_want_a_digest(store: Store) -> None:
    digest = await subscribed(store, channel("digest"), mode=Mode.DIGEST, topics=[Topic.AI, Topic.LAYOFFS])
    both = await subscribed(store, channel("both"), mode=Mode.BOTH)
    await subscribed(store, channel("alert"), mode=Mode.ALERT)
    await subscribed(store, channel("none"), mode=Mode.DIGEST, topics=[])
    parked = await subscribed(store, channel("parked"), mode=Mode.DIGEST)
    await store.outbox.park(parked.id, "kicked", NOW)
    paused = await subscribed(store, channel("paused"), mode=Mode.DIGEST)
    await store.chats.save(replace(paused, preferences=replace(paused.preferences, paused=True)))
    resting = await subscribed(store, channel("resting"), mode=Mode.DIGEST)
    resting = replace(resting, preferences=replace(resting.preferences, paused=True, paused_until=NOW + DAY))
    await store.chats.save(resting)
    assert await store.chats.digest_chats() == [digest, both, resting]
    assert await store.chats.counts() == {ChatState.ACTIVE: 6, ChatState.PARKED: 1}


async def test_numbers_mean_what_their_message_showed(store: Store) -> None:
    here, elsewhere = channel("1"), channel("1", thread="5")
    assert await store.chats.numbered(here, None) is None
    await store.chats.remember(here, ["m1", "m2"], [10, 20], "list", NOW)
    await store.chats.remember(here, ["m3"], [30], "list", NOW)
    await store.chats.remember(here, ["m4"], [40], "alert", NOW)
    await store.chats.remember(elsewhere, ["m1"], [50], "list", NOW)
    assert await store.chats.numbered(here, "m1") == [10, 20]
    assert await store.chats.numbered(here, "m2") == [10, 20]
    assert await store.chats.numbered(here, "m4") == [40]
    assert await store.chats.numbered(here, None) == [30]
    assert await store.chats.numbered(elsewhere, None) == [50]
    assert await store.chats.numbered(here, "m5") is None


async def test_a_list_without_a_message_id_is_remembered_too(store: Store) -> None:
    await store.chats.remember(channel(), [], [1, 2], "list", NOW)
    assert await store.chats.numbered(channel(), None) == [1, 2]


async def test_only_the_newest_messages_are_remembered(store: Store) -> None:
    for number in range(210):
        await store.chats.remember(channel(), [f"m{number}"], [number], "alert", NOW)
    assert await store.chats.numbered(channel(), "m9") is None
    assert await store.chats.numbered(channel(), "m10") == [10]


async def test_a_gesture_counts_once(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    first = await asyncio.gather(*(s.chats.first_time("update-1", NOW) for s in stores))
    assert sorted(first) == [False, False, True]
    assert await stores[0].chats.was_answered("update-1")
    assert not await stores[0].chats.was_answered("update-2")
    assert await stores[0].chats.first_time("update-2", NOW)


async def test_gestures_are_remembered_for_days_and_then_forgotten(store: Store) -> None:
    await store.chats.first_time("update-1", NOW)
    await store.housekeeping.prune(NOW + 3 * DAY, stories=DAY, keys=DAY)
    assert not await store.chats.first_time("update-1", NOW + 3 * DAY)
    await store.housekeeping.prune(NOW + 30 * DAY, stories=DAY, keys=DAY)
    assert await store.chats.first_time("update-1", NOW + 30 * DAY)


async def test_the_last_beat_of_each_part(store: Store) -> None:
    assert await store.beats.beats() == []
    slack = Beat(part="slack", at=NOW, state="failing", cause="revoked", fix="new token")
    await store.beats.beat(Beat(part="poller", at=NOW, state="ok"))
    await store.beats.beat(slack)
    poller = Beat(part="poller", at=NOW + HOUR, state="ok")
    await store.beats.beat(poller)
    assert await store.beats.beats() == [poller, slack]
