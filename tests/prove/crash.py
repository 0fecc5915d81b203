"""One process is killed over and over, at named points and at random moments; in the end everybody has everything."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from bot.domain.delivery import DeliveryKind, DeliveryState
from tests.adapters.feedserver import FeedServer
from tests.prove.audit import InFlight, Verdict, audit
from tests.prove.clocks import TownClock
from tests.prove.failpoints import AFTER_POST, LOST_POST, OF_THE_PLATFORM, POINTS, STEP, Fuse
from tests.prove.ledger import Ledger
from tests.prove.lives import Life, Nursery
from tests.prove.posts import PostOffice
from tests.prove.press import Press
from tests.prove.readers import EVERYBODY, furnish, move_in
from tests.prove.receipts import Gate

BEGINS = datetime(2026, 3, 2, 5, 40, tzinfo=UTC)  # 12:40 in Jakarta
SPEED = 6.0
LONGEST_LIFE = 3.0  # seconds
LATEST_NEWS = 0.7
MORNING, NIGHT = 8 * 60 + 2, 22 * 60 + 30  # minutes of the day in Jakarta: a digest is due, quiet hours have begun
JAKARTA = timedelta(hours=7)
CALM_LIVES = 8
AT_REST = 60.0  # seconds
EDIT, HELD = DeliveryKind.EDIT, DeliveryState.HELD
OUTSIDE, DIGESTS, HOLDS = "from outside", "digest_plan", "catch_up"


@dataclass
class Result:
    """Of one town. `points`: where the process died, how often."""

    seed: int
    verdict: Verdict = field(default_factory=Verdict)
    in_flight: InFlight = field(default_factory=InFlight)
    points: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stories: int = 0
    messages: int = 0

    @property
    def kills(self) -> int:
        return self.points.total()

    @property
    def wrong(self) -> list[str]:
        found = (*self.verdict.wrong, *self.faults)
        return [f"seed {self.seed}: {one}" for one in (*found, *(self.story if found else ()))]


@dataclass
class Town:
    """A database, its feeds and its platforms; `clock` goes on between lives as if the machine had been off."""

    seed: int
    folder: Path
    url: str
    nursery: Nursery
    press: Press
    post: PostOffice
    clock: TownClock
    random: Random
    result: Result
    lives: int = 0
    current: Life | None = None

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.url)

    async def begin(self, fuse: Fuse) -> Life:
        self.lives += 1
        name = f"life{self.lives}"
        settings = {"KABAR_DATABASE_URL": self.url, "KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
        settings |= self.post.addresses(name)
        self.current = await self.nursery.begin(name, self.folder, settings, self.clock, fuse)
        return self.current

    def forward(self, span: timedelta) -> None:
        self.press.clear()
        self.clock = self.clock.forward(span)
        self.post.clock = self.clock

    def until(self, minute: int) -> timedelta:
        """To the next time that it is so many minutes after midnight in Jakarta."""
        here = self.clock() + JAKARTA
        today = here.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
        return (today if today > here else today + timedelta(days=1)) - here


async def crash(
    seed: int,
    kills: int,
    folder: Path,
    url: str,
    nursery: Nursery,
    *,
    speed: float = SPEED,
    tell: Callable[[str], None] = lambda line: None,
) -> Result:
    """So many kills of one town, then calm lives until nothing waits; what the receipts say of it."""
    random = Random(seed)
    async with FeedServer() as server:
        press = Press(server, random)
        clock = TownClock(begins=BEGINS, at=time.time(), speed=speed)
        async with PostOffice(clock) as post:
            post.trouble = _trouble(Random(seed + 1))
            furnish(folder, press)
            await move_in(folder, url, EVERYBODY, clock())
            result = Result(seed)
            town = Town(seed, folder, url, nursery, press, post, clock, random, result)
            for _ in range(kills):
                await _deadly_life(town)
            await _calm_down(town)
            result.verdict = audit(press.stories, EVERYBODY, post.receipts, town.ledger.rows(), result.in_flight)
            result.stories, result.messages = len(press.stories), len(post.receipts)
            tell(f"seed {seed}: {_summary(result)}")
    return result


def _summary(result: Result) -> str:
    verdict = result.verdict
    return (
        f"{result.kills} kills, {result.messages} messages, {verdict.told} stories told, lost {len(verdict.lost)}, "
        f"repeated {verdict.repeats} of {result.in_flight.messages} in flight"
        + ("" if not result.wrong else f", WRONG {len(result.wrong)}")
    )


def _trouble(random: Random) -> Callable[[str], str]:
    """Now and then a platform asks to wait, loses a message before it takes it in, or the answer after."""
    kinds = {"telegram": ("busy", "dropped"), "slack": ("busy", "failed")}

    def of(platform: str) -> str:
        return random.choice(kinds[platform]) if random.random() < 0.03 else ""

    return of


async def _deadly_life(town: Town) -> None:
    random = town.random
    jump, fuse = _plan(town)
    town.forward(jump)
    town.press.publish()
    if fuse.point in OF_THE_PLATFORM:
        town.post.gate = Gate(fuse.nth, lambda who: _kill(town), taken_in=fuse.point == AFTER_POST)
    life = await town.begin(fuse)
    news = asyncio.create_task(_news(town))
    last = LONGEST_LIFE if fuse.point else random.uniform(0.02, LONGEST_LIFE)
    await life.lives(last)
    await life.kill()
    gate, town.post.gate = town.post.gate, None
    await news
    where = life.died_at or (fuse.point if gate is not None and gate.is_shut else OUTSIDE)
    town.result.points[where] += 1
    town.result.story.append(f"{life.name} from {town.clock():%d %H:%M:%S} killed {where}")
    town.result.in_flight.note(town.ledger.in_flight())
    town.result.faults += [f"{life.name}: {line}" for line in life.faults]


def _plan(town: Town) -> tuple[timedelta, Fuse]:
    """How much time passes before the next life, and what ends it."""
    random = town.random
    digest, night = town.until(MORNING), town.until(NIGHT)
    jump = random.choices(
        (timedelta(seconds=1), timedelta(seconds=50), timedelta(seconds=90), digest, night), (2, 6, 4, 3, 2)
    )[0]
    kind = random.random()
    if kind < 0.2:
        return jump, Fuse()
    if kind < 0.4:
        return jump, Fuse(point=STEP, nth=random.randint(1, 150))
    points = [*POINTS, AFTER_POST, AFTER_POST, LOST_POST]
    if jump == digest:
        points = [point for point in points if DIGESTS in point or HOLDS in point] * 3 + points
    else:
        points = [point for point in points if DIGESTS not in point and HOLDS not in point]
    point = random.choice(points)
    nth = 1 if any(part in point for part in (DIGESTS, HOLDS, "commit", "fetch", "parse")) else random.randint(1, 6)
    if "sent_commit" in point:
        nth = random.randint(1, 6)
    return jump, Fuse(point=point, nth=nth, delay=random.uniform(0, 0.004))


async def _news(town: Town) -> None:
    """A second story while the process lives, now and then another outlet with the same."""
    await asyncio.sleep(town.random.uniform(0, LATEST_NEWS))
    if town.random.random() < 0.7:
        town.press.publish()
    if town.random.random() < 0.3:
        town.press.copy(town.press.stories[-1])


def _kill(town: Town) -> None:
    if town.current is not None:
        town.current.send(signal.SIGKILL)


async def _calm_down(town: Town) -> None:
    """Lives that end as an operator ends them, until everything that was published is told. Between them a night
    passes, so that digests and what was held are told too."""
    for _ in range(CALM_LIVES):
        town.forward(timedelta(seconds=70))
        await _calm_life(town)
        town.forward(town.until(MORNING))
        await _calm_life(town)
        if not town.ledger.count():
            return
    town.result.faults.append("something still waits after all calm lives")


async def _calm_life(town: Town) -> None:
    life = await town.begin(Fuse())
    titles = {story.title for story in town.press.stories}
    try:
        async with asyncio.timeout(AT_REST):
            await _at_rest(town, titles)
    except TimeoutError:
        waiting = [row.what for row in town.ledger.waiting()][:3]
        town.result.faults.append(f"{life.name} did not come to rest: {waiting}")
    try:
        await life.stop()
    except TimeoutError:
        town.result.faults.append(f"{life.name} did not stop within 15 s")
        await life.kill()
    town.result.faults += [f"{life.name}: {line}" for line in life.faults]


async def _at_rest(town: Town, titles: set[str]) -> None:
    """Everything published is stored, today's digests are planned and nothing is due. An edit waits for a minute and
    what is held for the morning, so they are left to a later life."""
    still, digests = 0, sum(reader.mode.digests for reader in EVERYBODY)
    while still < 3:
        await asyncio.sleep(0.25)
        due = [row for row in town.ledger.waiting() if row.kind is not EDIT and row.state is not HELD]
        here = town.clock() + JAKARTA
        planned = here.hour < 8 or town.ledger.digests(here.date()) == digests
        still = still + 1 if titles <= town.ledger.titles() and planned and not due else 0
