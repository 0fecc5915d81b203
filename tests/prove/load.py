"""One process under load: a story for ten thousand chats, a thousand alerts for one group, and how quickly what was
fetched leaves. The platform answers 429 exactly when one of its limits is exceeded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bot.domain.delivery import DeliveryState
from bot.domain.story import Topic
from tests.adapters.feedserver import FeedServer
from tests.prove.audit import InFlight, audit
from tests.prove.clocks import TownClock
from tests.prove.crash import BEGINS
from tests.prove.crowd import copy_reader
from tests.prove.ledger import Ledger
from tests.prove.lives import Life, Nursery
from tests.prove.posts import PostOffice
from tests.prove.press import Press
from tests.prove.rates import A_BOT, TooMany, too_many
from tests.prove.readers import AI, LAYOFFS, Reader, furnish, move_in
from tests.prove.receipts import Receipt

ENOUGH = 0.97  # of what Telegram takes
FIRST_PRIVATE = 10_000
GROUP = Reader(platform="telegram", address="-1001")
TO_START = 60.0  # seconds
BATCH = 100  # stories in one document
AT_MOST_A_MINUTE = 20
ASKING = 20  # chats that a story of `hurry` is for
P50, P99 = 0.5, 0.99
LATEST = 2.0  # seconds, p99


@dataclass
class Place:
    folder: Path
    url: str
    press: Press
    post: PostOffice
    server: FeedServer
    life: Life


@asynccontextmanager
async def _place(
    folder: Path, nursery: Nursery, readers: Sequence[Reader], crowd: Sequence[str] = (), *, speed: float = 1.0
) -> AsyncIterator[Place]:
    """A running process for `readers` and a `crowd` of addresses that asked for what the first of them did."""
    url = f"sqlite:///{folder}/kabar.db"
    async with FeedServer() as server:
        press = Press(server, Random(1), shown=BATCH)
        clock = TownClock(begins=BEGINS, at=time.time(), speed=speed)
        async with PostOffice(clock, strict=True) as post:
            furnish(folder, press)
            await move_in(folder, url, readers, clock())
            copy_reader(url, readers[0].address, crowd)
            settings = {"KABAR_DATABASE_URL": url, "KABAR_ALLOW_PRIVATE_HOSTS": "127.0.0.1"}
            life = await nursery.begin("load", folder, settings | post.addresses("load"), clock)
            async with asyncio.timeout(TO_START):
                while "runs" not in life.reached or not post.listening.anybody:
                    await asyncio.sleep(0.05)
            try:
                yield Place(folder, url, press, post, server, life)
            finally:
                await life.kill()


@dataclass
class Figures:
    """What was measured, in words, and what of it is not as it should be."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def need(self, holds: bool, what: str) -> None:
        self.lines.append(what)
        if not holds:
            self.wrong.append(what)

    def within_limits(self, post: PostOffice) -> None:
        found: list[TooMany] = list(too_many(one for one in post.receipts if not one.is_edit))
        self.need(not post.provoked, f"429s provoked: {len(post.provoked)} {_first(post.provoked)}")
        self.need(not found, f"messages over a limit: {len(found)} {_first(found)}")


def _first(found: Sequence[TooMany]) -> str:
    return f"(the first: {found[0]})" if found else ""


async def rate(folder: Path, nursery: Nursery, *, chats: int, seconds: float) -> Figures:
    """One story for so many private chats, measured for so long from the first message on."""
    figures = Figures()
    first = Reader(platform="telegram", address=str(FIRST_PRIVATE))
    crowd = [str(FIRST_PRIVATE + n) for n in range(1, chats)]
    async with _place(folder, nursery, [first], crowd) as place:
        place.press.publish(Topic.AI)
        await _until(lambda: bool(place.post.receipts), TO_START)
        await asyncio.sleep(min(seconds, chats / A_BOT.most))
    receipts = place.post.receipts
    began = receipts[0].moment
    span = min(seconds, chats / A_BOT.most)
    came = sum(one.moment < began + span for one in receipts)
    share = came / (A_BOT.most * span)
    figures.need(share >= ENOUGH, f"{came} messages in {span:.0f} s: {100 * share:.1f} % of Telegram's 30/s")
    figures.within_limits(place.post)
    twice = came - len({one.address for one in receipts if one.moment < began + span})
    figures.need(not twice, f"told twice: {twice}")
    return figures


