"""The running bot with a public address: a hub calls its listener, and the news is there before anybody polls."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

from bot.app import build
from bot.app.life import live
from bot.domain.hub import HubState
from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.settings import load
from tests.adapters.fake_hub import FakeHub
from tests.adapters.feedserver import FeedServer
from tests.builders import a_spec
from tests.scenarios.papers import AI, rss

PUBLIC = "https://kabar.example"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def with_hub(document: bytes, hub: str) -> bytes:
    link = f"<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{hub}'/>".encode()
    return document.replace(b"<title>Paper</title>", b"<title>Paper</title>" + link, 1)


def test_only_a_public_address_opens_the_door(tmp_path: Path) -> None:
    assert not load({"KABAR_DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}, directory=tmp_path).needs_http
    assert load({"KABAR_PUBLIC_URL": PUBLIC}, directory=tmp_path).needs_http


async def test_news_comes_through_the_listener(tmp_path: Path) -> None:
    place = f"127.0.0.1:{free_port()}"

    def reach(callback: str) -> str:
        return callback.replace(PUBLIC, f"http://{place}")

    async with FeedServer() as web, FakeHub(reach=reach) as hub:
        url = web.publish("/paper", with_hub(rss(AI.format(1)), hub.url))
        settings = load(
            {
                "KABAR_DATABASE_URL": f"sqlite:///{tmp_path}/kabar.db",
                "KABAR_PUBLIC_URL": PUBLIC,
                "KABAR_HTTP_LISTEN": place,
                "KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
            },
            directory=tmp_path,
        )
        app = await build(replace(settings, feeds=(a_spec("paper", url=url),)), upgrade=True)
        assert app.subscriber is not None
        await app.synchronise()
        stopping = asyncio.Event()
        await app.poller.poll_due()
        life = asyncio.create_task(live(app, stopping))
        try:
            await app.subscriber.tick()
            (known,) = await app.store.hubs.all()
            assert known.state is HubState.ON
            assert await hub.bring(rss(AI.format(2), AI.format(1))) == [202]
            latest = await app.store.stories.latest([Topic.AI], level=Level.LOW, limit=9)
            assert [one.lead.title for one in latest] == [AI.format(2), AI.format(1)]
            parts = {part.name: part for part in await app.health.parts()}
            assert (parts["hubs"].cause, dict(parts["hubs"].values)["on"]) == ("hubs_on", 1)
        finally:
            stopping.set()
            await life
            await app.close()
