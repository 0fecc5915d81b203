"""Everything that the real program says, with every logger of every library wide open, searched for every secret."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import aiohttp

from tests.adapters.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.adapters.fake_telegram import FakeTelegram, Trouble
from tests.adapters.feedserver import Answer, FeedServer
from tests.scenarios.papers import AI, rss
from tests.scenarios.program import Program

SIGNING, CLIENT, KEY, WEBHOOK = (
    "signing-5ecret-aaaa",
    "cl1ent/5ecret+bbbb",
    "the key of the cipher \u00e9",
    "wh-5ecret-cccc",
)
FEED_USER, FEED_PASSWORD, FEED_AUTH, FEED_HEADER = (
    "reader",
    "p@ss w/rd-dddd",
    "member:auth-5ecret-eeee",
    "hdr-5ecret-ffff",
)
FEED_KEY, PROXY_PASSWORD, MOVED_KEY = "key-5ecret-gggg", "proxy-5ecret-hhhh", "moved-5ecret-iiii"
DATABASE_PASSWORD = "db p@ssw0rd-jjjj"
OAUTH_CODE = "code-5ecret-kkkk"
SECRETS = [SIGNING, CLIENT, KEY, WEBHOOK, FEED_PASSWORD, FEED_AUTH, FEED_HEADER, FEED_KEY, PROXY_PASSWORD, MOVED_KEY]
SECRETS += [DATABASE_PASSWORD, BOT_TOKEN, APP_TOKEN, FEED_AUTH.partition(":")[2]]
ENCODED = [f"{FEED_USER}:{FEED_PASSWORD}", FEED_AUTH]
WIDE_OPEN = {"KABAR_LOG_LEVEL": "trace", "PYTHONASYNCIODEBUG": "1", "PYTHONDEVMODE": "1"}


def spellings(secret: str) -> set[str]:
    """How a secret may look in a log: as it is, in an address, in JSON, as Python shows it."""
    return {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}


def leaks(said: str, *more: str) -> list[str]:
    """The lines in which a secret stands, with it."""
    wanted = {form for secret in (*SECRETS, *more) for form in spellings(secret)}
    wanted |= {b64encode(one.encode()).decode() for one in ENCODED}
    return [f"{secret} in {line}" for line in said.splitlines() for secret in wanted if secret in line]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def feeds(web: FeedServer) -> str:
    """One feed for each way in which a secret may belong to one; some work, some do not."""
    host = f"127.0.0.1:{web.port}"
    login = f"{FEED_USER}:{quote(FEED_PASSWORD, safe='')}"
    web.publish("/paper", rss(AI.format(1)))
    web.answer("/broken", Answer(status=500, body=b"no"))
    web.answer("/moved", Answer(status=302, headers={"Location": f"http://{host}/nowhere?token={MOVED_KEY}"}))
    web.answer("/loop", Answer(status=301, headers={"Location": f"http://{host}/loop?key={FEED_KEY}"}))
    entries = {
        "basic": f'url = "http://{login}@{host}/paper"',
        "basicbroken": f'url = "http://{login}@{host}/broken"',
        "basicdown": f'url = "http://{login}@127.0.0.1:1/paper"',
        "key": f'url = "http://{host}/paper?key={FEED_KEY}"',
        "keybroken": f'url = "http://{host}/broken?x=1&key={FEED_KEY}"',
        "auth": f'url = "http://{host}/auth"\nauth = "{FEED_AUTH}"\nheaders = {{ "X-Key" = "{FEED_HEADER}" }}',
        "proxy": f'url = "http://{host}/proxied"\nproxy = "http://us:{PROXY_PASSWORD}@127.0.0.1:1"',
        "moved": f'url = "http://{host}/moved"',
        "loop": f'url = "http://{host}/loop?key={FEED_KEY}"',
    }
    return "\n".join(f'[[feed]]\nid = "{name}"\ntitle = "{name}"\n{text}\n' for name, text in entries.items())


async def visit(place: str) -> str:
    """All that a stranger is told, whatever they ask."""
    said = []
    async with aiohttp.ClientSession() as session:
        for path in ("/healthz", "/readyz", "/metrics", f"/slack/oauth_redirect?code={OAUTH_CODE}&state=x", "/nowhere"):
            async with session.get(f"http://{place}{path}", allow_redirects=False) as answer:
                said.append(await answer.text() + str(answer.headers))
        signed = {"X-Slack-Signature": f"v0={SIGNING}", "X-Slack-Request-Timestamp": "nan"}
        async with session.post(f"http://{place}/slack/events", data=b"{}", headers=signed) as answer:
            said.append(await answer.text())
    return "\n".join(said)


async def listens(place: str) -> None:
    host, _, port = place.partition(":")
    async with asyncio.timeout(30):
        while True:
            with suppress(OSError):
                _reader, writer = await asyncio.open_connection(host, int(port))
                writer.close()
                return
            await asyncio.sleep(0.05)


async def test_with_platforms_feeds_and_trouble_everywhere(tmp_path: Path) -> None:
    place = f"127.0.0.1:{free_port()}"
    async with FeedServer() as web, FakeTelegram() as tg, FakeSlack() as sl:
        settings = {
            "KABAR_TELEGRAM_TOKEN": tg.token,
            "KABAR_TELEGRAM_BASE_URL": tg.base_url,
            "KABAR_TELEGRAM_WEBHOOK_SECRET": WEBHOOK,
            "KABAR_SLACK_BOT_TOKEN": BOT_TOKEN,
            "KABAR_SLACK_APP_TOKEN": APP_TOKEN,
            "KABAR_SLACK_BASE_URL": sl.base_url,
            "KABAR_SLACK_SIGNING_SECRET": SIGNING,
            "KABAR_SLACK_CLIENT_ID": "123.456",
            "KABAR_SLACK_CLIENT_SECRET": CLIENT,
            "KABAR_SECRET_KEY": KEY,
            "KABAR_PUBLIC_URL": "https://kabar.example",
            "KABAR_HTTP_LISTEN": place,
        }
        kabar = Program(tmp_path, settings | WIDE_OPEN | {"KABAR_LOG_FORMAT": "json"})
        (tmp_path / "config" / "feeds.toml").write_text(feeds(web), "utf-8")
        (tmp_path / "config" / "kabar.toml").write_text('[polling]\ndeadline = "2s"\n', "utf-8")
        async with kabar.running("--poll-every", "1") as life:
            await sl.wait_for_socket()
            await sl.command("/kabar", "subscribe ai")
            tg.say(42, "/subscribe ai", language="id")
            await tg.wait_for_messages(1)
            await listens(place)
            tg.fail("sendMessage", Trouble.GIBBERISH, Trouble.BAD_GATEWAY, Trouble.RESET)
            for text in ("/health", "/feeds", "/latest", "/settings"):
                tg.say(42, text)
            await web.wait_for(lambda: len(web.asked("/paper")) > 1)
            web.publish("/paper", rss(AI.format(2), AI.format(1)))
            await tg.wait_for(lambda: any("number 2" in sent.text for sent in tg.sent), 30)
            told = await visit(place)
            health = await kabar("health", "--json")
            assert await life.end(signal.SIGTERM) == 0
        token = tg.token
    lines = life.log.splitlines()
    parts = {json.loads(line)["part"].partition(".")[0] for line in lines}
    assert {"kabar", "asyncio", "aiosqlite", "telegram", "apscheduler", "httpcore"} <= parts, "libraries speak too"
    assert len(lines) > 500
    assert leaks(life.log + told + health.out + health.err, token, OAUTH_CODE) == []


async def test_with_a_database_that_does_not_let_us_in(tmp_path: Path) -> None:
    url = f"postgresql://kabar:{quote(DATABASE_PASSWORD, safe='')}@127.0.0.1:1/kabar"
    kabar = Program(tmp_path, WIDE_OPEN | {"KABAR_DATABASE_URL": url})
    for words in (("run",), ("health", "--json"), ("db", "check"), ("feeds", "list")):
        ran = await kabar(*words)
        assert ran.code == 1
        assert "cannot be reached" in ran.out + ran.err
        assert leaks(ran.out + ran.err) == []


async def test_with_settings_that_are_wrong(tmp_path: Path) -> None:
    kabar = Program(tmp_path, WIDE_OPEN | {"KABAR_DATABASE_URL": f"mysql://kabar:{DATABASE_PASSWORD}@h/x"})
    (tmp_path / "config" / "feeds.toml").write_text(
        f'[[feed]]\nid = "a"\nurl = "ftp://u:{FEED_PASSWORD}@h/f"\ntitle = "A"\nauth = {{ a = "{FEED_AUTH}" }}\n',
        "utf-8",
    )
    ran = await kabar("run")
    assert ran.code == 2
    assert leaks(ran.out + ran.err) == []
