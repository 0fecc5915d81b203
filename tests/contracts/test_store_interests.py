"""bot.ports.Chats on both databases: what a chat watches and mutes by name."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.domain.subscription import Chat, Interest, InterestKind
from bot.store.store import Store

from .conftest import OpenStore
from .store_values import DAY, HOUR, NOW, channel, subscribed

WATCH, MUTE = InterestKind.WATCH, InterestKind.MUTE


def interest(chat: Chat, kind: InterestKind = WATCH, phrase: str = "Acme", **values: object) -> Interest:
    usual: dict[str, object] = {"key": f"employer:{phrase.casefold()}"}
    return Interest(chat_id=chat.id, kind=kind, phrase=phrase, **(usual | values))  # type: ignore[arg-type]


def bare(interests: list[Interest]) -> list[Interest]:
    return [replace(one, id=0) for one in interests]


async def test_interests_are_kept_oldest_first(store: Store) -> None:
    chat, other = await subscribed(store), await subscribed(store, channel("2"))
    assert await store.chats.interests(chat.id) == []
    wanted = [
        interest(chat, phrase="Zeta"),
        interest(chat, MUTE, "Acme", until=NOW - DAY),  # it ended, and is told all the same
        interest(chat, WATCH, "Acme"),
    ]
    for one in wanted:
        assert await store.chats.add_interest(one)
    assert await store.chats.add_interest(interest(other, WATCH, "Acme"))
    found = await store.chats.interests(chat.id)
    assert bare(found) == wanted
    assert len({one.id for one in found}) == 3
    assert 0 not in {one.id for one in found}


async def test_what_is_there_already_gets_a_new_end_and_phrase(store: Store) -> None:
    chat = await subscribed(store)
    mute = interest(chat, MUTE, "Acme Corp", key="employer:acme", until=NOW + HOUR)
    assert await store.chats.add_interest(mute)
    (first,) = await store.chats.interests(chat.id)
    again = replace(mute, phrase="ACME", until=None)
    assert not await store.chats.add_interest(again)
    assert await store.chats.interests(chat.id) == [replace(again, id=first.id)]


async def test_dropping_one_leaves_the_others(store: Store) -> None:
    chat, other = await subscribed(store), await subscribed(store, channel("2"))
    for one in (interest(chat), interest(chat, MUTE), interest(other)):
        await store.chats.add_interest(one)
    assert await store.chats.drop_interest(chat.id, WATCH, "employer:acme")
    assert not await store.chats.drop_interest(chat.id, WATCH, "employer:acme")
    assert bare(await store.chats.interests(chat.id)) == [interest(chat, MUTE)]
    assert bare(await store.chats.interests(other.id)) == [interest(other)]


async def test_watches_are_those_of_every_chat_that_is_not_parked(store: Store) -> None:
    paused, parked, other = [await subscribed(store, channel(name)) for name in "123"]
    await store.chats.save(replace(paused, preferences=replace(paused.preferences, paused=True)))
    for one in (interest(other), interest(parked), interest(paused), interest(paused, MUTE, "Zeta")):
        await store.chats.add_interest(one)
    await store.outbox.park(parked.id, "blocked", NOW)
    assert bare(await store.chats.watches()) == [interest(other), interest(paused)]
    await store.chats.revive(parked.id)
    assert bare(await store.chats.watches()) == [interest(other), interest(parked), interest(paused)]


async def test_an_interest_of_a_chat_that_is_gone(store: Store) -> None:
    gone = Chat(id=99, channel=channel())
    assert not await store.chats.add_interest(interest(gone))
    assert not await store.chats.drop_interest(gone.id, WATCH, "employer:acme")
    assert await store.chats.watches() == []


async def test_one_gesture_that_arrives_at_two_replicas_adds_one(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    chat = await subscribed(stores[0])
    added = await asyncio.gather(*(s.chats.add_interest(interest(chat)) for s in stores))
    assert sorted(added) == [False, False, True]
    assert bare(await stores[0].chats.interests(chat.id)) == [interest(chat)]


async def test_a_chat_that_moves_while_it_asks_loses_nothing(open_store: OpenStore) -> None:
    """Whichever comes first: the interest is the surviving chat's, or it was not added and nobody was told it was."""
    for number in range(8):
        stores = [await open_store() for _ in range(2)]
        old, new = [await subscribed(stores[0], channel(f"{name}{number}")) for name in ("old", "new")]
        moving = stores[0].outbox.move(old.id, new.channel)
        added, _ = await asyncio.gather(stores[1].chats.add_interest(interest(new)), moving)
        found = await stores[0].chats.interests(old.id)
        assert bare(found) == ([replace(interest(new), chat_id=old.id)] if added else [])


async def test_two_chats_become_one_with_the_interests_of_both(store: Store) -> None:
    old, new = await subscribed(store, channel("old")), await subscribed(store, channel("new"))
    await store.chats.add_interest(interest(old, MUTE, "Acme"))
    await store.chats.add_interest(interest(new, MUTE, "ACME", until=NOW))
    await store.chats.add_interest(interest(new, WATCH, "Zeta"))
    await store.outbox.move(old.id, new.channel)
    kept = [interest(old, MUTE, "Acme"), interest(old, WATCH, "Zeta")]
    assert bare(await store.chats.interests(old.id)) == kept
    assert await store.chats.interests(new.id) == []
