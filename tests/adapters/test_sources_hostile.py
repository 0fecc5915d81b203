"""Every attack against the whole way from the socket to the items: it ends in time, others are read meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from bot.domain.errors import SourceError
from bot.domain.feed import Feed, FeedSpec, Fetched
from bot.ports import Source
from bot.sources import registry
from bot.sources.document import MAX_CONTENT, MAX_ITEMS, MAX_SUMMARY, MAX_TITLE
from bot.sources.http import Fetcher, Limits
from bot.sources.pool import ParserPool
from tests.adapters.attacks import ATTACKS, ITEM, rss
from tests.adapters.feedserver import Answer, FeedServer
from tests.adapters.oddities import PAGES, WIRE
from tests.adapters.test_http import Names

NOW = datetime(2026, 11, 3, 10, 30, tzinfo=UTC)
FETCH, READ = 1.0, 8.0  # seconds for one feed: the first far below the real deadline, so that the tests are quick
MEGABYTE = 1 << 20
EXTRA = 60 * MEGABYTE


@dataclass(slots=True)
class House:
    """A fetcher and its workers, beside a publisher that is hostile and some that are not."""

    server: FeedServer
    source: Source

    async def look(self, path: str) -> Fetched | SourceError:
        spec = FeedSpec(id=path.strip("/"), url=self.server.url(path), title="F")
        try:
            return await self.source.fetch(Feed(spec=spec))
        except SourceError as error:
            return error


@asynccontextmanager
async def open_house(deadline: float) -> AsyncIterator[House]:
    pool = ParserPool(deadline=READ)
    fetcher = Fetcher(
        user_agent="Kabar/1 (+x)",
        clock=lambda: NOW,
        allow_private=("127.0.0.1",),
        limits=Limits(deadline=deadline, error_page=0.2, spacing=0.0),
        resolver=Names("10.0.0.1"),
    )
    async with FeedServer() as server:
        yield House(server, registry.connect("auto", fetcher, pool, lambda: NOW))
        await pool.close()
        await fetcher.close()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with open_house(FETCH) as opened:
        yield opened


def workers() -> dict[int, int]:
    """Resident bytes of the parsing processes at their peak, by process."""
    found = {}
    for child in psutil.Process().children():
        with suppress(OSError):
            lines = Path(f"/proc/{child.pid}/status").read_text("ascii").splitlines()
            peaks = [int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")]
            found[child.pid] = sum(peaks)
    return found


@pytest.mark.parametrize("name", list(ATTACKS))
async def test_an_attack_ends_and_other_feeds_are_read_meanwhile(house: House, name: str) -> None:
    attack, causes = ATTACKS[name]
    for n in range(4):
        house.server.answer(f"/good{n}", Answer(body=rss(ITEM)))
    house.server.answer("/attack", attack())
    await asyncio.gather(house.look("/good0"), house.look("/good1"))  # both workers are there
    before = workers()
    async with asyncio.timeout(FETCH + READ + 5):
        outcome, *good = await asyncio.gather(house.look("/attack"), *(house.look(f"/good{n}") for n in range(4)))
    cause = outcome.cause if isinstance(outcome, SourceError) else ""
    assert cause in causes, outcome
    for look in good:
        assert isinstance(look, Fetched)
        assert [item.title for item in look.items or ()] == ["a"]
    for process, peak in workers().items():
        assert peak - before.get(process, peak) < EXTRA
    if isinstance(outcome, Fetched):
        items = outcome.items or ()
        assert len(items) <= MAX_ITEMS
        assert all(len(item.title) <= MAX_TITLE and len(item.content) <= MAX_CONTENT for item in items)
        assert all(len(item.summary) <= MAX_SUMMARY for item in items)
    after = await house.look("/good0")
    assert isinstance(after, Fetched)


async def test_all_attacks_at_once(house: House) -> None:
    house.server.answer("/good", Answer(body=rss(ITEM)))
    paths = []
    for n, (attack, _) in enumerate(ATTACKS.values()):
        house.server.answer(f"/attack{n}", attack())
        paths.append(f"/attack{n}")
    looks = [asyncio.create_task(house.look(path)) for path in paths]
    assert isinstance(await house.look("/good"), Fetched)
    outcomes = await asyncio.gather(*looks)
    assert {type(outcome).__name__ for outcome in outcomes} >= {"Fetched", "Malformed", "Unavailable", "Forbidden"}


async def test_oddities_end_as_what_they_are() -> None:
    odd = {**WIRE, **PAGES}
    places = asyncio.Semaphore(8)

    async def cause_of(house: House, path: str) -> str:
        async with places:
            outcome = await house.look(path)
        return outcome.cause if isinstance(outcome, SourceError) else ""

    async with open_house(3 * FETCH) as house:
        house.server.answer("/good0", Answer(body=rss(ITEM)))
        for n, (answer, _) in enumerate(odd.values()):
            house.server.answer(f"/odd{n}", answer())
        causes = await asyncio.gather(*(cause_of(house, f"/odd{n}") for n in range(len(odd))))
        assert isinstance(await house.look("/good0"), Fetched)
    assert {name: cause for name, cause in zip(odd, causes, strict=True) if cause not in odd[name][1]} == {}
