"""Puts the parts together: the only file that names adapters, and the order in which things start and stop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from bot import __version__
from bot.commands.command import Kit
from bot.commands.conversation import Conversation
from bot.commands.registry import menu
from bot.domain.errors import PlatformRefused
from bot.domain.story import Language, Topic
from bot.domain.verdict import Level
from bot.log import logger
from bot.ports import Beat, Clock, Judge, Platform, Source
from bot.services.deliver import Deliverer
from bot.services.digests import Digests
from bot.services.health import Health
from bot.services.poll import Pace, Poller
from bot.store.store import Store
from bot.texts import Texts

if TYPE_CHECKING:
    from bot.editorial.score import Rulebook
    from bot.settings import Settings
    from bot.sources.http import Fetcher
    from bot.sources.pool import ParserPool

PLATFORMS: Mapping[str, str] = {"telegram": "bot.platforms.telegram:connect", "slack": "bot.platforms.slack:connect"}
POLL_TICK = timedelta(seconds=3)
DELIVER_TICK = timedelta(seconds=1)
DIGEST_TICK = timedelta(seconds=20)
BEAT_TICK = timedelta(seconds=20)
PRUNE_TICK = timedelta(hours=6)
GRACE = timedelta(seconds=6)
PARSE_AND_COMMIT = timedelta(seconds=15)
FIRST_RECONNECT = timedelta(seconds=15)
LONGEST_RECONNECT = timedelta(minutes=5)
LOG = logger("app")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What comes from outside and tests bring along themselves: time, waiting, chance."""

    clock: Clock = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random


