"""How being called by the hubs of feeds is put together; only where the bot has a public address."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.services.hubs import Subscriber
from bot.services.pushes import Pushes

if TYPE_CHECKING:
    from bot.app.newsroom import Newsroom
    from bot.sources.hub_callback import HubCallback


def subscriber_of(newsroom: Newsroom) -> Subscriber | None:
    """What asks hubs; None without an address at which they could call."""
    from bot.sources.websub import HubClient

    if not newsroom.settings.public_url:
        return None
    return Subscriber(
        hubs=newsroom.store.hubs,
        asks=HubClient(newsroom.fetcher),
        public_url=newsroom.settings.public_url,
        clock=newsroom.world.clock,
        random=newsroom.world.random,
    )


def callback_of(newsroom: Newsroom, subscriber: Subscriber, lease: timedelta) -> HubCallback:
    """What answers hubs that call. `lease`: how long taking a document in may last."""
    from bot.sources.hub_callback import HubCallback
    from bot.sources.websub import PushReader

    pushes = Pushes(
        hubs=newsroom.store.hubs,
        reads=PushReader(newsroom.parsers, newsroom.world.clock),
        poller=newsroom.poller,
        clock=newsroom.world.clock,
        sleep=newsroom.world.sleep,
        lease=lease,
    )
    return HubCallback(newsroom.store.hubs, subscriber, pushes)
