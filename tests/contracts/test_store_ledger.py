"""bot.ports.Outbox on both databases: what the ledger says of every alert of a chat."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.story import Topic
from bot.domain.subscription import Mode
from bot.ports import Entry
from bot.store.store import Store

from .store_values import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    TODAY,
    channel,
    claim,
    commit,
    cuts,
    new_story,
    settled,
    stored,
    subscribed,
)

KINDS, STATES = DeliveryKind, DeliveryState


async def test_an_entry_for_every_alert_newest_first(store: Store) -> None:
    chat, other = await subscribed(store, mode=Mode.BOTH), await subscribed(store, channel("2"))
    (sent,) = await stored(store, new_story())
    (delivery, _theirs) = await claim(store)
    await store.outbox.settle(settled(delivery, STATES.SENT, NOW + MINUTE))
    (refused,) = await stored(store, new_story(), at=NOW + HOUR)
    delivery = next(d for d in await claim(store, NOW + HOUR) if d.chat.id == chat.id)
    await store.outbox.settle(replace(settled(delivery, STATES.DEAD, NOW + HOUR), reason="too long"))
    (waits,) = await stored(store, new_story(), at=NOW + 2 * HOUR)
    await store.outbox.plan_digest(chat.id, TODAY, "{}", NOW, NOW)
    await store.outbox.notify(chat.id, "{}", NOW)

    def entry(story_id: int, state: DeliveryState, hours: int, **values: object) -> Entry:
        usual: dict[str, object] = {"reason": None, "settled_at": None, "created_at": NOW + hours * HOUR}
        return Entry(kind=KINDS.ALERT, story_id=story_id, state=state, **(usual | values))  # type: ignore[arg-type]

    expected = [
        entry(waits, STATES.QUEUED, 2),
        entry(refused, STATES.DEAD, 1, reason="too long", settled_at=NOW + HOUR),
        entry(sent, STATES.SENT, 0, settled_at=NOW + MINUTE),
    ]
    assert await store.outbox.ledger(chat.id, since=NOW) == expected
    assert await store.outbox.ledger(chat.id, since=NOW + HOUR) == expected[:2]
    assert await store.outbox.ledger(chat.id, since=NOW + DAY) == []
    assert await store.outbox.ledger(chat.id, since=NOW, story_id=refused) == expected[1:2]
    assert len(await store.outbox.ledger(other.id, since=NOW)) == 3
    assert await store.outbox.ledger(99, since=NOW) == []


async def test_of_one_event_edits_and_replies_are_told_too(store: Store) -> None:
    chat = await subscribed(store)
    (event,) = await stored(store, new_story(title="Acme cuts 500 jobs #acme", **cuts(500)))
    for delivery in await claim(store):
        await store.outbox.settle(replace(settled(delivery, STATES.SENT), message_ids=("7",)))
    words = {"title": "Acme cuts 700 jobs #acme", "source": "beta"}
    (report,) = await stored(store, new_story(**words, **cuts(700)), feed_id="beta", at=NOW + HOUR)  # type: ignore[arg-type]
    assert report != event
    await stored(store, new_story(), at=NOW + HOUR)
    told = await store.outbox.ledger(chat.id, since=NOW, story_id=event)
    assert sorted((entry.kind, entry.state) for entry in told) == [
        (KINDS.ALERT, STATES.SENT),
        (KINDS.CHANGE, STATES.QUEUED),
        (KINDS.EDIT, STATES.QUEUED),
    ]
    assert {entry.story_id for entry in told} == {event}
    assert {entry.kind for entry in await store.outbox.ledger(chat.id, since=NOW)} == {KINDS.ALERT}


async def test_an_alert_that_went_into_a_catch_up_shares_its_fate(store: Store) -> None:
    chat = await subscribed(store)
    ids = await stored(store, new_story(title="One #one"), new_story(title="Two #two"))
    while deliveries := await claim(store):
        for delivery in deliveries:
            await store.outbox.settle(replace(settled(delivery, STATES.HELD), reason="paused"))
    await store.outbox.plan_catch_up(chat.id, NOW + HOUR)

    async def fates() -> list[tuple[int, DeliveryState, str | None]]:
        return sorted((e.story_id, e.state, e.reason) for e in await store.outbox.ledger(chat.id, since=NOW))

    assert await fates() == [(one, STATES.QUEUED, "caught_up") for one in ids]
    (catch_up,) = await claim(store, NOW + HOUR)
    assert await fates() == [(one, STATES.SENDING, "caught_up") for one in ids]
    await store.outbox.settle(replace(settled(catch_up, STATES.DEAD, NOW + DAY), reason="refused"))
    assert await fates() == [(one, STATES.DEAD, "refused") for one in ids]
    (entry,) = await store.outbox.ledger(chat.id, since=NOW, story_id=ids[0])
    assert (entry.kind, entry.settled_at) == (KINDS.ALERT, NOW + DAY)


async def test_the_fate_of_an_event_that_became_a_part_of_another(store: Store) -> None:
    """The chat asked for one of two events; a third report then shows that they are one."""
    chat = await subscribed(store, topics=[Topic.AI])
    unwanted = new_story(title="One #one", scores={Topic.LAYOFFS: 9.0})
    first, second, _other = await stored(store, unwanted, new_story(title="Two #two"), new_story())
    while deliveries := await claim(store):
        for delivery in deliveries:
            await store.outbox.settle(settled(delivery, STATES.HELD))
    await store.outbox.plan_catch_up(chat.id, NOW)
    (catch_up,) = await claim(store)
    await store.outbox.settle(settled(catch_up, STATES.SENT))
    assert [e.state for e in await store.outbox.ledger(chat.id, since=NOW)] == [STATES.SENT] * 2
    await commit(store, new_story(title="Both #one #two", source="beta"), feed_id="beta", at=NOW + HOUR)
    coverage = await store.stories.coverage(second)
    assert coverage is not None
    assert coverage.id == first
    told = await store.outbox.ledger(chat.id, since=NOW, story_id=first)
    assert [(entry.state, entry.story_id) for entry in told if entry.kind is KINDS.ALERT] == [(STATES.SENT, first)]
