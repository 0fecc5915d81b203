"""Telegram's limits hold over everything this process says: no 429 has to tell it."""

from __future__ import annotations

import pytest

from bot.domain.channel import Channel
from bot.domain.errors import RateLimited
from bot.platforms.telegram.tempo import Tempo

PRIVATE = Channel(platform="telegram", address="42")
GROUP = Channel(platform="telegram", address="-42")


class Hands:
    """A clock in seconds that sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def left(tempo: Tempo, hands: Hands, channel: Channel, calls: int, *, late: float = 0.0) -> list[float]:
    moments = []
    for number in range(calls):
        await tempo.turn(channel)
        hands.now += late if number % 7 == 0 else 0.0  # the process was busy before it got to write
        tempo.leaves()
        moments.append(hands.now)
        hands.now += 0.004
        tempo.answered()
    return moments


@pytest.mark.parametrize("late", [0.0, 0.05])
async def test_never_more_than_thirty_a_second(late: float) -> None:
    hands = Hands()
    moments = await left(Tempo(hands, hands.sleep), hands, PRIVATE, 200, late=late)
    assert all(later - earlier > 1.0 for earlier, later in zip(moments, moments[30:], strict=False))
    assert moments[-1] - moments[0] < 8.0, "and not much less"


async def test_a_group_hears_twenty_a_minute_and_the_rest_goes_back() -> None:
    hands = Hands()
    tempo = Tempo(hands, hands.sleep)
    await left(tempo, hands, GROUP, 20)
    with pytest.raises(RateLimited) as limited:
        await tempo.turn(GROUP)
    assert 55 < limited.value.retry_after.total_seconds() < 61
    await tempo.turn(PRIVATE)
    await tempo.turn(Channel(platform="telegram", address="-43"))
    hands.now += 61
    await tempo.turn(GROUP)


async def test_a_call_that_came_late_counts_from_when_it_may_have_come() -> None:
    hands = Hands()
    tempo = Tempo(hands, hands.sleep)
    await left(tempo, hands, PRIVATE, 29)
    await tempo.turn(PRIVATE)
    tempo.leaves()
    hands.now += 0.3
    tempo.answered()
    came = hands.now
    await left(tempo, hands, PRIVATE, 29)
    await tempo.turn(PRIVATE)
    assert hands.now - came > 1.0


async def test_a_call_that_hangs_does_not_hold_up_the_others() -> None:
    hands = Hands()
    tempo = Tempo(hands, hands.sleep)
    await tempo.turn(PRIVATE)
    tempo.leaves()  # and never an answer
    began = hands.now
    await left(tempo, hands, PRIVATE, 60)
    assert hands.now - began < 4.0