class App:
    """One Kabar: settings, store and everything made from them, each part when it is first needed.

    `platforms` are the chat platforms that deliveries may go to; `run` adds those that have a token."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        world: World | None = None,
        poll_every: timedelta | None = None,
        at_once: int | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.world = world or World()
        self.platforms: dict[str, Platform] = {}
        self._poll_every = poll_every
        self._at_once = at_once or settings.polling.at_once
        self._closing: list[Callable[[], Awaitable[None]]] = []

    # --- parts ---------------------------------------------------------------------------------------------------

    @property
    def texts(self) -> Texts:
        """For what the command line says."""
        return Texts(self.settings.chat.language)

    @cached_property
    def rulebook(self) -> Rulebook:
        from bot.editorial.rules.loader import load

        return load(self.settings.rule_files)

    @cached_property
    def judge(self) -> Judge:
        return self.rulebook

    @cached_property
    def fetcher(self) -> Fetcher:
        from bot.sources.http import Fetcher, Limits

        contact = f"+{self.settings.polling.contact}" if self.settings.polling.contact else "self-hosted news bot"
        fetcher = Fetcher(
            user_agent=f"Kabar/{__version__} ({contact})",
            allow_private=self.settings.allow_private,
            clock=self.world.clock,
            limits=Limits(deadline=self.settings.polling.deadline.total_seconds()),
        )
        self._closing.append(fetcher.close)
        return fetcher

    @cached_property
    def parsers(self) -> ParserPool:
        from bot.sources.pool import ParserPool

        pool = ParserPool()
        self._closing.append(pool.close)
        return pool

    def source(self, kind: str) -> Source:
        from bot.sources.registry import connect

        if kind not in self._sources:
            self._sources[kind] = connect(kind, self.fetcher, self.parsers, self.world.clock)
        return self._sources[kind]

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return {}

    @cached_property
    def poller(self) -> Poller:
        every = self._poll_every or self.settings.polling.every
        return Poller(
            feeds=self.store.feeds,
            stories=self.store.stories,
            sources=self.source,
            judge=self.judge,
            clock=self.world.clock,
            random=self.world.random,
            pace=Pace(every=every, fixed=self._poll_every is not None),
            lease=self.settings.polling.deadline + PARSE_AND_COMMIT,
            at_once=self._at_once,
        )

    @cached_property
    def deliverer(self) -> Deliverer:
        return Deliverer(
            outbox=self.store.outbox,
            stories=self.store.stories,
            chats=self.store.chats,
            platforms=self.platforms,
            clock=self.world.clock,
            sleep=self.world.sleep,
            language=self.settings.chat.language,
            zone=self.settings.chat.zone,
        )

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
        )

    @cached_property
    def conversation(self) -> Conversation:
        kit = Kit(
            stories=self.store.stories,
            chats=self.store.chats,
            feeds=self.store.feeds,
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
        module, _, function = PLATFORMS[name].partition(":")
        connect: Callable[..., Platform] = getattr(import_module(module), function)
        settings = self.settings
        if name == "telegram":
            return connect(
                token=settings.telegram_token,
                base_url=settings.telegram_base_url,
                base_file_url=settings.telegram_base_file_url,
                menu=menu(),
                clock=self.world.clock,
            )
        return connect(
            bot_token=settings.slack_bot_token,
            app_token=settings.slack_app_token,
            signing_secret=settings.slack_signing_secret,
            base_url=settings.slack_base_url,
            menu=menu(),
            clock=self.world.clock,
            invite_text={language: Texts(language).say("slack.invite_me") for language in Language},
        )

    # --- life ----------------------------------------------------------------------------------------------------

    async def synchronise(self) -> None:
        """The feeds of config/feeds.toml become the store's."""
        await self.store.feeds.synchronise(self.settings.feeds, self.world.clock())

    async def has_stories(self) -> bool:
        """Whether there is anything to chat about."""
        return bool(await self.store.stories.latest(list(Topic), level=Level.LOW, limit=1))

    async def run(
        self, stopping: asyncio.Event, *, extra: Sequence[Platform] = (), platforms: Sequence[str] | None = None
    ) -> None:
        """Scheduler, poller, deliverer and every platform with a token (or `platforms`), until `stopping` is set; then
        stops cleanly: no new work, running work finishes, platforms disconnect. `extra` are connected already."""
        names = self.settings.platforms if platforms is None else platforms
        from bot.scheduler import Scheduler

        scheduler = Scheduler()
        self.platforms.update({platform.name: platform for platform in extra})
        tick = min(POLL_TICK, self._poll_every or POLL_TICK)
        scheduler.every("poll", tick, self.poller.poll_due, at_once=4)
        scheduler.every("digests", DIGEST_TICK, self.digests.plan_due)
        scheduler.every("deliver", DELIVER_TICK, self.deliverer.drain)
        scheduler.every("beat", BEAT_TICK, self._beat)
        scheduler.every("prune", PRUNE_TICK, self._prune)
        connecting = [asyncio.create_task(self._stay_connected(name)) for name in names]
        scheduler.start()
        try:
            await stopping.wait()
        finally:
            for task in connecting:
                task.cancel()
            await asyncio.gather(*connecting, return_exceptions=True)
            await scheduler.stop(GRACE)
            await asyncio.gather(*(platform.stop() for platform in self.platforms.values()), return_exceptions=True)
            for part in ("scheduler", *names):
                await self.report(Beat(part=part, at=self.world.clock(), state="off"))

    async def report(self, beat: Beat) -> None:
        """Writes a sign of life; the database's own trouble must not end what reported."""
        with suppress(Exception):
            await self.store.beats.beat(beat)

    async def close(self) -> None:
        for close in reversed(self._closing):
            await close()
        await self.store.close()

    async def _beat(self) -> None:
        await self.store.beats.beat(Beat(part="scheduler", at=self.world.clock(), state="ok"))

    async def _prune(self) -> None:
        keep = self.settings.keep
        await self.store.housekeeping.prune(self.world.clock(), stories=keep.stories, keys=keep.keys)

    async def _stay_connected(self, name: str) -> None:
        """Connects a platform and, while it refuses, tries again: a token that is mended on their side works without a
        restart, and a platform that is down stops nothing else."""
        wait = FIRST_RECONNECT
        while True:
            platform = self.connect(name)
            try:
                identity = await platform.check()
                await platform.start(self.conversation, self.report)
            except PlatformRefused as refusal:
                LOG.error("%s: %s", name, refusal.detail)
                await self.report(Beat(part=name, at=self.world.clock(), state="failing", cause=refusal.reason))
                await platform.stop()
                await self.world.sleep(wait.total_seconds())
                wait = min(wait * 2, LONGEST_RECONNECT)
                continue
            self.platforms[name] = platform
            LOG.info("%s: connected as %s", name, " in ".join(filter(None, (identity.name, identity.place))))
            return


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
    store = await Store.open(settings.database_url, upgrade=upgrade)
    return App(settings, store, world=world, poll_every=poll_every, at_once=at_once)
