"""What operators mistype and what platforms leave hanging: a sentence, an exit code, and nothing broken by it."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from tests.adapters.fake_telegram import FakeTelegram, Trouble
from tests.adapters.feedserver import FeedServer
from tests.scenarios.papers import AI, rss
from tests.scenarios.program import Program

LONGEST_STOP = 15.0


async def test_a_backup_over_the_database_is_refused(tmp_path: Path) -> None:
    kabar = Program(tmp_path)
    await kabar("say", "/language id")
    for place in ("var/kabar.db", "var", ""):
        ran = await kabar("db", "backup", place)
        assert ran.code == 1, place
        assert "should not happen" not in ran.err
    assert (await kabar("db", "check")).code == 0
    assert (await kabar("db", "backup", "copy.jsonl")).code == 0


async def test_a_feed_added_by_hand_gets_an_id_and_a_name_that_fit(tmp_path: Path) -> None:
    kabar = Program(tmp_path)
    url = "http://reader:pa55word@127.0.0.1:9/feed?key=pa55word"
    refused = await kabar("feeds", "add", url, "--id", "Not An Id")
    assert refused.code == 2
    assert "small letters" in refused.err
    assert (await kabar("feeds", "add", url)).code == 0
    (row,) = (await kabar("feeds", "list", "--json")).rows
    assert row["title"] == "127.0.0.1"
    shown = await kabar("say", "/feeds")
    assert "pa55word" not in shown.out
    again = await kabar("feeds", "add", url.replace("http:", "HTTP:") + "#top")
    assert (again.code, "pa55word" in again.err) == (1, False), "the same feed, and asked once"
    removed = await kabar("feeds", "remove", url.replace("http:", "HTTP:") + "#top")
    assert removed.code == 0
    assert (await kabar("feeds", "add", url)).code == 0
    async with kabar.running() as life:
        await life.says("reading one feed;")
        assert "pa55word" not in life.log


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        (".env", "KABAR_TELEGRAM_TOKEN='123456:half\n", ".env line 1"),
        (".env", "KABAR_DATABASE_URL=mysql://kabar:pa55word@db/kabar\n", ".env KABAR_DATABASE_URL"),
        (".env", "KABAR_TELEGRAM_BASE_URL=http://127.0.0.1:9/\n", "ends in /bot"),
    ],
)
async def test_a_half_edited_environment_stops_the_start(tmp_path: Path, file: str, text: str, expected: str) -> None:
    kabar = Program(tmp_path)
    (tmp_path / file).write_text(text, "utf-8")
    for command in (("check",), ("run",), ("say", "hello")):
        ran = await kabar(*command)
        assert ran.code == 2, (command, ran.out, ran.err)
        assert expected in ran.err
        assert "half" not in ran.err
        assert "pa55word" not in ran.err


async def test_health_of_a_broken_database_says_what_to_do_about_this_trouble(tmp_path: Path) -> None:
    kabar = Program(tmp_path, {"KABAR_DATABASE_URL": "postgresql://kabar@127.0.0.1:9/kabar"})
    ran = await kabar("health", "--json")
    assert ran.code == 1
    (part,) = ran.json["parts"]
    assert part["cause"].endswith("cannot be reached")
    assert part["fix"].startswith("check that the server runs")


async def test_a_stop_does_not_wait_for_a_platform_that_never_answers(tmp_path: Path) -> None:
    async with FeedServer() as web, FakeTelegram() as tg:
        kabar = Program(tmp_path, {"KABAR_TELEGRAM_TOKEN": tg.token, "KABAR_TELEGRAM_BASE_URL": tg.base_url})
        kabar.feeds(paper=web.publish("/paper", rss(AI.format(1))))
        async with kabar.running("--poll-every", "1") as life:
            tg.say(42, "/subscribe ai")
            await tg.wait_for_messages(1)
            await web.wait_for(lambda: len(web.asked("/paper")) > 1)
            tg.fail_always("sendMessage", Trouble.HANG)
            web.publish("/paper", rss(AI.format(2), AI.format(1)))
            await tg.wait_for_messages(2)
            tg.say(43, "/start")
            await tg.wait_for_messages(3)
            began = time.monotonic()
            async with asyncio.timeout(LONGEST_STOP + 5):
                assert await life.end(signal.SIGTERM) == 0
            assert time.monotonic() - began < LONGEST_STOP
        assert "error" not in life.log
