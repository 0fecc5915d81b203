"""A feed behind a password: it is read, and whatever the command line, the log or a chat says, nobody sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli import parser
from bot.cli.chat import say
from bot.cli.feeds import feeds
from bot.settings import load
from bot.texts import Texts
from tests.adapters.feedserver import FeedServer
from tests.scenarios.papers import AI, rss
from tests.scenarios.program import Program

SECRETS = ("hunter2", "aHVudGVy", "bWU6aHVudGVyMg", "k3y-of-the-reader")


async def test_no_password_is_ever_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kabar = Program(tmp_path, {"KABAR_LOG_LEVEL": "debug"})

    async def ran(*words: str) -> str:
        arguments = parser(Texts("en")).parse_args(words)
        settings = load({"KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}, directory=tmp_path)
        await (feeds if words[0] == "feeds" else say)(arguments, settings)
        shown = capsys.readouterr()
        return shown.out + shown.err

    async with FeedServer() as web:
        paper = web.publish("/paper", rss(AI.format(1)))
        (tmp_path / "config" / "feeds.toml").write_text(
            f'[[feed]]\nid = "headed"\nurl = "{web.url("/headed")}"\ntitle = "Headed"\n'
            'headers = { "X-Key" = "k3y-of-the-reader" }\nauth = "me:hunter2"\n',
            "utf-8",
        )
        keyed = web.publish("/keyed?feed=7&token=k3y-of-the-reader", rss(AI.format(2)))
        said = [await ran("feeds", "add", keyed)]
        assert "added" in said[0].lower()
        secret = paper.replace("//", "//me:hunter2@")
        said += [await ran("feeds", "add", secret) for _ in range(2)]
        said.append(await ran("feeds", "check"))
        for words in (("list",), ("list", "--json"), ("export",)):
            said.append(await ran("feeds", *words))
            assert paper in said[-1]
        assert "feed=7&amp;token=***" in said[-1]
        assert "3 feeds need a password or headers" in said[-1]
        polled = await kabar("poll", "--once", "--json")
        assert polled.json["fetched"] == 2
        said.append(polled.err)
        said.append((await kabar("poll", "--once", "--feed", secret.replace("paper", "nowhere"))).err)
        said += [await ran("say", "/feeds"), await ran("feeds", "remove", secret)]
        said.append(await ran("feeds", "remove", keyed))
        assert "removed" in said[-1].lower()
        assert all("authorization" in request.headers for request in web.requests if "keyed" not in request.path)
    assert all(said)
    for words in said:
        assert not any(word in words for word in SECRETS), words
