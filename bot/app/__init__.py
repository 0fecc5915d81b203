"""Puts the parts together: the only room that names adapters. How they live together is in life.py."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from bot.app.newsroom import Newsroom
from bot.app.platforms import connect
from bot.app.world import World, utc_now
from bot.commands.command import Kit
from bot.commands.conversation import Conversation
from bot.domain.story import Language, Topic
from bot.domain.verdict import Level
from bot.log import logger
from bot.ports import Beat, Platform
from bot.services.compose import Composer
from bot.services.deliver import Deliverer
from bot.services.digests import Digests
from bot.services.health import Health
from bot.services.holds import Holds
from bot.services.office import Office
from bot.services.readiness import Readiness
from bot.store.store import Store

if TYPE_CHECKING:
    from bot.domain.chart import Chart
    from bot.pictures.drawer import Drawer
    from bot.settings import Settings

LOG = logger("app")

__all__ = ["App", "World", "build", "utc_now"]


class App(Newsroom):
    """One Kabar: the newsroom, and all that chats have to do with. `live` adds the platforms that have a token."""

    @cached_property
    def deliverer(self) -> Deliverer:
        return Deliverer(
            outbox=self.store.outbox,
            composer=self.composer,
            platforms=self.platforms,
            clock=self.world.clock,
            sleep=self.world.sleep,
            operator=self.operator,
            meter=self.meter,
            holder=self.holder.name,
        )

    @cached_property
    def receiving(self) -> Office:
        """Asking Telegram for updates: a second process that asked too would be refused, and so would we."""
        return Office("telegram updates", offices=self.store.offices, clock=self.world.clock, holder=self.holder)

    @cached_property
    def composer(self) -> Composer:
        return Composer(
            stories=self.store.stories,
            chats=self.store.chats,
            clock=self.world.clock,
            language=self.settings.chat.language,
            zone=self.settings.chat.zone,
        )

    @cached_property
    def holds(self) -> Holds:
        return Holds(outbox=self.store.outbox, composer=self.composer, clock=self.world.clock)

    async def draw(self, chart: Chart) -> bytes | None:
        return await self._drawer.draw(chart)

    @cached_property
    def _drawer(self) -> Drawer:
        from bot.pictures.drawer import Drawer

        drawer = Drawer()
        self._closing.append(drawer.close)
        return drawer

    @cached_property
    def digests(self) -> Digests:
        return Digests(
            chats=self.store.chats,
            stories=self.store.stories,
            outbox=self.store.outbox,
            clock=self.world.clock,
            zone=self.settings.chat.zone,
        )

    @cached_property
    def health(self) -> Health:
        return Health(
            feeds=self.store.feeds,
            outbox=self.store.outbox,
            beats=self.store.beats,
            housekeeping=self.store.housekeeping,
            clock=self.world.clock,
            platforms=self.settings.platforms,
            hubs=self.store.hubs if self.settings.public_url else None,
        )

    @cached_property
    def readiness(self) -> Readiness:
        return Readiness(self.store.housekeeping, self.world.clock)

    @cached_property
    def conversation(self) -> Conversation:
        kit = Kit(
            stories=self.store.stories,
            chats=self.store.chats,
            feeds=self.store.feeds,
            outbox=self.store.outbox,
            thumbs=self.store.thumbs,
            judge=self.judge,
            rules=lambda: self.rulebook,
            draw=self.draw,
            access=self.settings.access,
            operator=self.operator,
            digests=self.digests,
            health=self.health,
            platforms=self.platforms,
            clock=self.world.clock,
            language=Language(self.settings.chat.language),
            zone=self.settings.chat.zone,
        )
        return Conversation(kit, self.store.outbox)

    def connect(self, name: str) -> Platform:
        """The adapter of a platform, not yet connected."""
        return connect(
            name,
            self.settings,
            clock=self.world.clock,
            installations=self.store.installations,
            duty=self.receiving,
        )

    # --- life ----------------------------------------------------------------------------------------------------

    async def take_back(self) -> None:
        """What a crash on this machine left taken up need not wait until its time is over."""
        now = self.world.clock()
        feeds = await self.store.feeds.take_back(self.holder.is_gone, now)
        deliveries = await self.store.outbox.take_back(self.holder.is_gone, now)
        if feeds or deliveries:
            LOG.info("goes on with %d feeds and %d deliveries of a process that is gone", feeds, deliveries)

    async def has_stories(self) -> bool:
        """Whether there is anything to chat about."""
        return bool(await self.store.stories.latest(list(Topic), level=Level.LOW, limit=1))

    async def report(self, beat: Beat) -> None:
        """Writes a sign of life; the database's own trouble must not end what reported."""
        with suppress(Exception):
            await self.store.beats.beat(beat)

    async def close(self) -> None:
        for close in reversed(self._closing):
            await close()
        await self.store.close()


async def build(
    settings: Settings,
    *,
    upgrade: bool = False,
    world: World | None = None,
    poll_every: timedelta | None = None,
    at_once: int | None = None,
    database_url: str | None = None,
) -> App:
    """Opens the store and makes an App of it. StoreError when the database cannot be used."""
    if database_url:
        settings = replace(settings, database_url=database_url)
    store = await Store.open(settings.database_url, upgrade=upgrade, secret=settings.secret_key)
    return App(settings, store, world=world, poll_every=poll_every, at_once=at_once)
