"""bot.ports.Outbox on both databases: what goes out first, and that finding it does not depend on how much waits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.story import Topic
from bot.store import claiming, holding
from bot.store.rows import delivery_values
from bot.store.store import Store
from bot.store.tables import outbox

from .store_values import (
    ALL,
    HOUR,
    MINUTE,
    NOW,
    TODAY,
    channel,
    claim,
    commit,
    new_story,
    settled,
    stored,
    subscribed,
)


async def of_every_kind(store: Store) -> list[DeliveryKind]:
    """One of each kind waits for every chat, planned in the order of the alphabet backwards; the kinds as they go out:
    a list that was planned before an alert holds older stories."""
    everybody = await store.chats.all()
    (story_id,) = await stored(store, new_story(scores={}))
    by_hand = {DeliveryKind.EDIT, DeliveryKind.CHANGE, DeliveryKind.CATCH_UP, DeliveryKind.ALERT}
    for kind in reversed(DeliveryKind):
        for chat in everybody:
            if kind is DeliveryKind.NOTICE:
                await store.outbox.notify(chat.id, "{}", NOW)
            elif kind is DeliveryKind.DIGEST:
                await store.outbox.plan_digest(chat.id, TODAY, "{}", NOW, NOW)
            else:
                told = None if kind is DeliveryKind.CATCH_UP else story_id
                values = delivery_values(kind, chat.id, NOW, story_id=told, payload="[]")
                async with store._database.writing() as connection:
                    await connection.execute(sa.insert(outbox).values(values))
                by_hand.discard(kind)
    assert not by_hand
    return sorted(DeliveryKind, key=lambda kind: (kind not in claiming.NEWS, kind is DeliveryKind.ALERT, kind))


async def test_every_kind_in_its_order_and_over_all_chats_the_important_one_first(store: Store) -> None:
    chats = [await subscribed(store, channel(str(number))) for number in range(3)]
    kinds = await of_every_kind(store)
    sent = []
    while deliveries := await claim(store):
        for delivery in deliveries:
            sent.append((delivery.kind, delivery.chat.id))
            await store.outbox.settle(settled(delivery, DeliveryState.SENT))
    assert sorted(sent) == sorted((kind, chat.id) for kind in kinds for chat in chats)
    for chat in chats:
        assert [kind for kind, chat_id in sent if chat_id == chat.id] == kinds
    assert [kind for kind, _ in sent] == [kind for kind in kinds for _ in chats]


async def test_with_little_room_the_important_one_of_another_chat_goes_first(store: Store) -> None:
    early, late = await subscribed(store, channel("early"), topics=[Topic.LAYOFFS]), await subscribed(store)
    await store.outbox.notify(early.id, "{}", NOW)
    await commit(store, new_story(), at=NOW + MINUTE)
    assert [(d.kind, d.chat.id) for d in await claim(store, NOW + MINUTE, limit=1)] == [(DeliveryKind.ALERT, late.id)]
    assert [(d.kind, d.chat.id) for d in await claim(store, NOW + MINUTE, limit=1)] == [(DeliveryKind.NOTICE, early.id)]


async def test_what_comes_after_a_list_does_not_overtake_it(store: Store) -> None:
    """Neither in its chat, nor does it keep the list waiting for as long as others have something new."""
    chat = await subscribed(store)
    for _ in range(holding.CROWD + 1):
        await commit(store, new_story())
    assert await claim(store, NOW + MINUTE) == []  # they have become one list
    other = await subscribed(store, channel("2"))
    await commit(store, new_story(), at=NOW + 2 * MINUTE)
    sent = []
    for minute in range(3, 6):
        (delivery,) = await claim(store, NOW + minute * MINUTE, limit=1)
        sent.append((delivery.kind, delivery.chat.id))
        await store.outbox.settle(settled(delivery, DeliveryState.SENT))
    assert sent[0] == (DeliveryKind.CATCH_UP, chat.id)
    assert sorted(sent[1:]) == [(DeliveryKind.ALERT, chat.id), (DeliveryKind.ALERT, other.id)]


async def test_a_more_important_delivery_does_not_overtake_one_in_flight(store: Store) -> None:
    chat = await subscribed(store)
    await store.outbox.notify(chat.id, "{}", NOW)
    (notice,) = await claim(store)
    await commit(store, new_story())
    assert await claim(store) == []
    await store.outbox.settle(settled(notice, DeliveryState.QUEUED))
    (alert,) = await claim(store)
    assert alert.kind is DeliveryKind.ALERT


async def test_a_chat_that_is_being_written_to_takes_no_room_from_others(store: Store) -> None:
    first = await subscribed(store)
    await commit(store, new_story(), new_story(), new_story())
    other = await subscribed(store, channel("2"))
    await store.outbox.notify(other.id, "{}", NOW)
    assert [[d.chat.id for d in await claim(store, limit=1)] for _ in range(3)] == [[first.id], [other.id], []]


async def test_a_delivery_that_is_not_due_yet_lets_lesser_ones_pass(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    (alert,) = await claim(store)
    await store.outbox.settle(replace(settled(alert, DeliveryState.QUEUED), not_before=NOW + HOUR))
    await store.outbox.notify(chat.id, "{}", NOW)
    assert [d.kind for d in await claim(store)] == [DeliveryKind.NOTICE]


async def test_notices_are_told_one_by_one_as_often_as_they_are_planned(store: Store) -> None:
    chat = await store.chats.meet(channel())
    for payload in ('{"code": "one"}', '{"code": "one"}', '{"code": "two"}'):
        await store.outbox.notify(chat.id, payload, NOW)
    await store.outbox.notify(99, "{}", NOW)
    told = []
    while deliveries := await claim(store):
        for delivery in deliveries:
            assert (delivery.kind, delivery.story_id, delivery.local_date) == (DeliveryKind.NOTICE, None, None)
            told.append(delivery.payload)
            await store.outbox.settle(settled(delivery, DeliveryState.SENT))
    assert told == ['{"code": "one"}', '{"code": "one"}', '{"code": "two"}']


async def test_what_was_chosen_is_looked_at_again_before_it_is_taken(store: Store) -> None:
    """Between the look and the lock another deliverer may have begun with the same chat."""
    chat = await subscribed(store)
    await store.outbox.notify(chat.id, "{}", NOW)
    async with store._database.reading() as connection:
        chosen = await claiming.choose(connection, [DeliveryKind.NOTICE], NOW, ALL, 9)
    assert len(chosen) == 1
    await commit(store, new_story())
    assert len(await claim(store)) == 1
    async with store._database.writing() as connection:
        assert await claiming.lease(connection, {chosen[0].id: NOW}, NOW, NOW + MINUTE) == []


# --- how it is found -----------------------------------------------------------------------------------------------


@contextmanager
def listening(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its parameters, as it goes to the database."""
    said: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        said.append((statement, parameters))

    engine = store._database._engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        sa.event.remove(engine, "before_cursor_execute", hear)


