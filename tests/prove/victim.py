"""The real Kabar as a process that is meant to be killed: real settings, store and adapters, with a clock of the town
and a bomb at every port. What it says goes into a log, what it reached into a file of marks."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from bot import log
from bot.app import App, World
from bot.app.life import live
from bot.editorial.score import Rulebook
from bot.services.office import TERM, Office
from bot.settings import load
from bot.store.store import Store
from tests.prove.clocks import TownClock
from tests.prove.failpoints import Bomb, Fuse
from tests.scenarios.town import rulebook


class Victim(App):
    """An App whose ports are watched. The rules are those that are shipped, loaded before the process began."""

    bomb: Bomb
    speed: float = 1.0  # of the town's clock: an office is renewed by the machine's

    @cached_property
    def rulebook(self) -> Rulebook:
        return rulebook()

    @cached_property
    def fetcher(self) -> Any:
        return self.bomb.watch(super().fetcher, "fetcher")

    @cached_property
    def receiving(self) -> Office:
        term = TERM * self.speed
        return Office(
            "telegram updates", offices=self.store.offices, clock=self.world.clock, holder=self.holder, term=term
        )

    def source(self, kind: str) -> Any:
        return self.bomb.watch(super().source(kind), "source")

    def connect(self, name: str) -> Any:
        return self.bomb.watch(super().connect(name), "platform")


async def run(life: Mapping[str, Any]) -> None:
    """`kabar run`, as bot/cli/work.py does it. `life`: see tests/prove/lives.py."""
    folder = Path(life["folder"])
    settings = load(life["settings"], directory=folder)
    log.hide(settings.secrets)
    log.configure(settings.log_level or "info", "text")
    bomb = Bomb(Fuse(**life["fuse"]), Path(life["marks"]))
    clock = TownClock.from_json(life["clock"])
    store = await Store.open(settings.database_url, upgrade=False)
    for port in ("feeds", "stories", "chats", "outbox"):
        setattr(store, port, bomb.watch(getattr(store, port), port))
    world = World(clock=clock, sleep=clock.sleep)
    app = Victim(settings, store, world=world, poll_every=timedelta(seconds=life["poll_every"]))
    app.bomb, app.speed = bomb, clock.speed
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    try:
        await app.synchronise()
        bomb.mark("runs")
        await live(app, stopping)
    finally:
        await app.close()
    bomb.mark("ended")


def main(life: Mapping[str, Any]) -> int:
    try:
        asyncio.run(run(life))
    except Exception:  # noqa: BLE001 - the log is all that is left of a process
        log.logger("victim").exception("ended by a fault")
        return 1
    finally:
        sys.stderr.flush()
    return 0
