"""What was sent while the database was in trouble is written down before anything else, and not sent again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.domain.delivery import DeliveryKind, DeliveryState, Settled
from bot.domain.errors import RateLimited, StoreError
from bot.services.compose import Composer
from bot.services.deliver import Deliverer, Patience
from bot.store.store import Store
from tests.builders import ScriptedPlatform, Timepiece, a_store, put, some_items, subscribe


class Trouble:
    """An outbox that takes no outcome while there is trouble."""

    def __init__(self, outbox: Any) -> None:
        self._outbox = outbox
        self.lasts = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outbox, name)

    async def settle(self, settled: Settled) -> bool:
        if self.lasts:
            raise StoreError("the disk is full")
        return bool(await self._outbox.settle(settled))


class Counted:
    """A Meter that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def looked(self, *, outcome: str, entries: int) -> None:
        self.told.append((outcome,))

    def stored(self, *, new_stories: int, alerts: int) -> None:
        self.told.append((new_stories, alerts))

    def settled(self, platform: str, kind: DeliveryKind, state: DeliveryState) -> None:
        self.told.append((platform, kind, state))

    def asked_to_wait(self, platform: str, wait: timedelta) -> None:
        self.told.append((platform, wait))


def deliverer(store: Store, outbox: Trouble, clock: Timepiece, platform: ScriptedPlatform, meter: Counted) -> Deliverer:
    return Deliverer(
        outbox=outbox,
        composer=Composer(stories=store.stories, chats=store.chats, clock=clock, language="en", zone="Asia/Jakarta"),
        platforms={platform.name: platform},
        clock=clock,
        sleep=clock.sleep,
        meter=meter,
    )


async def test_an_outcome_waits_for_the_database(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        clock, platform = Timepiece(), ScriptedPlatform()
        outbox = Trouble(store.outbox)
        work = deliverer(store, outbox, clock, platform, Counted())
        chats = [await subscribe(store, str(address)) for address in range(1, 4)]
        await put(store, *some_items(1))
        outbox.lasts = True
        for _ in range(3):
            with pytest.raises(StoreError):
                await work.drain()
        assert len(platform.said) == 3, "and no more goes out before it is known what became of these"
        clock.tick(Patience().lease * 2)
        outbox.lasts = False
        assert (await work.drain()).sent == 0
        assert len(platform.said) == 3
        for chat in chats:
            assert [state for _, state in await store.outbox.of_chat(chat.id)] == [DeliveryState.SENT]


async def test_what_happens_is_counted(tmp_path: Path) -> None:
    async with a_store(tmp_path) as store:
        clock, platform, meter = Timepiece(), ScriptedPlatform(), Counted()
        work = deliverer(store, Trouble(store.outbox), clock, platform, meter)
        await subscribe(store)
        await put(store, *some_items(1))
        platform.script["1"] = [RateLimited(retry_after=timedelta(seconds=2))]
        await work.drain()
        name = platform.name
        assert meter.told == [
            (name, timedelta(seconds=2)),
            (name, DeliveryKind.ALERT, DeliveryState.QUEUED),
            (name, DeliveryKind.ALERT, DeliveryState.SENT),
        ]