async def group(folder: Path, nursery: Nursery, *, alerts: int, minutes: float, speed: float) -> Figures:
    """So many alerts for one group; it has heard of all of them after `minutes` of the town's clock."""
    figures = Figures()
    async with _place(folder, nursery, [GROUP], speed=speed) as place:
        began = time.monotonic()
        ledger = Ledger(place.url)
        for _ in range(0, alerts, BATCH):
            place.press.publish_many(min(BATCH, alerts - len(place.press.stories)))
            titles = {story.title for story in place.press.stories}
            await _until(lambda titles=titles: titles <= ledger.titles(), TO_START, 0.3)
        try:
            await _until(lambda: not ledger.count(), minutes * 60 / speed, 0.5)
        except TimeoutError:
            figures.need(False, f"{ledger.count()} deliveries still wait after {minutes:g} minutes")
        took = (time.monotonic() - began) * speed / 60
        await place.life.stop()
        rows = ledger.rows()
    receipts = place.post.receipts
    figures.lines.append(f"{alerts} alerts came in {len(receipts)} messages within {took:.1f} minutes")
    figures.within_limits(place.post)
    verdict = audit(place.press.stories, [GROUP], receipts, rows, InFlight())
    figures.need(verdict.told == alerts, f"stories told: {verdict.told}, on a first page {len(_told(receipts))}")
    order = {story.token: story.at for story in place.press.stories}
    heard = [order[token] for token in _told(receipts)]
    figures.need(heard == sorted(heard), "in the order in which they were published")
    figures.need(len(receipts) < alerts, "a backlog collapses into lists")
    waits = sum(row.state is not DeliveryState.SENT and row.state is not DeliveryState.EXPIRED for row in rows)
    figures.need(not waits and not verdict.repeated, f"repeated {len(verdict.repeated)}, not over {waits}")
    return figures


def _told(receipts: Sequence[Receipt]) -> list[str]:
    return [token for one in receipts if not one.is_edit for token in one.tokens]


async def hurry(folder: Path, nursery: Nursery, *, chats: int, stories: int) -> Figures:
    """From the moment a feed with something new was asked for to the moment its message arrived, for a story that 20 of
    so many chats asked for."""
    figures = Figures()
    crowd = [str(FIRST_PRIVATE + n) for n in range(chats - ASKING)]
    wanting = [Reader(platform="telegram", address=str(100 + n), topics=AI) for n in range(ASKING)]
    other = Reader(platform="telegram", address="99", topics=LAYOFFS)
    spans: list[float] = []
    async with _place(folder, nursery, [other, *wanting], crowd) as place:
        for _ in range(stories):
            await asyncio.sleep(1.7)
            known = len(place.post.receipts)
            asked = len(place.server.asked("/paper"))
            place.press.publish(Topic.AI)
            came = known + ASKING
            await _until(lambda came=came: len(place.post.receipts) >= came, TO_START)
            fetched = place.server.asked("/paper")[asked].at
            spans += [one.moment - fetched for one in place.post.receipts[known:]]
    spans.sort()
    p50, p99 = (spans[min(len(spans) - 1, int(len(spans) * share))] for share in (P50, P99))
    figures.need(p99 <= LATEST, f"{len(spans)} messages left {p50:.2f} s (p50), {p99:.2f} s (p99) after the fetch")
    figures.within_limits(place.post)
    return figures


async def _until(condition: Callable[[], bool], seconds: float, step: float = 0.02) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(step)
