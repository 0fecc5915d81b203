"""How a hub is asked for what it brings, and how that is read: like any document, in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.domain.feed import Feed
from bot.domain.hub import LEASE_WISH, HubSubscription
from bot.domain.story import Item
from bot.ports import Clock
from bot.sources.answers import Response
from bot.sources.feed_source import Reads


class Posts(Protocol):
    async def post(self, url: str, form: Mapping[str, str]) -> Response: ...


class HubClient:
    """bot.ports.AsksHubs. A hub's address comes from a stranger's document, so it is called through the same guard as
    any feed."""

    def __init__(self, fetcher: Posts) -> None:
        self._fetcher = fetcher

    async def ask(self, mode: str, subscription: HubSubscription) -> None:
        form = {"hub.mode": mode, "hub.topic": subscription.topic, "hub.callback": subscription.callback}
        form["hub.verify"] = "async"  # for hubs of the time before WebSub, which want to be told how to call back
        if mode == "subscribe":
            form |= {"hub.secret": subscription.secret, "hub.lease_seconds": f"{LEASE_WISH.total_seconds():.0f}"}
        await self._fetcher.post(subscription.hub, form)


class PushReader:
    """bot.ports.ReadsPushes."""

    def __init__(self, pool: Reads, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def read(self, feed: Feed, body: bytes, content_type: str | None) -> tuple[Item, ...]:
        return (await self._pool.read(body, content_type, feed.spec.url, self._clock())).items
