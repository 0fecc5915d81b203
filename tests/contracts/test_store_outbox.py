"""bot.ports.Outbox on both databases: nothing lost, nothing twice, whoever else is sending."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.subscription import Mode
from bot.store.store import Store

from .conftest import OpenStore
from .store_values import (
    ALL,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    TODAY,
    channel,
    claim,
    commit,
    new_story,
    settled,
    states,
    stored,
    subscribed,
)


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


async def test_a_shorter_wait_does_not_end_a_longer_one(store: Store) -> None:
    await subscribed(store)
    await commit(store, new_story(), new_story())
    (slow,) = await claim(store, NOW)
    (quick,) = await claim(store, NOW + MINUTE)
    assert await store.outbox.settle(replace(settled(quick, DeliveryState.SENT), hold_chat_until=NOW + HOUR))
    late = replace(settled(slow, DeliveryState.SENT), hold_chat_until=NOW + 2 * MINUTE)
    assert not await store.outbox.settle(late)
    assert await claim(store, NOW + 30 * MINUTE) == []
    assert await store.outbox.next_due(ALL) == NOW + HOUR


async def test_who_lost_the_row_still_knows_that_the_platform_asked_to_wait(store: Store) -> None:
    await subscribed(store)
    await commit(store, new_story(), new_story())
    (slow,) = await claim(store, NOW)
    (quick,) = await claim(store, NOW + MINUTE)
    assert not await store.outbox.settle(replace(settled(slow, DeliveryState.QUEUED), hold_chat_until=NOW + HOUR))
    assert await store.outbox.settle(settled(quick, DeliveryState.SENT))
    assert await claim(store, NOW + 30 * MINUTE) == []
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
