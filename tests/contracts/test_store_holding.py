"""bot.ports.Outbox on both databases: what quiet hours or a pause hold back comes afterwards, once, in one message."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.domain.subscription import Mode
from bot.store.store import Store

from .holding_values import KINDS, MORNING, STATES, due, held_alerts, hold, ledger
from .store_values import (
    ALL,
    HOUR,
    NOW,
    TODAY,
    channel,
    claim,
    commit,
    cuts,
    new_story,
    settled,
    states,
    stored,
    subscribed,
)


async def test_what_is_held_stays_until_somebody_lets_it_go(store: Store) -> None:
    chat = await subscribed(store)
    await held_alerts(store, 1)
    assert await states(store, chat) == [STATES.HELD]
    assert await claim(store, MORNING) == []
    assert await store.outbox.next_due(ALL) is None
    assert await store.outbox.oldest_queued() is None
    assert (await store.outbox.depth())[STATES.HELD] == 1
    assert await store.outbox.held() == [chat]
    (entry,) = await store.outbox.ledger(chat.id, since=NOW)
    assert (entry.state, entry.reason, entry.settled_at) == (STATES.HELD, "quiet_hours", None)


async def test_many_alerts_become_one_catch_up(store: Store) -> None:
    chat, other = await subscribed(store, mode=Mode.BOTH), await subscribed(store, channel("2"))
    ids = await held_alerts(store, 4)
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 4
    assert await ledger(store, chat) == [(KINDS.ALERT, STATES.EXPIRED)] * 4 + [(KINDS.CATCH_UP, STATES.QUEUED)]
    assert await store.outbox.held() == [other]
    assert await store.outbox.oldest_queued() == MORNING
    (catch_up,) = await due(store)
    assert (catch_up.kind, catch_up.chat.id, catch_up.story_id) == (KINDS.CATCH_UP, chat.id, None)
    assert json.loads(catch_up.payload or "") == ids
    assert catch_up.created_at == MORNING


async def test_a_single_alert_goes_out_as_it_is(store: Store) -> None:
    chat = await subscribed(store)
    (story_id,) = await held_alerts(store, 1)
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 1
    assert await store.outbox.oldest_queued() == MORNING  # a quiet night is no stuck outbox
    (alert,) = await due(store)
    assert (alert.kind, alert.story_id, alert.uncertain) == (KINDS.ALERT, story_id, False)
    assert await ledger(store, chat) == [(KINDS.ALERT, STATES.SENT)]


async def test_a_doubtful_alert_is_looked_for_since_it_was_first_tried(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    (delivery,) = await claim(store)
    await store.outbox.settle(settled(delivery, STATES.UNKNOWN))
    await hold(store)
    await store.outbox.plan_catch_up(chat.id, MORNING)
    (alert,) = await due(store)
    assert (alert.uncertain, alert.created_at) == (True, NOW)


async def test_held_digests_and_notices_go_out_beside_it(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.BOTH)
    ids = await held_alerts(store, 2)
    await store.outbox.plan_digest(chat.id, TODAY, "digest", NOW, NOW)
    await store.outbox.notify(chat.id, "notice", NOW)
    await hold(store)
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 2
    sent = [(d.kind, d.payload) for d in await due(store)]
    assert sent == [(KINDS.CATCH_UP, json.dumps(ids)), (KINDS.DIGEST, "digest"), (KINDS.NOTICE, "notice")]
    assert await store.outbox.held() == []


async def test_only_a_digest_was_held(store: Store) -> None:
    chat = await subscribed(store, mode=Mode.DIGEST)
    await store.outbox.plan_digest(chat.id, TODAY, "digest", NOW, NOW)
    await hold(store)
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 0
    assert [d.kind for d in await due(store)] == [KINDS.DIGEST]


async def sent_alert(store: Store) -> int:
    (event,) = await stored(store, new_story(title="Acme cuts 500 jobs #acme", **cuts(500)))
    for delivery in await claim(store):
        await store.outbox.settle(replace(settled(delivery, STATES.SENT), message_ids=("7",)))
    return event


async def goes_on(store: Store, headcount: int) -> None:
    words = {"title": f"Acme cuts {headcount} jobs #acme", "source": f"outlet-{headcount}"}
    await commit(store, new_story(**words, **cuts(headcount)), feed_id=words["source"], at=NOW)  # type: ignore[arg-type]


async def test_a_single_reply_stays_a_reply(store: Store) -> None:
    chat = await subscribed(store)
    event = await sent_alert(store)
    await goes_on(store, 700)
    await hold(store)
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 1
    reply = (await due(store))[0]
    assert (reply.kind, reply.story_id, reply.answers) == (KINDS.CHANGE, event, ("7",))


async def test_a_story_that_changed_twice_is_told_once(store: Store) -> None:
    chat = await subscribed(store)
    event = await sent_alert(store)
    await goes_on(store, 700)
    await hold(store)
    await goes_on(store, 900)
    await hold(store)
    (other,) = await held_alerts(store, 1)
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 2
    catch_up = (await due(store))[0]
    assert (catch_up.kind, json.loads(catch_up.payload or "")) == (KINDS.CATCH_UP, [event, other])
    assert (await ledger(store, chat)).count((KINDS.CHANGE, STATES.EXPIRED)) == 2


async def test_what_was_held_back_once_more_goes_into_the_next_catch_up(store: Store) -> None:
    chat = await subscribed(store)
    first = await held_alerts(store, 2)
    await store.outbox.plan_catch_up(chat.id, MORNING)
    await hold(store, MORNING)  # the chat was paused just then
    assert await store.outbox.plan_catch_up(chat.id, MORNING) == 2
    await hold(store, MORNING)  # nothing came up meanwhile: it is the same one
    later = await held_alerts(store, 1)
    assert await store.outbox.plan_catch_up(chat.id, MORNING + HOUR) == 3
    (catch_up,) = await due(store, MORNING + HOUR)
    assert sorted(json.loads(catch_up.payload or "")) == first + later
    entries = await store.outbox.ledger(chat.id, since=NOW)
    assert {entry.state for entry in entries} == {STATES.SENT}


async def test_a_chat_with_nothing_held(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, new_story())
    assert await store.outbox.plan_catch_up(chat.id, NOW) == 0
    assert await store.outbox.plan_catch_up(99, NOW) == 0
    assert await ledger(store, chat) == [(KINDS.ALERT, STATES.QUEUED)]
