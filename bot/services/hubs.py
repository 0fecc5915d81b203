"""When the hub of a feed is asked to bring its news (WebSub), asked again, or told goodbye; polling never stops."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.domain.errors import Forbidden, Gone, Malformed, SourceError
from bot.domain.feed import Feed, Fetched
from bot.domain.hub import (
    AFTER_REFUSAL,
    GOODBYES,
    LEAST_BETWEEN_ASKS,
    SETTLED_AFTER,
    HubState,
    HubSubscription,
    ask_again,
    lease_of,
    renewal,
    topic_of,
)
from bot.log import logger
from bot.ports import AsksHubs, Clock, Hubs

PATH = "/hubs/"
AT_ONCE = 20
CLAIMED_FOR = timedelta(minutes=10)
MOST_TRIES = 3  # to write what a hub says, while others write too
LOG = logger("hubs")


def new_key() -> str:
    return secrets.token_urlsafe(32)


class Subscriber:
    """bot.ports.HubNews. Keeps one subscription a feed that names a hub. `public_url`: where hubs find this program."""

    def __init__(
        self,
        *,
        hubs: Hubs,
        asks: AsksHubs,
        public_url: str,
        clock: Clock,
        random: Callable[[], float],
        key: Callable[[], str] = new_key,
    ) -> None:
        self._hubs = hubs
        self._asks = asks
        self._callbacks = public_url.rstrip("/") + PATH
        self._clock = clock
        self._random = random
        self._key = key
        self._known: dict[str, HubSubscription] | None = None  # by feed; as of the last tick

    def brings(self, feed_id: str) -> bool:
        one = (self._known or {}).get(feed_id)
        return one is not None and one.brings(self._clock())

    async def saw(self, feed: Feed, fetched: Fetched, *, missed: bool) -> None:
        known = self._known if self._known is not None else await self._refresh()
        now, one = self._clock(), known.get(feed.id)
        topic = topic_of(feed.spec, fetched.self_link)
        if one is None:
            if fetched.hub is not None and topic is not None:
                await self._want(feed, fetched.hub, topic)
            return
        ours = one.callback.startswith(self._callbacks)
        if fetched.hub is None or topic is None:
            await self._change(one, state=HubState.LEAVING, next_try=now, tries=0)
        elif not ours or ((fetched.hub, topic) != (one.hub, one.topic) and now - one.since > SETTLED_AFTER):
            await self._want(feed, fetched.hub, topic)
        elif missed and one.pushed_at is not None:
            LOG.info("feed %s: its hub did not bring what was found; it is read at its usual pace", feed.id)
            await self._change(one, pushed_at=None)

    async def tick(self) -> None:
        """Asks the hubs that are to be asked by now; of several processes one asks."""
        now = self._clock()
        await self._hubs.leave(now)
        due = await self._hubs.claim(now, now + CLAIMED_FOR, AT_ONCE)
        await asyncio.gather(*(self._ask(one) for one in due))
        await self._refresh()

    async def confirm(self, key: str, mode: str, topic: str, lease: str | None) -> bool:
        """A hub wants to know whether this was really asked; only then it is so."""
        for _ in range(MOST_TRIES):
            now, one = self._clock(), await self._hubs.find(key)
            leaving = one is not None and one.state is HubState.LEAVING
            wanted = "unsubscribe" if leaving else "subscribe"
            if one is None or not one.is_awaited(now) or (mode, topic) != (wanted, one.topic):
                return False
            if leaving:
                await self._hubs.drop(key)
                return True
            span = lease_of(lease)
            agreed = {"state": HubState.ON, "until": now + span, "next_try": renewal(now, span, self._random())}
            if await self._change(one, **agreed, tries=0, problem=None, problem_detail=None):
                LOG.info("feed %s: %s brings its news from now on", one.feed_id, _host(one))
                return True
        return False

    async def refused(self, key: str, topic: str, reason: str) -> bool:
        """A hub says that it will not bring the feed, or not any more."""
        for _ in range(MOST_TRIES):
            one = await self._hubs.find(key)
            if one is None or one.topic != topic:
                return False
            if one.state is HubState.LEAVING:
                await self._hubs.drop(key)
                return True
            now = self._clock()
            if await self._change(one, **_refusal("hub_denied", reason, now)):
                await self._hubs.wake(one.feed_id, now + LEAST_BETWEEN_ASKS)  # it may not be due for hours
                LOG.warning("feed %s: %s does not bring it: %s", one.feed_id, _host(one), reason or "no reason given")
                return True
        return False

    async def _want(self, feed: Feed, hub: str, topic: str) -> None:
        now, key = self._clock(), self._key()
        wanted = HubSubscription(
            key=key,
            feed_id=feed.id,
            hub=hub,
            topic=topic,
            callback=self._callbacks + key,
            secret=self._key(),
            since=now,
            next_try=now,
        )
        await self._hubs.want(wanted)
        if self._known is not None:
            self._known[feed.id] = wanted  # until the next tick tells who was first

    async def _ask(self, one: HubSubscription) -> None:
        now = self._clock()
        leaving = one.state is HubState.LEAVING
        if leaving and (one.until is None or one.until <= now or one.tries > GOODBYES):
            await self._hubs.drop(one.key)
            return
        again = ask_again(now, one.tries)
        try:
            await self._asks.ask("unsubscribe" if leaving else "subscribe", one)
        except SourceError as error:
            LOG.warning("feed %s: its hub: %s", one.feed_id, error.detail)
            if isinstance(error, Forbidden | Gone | Malformed) and not leaving:
                await self._change(one, **_refusal(error.cause, error.detail, now))
            else:
                await self._change(one, next_try=again, problem=error.cause, problem_detail=error.detail)
        else:  # when it has called back meanwhile, this comes too late and is not written
            silent = "hub_silent" if one.tries > 1 and not leaving else None
            await self._change(one, next_try=again, problem=silent, problem_detail=None)

    async def _change(self, one: HubSubscription, **values: object) -> bool:
        changed = replace(one, **values)  # type: ignore[arg-type]
        if not await self._hubs.write(changed):
            return False
        if self._known is not None:
            self._known[one.feed_id] = replace(changed, version=one.version + 1)
            if changed.state is HubState.LEAVING:
                del self._known[one.feed_id]
        return True

    async def _refresh(self) -> dict[str, HubSubscription]:
        self._known = {one.feed_id: one for one in await self._hubs.all() if one.state is not HubState.LEAVING}
        return self._known


def _refusal(problem: str, detail: str, now: datetime) -> dict[str, object]:
    later = {"next_try": now + AFTER_REFUSAL, "until": None, "pushed_at": None}
    return later | {"state": HubState.REFUSED, "problem": problem, "problem_detail": detail}


def _host(one: HubSubscription) -> str:
    return urlsplit(one.hub).hostname or "its hub"
