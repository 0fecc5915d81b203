"""What readers live through when feeds bring news."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy

from bot.domain.errors import Unavailable
from bot.domain.feed import FeedState
from bot.domain.story import Language, Topic
from bot.domain.subscription import Mode
from tests.scenarios.town import Clock, PostOffice, Press, dying, news, settle_in, town, wants

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_a_story_reaches_three_chats_once_each_in_their_language(tmp_path: Path) -> None:
    clock, press, post = Clock(START), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(
            here.store,
            clock,
            "paper",
            ann=wants(Topic.AI),
            budi=wants(Topic.AI, language=Language.ID),
            cem=wants(mode=Mode.BOTH),
            dora=wants(Topic.LAYOFFS),
            eko=wants(Topic.AI, mode=Mode.DIGEST),
        )
        await here.poll_and_deliver()
        press.documents["paper"] = [news(1)]
        for _ in range(3):
            clock.forward(minutes=20)
            await here.poll_and_deliver()
    assert Counter(receipt.channel.address for receipt in post.receipts) == {"ann": 1, "budi": 1, "cem": 1}
    assert "number 1 released" in post.texts("ann")[0]
    assert "16.20 WIB" in post.texts("budi")[0]
    assert "16:20 WIB" in post.texts("ann")[0]


async def test_two_feeds_that_carry_one_address_are_one_story(tmp_path: Path) -> None:
    clock, press, post = Clock(START), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", "wire", ann=wants())
        await here.poll_and_deliver()
        press.documents["paper"] = [news(1, link="https://www.paper.example/stories/1?utm_source=rss#top")]
        press.documents["wire"] = [news(77, link="http://paper.example/stories/1/")]
        clock.forward(minutes=20)
        await here.poll_and_deliver()
        stories = await here.store.stories.latest(list(Topic), level=wants().level, limit=10)
        assert len(stories) == 1
        assert sorted(await here.store.stories.feeds_of(stories[0].id)) == ["Paper", "Wire"]
    assert len(post.receipts) == 1


async def test_the_first_look_at_a_feed_of_200_old_items_floods_nobody(tmp_path: Path) -> None:
    clock, press, post = Clock(START), Press(), PostOffice()
    press.documents["paper"] = [news(n, published=START - timedelta(hours=n)) for n in range(200)]
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", ann=wants())
        await here.poll_and_deliver()
        assert post.receipts == []
        assert len(await here.store.stories.latest(list(Topic), level=wants().level, limit=300)) == 200
        press.documents["paper"] = [news(500), *press.documents["paper"]]  # type: ignore[misc]
        clock.forward(minutes=20)
        await here.poll_and_deliver()
    assert len(post.receipts) == 1


async def test_a_feed_that_changes_every_guid_and_address_scheme_overnight_repeats_nothing(tmp_path: Path) -> None:
    clock, press, post = Clock(START), Press(), PostOffice()
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "paper", ann=wants())
        await here.poll_and_deliver()
        press.documents["paper"] = [news(n) for n in range(5)]
        clock.forward(minutes=20)
        await here.poll_and_deliver()
        press.documents["paper"] = [
            replace(news(n), id=f"new-guid-{n}", link=f"http://www.paper.example/stories/{n}/?utm_medium=feed")
            for n in range(5)
        ]
        clock.forward(minutes=20)
        await here.poll_and_deliver()
    assert len(post.receipts) == 5


async def test_a_dead_feed_stops_no_other_and_is_tried_less_and_less(tmp_path: Path) -> None:
    clock, press, post = Clock(START), Press(), PostOffice()
    press.documents["dead"] = Unavailable("dns", "no such host")
    async with town(tmp_path, clock, press, post) as here:
        await settle_in(here.store, clock, "dead", "paper", ann=wants())
        await here.poll_and_deliver()
        press.documents["paper"] = [news(1)]
        for _ in range(24):
            clock.forward(minutes=15)
            await here.poll_and_deliver()
        dead = await here.store.feeds.find("dead")
        assert dead is not None
        assert (dead.state, dead.problem, dead.problem_since) == (FeedState.FAILING, "dns", START)
    assert len(post.receipts) == 1
    assert press.reads["paper"] == 25
    assert press.reads["dead"] <= 6


async def test_a_restart_between_any_two_steps_loses_nothing_and_repeats_only_what_was_in_flight(
    tmp_path: Path,
) -> None:
    """The process dies at every step there is, once each; the next life finishes the work."""
    async with town(tmp_path, Clock(START), Press(), PostOffice()) as before:
        people = {name: wants(mode=Mode.BOTH) for name in ("ann", "budi", "cem")}
        await settle_in(before.store, before.clock, "paper", "wire", **people)
        await before.poll_and_deliver()
    step = -1
    while True:
        step += 1
        clock, press, post = Clock(START), Press(), PostOffice()
        folder = tmp_path / str(step)
        folder.mkdir()
        copy(tmp_path / "town.db", folder)
        press.documents["paper"] = [news(1)]
        press.documents["wire"] = [news(1), news(2)]
        clock.forward(hours=22)  # past 08:00 in Jakarta: news and digests are both due
        async with town(folder, clock, press, post, last_step=step) as second:
            with dying():
                await second.poll_and_deliver()
            survived = not second.steps.is_dead
        clock.forward(minutes=16)
        async with town(folder, clock, press, post) as third:
            for _ in range(2):
                await third.poll_and_deliver()
                clock.forward(minutes=16)
        _check_receipts(post, step)
        if survived:
            break
    assert step > 25, "the scenario has many steps to die at"


def _check_receipts(post: PostOffice, step: int) -> None:
    alerts = Counter((r.channel.address, r.stories) for r in post.receipts if len(r.stories) == 1)
    digests = Counter((r.channel.address, r.key) for r in post.receipts if "digest" in r.text)
    assert {chat for chat, _ in alerts} == {"ann", "budi", "cem"}, step
    assert len(alerts) == 6, step
    assert {chat for chat, _ in digests} == {"ann", "budi", "cem"}, step
    assert len(digests) == 3, step
    assert max(alerts.values()) <= 2, step
    assert max(digests.values()) <= 2, step
    repeats = sum(alerts.values()) - len(alerts) + sum(digests.values()) - len(digests)
    assert repeats <= 3, f"step {step}: at most one message a chat is in flight"
