"""bot.ports.Outbox on both databases: edits and replies find their alert, and no edit is lost to an older one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery
from bot.domain.subscription import Chat
from bot.store.store import Store
from bot.store.tables import outbox

from .store_values import HOUR, MINUTE, NOW, channel, claim, commit, cuts, new_story, settled, stored, subscribed

LATER = NOW + HOUR
ARMED = LATER + 2 * MINUTE  # an edit waits a minute for what else may come
KINDS = DeliveryKind


async def told(store: Store) -> int:
    """An event that every chat has its alert of, under two ids that name the chat."""
    (event,) = await stored(store, new_story(title="Acme cuts 500 jobs #acme", **cuts(500)))
    for delivery in await claim(store):
        ids = tuple(f"{delivery.chat.channel.address}-{part}" for part in (1, 2))
        assert await store.outbox.settle(replace(settled(delivery, DeliveryState.SENT), message_ids=ids))
    return event


async def goes_on(store: Store, headcount: int, at: datetime = LATER) -> None:
    """Another outlet reports the event with another number: an edit and a reply for who has the alert."""
    outlet = f"outlet-{headcount}"
    words = {"title": f"Acme cuts {headcount} jobs #acme", "source": outlet}
    await commit(store, new_story(**words, **cuts(headcount)), feed_id=outlet, at=at)  # type: ignore[arg-type]


async def of_kind(store: Store, chat: Chat, kind: DeliveryKind) -> list[tuple[PendingDelivery, DeliveryState]]:
    return await store.outbox.of_chat(chat.id, kind)


async def replied(store: Store, at: datetime = LATER) -> None:
    """Every reply goes out, so that the edits come next."""
    for delivery in await claim(store, at):
        assert delivery.kind is KINDS.CHANGE
        assert await store.outbox.settle(replace(settled(delivery, DeliveryState.SENT), message_ids=("r",)))


async def test_an_edit_and_a_reply_come_with_the_ids_of_their_own_alert(store: Store) -> None:
    chats = [await subscribed(store, channel(name)) for name in ("one", "two")]
    event = await told(store)
    await told_another(store, chats[0])
    await goes_on(store, 700)
    seen = []
    for at in (LATER, ARMED):
        deliveries = await claim(store, at)
        assert [d.chat.id for d in deliveries] == [chat.id for chat in chats]
        for delivery in deliveries:
            name = delivery.chat.channel.address
            assert (delivery.story_id, delivery.answers) == (event, (f"{name}-1", f"{name}-2"))
            seen.append(delivery.kind)
            await store.outbox.settle(settled(delivery, DeliveryState.SENT, at))
    assert seen == [KINDS.CHANGE] * 2 + [KINDS.EDIT] * 2


async def told_another(store: Store, chat: Chat) -> None:
    """An alert of something else, so that ids could be mixed up."""
    await commit(store, new_story())
    for delivery in await claim(store):
        await store.outbox.settle(replace(settled(delivery, DeliveryState.SENT), message_ids=("other",)))
    assert len(await of_kind(store, chat, KINDS.ALERT)) == 2


@pytest.mark.parametrize("state", [DeliveryState.DEAD, DeliveryState.EXPIRED, DeliveryState.HELD])
async def test_without_a_sent_alert_there_is_nothing_to_answer(store: Store, state: DeliveryState) -> None:
    chat = await subscribed(store)
    await told(store)
    await goes_on(store, 700)
    await set_state(store, chat, KINDS.ALERT, state)
    (delivery,) = await claim(store, LATER)
    assert (delivery.kind, delivery.answers) == (KINDS.CHANGE, ())


async def set_state(store: Store, chat: Chat, kind: DeliveryKind, state: DeliveryState) -> None:
    """What no port does to an alert that was sent."""
    async with store._database.writing() as connection:
        those = sa.update(outbox).where(outbox.c.chat_id == chat.id, outbox.c.kind == kind)
        await connection.execute(those.values(state=state, due_at=None))


async def test_news_goes_before_replies_and_replies_before_edits(store: Store) -> None:
    await subscribed(store)
    await told(store)
    await goes_on(store, 700)
    await commit(store, new_story(), at=ARMED)
    kinds = []
    while deliveries := await claim(store, ARMED):
        kinds += [d.kind for d in deliveries]
        for delivery in deliveries:
            await store.outbox.settle(settled(delivery, DeliveryState.SENT, ARMED))
    assert kinds == [KINDS.ALERT, KINDS.CHANGE, KINDS.EDIT]


async def test_an_edit_that_left_the_alert_under_other_ids(store: Store) -> None:
    chat = await subscribed(store)
    await told(store)
    await goes_on(store, 700)
    await replied(store)
    (edit,) = await claim(store, ARMED)
    shorter = replace(settled(edit, DeliveryState.SENT, ARMED), message_ids=("one part",))
    assert await store.outbox.settle(shorter)
    await goes_on(store, 900, ARMED)
    (reply,) = await claim(store, ARMED)
    assert reply.answers == ("one part",)
    assert [state for _, state in await of_kind(store, chat, KINDS.ALERT)] == [DeliveryState.SENT]


async def test_an_edit_is_armed_again_and_again_and_its_fence_grows(store: Store) -> None:
    chat = await subscribed(store)
    await told(store)
    fences = []
    for number in range(1, 4):
        at = NOW + number * HOUR
        await goes_on(store, 500 + 200 * number, at)
        await replied(store, at)
        (edit,) = await claim(store, at + 2 * MINUTE)
        assert await store.outbox.settle(settled(edit, DeliveryState.SENT, at))
        assert not await store.outbox.settle(settled(edit, DeliveryState.QUEUED, at))
        fences.append(edit.fence)
    assert fences == sorted(set(fences))
    assert len(await of_kind(store, chat, KINDS.EDIT)) == 1


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.EXPIRED, DeliveryState.UNKNOWN])
async def test_an_edit_that_was_armed_again_on_its_way_is_made_again(store: Store, state: DeliveryState) -> None:
    """Its outcome is that of the older words, so the newer ones still wait; what it says of the chat counts."""
    chat = await subscribed(store)
    await told(store)
    await goes_on(store, 700)
    await replied(store)
    (old,) = await claim(store, ARMED)
    await goes_on(store, 900, ARMED)
    outcome = replace(settled(old, state, ARMED), message_ids=("new id",), hold_chat_until=ARMED + HOUR)
    assert await store.outbox.settle(outcome)
    assert await claim(store, ARMED + 30 * MINUTE) == []  # the platform asked to wait
    await replied(store, ARMED + HOUR)
    (new,) = await claim(store, ARMED + HOUR)
    assert (new.id, new.kind, new.answers) == (old.id, KINDS.EDIT, ("new id",))
    assert new.fence > old.fence
    assert [s for _, s in await of_kind(store, chat, KINDS.EDIT)] == [DeliveryState.SENDING]


async def test_an_edit_that_somebody_else_took_over_leaves_the_ids_alone(store: Store) -> None:
    await subscribed(store)
    await told(store)
    await goes_on(store, 700)
    await replied(store)
    (slow,) = await claim(store, ARMED)
    (quick,) = await claim(store, ARMED + MINUTE)
    assert (quick.id, quick.uncertain) == (slow.id, True)
    late = replace(settled(slow, DeliveryState.SENT, ARMED), message_ids=("late",))
    assert not await store.outbox.settle(late)
    assert await store.outbox.settle(settled(quick, DeliveryState.SENT, ARMED))
    await goes_on(store, 900, ARMED + HOUR)
    (reply,) = await claim(store, ARMED + HOUR)
    assert reply.answers == ("1-1", "1-2")


async def test_an_edit_that_was_parked_on_its_way_is_nobodys(store: Store) -> None:
    chat = await subscribed(store)
    await told(store)
    await goes_on(store, 700)
    await replied(store)
    (edit,) = await claim(store, ARMED)
    await store.outbox.park(chat.id, "kicked", ARMED)
    assert not await store.outbox.settle(settled(edit, DeliveryState.EXPIRED, ARMED))
    assert await store.outbox.settle(settled(edit, DeliveryState.SENT, ARMED))
    assert await store.chats.revive(chat.id) == 0


async def test_an_edit_that_waits_on_purpose_is_no_stuck_outbox(store: Store) -> None:
    await subscribed(store)
    await told(store)
    await goes_on(store, 700)
    await replied(store)
    assert await store.outbox.oldest_queued() is None
    assert await store.outbox.next_due(["telegram"]) == LATER + MINUTE
    assert (await store.outbox.depth())[DeliveryState.QUEUED] == 1


async def test_an_alert_of_another_address_is_never_edited(store: Store) -> None:
    """Message ids count within a chat: under the old one's id the new chat may show something else."""
    chat = await subscribed(store, channel("-5"))
    await told(store)
    await store.outbox.move(chat.id, channel("-1005"))
    await goes_on(store, 700)
    (reply,) = await claim(store, LATER)
    assert (reply.kind, reply.answers) == (KINDS.CHANGE, ())


async def test_of_two_alerts_in_chats_that_become_one_the_one_at_the_new_address_is_edited(store: Store) -> None:
    old = await subscribed(store, channel("old"))
    new = await subscribed(store, channel("new"))
    await told(store)
    await goes_on(store, 700)
    await store.outbox.move(old.id, new.channel)
    ledger = [(d.kind, state) for d, state in await store.outbox.of_chat(old.id)]
    waits = DeliveryState.QUEUED
    assert ledger == [(KINDS.ALERT, DeliveryState.SENT), (KINDS.EDIT, waits), (KINDS.CHANGE, waits)]
    (reply,) = await claim(store, LATER)
    assert (reply.kind, reply.answers) == (KINDS.CHANGE, ("new-1", "new-2"))
