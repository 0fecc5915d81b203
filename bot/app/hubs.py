"""How being called by the hubs of feeds is put together; only where the bot has a public address."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.services.hubs import Subscriber
from bot.services.pushes import Pushes

if TYPE_CHECKING:
    from bot.app import App
    from bot.sources.hub_callback import HubCallback


def subscriber_of(app: App) -> Subscriber | None:
    """What asks hubs; None without an address at which they could call."""
    from bot.sources.websub import HubClient

    if not app.settings.public_url:
        return None
    return Subscriber(
        hubs=app.store.hubs,
        asks=HubClient(app.fetcher),
        public_url=app.settings.public_url,
        clock=app.world.clock,
        random=app.world.random,
    )


def callback_of(app: App, subscriber: Subscriber, lease: timedelta) -> HubCallback:
    """What answers hubs that call. `lease`: how long taking a document in may last."""
    from bot.sources.hub_callback import HubCallback
    from bot.sources.websub import PushReader

    pushes = Pushes(
        hubs=app.store.hubs,
        reads=PushReader(app.parsers, app.world.clock),
        poller=app.poller,
        clock=app.world.clock,
        sleep=app.world.sleep,
        lease=lease,
    )
    return HubCallback(app.store.hubs, subscriber, pushes)