async def plans(store: Store, said: list[tuple[str, Any]]) -> dict[str, str]:
    """How the database would go about what was said, by statement."""
    explain = "EXPLAIN QUERY PLAN " if store._database.is_sqlite else "EXPLAIN "
    found = {}
    for statement, parameters in said:
        if re.match(r"SELECT|UPDATE|INSERT|DELETE", statement) and "set_config" not in statement:
            async with store._database.reading() as connection:
                await claiming.walk_indexes(connection)
                rows = await connection.exec_driver_sql(explain + statement, parameters)
                found[statement] = "\n".join(str(row[-1]) for row in rows)
    return found


async def test_nothing_looks_through_all_that_waits(store: Store) -> None:
    """SQLite has no statistics to go by, PostgreSQL must not need them: both walk the index made for it."""
    chats = [await subscribed(store, channel(str(number))) for number in range(3)]
    await of_every_kind(store)
    with listening(store) as said:
        while deliveries := await claim(store):
            for delivery in deliveries:
                state = DeliveryState.HELD if delivery.kind is DeliveryKind.NOTICE else DeliveryState.SENT
                outcome = replace(settled(delivery, state), message_ids=("7",), hold_chat_until=NOW)
                assert await store.outbox.settle(outcome)
            await store.outbox.next_due(ALL)
        await store.outbox.held()
        await store.outbox.plan_catch_up(chats[0].id, NOW)
        await store.outbox.ledger(chats[0].id, since=NOW, story_id=1)
        await store.outbox.oldest_queued()
    found = await plans(store, said)
    assert len([statement for statement in found if "FROM outbox" in statement]) > len(DeliveryKind)
    for statement, plan in found.items():
        if store._database.is_sqlite:
            walks = re.findall(r"SCAN (?:outbox|chats|stories).*", plan)
            assert all("ix_outbox_held" in walk for walk in walks), statement  # of that index everything is wanted
            by_platform = re.search(r"sqlite_autoindex_chats\w* \(platform=\?\)", plan)  # that may be all of them
            assert by_platform is None, statement
            by_state = "SEARCH outbox USING INDEX ix_outbox_state_created_at" in plan  # all that was ever sent, say
            assert not by_state or re.search(r"ORDER BY outbox\.created_at\s+LIMIT", statement), statement
        elif "FOR NO KEY UPDATE OF chats" in statement:
            assert "ix_outbox_due" in plan
            assert "Sort" not in plan
            assert "Seq Scan" not in plan
