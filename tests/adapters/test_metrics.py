"""What a Prometheus gets from /metrics."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.errors import StoreError
from bot.domain.feed import FeedState
from bot.ports import Ask, Beat, Figures, Queue
from bot.web import Listener
from bot.web.metrics import Metrics

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


class Books:
    """Figures that are set by hand."""

    def __init__(self) -> None:
        self.now = Figures()
        self.trouble: Exception | None = None
        self.hangs: asyncio.Event | None = None
        self.asked = 0

    async def figures(self, now: datetime) -> Figures:
        self.asked += 1
        if self.hangs is not None:
            await self.hangs.wait()
        if self.trouble is not None:
            raise self.trouble
        return self.now


class Watched:
    def __init__(self) -> None:
        self.books = Books()
        self.now = NOW
        self.metrics = Metrics(
            self.books, lambda: self.now, version="1", schema="2", database="sqlite", platforms=["telegram"]
        )

    async def text(self) -> str:
        return (await self.metrics.answer(Ask(method="GET", path="/metrics"))).body.decode()

    async def read(self) -> dict[str, float]:
        """Each sample by its name and labels, as a Prometheus reads it."""
        self.now += timedelta(seconds=10)
        families = text_string_to_metric_families(await self.text())
        samples = [sample for family in families for sample in family.samples]
        return {
            " ".join([one.name, *(f"{k}={v}" for k, v in sorted(one.labels.items()))]): one.value for one in samples
        }


@pytest.fixture
def watched() -> Watched:
    return Watched()


async def test_what_was_counted(watched: Watched) -> None:
    meter = watched.metrics
    meter.looked(outcome="read", entries=30)
    meter.looked(outcome="failed", entries=0)
    meter.stored(new_stories=4, alerts=7)
    meter.settled("telegram", DeliveryKind.ALERT, DeliveryState.SENT)
    meter.settled("telegram", DeliveryKind.ALERT, DeliveryState.SENT)
    meter.settled("slack", DeliveryKind.DIGEST, DeliveryState.UNKNOWN)
    meter.asked_to_wait("telegram", timedelta(seconds=17))
    meter.asked_to_wait("telegram", timedelta(seconds=3))
    found = await watched.read()
    assert found["kabar_looks_total outcome=read"] == found["kabar_looks_total outcome=failed"] == 1
    assert found["kabar_looks_total outcome=not_modified"] == 0
    assert (found["kabar_entries_total"], found["kabar_new_stories_total"], found["kabar_alerts_total"]) == (30, 4, 7)
    assert found["kabar_deliveries_total kind=alert platform=telegram state=sent"] == 2
    assert found["kabar_deliveries_total kind=digest platform=slack state=unknown"] == 1
    assert found["kabar_pause_seconds_total platform=telegram"] == 20
    assert found["kabar_pauses_total platform=telegram"] == 2
    assert found["kabar_build_info database=sqlite schema=2 version=1"] == 1


async def test_what_the_database_says(watched: Watched) -> None:
    watched.books.now = Figures(
        feeds={FeedState.OK: 30, FeedState.FAILING: 2},
        next_poll=NOW - timedelta(seconds=50),
        queues=(
            Queue(
                platform="slack",
                depth={DeliveryState.QUEUED: 12, DeliveryState.DEAD: 1},
                oldest=NOW - timedelta(seconds=290),
            ),
        ),
        beats=(
            Beat(part="scheduler", at=NOW, state="ok"),
            Beat(part="slack", at=NOW, state="failing", cause="revoked"),
            Beat(part="telegram", at=NOW, state="off"),
        ),
        offices=("digests",),
    )
    found = await watched.read()
    assert found["kabar_database_up"] == 1
    assert found["kabar_poll_lag_seconds"] == 60
    assert (found["kabar_feeds state=ok"], found["kabar_feeds state=gone"]) == (30, 0)
    assert found["kabar_outbox platform=slack state=queued"] == 12
    assert found["kabar_outbox platform=slack state=dead"] == 1
    assert found["kabar_outbox platform=telegram state=queued"] == 0, "an empty queue is a 0 and no gap"
    assert found["kabar_outbox_oldest_seconds platform=slack"] == 300
    assert (found["kabar_part_up part=scheduler"], found["kabar_part_up part=slack"]) == (1, 0)
    assert "kabar_part_up part=telegram" not in found, "stopped on purpose is neither"
    assert found["kabar_part_age_seconds part=telegram"] == 10
    assert found["kabar_office_held office=digests"] == 1


async def test_without_the_database_nothing_is_told_from_memory(watched: Watched) -> None:
    watched.books.now = Figures(queues=(Queue(platform="slack", depth={DeliveryState.QUEUED: 12}),))
    await watched.read()
    watched.books.trouble = StoreError("locked")
    watched.metrics.looked(outcome="read", entries=1)
    found = await watched.read()
    assert found["kabar_database_up"] == 0
    assert not [name for name in found if name.startswith(("kabar_outbox", "kabar_feeds", "kabar_part"))]
    assert found["kabar_poll_lag_seconds"] != found["kabar_poll_lag_seconds"], "not a number"
    assert found["kabar_entries_total"] == 1, "what was counted here stays"
    watched.books.trouble = None
    assert (await watched.read())["kabar_outbox platform=slack state=queued"] == 12


async def test_who_asks_often_does_not_burden_the_database(watched: Watched) -> None:
    for _ in range(20):
        await watched.text()
    assert watched.books.asked == 1
    watched.books.hangs = asyncio.Event()
    async with asyncio.timeout(20):
        assert (await watched.read())["kabar_database_up"] == 0
        assert (await watched.read())["kabar_database_up"] == 0
    assert watched.books.asked == 2, "one question at a time"
    watched.books.hangs.set()
    assert (await watched.read())["kabar_database_up"] == 1


async def test_how_late_the_loop_is(watched: Watched) -> None:
    late = [0.0, 0.02, 0.3, 7.0]
    time = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal time
        if not late:
            raise asyncio.CancelledError
        time += seconds + late.pop(0)

    with pytest.raises(asyncio.CancelledError):
        await watched.metrics.watch_loop(lambda: time, sleep)
    found = await watched.read()
    assert found["kabar_loop_lag_seconds_count"] == 4
    assert found["kabar_loop_lag_seconds_bucket le=0.025"] == 2
    assert found["kabar_loop_lag_seconds_bucket le=0.5"] == 3


async def test_it_is_served_as_prometheus_expects_it(watched: Watched) -> None:
    async def ready() -> str:
        return "postgresql://kabar:geheimnis@db/kabar cannot be reached"

    listener = Listener("127.0.0.1:0", ready)
    listener.serve(lambda: [{("GET", "/metrics"): watched.metrics.answer}])
    await listener.start()
    try:
        async with aiohttp.ClientSession() as session:
            answer = await session.get(f"http://127.0.0.1:{listener.port}/metrics")
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            assert "kabar_build_info" in await answer.text()
            unready = await session.get(f"http://127.0.0.1:{listener.port}/readyz")
            assert (unready.status, "geheimnis" in await unready.text()) == (503, False)
    finally:
        await listener.stop()
