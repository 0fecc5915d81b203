"""What the operator hears of feeds: every trouble once, its end once, slips and healthy feeds never."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import Forbidden, Gone, SourceError, Unavailable
from bot.domain.feed import FeedState, Fetched
from bot.services.feed_notices import FeedNotices
from bot.services.health import Health, PartState, part_sentence
from bot.services.operator import Operator
from bot.texts import LANGUAGES, Texts
from tests.builders import DAY, HOUR, MINUTE, NOW, a_store, an_item
from tests.unit.pollroom import Room

TIMEOUT = Unavailable("timeout", "too slow")


class Ears:
    """An operator whose notices are heard; the store remembers what is going on, as it does in the program."""

    def __init__(self, room: Room) -> None:
        self.heard: list[tuple[str, Mapping[str, str | int]]] = []
        self.asked = 0
        self._notices = room.store.notices
        self._room = room

    async def begins(self, key: str, code: str, values: Mapping[str, str | int]) -> None:
        self.asked += 1
        if await self._notices.begins(key, self._room.clock()):
            self.heard.append((code, values))

    async def ends(self, key: str, code: str, values: Mapping[str, str | int]) -> None:
        self.asked += 1
        if await self._notices.ends(key, self._room.clock()):
            self.heard.append((code, values))

    async def going_on(self) -> list[str]:
        return await self._notices.going_on("")

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.heard]


class Desk(Room):
    ears: Ears

    def restart(self) -> None:
        self.notices = FeedNotices(operator=self.ears, clock=self.clock, texts=Texts("en"), zone="Asia/Jakarta")

    def health(self) -> Health:
        return Health(
            feeds=self.store.feeds,
            outbox=self.store.outbox,
            beats=self.store.beats,
            housekeeping=self.store.housekeeping,
            clock=self.clock,
            platforms=(),
        )

    async def answers(self, answer: SourceError | None, *, times: int = 1, after: timedelta = 2 * HOUR) -> None:
        self.source.says("wire", answer)
        for _ in range(times):
            await self.poller().poll_due(only=["wire"])
            self.clock.tick(after)

    async def brings_news(self, number: int) -> None:
        self.source.says("wire", [an_item(f"Robot {number}", id=str(number), link=f"https://w.example/{number}")])
        await self.poller().poll_due(only=["wire"])

    async def has_a_rhythm(self) -> None:
        """A story every hour."""
        await self.answers(None, after=timedelta())
        for number in range(6):
            self.clock.tick(HOUR)
            await self.brings_news(number)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with a_store(tmp_path) as store:
        made = Desk(store)
        made.ears = Ears(made)
        made.restart()
        await made.feeds("wire")
        yield made


async def test_a_feed_that_fails_for_long_is_told_once_and_its_recovery_once(desk: Desk) -> None:
    await desk.answers(TIMEOUT, times=5)
    assert desk.ears.codes == []
    await desk.answers(TIMEOUT, times=9)
    ((code, values),) = desk.ears.heard
    assert code == "feed_failing"
    assert values["feed"] == "Wire (wire)"
    assert values["cause"] == "Took too long to answer"
    assert values["count"] == 6
    assert values["fix"] == Texts("en").say("cli.fix.timeout")
    assert Texts("id").say("notice.feed_failing", **values)
    await desk.answers(None, times=3)
    assert desk.ears.codes == ["feed_failing", "feed_well"]
    assert desk.ears.heard[1][1]["since"] == values["since"]


async def test_many_tries_in_a_short_time_are_no_long_trouble(desk: Desk) -> None:
    await desk.answers(TIMEOUT, times=30, after=10 * MINUTE)
    assert desk.ears.codes == []
    await desk.answers(TIMEOUT, times=8, after=10 * MINUTE)
    assert desk.ears.codes == ["feed_failing"]


@pytest.mark.parametrize(
    ("error", "tries"), [(Gone("http_410", "closed"), 1), (Forbidden("http_403", "no"), 3), (TIMEOUT, 6)]
)
async def test_after_how_many_tries(desk: Desk, error: SourceError, tries: int) -> None:
    await desk.answers(error, times=tries - 1)
    assert desk.ears.codes == []
    await desk.answers(error)
    assert desk.ears.codes == ["feed_failing"]


async def test_a_slip_and_a_healthy_feed_cost_nothing(desk: Desk) -> None:
    await desk.has_a_rhythm()
    await desk.answers(TIMEOUT, times=2)
    await desk.answers(None, times=3)
    assert (desk.ears.heard, desk.ears.asked) == ([], 0)


async def test_a_restart_neither_repeats_nor_forgets(desk: Desk) -> None:
    await desk.answers(TIMEOUT, times=7)
    desk.restart()
    await desk.answers(TIMEOUT)
    assert desk.ears.codes == ["feed_failing"]
    desk.notices = None  # it died between the look that worked and telling of it
    await desk.answers(None)
    desk.restart()
    await desk.answers(None, times=2)
    assert desk.ears.codes == ["feed_failing", "feed_well"]


async def test_what_another_process_told_is_ended_here(desk: Desk) -> None:
    await desk.answers(None)
    here = desk.notices
    desk.restart()
    await desk.answers(TIMEOUT, times=7)
    desk.notices = here
    await desk.answers(None)
    assert desk.ears.codes == ["feed_failing", "feed_well"]


async def test_a_silent_feed_is_told_once_and_once_when_it_speaks(desk: Desk) -> None:
    await desk.has_a_rhythm()
    newest = desk.clock.now
    await desk.answers(None, times=47)
    assert desk.ears.codes == [], "four days at least"
    await desk.answers(None, times=9)
    ((code, values),) = desk.ears.heard
    assert (code, values["gap"]) == ("feed_silent", "1 h")
    assert Texts("id").say("notice.feed_silent", **values)
    assert (await desk.feed()).rhythm.silent_since(desk.clock.now) == newest
    await desk.brings_news(99)
    await desk.answers(None, times=2)
    assert desk.ears.codes == ["feed_silent", "feed_speaks"]


async def test_the_operators_chat_gets_it_as_a_message(desk: Desk) -> None:
    from bot.domain.channel import Channel

    operator = Operator(
        chats=desk.store.chats,
        outbox=desk.store.outbox,
        notices=desk.store.notices,
        clock=desk.clock,
        channel=Channel(platform="telegram", address="1"),
    )
    desk.notices = FeedNotices(operator=operator, clock=desk.clock, texts=Texts("id"), zone="Asia/Jakarta")
    await desk.answers(Gone("http_410", "closed"), times=2)
    chat = await desk.store.chats.meet(Channel(platform="telegram", address="1"))
    assert len(await desk.store.outbox.of_chat(chat.id)) == 1


# --- oddities and /health ----------------------------------------------------------------------------------------


async def test_an_empty_feed_reads_well_and_says_so(desk: Desk) -> None:
    desk.source.brings["wire"] = Fetched(items=(), cursor="", notice="empty_feed")
    await desk.answers(None)
    feed = await desk.feed()
    assert (feed.state, feed.problem, feed.problem_since, feed.failures) == (FeedState.OK, "empty_feed", NOW, 0)
    desk.source.brings["wire"] = Fetched(items=None, cursor="")
    await desk.answers(None)
    feed = await desk.feed()
    assert (feed.problem, feed.problem_since) == ("empty_feed", NOW), "nothing changed"
    desk.source.brings["wire"] = Fetched(items=(an_item("A robot"),), cursor="")
    await desk.answers(None)
    assert (await desk.feed()).problem is None


async def test_trouble_after_an_oddity_begins_when_it_begins(desk: Desk) -> None:
    desk.source.brings["wire"] = Fetched(items=(), cursor="", notice="empty_feed")
    await desk.answers(None, after=DAY)
    del desk.source.brings["wire"]
    await desk.answers(TIMEOUT)
    assert (await desk.feed()).problem_since == NOW + DAY


@pytest.mark.parametrize("language", LANGUAGES)
async def test_health_names_silent_feeds_with_the_worst(desk: Desk, language: str) -> None:
    health = desk.health()
    await desk.feeds("wire", "ill")
    await desk.has_a_rhythm()
    polling = (await health.parts())[1]
    assert polling.cause == "late", "the other feed was not looked at"
    await desk.poller().poll_due()
    desk.clock.tick(5 * DAY)
    await desk.answers(None, after=timedelta())
    await desk.poller().poll_due()
    polling = (await health.parts())[1]
    assert (polling.state, polling.cause, polling.age) == (PartState.WARNING, "silent_feeds", 5 * DAY)
    assert "Wire" in part_sentence(polling, Texts(language))
    assert "→" in part_sentence(polling, Texts(language))
    desk.source.says("ill", TIMEOUT)
    await desk.poller().poll_due(only=["ill"])
    polling = (await health.parts())[1]
    assert polling.cause == "ill_and_silent"
    assert "Wire" in part_sentence(polling, Texts(language))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_health_names_the_feed_that_fails_for_longest_and_since_when(desk: Desk, language: str) -> None:
    await desk.feeds("wire", "ill", "new")
    await desk.answers(None)
    for name, wait in (("ill", DAY), ("new", 2 * DAY)):
        desk.source.says(name, TIMEOUT)
        await desk.poller().poll_due(only=[name])
        desk.clock.tick(wait)
    await desk.answers(None, after=timedelta())
    await desk.poller().poll_due()
    polling = (await desk.health().parts())[1]
    assert (polling.cause, polling.age) == ("ill_feeds", 3 * DAY)
    sentence = part_sentence(polling, Texts(language))
    assert "Ill" in sentence
    assert "3 d" in sentence or "3 hari" in sentence
