"""The parsing process: that it answers, that it can be killed, and that nothing of it stays behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from bot.domain.errors import Malformed
from bot.domain.feed import Feed, FeedSpec
from bot.sources import registry
from bot.sources.feed_source import Cursor
from bot.sources.formats import read_document
from bot.sources.http import Fetcher, Limits
from bot.sources.pool import ParserPool, parse_bytes
from tests.adapters.feedserver import Answer, FeedServer

NOW = datetime(2026, 11, 3, 10, 30, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]


def rss(inner: bytes) -> bytes:
    return b"<rss version='2.0'><channel><title>t</title>" + inner + b"</channel></rss>"


BODY = rss(b"<item><title>a</title><link>https://a.example/1</link></item>")
JSON = b'{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","title":"a"}]}'
# What keeps a reader busy for many seconds.
HEAVY = rss(b"<item>" + b"<a>" * 900_000)


def workers() -> list[psutil.Process]:
    found = psutil.Process().children(recursive=True)
    return [child for child in found if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    built = ParserPool()
    yield built
    await built.close()
    assert not workers()


async def read(pool: ParserPool, body: bytes) -> int:
    return len((await pool.read(body, None, "https://a.example/", NOW)).items)


async def test_it_reads_the_same_as_without_a_process(pool: ParserPool) -> None:
    assert not workers()  # started when needed
    items = b"".join(
        b"<item><title>%d</title><description>%s</description></item>" % (n, b"x " * 900) for n in range(900)
    )
    for body in (BODY, JSON, rss(items), rss(b"<ttl>5</ttl><skipHours><hour>4</hour></skipHours>")):
        expected = read_document(body, None, "https://a.example/", NOW)
        assert await pool.read(body, None, "https://a.example/", NOW) == expected
    assert len(workers()) == 1


async def test_errors_come_back_as_they_were(pool: ParserPool) -> None:
    with pytest.raises(Malformed) as caught:
        await read(pool, b"<html></html>")
    assert caught.value.cause == "not_a_feed"
    assert "web page" in caught.value.detail
    assert await read(pool, BODY) == 1
    assert len(workers()) == 1  # an error is no reason for another process


async def test_what_takes_too_long_is_killed_and_the_next_one_is_read() -> None:
    pool = ParserPool(deadline=0.8, megabytes=500)
    try:
        started = time.monotonic()
        with pytest.raises(Malformed) as caught:
            await read(pool, HEAVY)
        assert caught.value.cause == "parse_timeout"
        assert time.monotonic() - started < 5
        patient = ParserPool()
        try:
            assert await read(patient, BODY) == 1
        finally:
            await patient.close()
    finally:
        await pool.close()
    assert not workers()


async def test_what_takes_too_much_memory_is_stopped() -> None:
    pool = ParserPool(megabytes=20)
    try:
        body = b'{"version":"https://jsonfeed.org/version/1","items":[' + b"{}," * 3_000_000 + b"{}]}"
        with pytest.raises(Malformed) as caught:
            await read(pool, body)
        assert caught.value.cause in {"parse_memory", "parse_crashed"}
        assert await read(pool, BODY) == 1
    finally:
        await pool.close()


async def test_the_loop_stays_free_meanwhile(pool: ParserPool) -> None:
    await read(pool, BODY)
    items = b"".join(
        b"<item><title>%d</title><description>%s</description></item>" % (n, b"word " * 400) for n in range(1500)
    )
    running = asyncio.create_task(read(pool, rss(items)))
    longest = 0.0
    while not running.done():
        started = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - started)
    assert running.result() == 1500
    assert longest < 0.5  # a few milliseconds on a quiet machine; inline it would be more than a second


async def test_a_cancelled_reading_leaves_no_answer_for_the_next(pool: ParserPool) -> None:
    await read(pool, BODY)
    running = asyncio.create_task(read(pool, HEAVY))
    await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await read(pool, BODY) == 1


async def test_a_worker_that_died_at_rest_is_replaced(pool: ParserPool) -> None:
    await read(pool, BODY)
    workers()[0].kill()
    assert await read(pool, BODY) == 1


async def test_no_more_than_the_allowed_number_run(pool: ParserPool) -> None:
    assert await asyncio.gather(*(read(pool, BODY) for _ in range(8))) == [1] * 8
    assert 1 <= len(workers()) <= 2


async def test_a_queue_of_quick_ones_starts_no_other() -> None:
    pool = ParserPool(patience=0.5)
    try:
        await read(pool, BODY)
        items = b"".join(b"<item><title>%d</title></item>" % n for n in range(100))
        started = time.monotonic()
        while time.monotonic() - started < 0.8:  # the last of so many wait longer than that
            await asyncio.gather(*(read(pool, rss(items)) for _ in range(400)))
        assert len(workers()) == 1
    finally:
        await pool.close()


async def test_what_keeps_a_worker_busy_stops_nobody_else() -> None:
    pool = ParserPool(patience=0.1, megabytes=500)
    running = asyncio.create_task(read(pool, HEAVY))
    try:
        await asyncio.sleep(0)
        assert await read(pool, BODY) == 1
        assert not running.done()
        assert len(workers()) == 2
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await pool.close()


async def test_an_idle_worker_ends() -> None:
    pool = ParserPool(idle=0.05)
    try:
        await read(pool, BODY)
        for _ in range(100):
            if not workers():
                break
            await asyncio.sleep(0.02)
        assert not workers()
        assert await read(pool, BODY) == 1
    finally:
        await pool.close()


async def test_a_worker_sees_no_secrets(pool: ParserPool) -> None:
    await read(pool, BODY)
    assert set(workers()[0].environ()) <= {"PYTHONPATH", "PATH", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "LC_CTYPE"}


def test_a_worker_dies_with_its_parent() -> None:
    code = (
        "import asyncio, datetime, os, psutil\n"
        "from bot.sources.pool import ParserPool\n"
        "async def main():\n"
        f"    await ParserPool().read({BODY!r}, None, None, datetime.datetime.now(datetime.UTC))\n"
        "    print(psutil.Process().children()[0].pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=False, text=True)
    worker = int(done.stdout)
    for _ in range(100):
        if not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.02)
    raise AssertionError("the worker outlived its parent")


def test_a_worker_imports_little_and_its_parent_no_parser() -> None:
    code = "import sys; {}; print([name for name in {} if name in sys.modules])"
    network = "import bot.sources.worker, bot.sources.rss", ["aiohttp", "telegram", "sqlalchemy", "slack_sdk"]
    parser = "import bot.sources.http, bot.sources.pool, bot.sources.feed_source", ["feedparser", "selectolax"]
    for imports, unwanted in (network, parser):
        command = [sys.executable, "-c", code.format(imports, unwanted)]
        assert subprocess.run(command, capture_output=True, cwd=ROOT, check=True, text=True).stdout == "[]\n"


async def test_bytes_of_the_command_line_are_read_in_a_process_too() -> None:
    document = await parse_bytes(BODY, None, None, NOW)
    assert [item.title for item in document.items] == ["a"]
    with pytest.raises(Malformed):
        await parse_bytes(b"nothing", None, None, NOW)
    assert not workers()


# --- a whole look at a feed ---------------------------------------------------------------------------------------


class Look:
    """A source of one kind over the local server, with a clock that tests move."""

    def __init__(self, pool: ParserPool, kind: str = "auto") -> None:
        self.now = NOW
        self.fetcher = Fetcher(
            user_agent="Kabar/1 (+x)", clock=lambda: self.now, allow_private=("127.0.0.1",), limits=Limits(deadline=5)
        )
        self.source = registry.connect(kind, self.fetcher, pool, lambda: self.now)

    def feed(self, url: str, cursor: str = "", *, read_before: bool = True) -> Feed:
        spec = FeedSpec(id="f", url=url, title="F")
        return Feed(spec=spec, cursor=cursor, last_ok=NOW if read_before else None)


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with FeedServer() as running:
        yield running


async def test_only_news_is_read(server: FeedServer, pool: ParserPool) -> None:
    look = Look(pool)
    url = server.answer(
        "/f",
        Answer(body=BODY, headers={"ETag": '"1"'}),
        Answer(status=304),
        Answer(body=BODY, headers={"ETag": '"2"'}),  # the same document, stamped anew
        Answer(body=BODY.replace(b">a<", b">b<")),
        Answer(body=BODY),
    )
    first = await look.source.fetch(look.feed(url, read_before=False))
    assert first.items is not None
    assert (first.title, first.reading) == ("t", "RSS 2.0, utf-8, well-formed")
    second = await look.source.fetch(look.feed(url, first.cursor))
    third = await look.source.fetch(look.feed(url, second.cursor))
    assert (second.items, third.items) == (None, None)
    fourth = await look.source.fetch(look.feed(url, third.cursor))
    assert fourth.items is not None
    assert fourth.items[0].title == "b"
    fifth = await look.source.fetch(look.feed(url, fourth.cursor))
    assert fifth.items is not None
    sent = [request.headers.get("if-none-match") for request in server.requests]
    assert sent == [None, '"1"', '"1"', '"2"', None]
    await look.fetcher.close()


async def test_a_first_read_is_unconditional_and_a_foreign_cursor_harmless(
    server: FeedServer, pool: ParserPool
) -> None:
    look = Look(pool)
    url = server.publish("/f", BODY)
    first = await look.source.fetch(look.feed(url, read_before=False))
    again = await look.source.fetch(look.feed(url, first.cursor, read_before=False))
    assert again.items is not None
    for cursor in ("", "{", "[]", '"x"', '{"etag": 7, "ttl": "x"}', '{"unchanged_since": "never"}', "null"):
        assert (await look.source.fetch(look.feed(url, cursor))).items is not None
    assert all("if-none-match" not in request.headers for request in server.requests)
    await look.fetcher.close()


async def test_after_days_of_304_it_asks_without_conditions(server: FeedServer, pool: ParserPool) -> None:
    look = Look(pool)
    url = server.answer("/f", Answer(body=BODY, headers={"ETag": '"1"'}), Answer(status=304))
    cursor = (await look.source.fetch(look.feed(url))).cursor
    for _ in range(3):
        look.now += timedelta(days=1)
        cursor = (await look.source.fetch(look.feed(url, cursor))).cursor
    look.now += timedelta(days=1, minutes=1)
    server.answer("/f", Answer(body=BODY, headers={"ETag": '"1"'}))
    cursor = (await look.source.fetch(look.feed(url, cursor))).cursor
    assert ["if-none-match" in request.headers for request in server.requests] == [False, True, True, True, False]
    assert Cursor.from_text(cursor).unchanged_since == look.now
    await look.fetcher.close()


async def test_the_first_304_leaves_nothing_to_write_down(server: FeedServer, pool: ParserPool) -> None:
    look = Look(pool)
    url = server.answer("/f", Answer(body=BODY, headers={"ETag": '"1"'}), Answer(status=304))
    cursor = (await look.source.fetch(look.feed(url))).cursor
    look.now += timedelta(hours=1)
    assert (await look.source.fetch(look.feed(url, cursor))).cursor == cursor
    await look.fetcher.close()


async def test_what_the_document_asks_for_holds_for_later_looks_too(server: FeedServer, pool: ParserPool) -> None:
    look = Look(pool)
    quiet = rss(
        b"<ttl>45</ttl><skipHours><hour>10</hour><hour>11</hour><hour>12</hour></skipHours><item><title>a</title></item>"
    )
    url = server.answer("/f", Answer(body=quiet, headers={"ETag": '"1"'}), Answer(status=304))
    first = await look.source.fetch(look.feed(url))
    assert first.min_interval == timedelta(hours=2, minutes=30)  # it is 10:30, hours 10 to 12 are skipped
    look.now = NOW.replace(hour=13)
    assert (await look.source.fetch(look.feed(url, first.cursor))).min_interval == timedelta(minutes=45)
    longer = server.answer("/g", Answer(body=quiet, headers={"Cache-Control": "max-age=36000"}))
    assert (await look.source.fetch(look.feed(longer))).min_interval == timedelta(hours=10)
    await look.fetcher.close()


@pytest.mark.parametrize(("kind", "body"), [("auto", BODY), ("auto", JSON), ("rss", BODY), ("jsonfeed", JSON)])
async def test_a_kind_reads_its_documents(server: FeedServer, pool: ParserPool, kind: str, body: bytes) -> None:
    look = Look(pool, kind)
    fetched = await look.source.fetch(look.feed(server.answer("/f", Answer(body=body))))
    await look.fetcher.close()
    assert fetched.items is not None
    assert [item.title for item in fetched.items] == ["a"]


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("rss", JSON, 'kind = "jsonfeed"'),
        ("jsonfeed", BODY, 'kind = "rss"'),
        ("jsonfeed", b"<html></html>", "web page"),
        ("auto", b"", "empty"),
    ],
)
async def test_a_kind_says_what_it_got_instead(
    server: FeedServer, pool: ParserPool, kind: str, body: bytes, words: str
) -> None:
    look = Look(pool, kind)
    with pytest.raises(Malformed) as caught:
        await look.source.fetch(look.feed(server.answer("/f", Answer(body=body))))
    await look.fetcher.close()
    assert words in caught.value.detail


def test_every_kind_can_be_connected() -> None:
    pool, fetcher = ParserPool(), Fetcher(user_agent="x", clock=lambda: NOW)
    for kind in registry.KINDS:
        assert registry.connect(kind, fetcher, pool, lambda: NOW)
    with pytest.raises(KeyError):
        registry.connect("sitemap", fetcher, pool, lambda: NOW)


def test_no_worker_is_left_behind() -> None:
    assert not workers(), os.getpid()
