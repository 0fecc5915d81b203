"""What readers of the daily digest live through when clocks change and processes stop."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.subscription import Mode
from tests.contracts.store_values import commit, new_story
from tests.scenarios.town import Clock, PostOffice, Press, news, settle_in, town, wants

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def dates(post: PostOffice) -> list[str]:
    return [text.splitlines()[0].removeprefix("Your digest, ") for text in post.texts("ann")]


@pytest.mark.parametrize(
    ("zone", "first", "at"),
    [
        ("Europe/Berlin", date(2026, 10, 24), time(2, 30)),  # 02:30 comes twice on the 25th
        ("Europe/Berlin", date(2026, 3, 28), time(2, 30)),  # 02:30 never comes on the 29th
        ("Australia/Lord_Howe", date(2026, 4, 4), time(1, 45)),  # half an hour back on the 5th
        ("Australia/Lord_Howe", date(2026, 10, 3), time(2, 15)),  # half an hour forward on the 4th
        ("Asia/Jakarta", date(2026, 6, 1), time(0, 0)),
    ],
)
async def test_one_digest_a_local_date_whatever_the_clock_of_the_country_does(
    tmp_path: Path, zone: str, first: date, at: time
) -> None:
    began = datetime.combine(first, time(0, 0), ZoneInfo(zone)).astimezone(UTC) - timedelta(minutes=1)
    clock, press, post = Clock(began), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", ann=wants(mode=Mode.DIGEST, zone=zone, digest_at=at))
        while clock.now < began + timedelta(days=2, hours=22):
            clock.forward(minutes=23)
            await here.digests.plan_due()
            await here.deliverer.drain()
    assert Counter(dates(post)) == Counter(
        f"{day:%A} {day.day} {day:%B} {day.year}" for day in (first + timedelta(days=n) for n in range(3))
    )


async def test_a_process_that_was_down_at_the_hour_sends_the_digest_late_and_once(tmp_path: Path) -> None:
    clock, press, post = Clock(datetime(2026, 6, 1, 0, 0, tzinfo=UTC)), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", ann=wants(mode=Mode.DIGEST, zone="UTC"))
        await here.poll_and_deliver()
        press.documents["paper"] = [news(1)]
        clock.forward(hours=1)
        await here.poll_and_deliver()
    clock.forward(hours=15)
    for _ in range(3):  # back at 16:00, and restarted twice more
        async with town(tmp_path, clock, press, post) as here:
            await here.poll_and_deliver()
            clock.forward(minutes=5)
    assert dates(post) == ["Monday 1 June 2026"]
    assert "1. Artificial intelligence model number 1" in post.texts("ann")[0]


async def test_a_loop_that_stalls_over_midnight_skips_no_date(tmp_path: Path) -> None:
    clock, press, post = Clock(datetime(2026, 6, 1, 12, 0, tzinfo=UTC)), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", ann=wants(mode=Mode.DIGEST, zone="UTC", digest_at=time(23, 59)))
        clock.now = datetime(2026, 6, 1, 23, 58, 50, tzinfo=UTC)
        for _ in range(5):
            await here.poll_and_deliver()
            clock.forward(minutes=3)
    assert dates(post) == ["Monday 1 June 2026"]


async def test_days_without_the_process_are_told_in_one_digest(tmp_path: Path) -> None:
    clock, press, post = Clock(datetime(2026, 6, 1, 9, 0, tzinfo=UTC)), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", ann=wants(mode=Mode.DIGEST, zone="UTC"))
        clock.forward(days=1)
        await here.poll_and_deliver()
    clock.forward(days=4)
    async with town(tmp_path, clock, press, post) as here:
        await here.poll_and_deliver()
    assert dates(post) == ["Tuesday 2 June 2026", "Saturday 6 June 2026"]


async def test_a_clock_set_back_a_day_repeats_no_digest(tmp_path: Path) -> None:
    clock, press, post = Clock(datetime(2026, 6, 1, 7, 0, tzinfo=UTC)), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", ann=wants(mode=Mode.DIGEST, zone="UTC"))
        clock.forward(hours=2)
        await here.poll_and_deliver()
        clock.forward(days=-1)
        for _ in range(30):
            await here.poll_and_deliver()
            clock.forward(hours=1)
    assert dates(post) == ["Monday 1 June 2026"]


async def test_a_quiet_day_says_what_was_read(tmp_path: Path) -> None:
    clock, press, post = Clock(datetime(2026, 6, 1, 0, 0, tzinfo=UTC)), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", "wire", ann=wants(mode=Mode.DIGEST, zone="UTC"))
        await here.poll_and_deliver()
        clock.forward(hours=9)
        await here.poll_and_deliver()
    assert "All quiet: nothing new on your topics." in post.texts("ann")[0]
    assert "Feeds read: 2, with problems: 0. New items: 0, stories for you: 0." in post.texts("ann")[0]


async def test_what_is_being_stored_while_a_digest_is_made_is_in_the_next_one(tmp_path: Path) -> None:
    """A story counts from the moment it was read, which is before anybody can see it."""
    clock, press, post = Clock(datetime(2026, 6, 1, 7, 0, tzinfo=UTC)), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", ann=wants(mode=Mode.DIGEST, zone="UTC"))
        await here.poll_and_deliver()
        clock.now = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
        read = clock()
        clock.forward(seconds=2)
        await here.digests.plan_due()
        await commit(here.store, new_story("late"), feed_id="paper", at=read, established=True)
        clock.forward(days=1)
        await here.poll_and_deliver()
    first, second = post.texts("ann")
    assert "Title of late" not in first
    assert "Title of late" in second
