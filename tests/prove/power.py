"""The power goes at any moment: what the process did to its files is recorded once, then each moment is tried with
everything gone that was not synced. What was promised before that moment must still be there."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.adapters.feedserver import FeedServer
from tests.prove.clocks import TownClock
from tests.prove.crash import BEGINS
from tests.prove.disk import Disk, File, Record, What, read_tape
from tests.prove.failpoints import Fuse
from tests.prove.lives import nursery
from tests.prove.load import Figures
from tests.prove.posts import PostOffice
from tests.prove.press import Press
from tests.prove.readers import EVERYBODY, furnish, move_in

SHIM = Path(__file__).with_name("tape.c")
SPEED = 6.0


@dataclass
class Promises:
    """What the process had said or relied on: stories that were stored, deliveries that it brought to a platform (so
    they must be known to have been tried), deliveries that were written down as sent."""

    stored: set[str] = field(default_factory=set)
    brought: set[int] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)

    def heard(self, mark: str) -> None:
        word, _, rest = mark.partition(" ")
        if word == "stored":
            self.stored.add(rest)
        elif word == "post":
            self.brought.add(int(rest.rpartition("-")[2]))
        elif word == "sent":
            self.sent.add(int(rest))

    def broken_by(self, database: Path) -> list[str]:
        with closing(sqlite3.connect(database)) as connection:
            try:
                whole = connection.execute("PRAGMA integrity_check").fetchone()[0]
                titles = {row[0] for row in connection.execute("SELECT title FROM stories")}
                rows = {row[0]: row[1:] for row in connection.execute("SELECT id, state, attempts FROM outbox")}
            except sqlite3.DatabaseError as error:
                return [f"the database cannot be read: {error}"]
        broken = [] if whole == "ok" else [f"the database is damaged: {whole}"]
        broken += [f"story lost: {title}" for title in self.stored - titles]
        untried = [one for one in self.brought if rows.get(one, ("", 0))[1] == 0]
        broken += [f"delivery {one} was brought and is not known to be" for one in untried]
        unsent = [one for one in self.sent if rows.get(one, ("",))[0] != "sent"]
        return broken + [f"delivery {one} was written down as sent and is not any more" for one in unsent]


def record(folder: Path, seed: int, seconds: float) -> tuple[Path, Path]:
    """The database as it was, and the tape of a life on it."""
    shim, database, tape = folder / "tape.so", folder / "kabar.db", folder / "tape"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", shim, SHIM, "-ldl", "-lpthread"], check=True)
    before = folder / "before.db"
    asyncio.run(_life(folder, database, before, {"LD_PRELOAD": str(shim), "TAPE": str(tape)}, seed, seconds))
    return before, tape


async def _life(folder: Path, database: Path, before: Path, more: dict[str, str], seed: int, seconds: float) -> None:
    random, url = Random(seed), f"sqlite:///{database}"
    async with FeedServer() as server:
        press = Press(server, random)
        clock = TownClock(begins=BEGINS, at=time.time(), speed=SPEED)
        async with PostOffice(clock) as post:
            furnish(folder, press)
            await move_in(folder, url, EVERYBODY, clock())
            shutil.copy(database, before)
            async with nursery(**more, TAPE_DATABASE=str(database)) as here:
                settings = {"KABAR_DATABASE_URL": url, "KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
                life = await here.begin("taped", folder, settings | post.addresses("taped"), clock, Fuse())
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    press.publish()
                    await asyncio.sleep(random.uniform(0.2, 1.0))
                await life.kill()


def power(folder: Path, *, seed: int, seconds: float, moments: int) -> Figures:
    figures = Figures()
    if shutil.which("gcc") is None:
        figures.need(False, "gcc is needed to record what a process does to its files, and is not here")
        return figures
    before, path = record(folder, seed, seconds)
    tape = list(read_tape(path))
    random = Random(seed)
    chosen = sorted(random.sample(range(len(tape)), min(moments, len(tape))))
    broken, promises = _try(tape, chosen, Disk(), before, random, folder)
    synced = sum(one.what is What.SYNC for one in tape)
    figures.lines.append(f"{len(tape)} records of a life of {seconds:g} s, {synced} syncs")
    figures.lines.append(
        f"promised at the end: {len(promises.stored)} stories, {len(promises.brought)} deliveries brought, "
        f"{len(promises.sent)} written down as sent"
    )
    figures.need(not broken, f"power lost at {len(chosen)} moments: {len(broken)} promises broken {broken[:3]}")
    lies, _ = _try(tape, chosen[-len(chosen) // 5 :], Disk(deaf=True), before, random, folder)
    figures.need(bool(lies), f"with a disk that does not sync: {len(lies)} promises broken, as there should be")
    figures.need(bool(promises.sent), "something was sent")
    return figures


def _try(
    tape: Sequence[Record], chosen: Sequence[int], disk: Disk, before: Path, random: Random, folder: Path
) -> tuple[list[str], Promises]:
    """The power goes after each of the `chosen` records in turn; what was broken, and all that was promised."""
    disk.holds(File.DATABASE, before.read_bytes())
    promises, broken, moments = Promises(), [], set(chosen)
    found = folder / "found.db"
    for record in tape:
        if record.file is File.MARKS:
            for mark in record.data.decode().splitlines():
                promises.heard(mark)
        else:
            disk.happens(record)
        if record.number in moments:
            disk.after_power_loss(random, found)
            broken += [f"at record {record.number}: {one}" for one in promises.broken_by(found)]
    return broken, promises
