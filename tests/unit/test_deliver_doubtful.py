"""A delivery of which nobody knows whether it arrived, in a chat that is quiet by the time it is taken up again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from bot.domain.delivery import DeliveryState
from bot.domain.errors import OutcomeUnknown
from bot.domain.subscription import Quiet
from bot.store.store import Store
from tests.builders import MINUTE, ScriptedPlatform, Timepiece, a_store, put, some_items, subscribe
from tests.unit.test_deliver import deliverer, ledger


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with a_store(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("arrived", "state"), [(True, DeliveryState.SENT), (False, DeliveryState.HELD)])
async def test_it_is_asked_about_before_it_is_held_back(store: Store, arrived: bool, state: DeliveryState) -> None:
    """Held, it would be told once more in the list that comes when the quiet ends."""
    clock, platform = Timepiece(), ScriptedPlatform(script={"1": [OutcomeUnknown("no answer")]})
    platform.arrived |= {"1"} if arrived else set()
    chat = await subscribe(store)
    await put(store, *some_items(1))
    work = deliverer(store, clock, platform)
    await work.drain()
    assert await ledger(store, chat) == [DeliveryState.UNKNOWN]
    all_day = replace(chat.preferences, quiet=Quiet(start=time(0), end=time(0)))
    await store.chats.save(replace(chat, preferences=all_day))
    clock.tick(MINUTE)
    await work.drain()
    assert await ledger(store, chat) == [state]
    assert len(platform.said) == arrived
