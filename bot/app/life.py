"""The order in which things start and stop: ticks, platforms that stay connected, and a clean end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from bot.app import App
from bot.app.watching import listen, poll_and_count, watch_loop
from bot.domain.errors import PlatformRefused, StoreError
from bot.log import logger
from bot.ports import Beat, Platform
from bot.scheduler import Scheduler
from bot.services.office import RENEWED_EVERY

POLL_TICK = timedelta(seconds=3)
DELIVER_TICK = timedelta(seconds=1)
DIGEST_TICK = timedelta(seconds=20)
HOLDS_TICK = timedelta(seconds=60)
TAKE_BACK_TICK = timedelta(seconds=10)
BEAT_TICK = timedelta(seconds=20)
READY_TICK = timedelta(seconds=2)
HUBS_TICK = timedelta(seconds=30)
PRUNE_TICK = timedelta(hours=6)
GRACE = timedelta(seconds=2.5)
FIRST_RECONNECT = timedelta(seconds=15)
LONGEST_RECONNECT = timedelta(minutes=5)
LOG = logger("app")


async def live(
    app: App, stopping: asyncio.Event, *, extra: Sequence[Platform] = (), platforms: Sequence[str] | None = None
) -> None:
    """Scheduler, poller, deliverer and every platform with a token (or `platforms`), until `stopping` is set; then
    stops cleanly: no new work, running work finishes, platforms disconnect. `extra` are connected already."""
    names = app.settings.platforms if platforms is None else platforms
    app.platforms.update({platform.name: platform for platform in extra})
    scheduler = _ticks(app)
    listener = await listen(app)
    connecting = [asyncio.create_task(_stay_connected(app, name)) for name in names]
    connecting.append(asyncio.create_task(watch_loop(app)))
    scheduler.start()
    try:
        await app.warm_up()
        await stopping.wait()
    finally:
        for task in connecting:
            task.cancel()
        await asyncio.gather(*connecting, return_exceptions=True)
        await scheduler.stop(GRACE)
        with suppress(StoreError):  # then its term has to run out
            await app.receiving.leave()
        await asyncio.gather(*(platform.stop() for platform in app.platforms.values()), return_exceptions=True)
        if listener is not None:
            await listener.stop()
        for part in ("scheduler", *names):
            await app.report(Beat(part=part, at=app.world.clock(), state="off"))


def _ticks(app: App) -> Scheduler:
    async def beat() -> None:
        await app.store.beats.beat(Beat(part="scheduler", at=app.world.clock(), state="ok"))

    async def prune() -> None:
        keep = app.settings.keep
        await app.store.housekeeping.prune(app.world.clock(), stories=keep.stories, keys=keep.keys)

    async def deliver() -> None:
        await app.deliverer.drain(counting=False)

    scheduler = Scheduler(app.readiness.failed, idle=lambda: app.readiness.outdated)
    scheduler.every("poll", min(POLL_TICK, app.poll_every or POLL_TICK), poll_and_count(app), at_once=4)
    scheduler.every("digests", DIGEST_TICK, app.digests.plan_due)
    scheduler.every("holds", HOLDS_TICK, app.holds.release_due)
    # A round lasts as long as its slowest platform; the others get rounds of their own meanwhile.
    scheduler.every("deliver", DELIVER_TICK, deliver, at_once=4)
    if "telegram" in app.settings.platforms:
        scheduler.every("office", RENEWED_EVERY, app.receiving.renew)
    scheduler.every("take back", TAKE_BACK_TICK, app.take_back)

    def hurry() -> None:
        app.deliverer.hurry()
        scheduler.hurry("deliver")

    app.hurried = hurry
    scheduler.every("beat", BEAT_TICK, beat)
    scheduler.every("ready", READY_TICK, app.readiness.keep, always=True)
    scheduler.every("prune", PRUNE_TICK, prune)
    if app.subscriber is not None:
        scheduler.every("hubs", HUBS_TICK, app.subscriber.tick)
    return scheduler


async def _stay_connected(app: App, name: str) -> None:
    """Connects a platform and, while it refuses, tries again: a token that is mended on their side works without a
    restart, and a platform that is down stops nothing else."""
    wait = FIRST_RECONNECT
    while (reason := await _connect(app, name)) is not None:
        await app.report(Beat(part=name, at=app.world.clock(), state="failing", cause=reason))
        await app.world.sleep(wait.total_seconds())
        wait = min(wait * 2, LONGEST_RECONNECT)


async def _connect(app: App, name: str) -> str | None:
    """One try; None when it worked, else the reason as a code."""
    platform = app.connect(name)
    try:
        identity = await platform.check()
        await platform.start(app.conversation, app.report)
    except PlatformRefused as refusal:
        LOG.error("%s: %s", name, refusal.detail)
        reason = refusal.reason
    except Exception:
        LOG.exception("%s: could not connect", name)
        reason = "internal"
    else:
        app.platforms[name] = platform
        LOG.info("%s: connected as %s", name, " in ".join(filter(None, (identity.name, identity.place))))
        return None
    await platform.stop()
    return reason
