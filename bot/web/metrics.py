"""What /metrics says: which figures there are, what each means, and where it comes from."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.errors import StoreError
from bot.domain.feed import FeedState
from bot.ports import Ask, Bookkeeping, Clock, Figures, Meter, Queue, Reply

FRESH = timedelta(seconds=5)  # two watchers, or an impatient one, cost the database nothing more
READ_WITHIN = 3.0  # seconds; a database that does not answer must not keep the other figures back
LOOK_EVERY = 0.25  # seconds between two looks at how late the event loop is
LAGS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
SHOWN = (
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.HELD,
    DeliveryState.PARKED,
    DeliveryState.DEAD,
)

# A second line for each counter, which says nothing that the process's start does not.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics(Meter):
    """Counters belong to this process. Gauges of feeds and queues are read from the database when somebody asks, so
    every replica says the same; when it cannot be read they are left out rather than told from memory."""

    def __init__(
        self,
        bookkeeping: Bookkeeping,
        clock: Clock,
        *,
        version: str,
        schema: str,
        database: str,
        platforms: Sequence[str] = (),
    ) -> None:
        """`database`: its kind; `platforms`: those that are connected, so that an empty queue is a 0 and not a gap."""
        self._bookkeeping = bookkeeping
        self._clock = clock
        self._platforms = platforms
        self._read_at: datetime | None = None
        self._reading: asyncio.Task[Figures] | None = None
        self.registry = CollectorRegistry()
        self._make_counters()
        self._make_gauges()
        ProcessCollector(registry=self.registry)
        self._build.labels(version, schema, database).set(1)

    def _make_counters(self) -> None:
        new = partial(Counter, registry=self.registry)
        self._looks = new("kabar_looks_total", "Looks at feeds, by how they ended.", ["outcome"])
        for outcome in ("read", "not_modified", "failed"):
            self._looks.labels(outcome)
        self._entries = new("kabar_entries_total", "Entries seen in feeds.")
        self._stories = new("kabar_new_stories_total", "Stories stored for the first time.")
        self._alerts = new("kabar_alerts_total", "Alerts planned, one a chat and event.")
        means = "Attempts to deliver, by where the delivery stood afterwards."
        self._settled = new("kabar_deliveries_total", means, ["platform", "kind", "state"])
        self._pauses = new("kabar_pauses_total", "How often a platform asked for a pause (429).", ["platform"])
        means = "Seconds of pause that platforms asked for (429)."
        self._pause_seconds = new("kabar_pause_seconds_total", means, ["platform"])
        for platform in self._platforms:
            self._settled.labels(platform, DeliveryKind.ALERT.value, DeliveryState.SENT.value)
            self._pauses.labels(platform)
            self._pause_seconds.labels(platform)
        means = "How late the event loop came to what was due."
        self._lag = Histogram("kabar_loop_lag_seconds", means, buckets=LAGS, registry=self.registry)

    def _make_gauges(self) -> None:
        new = partial(Gauge, registry=self.registry)
        self._build = new("kabar_build_info", "Always 1; the labels say what runs.", ["version", "schema", "database"])
        self._up = new("kabar_database_up", "1 when the database answered this question, else 0.")
        self._poll_lag = new("kabar_poll_lag_seconds", "How long the most overdue feed has been waiting for its look.")
        self._feeds = new("kabar_feeds", "Feeds, by state.", ["state"])
        self._depth = new("kabar_outbox", "Deliveries that are not over, and those given up.", ["platform", "state"])
        means = "Age of the oldest delivery that could go out."
        self._oldest = new("kabar_outbox_oldest_seconds", means, ["platform"])
        means = "1 when the part said last that it is well, 0 when it said that it is not."
        self._part_up = new("kabar_part_up", means, ["part"])
        self._part_age = new("kabar_part_age_seconds", "Age of the last sign of life of a part.", ["part"])
        means = "1 for each office (of which one process at a time is in charge) while somebody holds it."
        self._offices = new("kabar_office_held", means, ["office"])

    # --- counted while it happens --------------------------------------------------------------------------------

    def looked(self, *, outcome: str, entries: int) -> None:
        self._looks.labels(outcome).inc()
        self._entries.inc(entries)

    def stored(self, *, new_stories: int, alerts: int) -> None:
        self._stories.inc(new_stories)
        self._alerts.inc(alerts)

    def settled(self, platform: str, kind: DeliveryKind, state: DeliveryState) -> None:
        self._settled.labels(platform, kind.value, state.value).inc()

    def asked_to_wait(self, platform: str, wait: timedelta) -> None:
        self._pauses.labels(platform).inc()
        self._pause_seconds.labels(platform).inc(max(0.0, wait.total_seconds()))

    async def watch_loop(self, time: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        """Until it is cancelled. `time` in seconds, that of the event loop."""
        while True:
            due = time() + LOOK_EVERY
            await sleep(LOOK_EVERY)
            self._lag.observe(max(0.0, time() - due))

    # --- read when somebody asks ---------------------------------------------------------------------------------

    async def answer(self, ask: Ask) -> Reply:
        await self._refresh()
        return Reply(body=generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    async def _refresh(self) -> None:
        now = self._clock()
        if self._read_at is not None and timedelta() <= now - self._read_at < FRESH:
            return
        self._reading = self._reading or asyncio.create_task(self._bookkeeping.figures(now))
        reading = self._reading
        done, _still_waiting = await asyncio.wait({reading}, timeout=READ_WITHIN)
        figures = None
        if done:
            self._reading = None
            with suppress(StoreError):
                figures = reading.result()
        self._show(figures, now)
        self._read_at = now if figures is not None else None

    def _show(self, figures: Figures | None, now: datetime) -> None:
        for gauge in (self._feeds, self._depth, self._oldest, self._part_up, self._part_age, self._offices):
            gauge.clear()
        self._up.set(figures is not None)
        self._poll_lag.set(math.nan)
        if figures is None:
            return
        self._poll_lag.set(_age(figures.next_poll, now))
        for state in FeedState:
            self._feeds.labels(state.value).set(figures.feeds.get(state, 0))
        queues = {queue.platform: queue for queue in figures.queues}
        for platform in sorted({*queues, *self._platforms}):
            queue = queues.get(platform, Queue(platform=platform, depth={}))
            for one in SHOWN:
                self._depth.labels(platform, one.value).set(queue.depth.get(one, 0))
            self._oldest.labels(platform).set(_age(queue.oldest, now))
        for beat in figures.beats:
            self._part_age.labels(beat.part).set(_age(beat.at, now))
            if beat.state != "off":
                self._part_up.labels(beat.part).set(beat.state == "ok")
        for office in figures.offices:
            self._offices.labels(office).set(1)


def _age(since: datetime | None, now: datetime) -> float:
    """Seconds; 0 for what is still to come."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0
