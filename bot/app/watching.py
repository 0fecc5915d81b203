"""What can be seen of the running bot from outside: the HTTP listener, its figures, and who counts them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bot.app import App
from bot.app.hubs import callback
from bot.log import logger
from bot.ports import Beat
from bot.services.poll_report import FeedRead, PollReport

if TYPE_CHECKING:
    from bot.web import Listener

LOG = logger("app")


async def listen(app: App) -> Listener | None:
    """The HTTP listener, where something needs it. A place that is taken is told and stops nothing else."""
    if app.metrics is None:
        await app.report(Beat(part="http", at=app.world.clock(), state="off"))
        return None
    from bot.web import Listener

    listener = Listener(app.settings.http_listen, app.readiness.cause)
    figures = {("GET", "/metrics"): app.metrics.answer}
    listener.serve(lambda: [figures, *(platform.routes() for platform in app.platforms.values())])
    if app.subscriber is not None:
        called = callback(app.store.hubs, app.subscriber, app.poller, app.parsers, app.world, lease=app.look_lease)
        listener.serve(lambda: [called.routes()])
    try:
        await listener.start()
    except OSError as error:
        LOG.error("nothing listens on %s: %s", app.settings.http_listen, error.strerror or error)
        await app.report(Beat(part="http", at=app.world.clock(), state="failing", cause="http_taken"))
        return None
    await app.report(Beat(part="http", at=app.world.clock(), state="ok"))
    return listener


def poll_and_count(app: App) -> Callable[[], Awaitable[PollReport]]:
    """One round of reading feeds, each look of which is counted."""

    def count(read: FeedRead) -> None:
        good = "not_modified" if read.not_modified else "read"
        app.meter.looked(
            outcome="failed" if read.problem else good,
            entries=read.entries,
        )

    read = app.rounds.next if app.poll_every is None else app.poller.poll_due
    return lambda: read(progress=count)


async def watch_loop(app: App) -> None:
    """Notes how late the event loop is, where somebody may ask."""
    if app.metrics is not None:
        await app.metrics.watch_loop(asyncio.get_running_loop().time, asyncio.sleep)
