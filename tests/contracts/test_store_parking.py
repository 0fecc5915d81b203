"""bot.ports.Outbox on both databases: digests, chats that cannot be reached, chats that move."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.story import Topic
from bot.domain.subscription import ChatState, Mode, Quiet, Style
from bot.store.store import Store

from .store_values import (
    DAY,
    HOUR,
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
    await store.outbox.notify(chat.id, "{}", NOW)
    assert await states(store, chat) == [DeliveryState.PARKED] * 2
    assert await store.chats.revive(chat.id) == 2
    assert [d.kind for d in await claim(store)] == [DeliveryKind.DIGEST]


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


async def test_what_either_was_shown_is_read_and_the_older_settings_stay(store: Store) -> None:
    old, new = await subscribed(store, channel("old")), await subscribed(store, channel("new"))
    quiet = Quiet(start=time(22), end=time(7))
    for chat, own in ((old, {"quiet": quiet}), (new, {"paused": True, "style": Style.COMPACT})):
        await store.chats.save(replace(chat, preferences=replace(chat.preferences, **own)))  # type: ignore[arg-type]
    await store.chats.read(new.id, NOW + HOUR)
    await store.chats.read(old.id, NOW)
    await store.outbox.move(old.id, new.channel)
    found = await store.chats.find(new.channel)
    assert found is not None
    assert found.preferences == replace(old.preferences, quiet=quiet)
    assert found.read_until == NOW + HOUR


async def test_two_chats_become_one_with_one_opinion_a_person(store: Store) -> None:
    old, new = await subscribed(store, channel("old")), await subscribed(store, channel("new"))
    event, other = await stored(store, new_story(), new_story())
    await store.thumbs.set(event, old.id, "Ani", True, NOW)
    await store.thumbs.set(event, new.id, "Ani", False, NOW)
    await store.thumbs.set(event, new.id, "Budi", False, NOW)
    await store.thumbs.set(other, new.id, "Ani", True, NOW)
    await store.outbox.move(old.id, new.channel)
    opinions = await store.thumbs.since(NOW - DAY)
    assert sorted((o.coverage_id, o.up, o.down) for o in opinions) == [(event, 1, 1), (other, 1, 0)]


async def test_a_chat_that_never_subscribed_takes_the_settings_that_are_there(store: Store) -> None:
    old = await store.chats.meet(channel("old"))
    new = await subscribed(store, channel("new"))
    own = replace(new.preferences, quiet=Quiet(start=time(22), end=time(7)), break_through=500, silent=True)
    new = replace(new, preferences=own)
    await store.chats.save(new)
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
