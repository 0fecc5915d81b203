"""For the tests of what is held back: holding it, letting it go, and what the ledger says."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery
from bot.domain.subscription import Chat
from bot.store.store import Store

from .store_values import HOUR, NOW, claim, new_story, settled, stored

KINDS, STATES = DeliveryKind, DeliveryState
MORNING = NOW + 9 * HOUR


async def hold(store: Store, at: datetime = NOW) -> None:
    """Everything that is due is held back, as services/deliver does in quiet hours."""
    while deliveries := await claim(store, at):
        for delivery in deliveries:
            assert await store.outbox.settle(replace(settled(delivery, STATES.HELD, at), reason="quiet_hours"))


async def held_alerts(store: Store, number: int) -> list[int]:
    ids = []
    for _ in range(number):
        ids += await stored(store, new_story())
    await hold(store)
    return ids


async def ledger(store: Store, chat: Chat) -> list[tuple[DeliveryKind, DeliveryState]]:
    return [(delivery.kind, state) for delivery, state in await store.outbox.of_chat(chat.id)]


async def due(store: Store, at: datetime = MORNING) -> list[PendingDelivery]:
    """What goes out, one after the other."""
    found = []
    while deliveries := await claim(store, at):
        found += deliveries
        for delivery in deliveries:
            await store.outbox.settle(settled(delivery, STATES.SENT, at))
    return found
