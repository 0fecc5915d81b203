"""What being called by the hubs of feeds needs: a table of subscriptions, a way to ask hubs, a reader of what they
bring."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.domain.feed import Feed, Fetched
from bot.domain.hub import HubSubscription
from bot.domain.story import Item


class Hubs(Protocol):
    async def all(self) -> list[HubSubscription]: ...

    async def find(self, key: str) -> HubSubscription | None: ...

    async def want(self, wanted: HubSubscription) -> None:
        """Makes it the one subscription of its feed: others of the feed are left. Nothing happens when one like it is
        there already, or the feed is read no more."""

    async def leave(self, now: datetime) -> None:
        """Subscriptions of feeds that are read no more, by removal or because they are gone, are left."""

    async def claim(self, now: datetime, again: datetime, limit: int) -> list[HubSubscription]:
        """Those whose hub is to be asked now, each to one process only: whoever claims it asks, and if it dies first
        somebody else does at `again`."""

    async def write(self, now: HubSubscription) -> bool:
        """Replaces the one of its key, if that is still of `now.version`; False when somebody was faster."""

    async def drop(self, key: str) -> None: ...

    async def lease(self, feed_id: str, lease: str, now: datetime, until: datetime) -> Feed | None:
        """Leases a feed to take in what its hub brings; None while it is being read, or when it is read no more."""

    async def release(self, feed: Feed) -> None:
        """Ends a lease that nothing was written under."""

    async def wake(self, feed_id: str, at: datetime) -> None:
        """The feed's next look is no later than `at`."""


class AsksHubs(Protocol):
    async def ask(self, mode: str, subscription: HubSubscription) -> None:
        """`subscribe` or `unsubscribe`; the hub answers later by a call of its own. SourceError when it did not take
        the question."""


class ReadsPushes(Protocol):
    async def read(self, feed: Feed, body: bytes, content_type: str | None) -> tuple[Item, ...]:
        """The entries of a document that a hub brought. SourceError when it is none."""


class HubNews(Protocol):
    """What polling has to know of hubs, and they of it."""

    def brings(self, feed_id: str) -> bool:
        """Whether the feed's news come by themselves, so that it need not be looked at often."""

    async def saw(self, feed: Feed, fetched: Fetched, *, missed: bool) -> None:
        """After a look at a feed that went well. `missed`: it held news that the hub had not brought."""
