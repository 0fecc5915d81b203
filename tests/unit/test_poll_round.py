"""How many feeds a round claims at a time: one a place at first, more as long as looks are quick."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.feed import Feed
from bot.services.poll_round import MOST_CLAIMED, Look, Round
from tests.builders import a_feed


async def claims(feeds: int, *, at_once: int) -> list[int]:
    """How many were asked for, claim by claim."""
    waiting = [a_feed(f"f{n}") for n in range(feeds)]
    asked: list[int] = []
    looked: list[str] = []

    async def claim(limit: int) -> Sequence[Feed]:
        asked.append(limit)
        some = waiting[:limit]
        del waiting[:limit]
        return some

    async def look(feed: Feed) -> Look | None:
        await asyncio.sleep(0)
        looked.append(feed.id)
        return None

    async def write(looks: Sequence[Look]) -> None:
        raise AssertionError("nothing was seen")

    await Round(claim=claim, look=look, write=write, at_once=at_once).run()
    assert sorted(looked) == sorted(f"f{n}" for n in range(feeds))
    return asked


async def test_while_looks_are_quick_each_claim_is_twice_the_last_one() -> None:
    assert await claims(300, at_once=16) == [16, 32, 64, MOST_CLAIMED, MOST_CLAIMED, MOST_CLAIMED]


async def test_a_place_never_waits_for_a_claim_that_leaves_it_out() -> None:
    assert await claims(450, at_once=200) == [200, 200, 200, 200]
