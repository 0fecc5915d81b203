"""bot.ports.Outbox on both databases: nothing lost, nothing twice, whoever else is sending."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled
from bot.domain.story import Topic
from bot.domain.subscription import Chat, ChatState, Mode
from bot.store.store import Store

from .conftest import OpenStore
from .store_values import DAY, HOUR, MINUTE, NOW, channel, commit, new_story, stored, subscribed

TODAY = date(2026, 3, 14)
ALL = ("telegram", "slack")


async def claim(
    store: Store, at: datetime = NOW, limit: int = 99, platforms: Collection[str] = ALL
) -> list[PendingDelivery]:
    return await store.outbox.claim(at, at + MINUTE, limit, platforms)


def settled(delivery: PendingDelivery, state: DeliveryState, at: datetime = NOW) -> Settled:
    return Settled(delivery_id=delivery.id, fence=delivery.fence, state=state, at=at)


async def states(store: Store, chat: Chat) -> list[DeliveryState]:
    return [state for _, state in await store.outbox.of_chat(chat.id)]


async def test_an_alert_from_plan_to_sent(store: Store) -> None:
    chat = await subscribed(store)
    (story_id,) = await stored(store, new_story())
    (delivery,) = await claim(store, NOW + MINUTE)
    assert (delivery.kind, delivery.story_id, delivery.chat) == (DeliveryKind.ALERT, story_id, chat)
    assert (delivery.fence, delivery.attempts, delivery.uncertain) == (1, 1, False)
    assert delivery.created_at == NOW
    assert await store.outbox.settle(replace(settled(delivery, DeliveryState.SENT, NOW + MINUTE), message_ids=("77",)))
    assert await states(store, chat) == [DeliveryState.SENT]
    assert await claim(store, NOW + DAY) == []
    assert (await store.outbox.depth())[DeliveryState.SENT] == 1


async def test_one_a_chat_alerts_before_digests_oldest_first(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.BOTH)
    other = await subscribed(store, channel("2"))
    await store.outbox.plan_digest(chat.id, TODAY, "{}", NOW, NOW)
    (first,) = await stored(store, new_story(), at=NOW + MINUTE)
    (second,) = await stored(store, new_story(), at=NOW + 2 * MINUTE)
    sent = []
    for _ in range(3):
        deliveries = await claim(store, NOW + HOUR)
        assert len({d.chat.id for d in deliveries}) == len(deliveries)
        assert await claim(store, NOW + HOUR) == []
        for delivery in deliveries:
            sent.append((delivery.chat.id, delivery.story_id))
            await store.outbox.settle(settled(delivery, DeliveryState.SENT))
    assert [story for chat_id, story in sent if chat_id == chat.id] == [first, second, None]
    assert [story for chat_id, story in sent if chat_id == other.id] == [first, second]


async def test_the_limit_and_the_platforms(store: Store) -> None:
    for number in range(5):
        await subscribed(store, channel(str(number)))
    slack = await subscribed(store, channel("c", platform="slack"))
    await commit(store, new_story())
    assert len(await claim(store, limit=3, platforms=["telegram"])) == 3
    assert len(await claim(store, limit=9, platforms=["telegram"])) == 2
    assert [d.chat.id for d in await claim(store, platforms=["slack"])] == [slack.id]
    assert await claim(store, platforms=[]) == []


async def test_a_lease_that_ran_out_comes_back_uncertain_and_the_late_one_is_fenced_off(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    (slow,) = await claim(store, NOW)
    assert await claim(store, NOW + MINUTE / 2) == []
    (quick,) = await claim(store, NOW + MINUTE)
    assert (quick.id, quick.key) == (slow.id, slow.key)
    assert (quick.fence, quick.attempts, quick.uncertain) == (2, 2, True)
    for state in DeliveryState:
        assert not await store.outbox.settle(settled(slow, state))
    assert await store.outbox.settle(settled(quick, DeliveryState.SENT))
    assert await states(store, chat) == [DeliveryState.SENT]


async def test_a_late_outcome_counts_while_nobody_else_took_the_row(store: Store) -> None:
    await subscribed(store)
    await commit(store, new_story())
    (slow,) = await claim(store, NOW)
    assert await store.outbox.settle(settled(slow, DeliveryState.SENT, NOW + HOUR))
    assert await claim(store, NOW + HOUR) == []


async def test_a_retry_waits_its_time(store: Store) -> None:
    await subscribed(store)
    await commit(store, new_story())
    (delivery,) = await claim(store)
    again = replace(settled(delivery, DeliveryState.QUEUED), not_before=NOW + HOUR, plain=True, reason="timeout")
    assert await store.outbox.settle(again)
    assert not await store.outbox.settle(again)
    assert await claim(store, NOW + MINUTE) == []
    assert await store.outbox.next_due(ALL) == NOW + HOUR
    (delivery,) = await claim(store, NOW + HOUR)
    assert (delivery.attempts, delivery.uncertain, delivery.plain) == (2, False, True)


async def test_an_unknown_outcome_is_asked_about_again(store: Store) -> None:
    await subscribed(store)
    await commit(store, new_story())
    (delivery,) = await claim(store)
    await store.outbox.settle(replace(settled(delivery, DeliveryState.UNKNOWN), not_before=NOW + HOUR))
    assert await claim(store, NOW + MINUTE) == []
    (delivery,) = await claim(store, NOW + HOUR)
    assert delivery.uncertain
    await store.outbox.settle(replace(settled(delivery, DeliveryState.QUEUED), not_before=NOW + 2 * HOUR))
    (delivery,) = await claim(store, NOW + 2 * HOUR)
    assert delivery.uncertain  # still: nothing said that the first attempt failed


async def test_a_held_chat_waits_with_everything(store: Store) -> None:
    await subscribed(store)
    await commit(store, new_story(), new_story())
    (delivery,) = await claim(store)
    hold = replace(settled(delivery, DeliveryState.QUEUED), not_before=NOW + MINUTE, hold_chat_until=NOW + HOUR)
    assert await store.outbox.settle(hold)
    assert await claim(store, NOW + 10 * MINUTE) == []
    assert await store.outbox.next_due(ALL) == NOW + HOUR
    assert len(await claim(store, NOW + HOUR)) == 1


async def test_the_next_moment_a_delivery_is_due(store: Store) -> None:
    assert await store.outbox.next_due(ALL) is None
    assert await store.outbox.oldest_queued() is None
    chat = await subscribed(store, mode=Mode.BOTH)
    await commit(store, new_story(), new_story())
    await store.outbox.plan_digest(chat.id, TODAY, "{}", NOW, NOW)
    assert await store.outbox.next_due(ALL) == NOW
    assert await store.outbox.next_due(["slack"]) is None
    assert await store.outbox.oldest_queued() == NOW
    (delivery,) = await claim(store)
    assert await store.outbox.next_due(ALL) == NOW + MINUTE  # the rest waits for the one in flight
    await store.outbox.settle(settled(delivery, DeliveryState.SENT))
    assert await store.outbox.next_due(ALL) == NOW
    await store.outbox.park(chat.id, "blocked", NOW)
    assert await store.outbox.next_due(ALL) is None
    assert await store.outbox.oldest_queued() is None


@pytest.mark.parametrize("state", [DeliveryState.DEAD, DeliveryState.EXPIRED])
async def test_what_is_refused_for_good_stays_refused(store: Store, state: DeliveryState) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    (delivery,) = await claim(store)
    assert await store.outbox.settle(replace(settled(delivery, state), reason="too long"))
    assert await store.outbox.park(chat.id, "blocked", NOW) == 0
    await store.chats.revive(chat.id)
    assert await claim(store, NOW + DAY) == []
    assert (await store.outbox.depth())[state] == 1


# --- several deliverers --------------------------------------------------------------------------------------------


async def test_many_deliverers_send_each_once_and_one_a_chat_at_a_time(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    for number in range(12):
        await subscribed(stores[0], channel(str(number)))
    await commit(stores[0], *(new_story() for _ in range(4)))
    in_flight: set[int] = set()
    sent: list[int] = []

    async def deliver(store: Store) -> None:
        idle = 0
        while idle < 5 and len(sent) < 48:
            deliveries = await claim(store, limit=5)
            idle = 0 if deliveries else idle + 1
            for delivery in deliveries:
                assert delivery.chat.id not in in_flight
                in_flight.add(delivery.chat.id)
            for delivery in deliveries:
                await asyncio.sleep(0)
                in_flight.discard(delivery.chat.id)
                assert await store.outbox.settle(settled(delivery, DeliveryState.SENT))
                sent.append(delivery.id)

    await asyncio.gather(*(deliver(store) for store in stores))
    await deliver(stores[0])
    assert len(sent) == len(set(sent)) == 48


async def test_two_replicas_plan_one_digest_a_date(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    chat = await subscribed(stores[0], mode=Mode.DIGEST)
    planned = await asyncio.gather(*(s.outbox.plan_digest(chat.id, TODAY, "{}", NOW, NOW) for s in stores))
    assert sorted(planned) == [False, False, True]


# --- digests -------------------------------------------------------------------------------------------------------


async def test_a_digest_is_planned_once_a_date_and_never_backwards(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.DIGEST)
    assert await store.outbox.plan_digest(chat.id, TODAY, '{"stories": [1]}', NOW, NOW)
    assert not await store.outbox.plan_digest(chat.id, TODAY, "{}", NOW + HOUR, NOW + HOUR)
    assert not await store.outbox.plan_digest(chat.id, date(2026, 3, 13), "{}", NOW, NOW)
    assert await store.outbox.plan_digest(chat.id, date(2026, 3, 15), "{}", NOW + DAY, NOW + DAY)
    found = await store.chats.find(chat.channel)
    assert found is not None
    assert (found.last_digest, found.digest_until) == (date(2026, 3, 15), NOW + DAY)
    (delivery,) = await claim(store, NOW + DAY)
    assert (delivery.kind, delivery.local_date, delivery.payload) == (DeliveryKind.DIGEST, TODAY, '{"stories": [1]}')
    assert delivery.story_id is None


async def test_a_digest_for_nobody(store: Store) -> None:
    assert not await store.outbox.plan_digest(99, TODAY, "{}", NOW, NOW)


async def test_a_digest_for_a_parked_chat_waits_for_it(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.DIGEST)
    await store.outbox.park(chat.id, "blocked", NOW)
    assert await store.outbox.plan_digest(chat.id, TODAY, "{}", NOW, NOW)
    assert await states(store, chat) == [DeliveryState.PARKED]


# --- parked chats --------------------------------------------------------------------------------------------------


async def test_parking_keeps_settings_and_everything_unsent(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.BOTH)
    await commit(store, new_story(), new_story(), new_story())
    (sent,) = await claim(store)
    await store.outbox.settle(settled(sent, DeliveryState.SENT))
    (refused,) = await claim(store)
    assert await store.outbox.park(chat.id, "blocked", NOW) == 2
    assert not await store.outbox.settle(settled(refused, DeliveryState.QUEUED))
    assert await claim(store, NOW + DAY) == []
    found = await store.chats.find(chat.channel)
    assert found is not None
    assert (found.state, found.parked_reason) == (ChatState.PARKED, "blocked")
    assert found.preferences == chat.preferences
    assert await store.chats.revive(chat.id) == 2
    (first,) = await claim(store, NOW + DAY)
    assert (first.id, first.uncertain, first.fence) == (refused.id, False, 2)
    assert first.chat.state is ChatState.ACTIVE


async def test_what_arrived_although_the_chat_was_parked_is_not_sent_again(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    (delivery,) = await claim(store)
    await store.outbox.park(chat.id, "kicked", NOW)
    assert await store.outbox.settle(settled(delivery, DeliveryState.SENT))
    assert await store.chats.revive(chat.id) == 0
    assert await states(store, chat) == [DeliveryState.SENT]


async def test_parking_remembers_a_doubt(store: Store) -> None:
    lapsed, unknown = await subscribed(store, channel("1")), await subscribed(store, channel("2"))
    await commit(store, new_story())
    for delivery in await claim(store):
        if delivery.chat.id == unknown.id:
            await store.outbox.settle(settled(delivery, DeliveryState.UNKNOWN))
    for chat in (lapsed, unknown):
        await store.outbox.park(chat.id, "blocked", NOW + HOUR)
        await store.chats.revive(chat.id)
    assert [d.uncertain for d in await claim(store, NOW + HOUR)] == [True, True]


# --- moved chats ---------------------------------------------------------------------------------------------------


async def test_a_moved_chat_keeps_everything(store: Store) -> None:
    chat = await subscribed(store, channel("-5"))
    await commit(store, new_story())
    await store.chats.remember(channel("-5"), ["1"], [7], "list", NOW)
    await store.outbox.move(chat.id, channel("-1005"))
    await store.outbox.move(chat.id, channel("-1005"))
    assert await store.chats.find(channel("-5")) is None
    found = await store.chats.find(channel("-1005"))
    assert found == replace(chat, channel=channel("-1005"))
    assert await store.chats.numbered(channel("-1005"), None) == [7]
    (delivery,) = await claim(store)
    assert delivery.chat.channel == channel("-1005")


async def test_two_chats_become_one_and_nothing_is_doubled(store: Store) -> None:
    old = await subscribed(store, channel("old"), mode=Mode.BOTH, topics=[Topic.AI])
    new = await subscribed(store, channel("new"), mode=Mode.BOTH, topics=[Topic.LAYOFFS])
    await commit(store, new_story("both", scores={Topic.AI: 9.0, Topic.LAYOFFS: 9.0}))
    await commit(store, new_story("hers", scores={Topic.LAYOFFS: 9.0}))
    await store.outbox.plan_digest(old.id, TODAY, "old", NOW, NOW)
    await store.outbox.plan_digest(new.id, date(2026, 3, 15), "new", NOW + DAY, NOW)
    for delivery in await claim(store):
        if delivery.chat.id == new.id:
            await store.outbox.settle(settled(delivery, DeliveryState.SENT))
        else:
            await store.outbox.settle(settled(delivery, DeliveryState.QUEUED))
    await store.outbox.move(old.id, new.channel)
    found = await store.chats.find(new.channel)
    assert found is not None
    assert (found.id, found.preferences) == (old.id, old.preferences)
    assert (found.last_digest, found.digest_until) == (date(2026, 3, 15), NOW + DAY)
    ledger = await store.outbox.of_chat(old.id)
    assert [state for d, state in ledger if d.kind is DeliveryKind.ALERT] == [DeliveryState.SENT, DeliveryState.QUEUED]
    assert [d.payload for d, _ in ledger if d.kind is DeliveryKind.DIGEST] == ["old", "new"]
    assert await store.outbox.of_chat(new.id) == []
    assert await store.chats.find(old.channel) is None


async def test_a_chat_that_never_subscribed_takes_the_settings_that_are_there(store: Store) -> None:
    old = await store.chats.meet(channel("old"))
    new = await subscribed(store, channel("new"))
    await store.outbox.park(new.id, "kicked", NOW)
    await commit(store, new_story())
    await store.outbox.move(old.id, new.channel)
    found = await store.chats.find(new.channel)
    assert found is not None
    assert (found.id, found.preferences, found.state) == (old.id, new.preferences, ChatState.ACTIVE)
    assert len(await claim(store)) == 1


async def test_moving_a_chat_that_is_gone(store: Store) -> None:
    await store.outbox.move(99, channel("x"))
    assert await store.chats.find(channel("x")) is None
