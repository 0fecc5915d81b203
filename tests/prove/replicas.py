"""Several processes on one PostgreSQL: some are killed, some stand still for longer than a lease and go on; everything
still leaves once, one of them listens to Telegram, and another takes over when it dies."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bot.domain.delivery import DeliveryKind
from bot.domain.subscription import Mode
from tests.adapters.feedserver import FeedServer
from tests.prove.audit import InFlight, Verdict, audit
from tests.prove.clocks import TownClock
from tests.prove.crash import BEGINS, EDIT, HELD, JAKARTA
from tests.prove.failpoints import Fuse
from tests.prove.ledger import Ledger, Row
from tests.prove.lives import Life, Nursery
from tests.prove.posts import PostOffice
from tests.prove.press import Press
from tests.prove.readers import EVERYBODY, Reader, furnish, move_in

SPEED = 8.0
PLANNED_WITHIN = timedelta(seconds=45)  # of the machine: the tick that plans digests, and its round
STANDSTILL = 48.0  # seconds of the town's clock, longer than any lease
PAUSING = 0.3
NEWS_EVERY = (0.6, 1.8)  # seconds
AT_REST = 120.0
FAILOVER = 15.0
SHORTLY = 0.1  # until what a killed process had written is taken in
STARTS = BEGINS.replace(hour=0, minute=58)  # 07:58 in Jakarta
FIRST_DIGEST, A_DIGEST_EVERY = STARTS + timedelta(hours=7, minutes=2), timedelta(minutes=3)
ALERTED: Sequence[Reader] = [one for one in EVERYBODY if one.quiet is None and one.mode is Mode.ALERT]
DIGESTED: Sequence[Reader] = [
    Reader(
        platform="telegram",
        address=str(200 + n),
        mode=Mode.DIGEST,
        digest_at=(FIRST_DIGEST + n * A_DIGEST_EVERY).time(),
    )
    for n in range(24)
]


@dataclass
class Result:
    """`kills` and `pauses` of all replicas. `conflicts`: two that listened at once while both were awake.
    `longest_deaf`: real seconds in which nobody listened, after the one who did was killed or stood still."""

    seed: int
    verdict: Verdict = field(default_factory=Verdict)
    in_flight: InFlight = field(default_factory=InFlight)
    kills: int = 0
    pauses: int = 0
    messages: int = 0
    conflicts: int = 0
    longest_deaf: float = 0.0
    digests: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """Told, and listened to."""
        found = []
        if self.longest_deaf > FAILOVER:
            found.append(f"nobody listened to Telegram for {self.longest_deaf:.1f} s")
        if self.conflicts:
            found.append(f"{self.conflicts} times two replicas listened to Telegram at once")
        return [*self.wrongly_told, *(f"seed {self.seed}: {one}" for one in found)]

    @property
    def wrongly_told(self) -> list[str]:
        return [f"seed {self.seed}: {one}" for one in (*self.verdict.wrong, *self.faults)]


@dataclass
class Cluster:
    folder: Path
    url: str
    nursery: Nursery
    press: Press
    post: PostOffice
    clock: TownClock
    random: Random
    result: Result
    lives: list[Life] = field(default_factory=list)
    begun: int = 0

    async def begin(self) -> None:
        self.begun += 1
        name = f"replica{self.begun}"
        settings = {"KABAR_DATABASE_URL": self.url, "KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
        settings |= self.post.addresses(name)
        self.lives.append(await self.nursery.begin(name, self.folder, settings, self.clock, Fuse()))

    async def note(self, life: Life) -> None:
        """What this replica brought and could not write down may come once more."""
        await asyncio.sleep(SHORTLY)
        brought = {(one.place, token) for one in self.post.receipts if one.who == life.name for token in one.tokens}
        rows = Ledger(self.url).in_flight()
        self.result.in_flight.note(row for row in rows if any((row.place, token) in brought for token in row.tokens))


async def replicas(
    seed: int,
    events: int,
    size: int,
    folder: Path,
    url: str,
    nursery: Nursery,
    *,
    speed: float = SPEED,
    pausing: float = PAUSING,
    tell: Callable[[str], None] = lambda line: None,
) -> Result:
    """So many kills and pauses of `size` replicas, then calm until nothing waits. `pausing`: the share of pauses."""
    random = Random(seed)
    async with FeedServer() as server:
        press = Press(server, random)
        clock = TownClock(begins=STARTS, at=time.time(), speed=speed)
        async with PostOffice(clock) as post:
            furnish(folder, press)
            await move_in(folder, url, [*ALERTED, *DIGESTED], clock())
            result = Result(seed)
            cluster = Cluster(folder, url, nursery, press, post, clock, random, result)
            for _ in range(size):
                await cluster.begin()
            news = asyncio.create_task(_news(press, random))
            for number in range(1, events + 1):
                await _event(cluster, pausing)
                if number % 20 == 0:
                    tell(f"seed {seed}: {result.kills} kills, {result.pauses} pauses, {len(post.receipts)} messages")
            news.cancel()
            await _calm_down(cluster)
            for life in cluster.lives:
                await life.stop()
            _judge(cluster)
    return result


async def _news(press: Press, random: Random) -> None:
    while True:
        press.publish()
        await asyncio.sleep(random.uniform(*NEWS_EVERY))


async def _event(cluster: Cluster, pausing: float) -> None:
    """One replica is killed and another begun, or one stands still until its leases have lapsed."""
    random, result = cluster.random, cluster.result
    await asyncio.sleep(random.uniform(0.2, 1.2))
    life = random.choice(cluster.lives)
    if random.random() < pausing:
        life.send(signal.SIGSTOP)
        cluster.post.listening.fell_asleep(life.name)
        result.pauses += 1
        await cluster.note(life)
        await asyncio.sleep(STANDSTILL / cluster.clock.speed)
        life.send(signal.SIGCONT)
        cluster.post.listening.woke(life.name)
        return
    await life.kill()
    cluster.lives.remove(life)
    result.kills += 1
    await cluster.note(life)
    result.faults += [f"{life.name}: {line}" for line in life.faults]
    await cluster.begin()


async def _calm_down(cluster: Cluster) -> None:
    """Nobody is stopped any more; it ends when all is stored and nothing is due."""
    ledger, titles = Ledger(cluster.url), {story.title for story in cluster.press.stories}
    still = 0
    try:
        async with asyncio.timeout(AT_REST):
            while still < 4:
                await asyncio.sleep(0.5)
                due = [row for row in ledger.waiting() if row.kind is not EDIT and row.state is not HELD]
                still = still + 1 if titles <= ledger.titles() and not due else 0
    except TimeoutError:
        waiting = [row.what for row in ledger.waiting()][:3]
        cluster.result.faults.append(f"it did not come to rest: {waiting}")


def _judge(cluster: Cluster) -> None:
    result, post = cluster.result, cluster.post
    rows = [row for row in Ledger(cluster.url).rows() if row.kind is not EDIT]
    result.verdict = audit(cluster.press.stories, ALERTED, post.receipts, rows, result.in_flight)
    result.messages = len(post.receipts)
    result.conflicts, result.longest_deaf = len(post.listening.conflicts), post.listening.longest_deaf
    _digests_once(result, post, rows, cluster.clock() - PLANNED_WITHIN * cluster.clock.speed)


def _digests_once(result: Result, post: PostOffice, rows: Sequence[Row], now: datetime) -> None:
    here = (now + JAKARTA).time()
    for reader in DIGESTED:
        came = sum(one.is_digest and one.place == reader.place for one in post.receipts)
        planned = sum(row.kind is DeliveryKind.DIGEST and row.place == reader.place for row in rows)
        overdue = reader.digest_at < here and not came
        if planned > 1 or overdue:
            result.faults.append(f"{reader.name}: {planned} digests planned, {came} came")
        result.digests += came
