"""What a caller gets from the HTTP listener, over a real socket."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.ports import Ask, Reply, Routes
from bot.web import LARGEST_BODY, Listener


class Echo:
    """A platform that answers one path with what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []

    def routes(self) -> Routes:
        return {("POST", "/hook"): self.answer, ("GET", "/broken"): self.fail}

    async def answer(self, ask: Ask) -> Reply:
        self.asked.append(ask)
        return Reply(status=202, body=ask.body[::-1], headers={"X-Kabar": "yes"})

    async def fail(self, ask: Ask) -> Reply:
        raise RuntimeError("a fault of ours with a secret in it")


class Wellness:
    cause = ""

    async def __call__(self) -> str:
        return self.cause


@asynccontextmanager
async def listening(*platforms: Echo, ready: Wellness | None = None) -> AsyncIterator[tuple[str, Listener]]:
    listener = Listener("127.0.0.1:0", ready or Wellness())
    listener.serve(lambda: [platform.routes() for platform in platforms])
    await listener.start()
    try:
        yield f"http://127.0.0.1:{listener.port}", listener
    finally:
        await listener.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_platform_gets_what_was_sent_to_its_path(session: aiohttp.ClientSession) -> None:
    echo = Echo()
    async with listening(echo) as (url, _listener):
        answer = await session.post(f"{url}/hook?a=1", data=b"\xffraw", headers={"X-Signature": "v0"})
        assert (answer.status, await answer.read(), answer.headers["X-Kabar"]) == (202, b"war\xff", "yes")
    [ask] = echo.asked
    assert (ask.method, ask.path, ask.query, ask.body) == ("POST", "/hook", {"a": "1"}, b"\xffraw")
    assert ask.headers["x-signature"] == "v0"


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/hook", 405), ("PUT", "/", 404)]
)
async def test_what_nobody_asked_for_is_not_there(
    session: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with listening(Echo()) as (url, _listener):
        assert (await session.request(method, url + path)).status == status


async def test_a_fault_is_told_without_its_words(session: aiohttp.ClientSession) -> None:
    async with listening(Echo()) as (url, _listener):
        answer = await session.get(f"{url}/broken")
        assert answer.status == 500
        assert "secret" not in await answer.text()


async def test_the_last_part_of_a_path_may_be_anything_and_stays_out_of_the_log(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    echo = Echo()
    own = {("POST", "/hubs/*"): echo.answer, ("GET", "/hubs/*"): echo.fail}
    async with listening(echo) as (url, listener):
        listener.serve(lambda: [own])
        assert (await session.post(f"{url}/hubs/k3y", data=b"x")).status == 202
        assert echo.asked[0].path == "/hubs/k3y"
        assert (await session.get(f"{url}/hubs/k3y")).status == 500
        assert (await session.put(f"{url}/hubs/k3y")).status == 405
        assert (await session.get(f"{url}/hubs/k3y/more")).status == 404
        assert (await session.get(f"{url}/hubs")).status == 404
    assert "k3y" not in caplog.text
    assert "GET /hubs/* could not be answered" in caplog.text


async def test_a_body_that_is_too_large_is_refused(session: aiohttp.ClientSession) -> None:
    echo = Echo()
    async with listening(echo) as (url, _listener):
        assert (await session.post(f"{url}/hook", data=io.BytesIO(b"x" * (LARGEST_BODY + 1)))).status == 413
        assert (await session.post(f"{url}/hook", data=b"x")).status == 202
    assert len(echo.asked) == 1


async def test_it_says_whether_the_bot_is_alive_and_ready(session: aiohttp.ClientSession) -> None:
    wellness = Wellness()
    async with listening(ready=wellness) as (url, _listener):
        assert (await session.get(f"{url}/healthz")).status == 200
        assert (await session.head(f"{url}/healthz")).status == 200
        assert (await session.get(f"{url}/readyz")).status == 200
        wellness.cause = "the disk is full"
        answer = await session.get(f"{url}/readyz")
        assert (answer.status, await answer.text()) == (503, "the disk is full\n")


async def test_platforms_may_come_later(session: aiohttp.ClientSession) -> None:
    platforms: list[Echo] = []
    listener = Listener("127.0.0.1:0", Wellness())
    listener.serve(lambda: [platform.routes() for platform in platforms])
    await listener.start()
    url = f"http://127.0.0.1:{listener.port}/hook"
    assert (await session.post(url)).status == 404
    platforms.append(Echo())
    assert (await session.post(url)).status == 202
    await listener.stop()


async def test_a_place_that_is_taken_is_an_error_and_frees_everything() -> None:
    async with listening() as (_url, first):
        second = Listener(f"127.0.0.1:{first.port}", Wellness())
        with pytest.raises(OSError):
            await second.start()
    await second.start()  # free again
    await second.stop()


async def test_who_hangs_up_half_way_harms_nobody(session: aiohttp.ClientSession) -> None:
    async with listening(Echo()) as (url, listener):
        _reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await session.post(f"{url}/hook", data=b"ab")).status == 202
