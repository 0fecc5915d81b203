"""Limits that chats share, and offices of one process, on both databases: they hold over restarts and processes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Turn
from bot.store.store import Store

from .conftest import OpenStore
from .store_values import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    channel,
    claim,
    commit,
    new_story,
    rows,
    settled,
    spec,
    stored,
    subscribed,
    told,
)

EVERY = timedelta(milliseconds=34)
SECOND = timedelta(seconds=1)


def turn(channel: Channel) -> Turn:
    return Turn(key=f"{channel.platform} bot", every=EVERY)


async def take(store: Store, limit: int = 10, at: timedelta = timedelta(0)) -> list[PendingDelivery]:
    return await store.outbox.claim(NOW + at, NOW + at + MINUTE, limit, ["telegram"], turn=turn)


async def fan_out(store: Store, chats: int) -> None:
    for number in range(chats):
        await subscribed(store, channel(str(number)))
    await commit(store, new_story())


async def test_each_delivery_gets_a_moment_of_its_own(store: Store) -> None:
    await fan_out(store, 5)
    first = await take(store, 3)
    assert [delivery.leave_at for delivery in first] == [NOW, NOW + EVERY, NOW + 2 * EVERY]
    assert all(delivery.until == NOW + MINUTE for delivery in first)
    assert [delivery.leave_at for delivery in await take(store)] == [NOW + 3 * EVERY, NOW + 4 * EVERY]


async def test_turns_are_not_saved_up(store: Store) -> None:
    await fan_out(store, 2)
    await take(store, 1)
    (later,) = await take(store, 1, at=HOUR)
    assert later.leave_at == NOW + HOUR


async def test_turns_outlive_the_process_and_are_shared_by_two(open_store: OpenStore) -> None:
    one, two = await open_store(), await open_store()
    await fan_out(one, 12)
    rounds = await asyncio.gather(*(take(store, 3) for store in (one, two, one, two)))
    moments = sorted(delivery.leave_at for claimed in rounds for delivery in claimed)
    assert moments == [NOW + number * EVERY for number in range(len(moments))]
    assert len(moments) == 12


async def test_a_clock_that_was_set_back_makes_nobody_wait_for_a_day(store: Store) -> None:
    await fan_out(store, 2)
    await take(store, 1, at=DAY)
    (delivery,) = await take(store, 1)
    assert delivery.leave_at == NOW


async def test_answers_count_against_the_chat_and_the_limit(store: Store) -> None:
    await fan_out(store, 2)
    await store.outbox.spoke(channel("0"), NOW + 3 * SECOND, turn(channel("0")), NOW)
    (other,) = await take(store)
    assert (other.chat.channel.address, other.leave_at) == ("1", NOW + EVERY)
    (waited,) = await take(store, at=3 * SECOND)
    assert waited.chat.channel.address == "0"


async def test_topics_of_a_group_share_its_limit(store: Store) -> None:
    group = Channel(platform="telegram", address="-100", thread="1")
    chats = [await subscribed(store, replace(group, thread=thread)) for thread in ("1", "2", "3")]
    await commit(store, new_story())
    (only,) = await take(store)
    assert await take(store) == [], "one at a time in the whole group"
    outcome = replace(settled(only, DeliveryState.SENT, NOW), hold_chat_until=NOW + 3 * SECOND)
    assert await store.outbox.settle(outcome)
    assert await take(store, at=2 * SECOND) == []
    assert await store.outbox.next_due(["telegram"]) == NOW + 3 * SECOND
    (second,) = await take(store, at=3 * SECOND)
    assert {only.chat.id, second.chat.id} < {chat.id for chat in chats}


async def test_two_processes_never_write_to_one_group_at_once(open_store: OpenStore) -> None:
    one, two = await open_store(), await open_store()
    for thread in range(8):
        await subscribed(one, Channel(platform="telegram", address="-100", thread=str(thread)))
    await commit(one, new_story())
    rounds = await asyncio.gather(*(take(store, 4) for store in (one, two, one, two)))
    assert sum(map(len, rounds)) == 1


async def test_an_office_has_one_holder_until_its_term_is_over(open_store: OpenStore) -> None:
    one, two = await open_store(), await open_store()
    until = NOW + 10 * SECOND
    takers = await asyncio.gather(
        *(store.offices.take("poll", who, NOW, until) for store, who in ((one, "a"), (two, "b")))
    )
    assert len(set(takers)) == 1
    holder = takers[0]
    other = "b" if holder == "a" else "a"
    assert await two.offices.take("poll", other, NOW + 9 * SECOND, NOW + 19 * SECOND) == holder
    assert await one.offices.take("poll", holder, NOW + 9 * SECOND, NOW + 19 * SECOND) == holder
    assert await two.offices.take("poll", other, NOW + 18 * SECOND, NOW + HOUR) == holder, "it was renewed"
    assert await two.offices.take("poll", other, NOW + 19 * SECOND, NOW + HOUR) == other
    assert await one.offices.take("another", holder, NOW, until) == holder


async def test_an_office_that_is_left_is_free_and_only_its_holder_can_leave_it(store: Store) -> None:
    await store.offices.take("poll", "a", NOW, NOW + HOUR)
    await store.offices.leave("poll", "b")
    assert await store.offices.take("poll", "b", NOW, NOW + HOUR) == "a"
    await store.offices.leave("poll", "a")
    assert await store.offices.take("poll", "b", NOW, NOW + HOUR) == "b"


async def test_a_crowd_becomes_one_list_in_order_and_nothing_is_left_behind(store: Store) -> None:
    chat = await subscribed(store)
    ids = [(await stored(store, new_story(), at=NOW + number * SECOND))[0] for number in range(12)]
    assert await claim(store, NOW + MINUTE) == [], "the list comes with the next look"
    (delivery,) = await claim(store, NOW + MINUTE)
    assert (delivery.kind, delivery.payload) == (DeliveryKind.CATCH_UP, str(ids))
    entries = await store.outbox.ledger(chat.id, since=NOW)
    assert {entry.story_id for entry in entries} == set(ids)
    assert {(entry.state, entry.reason) for entry in entries} == {(DeliveryState.SENDING, "caught_up")}
    assert await store.outbox.settle(settled(delivery, DeliveryState.SENT, NOW + MINUTE))
    assert {entry.state for entry in await store.outbox.ledger(chat.id, since=NOW)} == {DeliveryState.SENT}
    assert await claim(store, NOW + DAY) == []


async def test_what_was_tried_already_keeps_its_place_before_the_list(store: Store) -> None:
    await subscribed(store)
    first = (await stored(store, new_story()))[0]
    (tried,) = await claim(store)
    later = [(await stored(store, new_story(), at=NOW + number * SECOND))[0] for number in range(1, 13)]
    assert await claim(store, NOW + 20 * SECOND) == [], "it is on its way"
    again = replace(settled(tried, DeliveryState.UNKNOWN, NOW + 20 * SECOND), not_before=NOW + 30 * SECOND)
    assert await store.outbox.settle(again)
    assert await claim(store, NOW + MINUTE) == []
    (tried,) = await claim(store, NOW + MINUTE)
    assert (tried.story_id, tried.uncertain) == (first, True)
    await store.outbox.settle(settled(tried, DeliveryState.SENT, NOW + MINUTE))
    (rest,) = await claim(store, NOW + MINUTE)
    assert rest.payload == str(later)


async def test_a_list_that_waits_takes_in_what_comes_after_it(store: Store) -> None:
    chat = await subscribed(store)
    early = [(await stored(store, new_story(), at=NOW + number * SECOND))[0] for number in range(12)]
    await claim(store, NOW + MINUTE)
    late = [(await stored(store, new_story(), at=NOW + MINUTE + number * SECOND))[0] for number in range(12)]
    await claim(store, NOW + HOUR)
    (only,) = await told(store, NOW + HOUR)
    assert only.payload == str(early + late)
    assert len(await rows(store, chat, DeliveryKind.CATCH_UP)) == 2, "the first one is over: the second tells it"


async def test_a_few_come_one_by_one(store: Store) -> None:
    await subscribed(store)
    for number in range(10):
        await commit(store, new_story(), at=NOW + number * SECOND)
    assert [delivery.kind for delivery in await told(store, NOW + MINUTE)] == [DeliveryKind.ALERT] * 10


async def test_what_a_process_that_is_gone_had_taken_up_is_to_be_had_at_once(open_store: OpenStore) -> None:
    dead, living = await open_store(), await open_store()
    for name in ("1", "2"):
        await subscribed(dead, channel(name))
    await commit(dead, new_story())
    (lost,) = await dead.outbox.claim(NOW, NOW + HOUR, 1, ["telegram"], holder="here/1/dead")
    (kept,) = await living.outbox.claim(NOW, NOW + HOUR, 1, ["telegram"], holder="here/2/alive")
    assert await claim(living, NOW + SECOND) == []
    assert await living.outbox.take_back(lambda holder: holder == "here/1/dead", NOW + SECOND) == 1
    assert await living.outbox.take_back(lambda holder: False, NOW + SECOND) == 0
    (again,) = await claim(living, NOW + SECOND)
    assert (again.id, again.uncertain, again.fence) == (lost.id, True, lost.fence + 1)
    assert not await dead.outbox.settle(settled(lost, DeliveryState.QUEUED))
    assert await living.outbox.settle(settled(kept, DeliveryState.SENT))


async def test_feeds_that_a_process_that_is_gone_was_reading_are_read_at_once(store: Store) -> None:
    await store.feeds.add(spec("a"), NOW)
    await store.feeds.add(spec("b"), NOW)
    await store.feeds.claim(NOW, "here/1/dead/round", NOW + HOUR, 1)
    await store.feeds.claim(NOW, "here/2/alive/round", NOW + HOUR, 1)
    assert await store.feeds.claim(NOW + SECOND, "another", NOW + HOUR, 9) == []
    assert await store.feeds.take_back(lambda lease: lease.startswith("here/1/"), NOW + SECOND) == 1
    assert [feed.id for feed in await store.feeds.claim(NOW + SECOND, "another", NOW + HOUR, 9)] == ["a"]


async def test_a_list_that_was_refused_is_told_one_by_one(store: Store) -> None:
    chat = await subscribed(store)
    ids = [(await stored(store, new_story(), at=NOW + number * SECOND))[0] for number in range(12)]
    await claim(store, NOW + MINUTE)
    (catch_up,) = await claim(store, NOW + MINUTE)
    assert await store.outbox.settle(settled(catch_up, DeliveryState.DEAD, NOW + MINUTE))
    assert await store.outbox.tell_singly(catch_up, NOW + MINUTE) == 12
    assert [delivery.story_id for delivery in await told(store, NOW + HOUR)] == ids
    assert {entry.state for entry in await store.outbox.ledger(chat.id, since=NOW)} == {DeliveryState.SENT}
