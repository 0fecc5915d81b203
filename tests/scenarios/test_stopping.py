"""A stop signal ends the real program with exit code 0 within 15 seconds, whatever it is in the middle of."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.adapters.fake_telegram import FakeTelegram, Trouble
from tests.adapters.feedserver import Answer, FeedServer
from tests.contracts.test_store_upgrade import old_database
from tests.scenarios.papers import AI, rss
from tests.scenarios.program import Life, Program
from tests.scenarios.test_whole_program import telegram

WITHIN = 15.0
FOR_LONG = 300.0


async def stops(life: Life, *how: signal.Signals, within: float = WITHIN) -> None:
    async with asyncio.timeout(within):
        assert await life.end(*how) == 0
    assert "Traceback" not in life.log


@pytest.mark.parametrize("how", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]], ids=["once", "ctrl-c twice"])
async def test_while_feeds_and_platform_hang(tmp_path: Path, how: list[signal.Signals]) -> None:
    async with FeedServer() as web, FakeTelegram() as tg:
        kabar = Program(tmp_path, telegram(tg))
        kabar.feeds(paper=web.publish("/paper", rss(AI.format(1))), slow=web.answer("/slow", Answer(wait=FOR_LONG)))
        async with kabar.running("--poll-every", "1") as life:
            tg.say(42, "/subscribe ai")
            await tg.wait_for_messages(1)
            await web.wait_for(lambda: web.asked("/slow") and len(web.asked("/paper")) > 1)
            tg.fail_always("sendMessage", Trouble.HANG)
            web.publish("/paper", rss(AI.format(2), AI.format(1)))
            await tg.wait_for(lambda: any("number 2" in sent.text for sent in tg.sent))
            await stops(life, *how)
        assert "stopped cleanly" in life.log


async def test_while_another_program_holds_the_database(tmp_path: Path) -> None:
    """Whoever waits for a lock cannot be called back: the time is seen to from outside."""
    async with FeedServer() as web:
        kabar = Program(tmp_path)
        kabar.feeds(paper=web.publish("/paper", rss(AI.format(1))))
        async with kabar.running("--poll-every", "1") as life:
            await web.wait_for(lambda: len(web.asked("/paper")) > 1)
            holder = sqlite3.connect(tmp_path / "var" / "kabar.db", isolation_level=None)
            holder.execute("BEGIN EXCLUSIVE")
            try:
                await life.says("not ready: the database")
                await stops(life, signal.SIGTERM)
            finally:
                holder.close()
        assert life.log.count("not ready") == 1


async def test_during_the_start_whatever_it_waits_for(tmp_path: Path) -> None:
    """Locked: the start waits for the other program, and the stop for nothing."""
    kabar = Program(tmp_path)
    kabar.feeds(paper="http://127.0.0.1:1/feed")
    assert (await kabar("db", "upgrade")).code == 0
    holder = sqlite3.connect(tmp_path / "var" / "kabar.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        async with kabar.running() as life:
            await _opened(life, tmp_path / "var" / "kabar.db")
            await stops(life, signal.SIGTERM, within=5)
    finally:
        holder.close()


async def test_during_a_migration(tmp_path: Path) -> None:
    path = tmp_path / "var" / "kabar.db"
    path.parent.mkdir()
    await (await old_database(f"sqlite:///{path}")).close()
    kabar = Program(tmp_path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")  # it can see that there is something to do, and not begin
    try:
        async with kabar.running() as life:
            await _opened(life, path)
            await stops(life, signal.SIGINT, within=5)
    finally:
        holder.close()
    assert (await kabar("db", "check")).code == 1, "still of the old schema"
    assert (await kabar("db", "upgrade")).code == 0


async def _opened(life: Life, path: Path) -> None:
    """Until the process has the file open: by then it listens to signals."""
    handles = Path(f"/proc/{life.process.pid}/fd")
    async with asyncio.timeout(20):
        while not any(path == handle.resolve() for handle in handles.iterdir()):
            await asyncio.sleep(0.02)
