"""The picture of job cuts: drawn by a real worker process, and the answer without it when that fails."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator

import pytest

from bot.domain.chart import Bars, Chart
from bot.pictures.drawer import Drawer
from bot.pictures.drawing import SIDE, draw
from bot.pictures.worker import packed


def a_chart(bars: int = 5, names: tuple[str, ...] = ("Intel", "Spotify"), word: str = "9.5k") -> Chart:
    upright = Bars(
        title="People by week",
        labels=tuple(f"{n + 1} Mar" for n in range(bars)),
        values=tuple(float(n * 1_000) for n in range(bars)),
        shown=tuple(word for _ in range(bars)),
    )
    lying = Bars(
        title="Biggest",
        labels=names,
        values=tuple(100.0 - n for n in range(len(names))),
        shown=tuple("100" for _ in names),
    )
    return Chart(title="Job cuts, 9 Feb – 14 Mar 2026", upright=upright, lying=lying, footer="Kabar")


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.fixture
async def drawer() -> AsyncIterator[Drawer]:
    drawer = Drawer(deadline=60.0)
    yield drawer
    await drawer.close()


async def test_a_picture_is_drawn_and_the_worker_stays_for_the_next(drawer: Drawer) -> None:
    first = await drawer.draw(a_chart())
    assert first is not None
    assert size_of(first) == (SIDE, SIDE)
    worker = drawer.worker
    second = await drawer.draw(a_chart(12))
    assert second != first
    assert drawer.worker is worker is not None


async def test_several_who_ask_at_once_each_get_theirs(drawer: Drawer) -> None:
    charts = [a_chart(3), a_chart(5), a_chart(7)]
    drawn = await asyncio.gather(*map(drawer.draw, charts))
    assert len({picture for picture in drawn if picture}) == 3
    assert await drawer.draw(charts[1]) == drawn[1]


async def test_a_killed_worker_is_replaced(drawer: Drawer) -> None:
    assert await drawer.draw(a_chart())
    assert drawer.worker is not None
    os.kill(drawer.worker, signal.SIGKILL)
    assert await drawer.draw(a_chart()) is not None


@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit(1)",
        "import sys; sys.stdin.buffer.read(10); raise SystemExit(1)",
        "import sys; sys.stdout.buffer.write(b'\\xff' * 99); sys.stdout.flush(); sys.stdin.read()",
        "import sys; sys.stdout.buffer.write(bytes(36)); sys.stdout.flush(); sys.stdin.read()",
    ],
)
async def test_a_worker_that_fails_is_no_error(program: str) -> None:
    drawer = Drawer(command=(sys.executable, "-c", program), deadline=60.0)
    assert await drawer.draw(a_chart()) is None
    assert await drawer.draw(a_chart()) is None
    await drawer.close()


async def test_no_worker_at_all_is_no_error() -> None:
    drawer = Drawer(command=("/nonexistent/python",))
    assert await drawer.draw(a_chart()) is None
    await drawer.close()


async def test_a_worker_that_hangs_is_ended() -> None:
    drawer = Drawer(command=(sys.executable, "-c", "import time; time.sleep(600)"), deadline=0.2)
    assert await drawer.draw(a_chart()) is None
    assert drawer.worker is None
    await drawer.close()


async def test_an_idle_worker_goes_home() -> None:
    drawer = Drawer(deadline=60.0, idle=0.05)
    assert await drawer.draw(a_chart())
    async with asyncio.timeout(30):
        while drawer.worker is not None:
            await asyncio.sleep(0.01)
    assert await drawer.draw(a_chart()), "and another comes when it is asked"
    await drawer.close()


async def test_no_secret_goes_along() -> None:
    os.environ["KABAR_TELEGRAM_TOKEN"] = "secret"
    try:
        program = "import os, sys; sys.exit(0 if 'KABAR_TELEGRAM_TOKEN' in os.environ else 1)"
        drawer = Drawer(command=(sys.executable, "-c", program), deadline=60.0)
        assert await drawer.draw(a_chart()) is None
        await drawer.close()
    finally:
        del os.environ["KABAR_TELEGRAM_TOKEN"]


@pytest.mark.parametrize(
    "chart",
    [
        a_chart(1, ("A",)),
        a_chart(12, tuple(f"Company {n} " * 20 for n in range(5))),
        a_chart(5, ("$x_1$ \\frac", "日本電気", "🤖", "a\nb", "")),
        a_chart(12, word="1,234,567,890,123"),
        a_chart(0, ()),
    ],
)
@pytest.mark.filterwarnings("ignore:Glyph")  # a letter that the font has not is drawn as a box
def test_whatever_stands_in_it_a_chart_becomes_a_picture(chart: Chart) -> None:
    assert size_of(draw(chart)) == (SIDE, SIDE)
    assert packed(chart)
