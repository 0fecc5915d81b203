"""What one look at a feed comes to, on a real store: what is new, what is announced, and what trouble costs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.errors import Forbidden, Gone, Malformed, SourceError, Unavailable
from bot.domain.feed import FeedState, Fetched
from bot.domain.story import Item, Language, Topic
from bot.domain.subscription import Mode
from bot.domain.verdict import Level
from bot.ports import Committed, Grouping, Reading, Stories
from bot.services.poll_report import FeedRead
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    WordJudge,
    a_spec,
    a_store,
    an_item,
    some_items,
    subscribe,
)
from tests.unit.pollroom import EVERY, Room


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    async with a_store(tmp_path) as store:
        made = Room(store)
        await made.feeds("wire")
        yield made


ROBOT = an_item("A robot opens a shop", id="1", link="https://wire.example/1", published=NOW)


async def test_the_first_read_is_silent_and_the_second_announces(room: Room) -> None:
    await subscribe(room.store)
    old = some_items(200)
    assert await room.look(wire=old) == (200, 200, 0)
    assert len(await room.stories()) == 200, "stored and searchable"
    assert await room.look(wire=[ROBOT, *old]) == (201, 1, 1)
    assert await room.look(wire=[ROBOT, *old]) == (201, 0, 0)


async def test_an_empty_first_read_is_a_first_read(room: Room) -> None:
    await subscribe(room.store)
    assert await room.look(wire=[]) == (0, 0, 0)
    assert await room.look(wire=[ROBOT]) == (1, 1, 1)


async def test_a_failed_first_read_is_none(room: Room) -> None:
    await subscribe(room.store)
    await room.look(wire=Unavailable("timeout", "too slow"))
    room.clock.tick(HOUR)
    assert await room.look(wire=some_items(50)) == (50, 50, 0)


async def test_who_hears_of_it(room: Room) -> None:
    await subscribe(room.store, "ai", topics=[Topic.AI])
    await subscribe(room.store, "jobs", topics=[Topic.TECH_LAYOFFS])
    await subscribe(room.store, "digest", topics=[Topic.AI], mode=Mode.DIGEST)
    await subscribe(room.store, "strict", topics=[Topic.AI], level=Level.HIGH)
    await room.look(wire=[])
    assert (await room.look(wire=[ROBOT]))[2] == 1
    assert (await room.look(wire=[ROBOT, an_item("Robot robot fair", id="2")]))[2] == 2
    assert (await room.look(wire=[ROBOT, an_item("Robot layoff", id="3")]))[2] == 2
    assert (await room.look(wire=[an_item("Weather", id="4")])) == (1, 1, 0)


async def test_two_feeds_with_one_address_are_one_story_and_one_alert(room: Room) -> None:
    await subscribe(room.store)
    await room.feeds("wire", "other")
    await room.look(wire=[], other=[])
    copy = an_item("Robot shop opened", id="x-9", link="http://www.wire.example/1/?utm_source=other")
    assert await room.look(wire=[ROBOT], other=[copy]) == (2, 1, 1)
    assert await room.look() == (2, 0, 0)
    (story,) = await room.stories()
    assert sorted(await room.store.stories.feeds_of(story.id)) == ["Other", "Wire"]


async def test_what_a_new_feed_held_is_news_once_a_known_feed_has_it(room: Room) -> None:
    await subscribe(room.store)
    await room.look(wire=[])
    await room.feeds("wire", "other")
    assert await room.look(other=[ROBOT]) == (1, 1, 0)
    assert await room.look(wire=[replace(ROBOT, id="77")]) == (2, 0, 1)
    assert await room.look() == (2, 0, 0)


async def test_an_edited_title_is_the_same_story_and_no_second_alert(room: Room) -> None:
    await subscribe(room.store)
    await room.look(wire=[])
    await room.look(wire=[ROBOT])
    edited = replace(ROBOT, title="A robot opens a shop in Bandung")
    assert await room.look(wire=[edited]) == (1, 0, 0)
    (story,) = await room.stories()
    assert story.title == "A robot opens a shop in Bandung"
    assert await room.look(wire=[ROBOT]) == (1, 0, 0)


async def test_an_edit_that_only_now_matches_is_announced_once(room: Room) -> None:
    await subscribe(room.store)
    await room.look(wire=[])
    assert await room.look(wire=[replace(ROBOT, title="A machine opens a shop")]) == (1, 1, 0)
    assert await room.stories() == []
    assert await room.look(wire=[ROBOT]) == (1, 0, 1)
    assert await room.look(wire=[replace(ROBOT, title="A robot opens a second shop")]) == (1, 0, 0)


async def test_an_edit_of_old_news_is_no_news(room: Room) -> None:
    """What a feed held when it was first read stays unannounced when its outlet touches it up."""
    await subscribe(room.store)
    await room.look(wire=[ROBOT])
    touched = replace(ROBOT, summary="It can do a lot. 12 comments")
    assert await room.look(wire=[touched]) == (1, 0, 0)


async def test_who_subscribes_later_does_not_hear_of_an_edited_story(room: Room) -> None:
    await room.look(wire=[])
    await room.look(wire=[ROBOT])
    await subscribe(room.store)
    assert await room.look(wire=[replace(ROBOT, summary="Touched up.")]) == (1, 0, 0)


async def test_another_feeds_wording_does_not_overwrite_the_first(room: Room) -> None:
    await room.feeds("wire", "other")
    await room.look(wire=[ROBOT], other=[])
    await room.look(wire=[ROBOT], other=[replace(ROBOT, id="x", title="Robot shop!!")])
    (story,) = await room.stories()
    assert (story.title, story.feed_id) == (ROBOT.title, "wire")


async def test_a_recycled_guid_is_a_new_story(room: Room) -> None:
    await subscribe(room.store)
    await room.look(wire=[ROBOT])
    other = an_item("Robots everywhere now", id="1", link="https://wire.example/2")
    assert await room.look(wire=[other]) == (1, 1, 1)
    assert await room.look(wire=[other]) == (1, 0, 0)
    assert len(await room.stories()) == 2


async def test_nothing_new(room: Room) -> None:
    await room.look(wire=[ROBOT])
    room.source.says("wire", None)
    report = await room.poller().poll_due()
    assert (report.feeds, report.fetched, report.not_modified, report.failed) == (1, 0, 1, 0)
    assert (await room.feed()).state is FeedState.OK


async def test_the_cursor_is_kept(room: Room) -> None:
    await room.look(wire=[ROBOT])
    assert (await room.feed()).cursor == "seen 1"
    await room.look(wire=Unavailable("timeout", "too slow"))
    assert (await room.feed()).cursor == "seen 1"


# --- trouble -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Unavailable("timeout", "too slow"), FeedState.FAILING),
        (Malformed("not_a_feed", "a page"), FeedState.FAILING),
        (Forbidden("http_403", "refused"), FeedState.FAILING),
        (Gone("http_410", "closed"), FeedState.GONE),
    ],
)
async def test_trouble_is_written_down_with_its_feed(room: Room, error: SourceError, state: FeedState) -> None:
    room.source.says("wire", error)
    report = await room.poller().poll_due()
    assert (report.feeds, report.failed, report.fetched) == (1, 1, 0)
    feed = await room.feed()
    assert (feed.state, feed.problem, feed.problem_detail) == (state, error.cause, error.detail)
    assert (feed.failures, feed.problem_since, feed.last_ok) == (1, NOW, None)


async def test_a_failing_feed_is_asked_less_and_less_and_recovers(room: Room) -> None:
    await room.look(wire=[])
    room.source.says("wire", Unavailable("timeout", "too slow"))
    waits = []
    for _ in range(9):
        room.clock.now = (await room.feed()).next_poll or NOW
        await room.poller().poll_due()
        waits.append(((await room.feed()).next_poll or NOW) - room.clock.now)
    assert waits[:4] == [2 * EVERY, 4 * EVERY, 8 * EVERY, 16 * EVERY]
    assert waits[-1] == DAY
    feed = await room.feed()
    assert (feed.failures, feed.problem_since) == (9, NOW + EVERY)

    room.clock.now = feed.next_poll or NOW
    room.source.says("wire", [ROBOT])
    await room.poller().poll_due()
    feed = await room.feed()
    assert (feed.state, feed.failures, feed.problem, feed.problem_since) == (FeedState.OK, 0, None, None)
    assert feed.next_poll == room.clock.now + EVERY


async def test_a_gone_feed_is_asked_again_only_by_name(room: Room) -> None:
    await room.look(wire=Gone("http_410", "closed"))
    room.clock.tick(30 * DAY)
    room.source.says("wire", [ROBOT])
    assert (await room.poller().poll_due()).feeds == 0
    assert (await room.poller().poll_due(only=["wire"])).fetched == 1
    assert (await room.feed()).state is FeedState.OK


async def test_retry_after_holds_even_against_a_poll_by_name(room: Room) -> None:
    room.source.says("wire", Unavailable("http_429", "slow down", retry_after=2 * HOUR), [ROBOT])
    await room.poller().poll_due()
    feed = await room.feed()
    assert (feed.hold_until, feed.next_poll) == (NOW + 2 * HOUR, NOW + 2 * HOUR)
    room.clock.tick(2 * HOUR - MINUTE)
    assert (await room.poller(every=MINUTE, fixed=True).poll_due(only=["wire"])).feeds == 0
    room.clock.tick(MINUTE)
    assert (await room.poller().poll_due(only=["wire"])).fetched == 1
    assert (await room.feed()).hold_until is None


async def test_a_pause_asked_for_with_a_good_answer_holds_too(room: Room) -> None:
    room.source.brings["wire"] = Fetched(items=(ROBOT,), cursor="", min_interval=HOUR, retry_after=2 * HOUR)
    await room.poller(every=MINUTE, fixed=True).poll_due()
    feed = await room.feed()
    assert (feed.state, feed.hold_until, feed.next_poll) == (FeedState.OK, NOW + 2 * HOUR, NOW + 2 * HOUR)
    room.clock.tick(HOUR)
    assert (await room.poller(every=MINUTE, fixed=True).poll_due(only=["wire"])).feeds == 0
    del room.source.brings["wire"]
    room.clock.tick(HOUR)
    await room.poller().poll_due()
    assert (await room.feed()).hold_until is None


@pytest.mark.parametrize("error", [Forbidden, Malformed, Gone])
async def test_a_pause_asked_for_with_a_refusal_holds_too(room: Room, error: type[SourceError]) -> None:
    room.source.says("wire", error("http_403", "no", retry_after=2 * HOUR))
    await room.poller().poll_due()
    assert (await room.feed()).hold_until == NOW + 2 * HOUR


async def test_one_feeds_trouble_stays_its_own(room: Room) -> None:
    """Also when it is no trouble anybody foresaw."""
    names = [f"f{n}" for n in range(8)]
    await room.feeds(*names)
    for n, name in enumerate(names):
        room.source.says(name, [an_item(f"Robot {n}", id="1", link=f"https://{name}.example/x")])
    room.source.says("f0", RuntimeError("a bug"))
    room.source.says("f3", Malformed("not_a_feed", "a page"))
    report = await room.poller(at_once=3).poll_due()
    assert (report.feeds, report.fetched, report.failed, report.new_stories) == (8, 6, 2, 6)
    assert (await room.feed("f0")).problem == "internal"
    assert (await room.feed("f1")).state is FeedState.OK
    assert {read.feed.id for read in report.reads if read.problem} == {"f0", "f3"}


async def test_an_item_nobody_can_judge_is_its_feeds_trouble(room: Room) -> None:

    class Stumbling(WordJudge):
        def detect(self, item: Item, prior: Language | None) -> Language:
            raise ZeroDivisionError

    await room.feeds("wire", "other")
    room.source.says("wire", [ROBOT])
    report = await room.poller(judge=Stumbling()).poll_due()
    assert (report.failed, report.fetched) == (1, 1)
    assert await room.stories() == []


# --- rounds ------------------------------------------------------------------------------------------------------


async def test_only_what_is_due_is_read_and_only_what_is_named(room: Room) -> None:
    await room.feeds("a", "b", "c")
    assert (await room.poller().poll_due(only=["a", "c"])).feeds == 2
    assert sorted(room.source.fetched) == ["a", "c"]
    assert (await room.poller().poll_due()).feeds == 1
    assert (await room.poller().poll_due()).feeds == 0
    room.clock.tick(EVERY)
    assert (await room.poller().poll_due()).feeds == 3
    assert (await room.poller().poll_due(only=[])).feeds == 0


async def test_a_feeds_own_interval_and_the_operators_override(room: Room) -> None:
    await room.store.feeds.synchronise([replace(a_spec("wire"), every=6 * HOUR)], NOW)
    await room.poller().poll_due()
    assert (await room.feed()).next_poll == NOW + 6 * HOUR
    await room.poller(every=10 * MINUTE, fixed=True).poll_due(only=["wire"])
    assert (await room.feed()).next_poll == NOW + 10 * MINUTE


async def test_a_pace_set_by_hand_holds_for_what_was_planned_at_another(room: Room) -> None:
    room.source.says("wire", [ROBOT])
    await room.poller().poll_due()
    assert (await room.feed()).next_poll == NOW + EVERY
    by_hand = room.poller(every=MINUTE, fixed=True)
    assert (await by_hand.poll_due()).feeds == 0
    room.clock.tick(MINUTE)
    assert (await by_hand.poll_due()).feeds == 1


async def test_a_pace_set_by_hand_waits_as_long_as_the_server_asked(room: Room) -> None:
    room.source.says("wire", Unavailable("http_429", "too often", retry_after=HOUR))
    await room.poller().poll_due()
    by_hand = room.poller(every=MINUTE, fixed=True)
    for _ in range(2):
        assert (await by_hand.poll_due()).feeds == 0
        room.clock.tick(29 * MINUTE)


async def test_news_without_dates_is_told_from_the_oldest_to_the_newest(room: Room) -> None:
    chat = await subscribe(room.store)
    await room.look(wire=[ROBOT])
    undated = [an_item(f"Robot number {n}", id=f"u{n}", link=f"https://wire.example/u{n}") for n in (3, 2, 1)]
    await room.look(wire=[*undated, ROBOT])
    queue = [delivery.story_id or 0 for delivery, _ in await room.store.outbox.of_chat(chat.id)]
    stories = {story.id: story.title for story in await room.store.stories.many(queue)}
    assert [stories[story_id] for story_id in queue] == ["Robot number 1", "Robot number 2", "Robot number 3"]


async def test_two_pollers_share_the_work(room: Room) -> None:
    names = [f"f{n}" for n in range(10)]
    await room.feeds(*names)
    reports = await asyncio.gather(*(room.poller(at_once=2).poll_due() for _ in range(2)))
    assert sum(report.feeds for report in reports) == 10
    assert sorted(room.source.fetched) == sorted(names)


async def test_a_dead_pollers_feed_is_taken_over_after_its_lease(room: Room) -> None:
    await room.store.feeds.claim(NOW, "dead", NOW + MINUTE, 1)
    assert (await room.poller().poll_due()).feeds == 0
    room.clock.tick(MINUTE)
    assert (await room.poller().poll_due()).feeds == 1


async def test_progress_hears_of_every_feed(room: Room) -> None:
    await room.feeds("a", "b")
    heard: list[FeedRead] = []
    report = await room.poller().poll_due(progress=heard.append)
    assert sorted(read.feed.id for read in heard) == ["a", "b"]
    assert report.reads == heard


class Choosy:
    """A store of stories that stumbles over some titles."""

    def __init__(self, stories: Stories, refused: str) -> None:
        self._stories = stories
        self._refused = refused

    def __getattr__(self, name: str) -> object:
        return getattr(self._stories, name)

    async def commit_all(self, readings: Sequence[Reading], grouping: Grouping) -> Committed:
        if any(new.item.title == self._refused for reading in readings for new in reading.new):
            raise ValueError(self._refused)
        return await self._stories.commit_all(readings, grouping)


async def test_what_cannot_be_stored_keeps_out_no_other_feed(room: Room) -> None:
    await room.feeds("a", "b", "c")
    room.source.says("a", [ROBOT])
    room.source.says("b", [an_item("Cursed", id="9")])
    room.source.says("c", some_items(3))
    room.store.stories = Choosy(room.store.stories, "Cursed")  # type: ignore[assignment]
    report = await room.poller().poll_due()
    assert (report.feeds, report.failed, report.new_stories) == (3, 1, 4)
    assert ((await room.feed("b")).problem, (await room.feed("b")).failures) == ("internal", 1)
    assert (await room.feed("c")).state is FeedState.OK
