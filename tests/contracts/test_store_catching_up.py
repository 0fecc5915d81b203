"""bot.ports.Outbox on both databases: what is held back while its chat is parked or moves, or others plan too."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from bot.domain.delivery import DeliveryState
from bot.domain.subscription import ChatState
from bot.store.store import Store

from .conftest import OpenStore
from .holding_values import KINDS, MORNING, STATES, due, held_alerts, ledger
from .store_values import HOUR, NOW, channel, claim, commit, new_story, settled, states, stored, subscribed


async def test_a_chat_that_is_parked_keeps_what_is_held_for_one_message_on_its_return(store: Store) -> None:
    chat = await subscribed(store)
    ids = await held_alerts(store, 3)
    assert await store.outbox.park(chat.id, "blocked", NOW) == 0
    assert await store.outbox.held() == []
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 0
    assert await states(store, chat) == [STATES.HELD] * 3
    assert await store.chats.revive(chat.id) == 0
    assert await store.outbox.held() == [chat]
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 3
    (catch_up,) = await due(store)
    assert json.loads(catch_up.payload or "") == ids


async def test_what_is_parked_while_it_is_about_to_be_held_comes_up_again(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    (delivery,) = await claim(store)
    await store.outbox.park(chat.id, "kicked", NOW)
    assert not await store.outbox.settle(replace(settled(delivery, STATES.HELD), reason="paused"))
    assert await states(store, chat) == [STATES.PARKED]
    assert await store.chats.revive(chat.id) == 1
    assert [d.id for d in await claim(store)] == [delivery.id]


async def test_holding_belongs_to_who_holds_the_row(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    (slow,) = await claim(store, NOW)
    (quick,) = await claim(store, NOW + HOUR)
    assert not await store.outbox.settle(settled(slow, STATES.HELD))
    assert await store.outbox.settle(settled(quick, STATES.HELD))
    assert not await store.outbox.settle(settled(quick, STATES.SENT))  # it was not sent: who held it back knows
    assert await states(store, chat) == [STATES.HELD]


@pytest.mark.parametrize("subscribes", [True, False])
async def test_a_chat_that_moves_keeps_what_is_held(store: Store, subscribes: bool) -> None:
    old = await subscribed(store, channel("old"))
    if subscribes:
        await subscribed(store, channel("new"))
    ids = await held_alerts(store, 2)
    await store.outbox.move(old.id, channel("new"))
    assert await store.outbox.held() == [replace(old, channel=channel("new"))]
    assert await store.outbox.plan_catch_up(old.id, MORNING) == 2
    (catch_up,) = await due(store)
    assert json.loads(catch_up.payload or "") == ids
    assert catch_up.chat.channel == channel("new")


async def test_what_one_chat_was_sent_is_not_held_for_the_other(store: Store) -> None:
    old, new = await subscribed(store, channel("old")), await subscribed(store, channel("new"))
    await commit(store, new_story())
    for delivery in await claim(store):
        state = STATES.SENT if delivery.chat.id == new.id else STATES.HELD
        await store.outbox.settle(settled(delivery, state))
    await store.outbox.move(old.id, new.channel)
    assert await store.outbox.held() == []
    assert await ledger(store, old) == [(KINDS.ALERT, STATES.SENT)]


@pytest.mark.parametrize("told", [STATES.SENT, STATES.SENDING, STATES.UNKNOWN, STATES.QUEUED])
async def test_what_one_chat_caught_up_with_is_not_told_to_both_again(store: Store, told: DeliveryState) -> None:
    old, new = await subscribed(store, channel("old")), await subscribed(store, channel("new"))
    await held_alerts(store, 2)
    await store.outbox.plan_catch_up(new.id, NOW)
    (catch_up,) = await claim(store)
    if told is STATES.QUEUED:  # after an attempt that may have arrived
        (catch_up,) = await claim(store, NOW + HOUR)
    if told is not STATES.SENDING:
        await store.outbox.settle(replace(settled(catch_up, told), not_before=MORNING))
    await store.outbox.move(old.id, new.channel)
    assert await store.outbox.held() == []
    assert await ledger(store, old) == [(KINDS.ALERT, STATES.EXPIRED)] * 2 + [(KINDS.CATCH_UP, told)]


async def test_catch_ups_that_wait_in_two_chats_that_become_one_become_one(store: Store) -> None:
    old, new = await subscribed(store, channel("old")), await subscribed(store, channel("new"))
    first = await held_alerts(store, 2)
    await store.outbox.plan_catch_up(old.id, NOW)
    later = await held_alerts(store, 1)
    await store.outbox.plan_catch_up(new.id, NOW)
    for chat in (old, new):
        await store.outbox.notify(chat.id, "same words", NOW)
    await store.outbox.move(old.id, new.channel)
    assert await store.outbox.plan_catch_up(old.id, MORNING) == 3
    catch_up, *notices = await due(store)
    assert json.loads(catch_up.payload or "") == first + later
    assert [notice.kind for notice in notices] == [KINDS.NOTICE] * 2


async def test_two_replicas_plan_one_catch_up(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    chat = await subscribed(stores[0])
    await held_alerts(stores[0], 3)
    planned = await asyncio.gather(*(s.outbox.plan_catch_up(chat.id, MORNING) for s in stores))
    assert sorted(planned) == [0, 0, 3]
    assert len(await due(stores[0])) == 1


async def test_a_catch_up_planned_while_the_chat_moves_or_is_parked_loses_nothing(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    for number in range(6):
        old, new = [await subscribed(stores[0], channel(f"{name}{number}")) for name in ("old", "new")]
        ids = await held_alerts(stores[0], 2)
        await asyncio.gather(
            stores[0].outbox.plan_catch_up(new.id, MORNING),
            stores[1].outbox.move(old.id, new.channel),
            stores[2].outbox.park(old.id, "kicked", NOW),
        )
        found = await stores[0].chats.find(new.channel)
        assert found is not None
        if found.state is ChatState.PARKED:
            await stores[0].chats.revive(found.id)
        await stores[0].outbox.plan_catch_up(found.id, MORNING)
        told = [d for d in await due(stores[0]) if d.chat.id == found.id]
        assert {one for d in told for one in (json.loads(d.payload or "[]") or [d.story_id])} >= set(ids)
        for chat in await stores[0].chats.all():
            await stores[0].chats.save(replace(chat, preferences=replace(chat.preferences, topics=frozenset())))


async def test_deliverers_and_planners_together_tell_each_story_once(open_store: OpenStore) -> None:
    """Half of all that is claimed is held back; the rest is sent; catch-ups are planned all the time by everybody."""
    stores = [await open_store() for _ in range(2)]
    chats = [await subscribed(stores[0], channel(str(number))) for number in range(3)]
    ids = await stored(stores[0], *(new_story() for _ in range(6)))
    told: list[tuple[int, int]] = []
    turns = 0

    async def deliver(store: Store) -> None:
        nonlocal turns
        idle = 0
        while idle < 4:
            for chat in chats:
                await store.outbox.plan_catch_up(chat.id, NOW)
            deliveries = await claim(store, limit=2)
            idle = 0 if deliveries else idle + 1
            for delivery in deliveries:
                turns += 1
                state = STATES.HELD if turns % 2 and turns < 60 else STATES.SENT
                assert await store.outbox.settle(settled(delivery, state))
                if state is STATES.SENT:
                    stories = json.loads(delivery.payload or "[]") or [delivery.story_id]
                    told.extend((delivery.chat.id, one) for one in stories)

    await asyncio.gather(*(deliver(store) for store in stores))
    await deliver(stores[0])
    assert sorted(told) == sorted((chat.id, one) for chat in chats for one in ids)
