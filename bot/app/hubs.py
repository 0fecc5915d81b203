"""How being called by the hubs of feeds is put together; only where the bot has a public address."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.app.world import World
from bot.ports import Hubs
from bot.services.hubs import Subscriber
from bot.services.poll import Poller
from bot.services.pushes import Pushes

if TYPE_CHECKING:
    from bot.sources.http import Fetcher
    from bot.sources.hub_callback import HubCallback
    from bot.sources.pool import ParserPool


def subscriber(public_url: str | None, hubs: Hubs, fetcher: Fetcher, world: World) -> Subscriber | None:
    """What asks hubs; None without an address at which they could call."""
    from bot.sources.websub import HubClient

    if not public_url:
        return None
    return Subscriber(hubs=hubs, asks=HubClient(fetcher), public_url=public_url, clock=world.clock, random=world.random)


def callback(
    hubs: Hubs, asks: Subscriber, poller: Poller, parsers: ParserPool, world: World, *, lease: timedelta
) -> HubCallback:
    """What answers hubs that call. `lease`: how long taking a document in may last."""
    from bot.sources.hub_callback import HubCallback
    from bot.sources.websub import PushReader

    reads = PushReader(parsers, world.clock)
    pushes = Pushes(hubs=hubs, reads=reads, poller=poller, clock=world.clock, sleep=world.sleep, lease=lease)
    return HubCallback(hubs, asks, pushes)
