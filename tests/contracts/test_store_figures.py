"""What is told in figures and pages, so that nobody reads everything for it: feeds and chats, on both databases."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.channel import Channel
from bot.domain.event import EventKind
from bot.domain.feed import FeedOutcome, FeedState
from bot.domain.schedule import Rhythm
from bot.domain.story import Topic
from bot.ports import Census, FeedCounts, Reading
from bot.store.store import Store
from tests.builders import TagGrouping

from .store_values import DAY, HOUR, NOW, channel, commit, cuts, new_story, outcome, spec, subscribed


async def look(store: Store, found: FeedOutcome) -> None:
    await store.stories.commit(Reading(outcome=found), TagGrouping())


async def five_feeds(store: Store) -> None:
    """a reads well, b fails since yesterday, c is odd, d is gone since the day before, e was never read; f is off."""
    for name in "abcdef":
        await store.feeds.add(spec(name, title=name.upper()), NOW)
    await look(store, replace(outcome("a", at=NOW - HOUR), rhythm=Rhythm(gap=HOUR, newest=NOW - 9 * DAY)))
    await look(store, outcome("b", at=NOW - 2 * DAY))
    await look(store, replace(outcome("b", at=NOW - DAY), state=FeedState.FAILING, problem="http_500", failures=1))
    await look(store, replace(outcome("c", at=NOW), problem="empty_feed", rhythm=Rhythm(gap=HOUR, newest=NOW)))
    gone = replace(outcome("d", at=NOW - 2 * DAY), state=FeedState.GONE, problem="gone", next_poll=NOW - DAY)
    await look(store, gone)
    await look(store, outcome("f", at=NOW + DAY))
    await store.feeds.remove("f")


async def test_the_figures_of_no_feed(store: Store) -> None:
    none = FeedCounts(listed=0, read=0, well=0, failing=0, problem=0, newest=None, due=None)
    assert await store.feeds.counts() == none
    assert await store.feeds.page(limit=5) == await store.feeds.troubled(limit=5) == await store.feeds.quiet(NOW) == []


async def test_the_figures_of_all_listed_feeds(store: Store) -> None:
    await five_feeds(store)
    counts = await store.feeds.counts()
    # b is due again an hour after yesterday's look; d, which is gone, is due no more
    figures = FeedCounts(listed=5, read=3, well=2, failing=2, problem=3, newest=NOW, due=NOW - DAY + HOUR)
    assert counts == replace(figures, worst="D", since=NOW - 2 * DAY)


async def test_a_feed_that_asked_for_a_pause_is_not_overdue(store: Store) -> None:
    await store.feeds.add(spec("a"), NOW)
    await look(store, replace(outcome("a", at=NOW), next_poll=NOW + HOUR, hold_until=NOW + DAY))
    assert (await store.feeds.counts()).due == NOW + DAY


async def test_feeds_come_page_by_page_the_ill_ones_first(store: Store) -> None:
    await five_feeds(store)
    assert [feed.id for feed in await store.feeds.page(limit=4)] == ["b", "c", "d", "a"]
    assert [feed.id for feed in await store.feeds.page(limit=4, offset=4)] == ["e"]
    assert [feed.id for feed in await store.feeds.troubled(limit=2)] == ["d", "b"]
    (first, *_) = await store.feeds.page(limit=1)
    assert first == await store.feeds.find("b")


async def test_feeds_that_read_well_and_bring_nothing(store: Store) -> None:
    await five_feeds(store)
    assert [feed.id for feed in await store.feeds.quiet(NOW - DAY)] == ["a"]
    assert await store.feeds.quiet(NOW - 9 * DAY) == []


async def test_chats_are_counted_by_platform(store: Store) -> None:
    assert await store.chats.census() == []
    await subscribed(store, channel("1"), topics=Topic)
    gone = await subscribed(store, channel("2"))
    await store.chats.meet(channel("3"))
    await store.chats.meet(channel("T1/C1", platform="slack"))
    await store.outbox.park(gone.id, "kicked", NOW)
    assert await store.chats.census() == [
        Census(platform="slack", chats=1, subscribed=0, parked=0),
        Census(platform="telegram", chats=3, subscribed=2, parked=1),
    ]


async def test_a_channel_with_its_threads_and_a_whole_workspace(store: Store) -> None:
    slack = [Channel(platform="slack", address=address) for address in ("T1/C1", "T1/C2", "T12/C1", "t1/C1", "T_/C1")]
    threads = [replace(slack[0], thread="1.5"), replace(slack[0], thread="2.5")]
    other = Channel(platform="telegram", address="T1/C1")
    for one in (*slack, *threads, other):
        await store.chats.meet(one)

    async def within(channel: Channel) -> list[Channel]:
        return [chat.channel for chat in await store.chats.within(channel)]

    assert await within(slack[0]) == [slack[0], *threads]
    assert await within(threads[1]) == [threads[1]]
    assert await within(Channel(platform="slack", address="T1/*")) == [slack[0], slack[1], *threads]
    assert await within(Channel(platform="slack", address="T_/*")) == [slack[4]]
    assert await within(Channel(platform="slack", address="T9/*")) == []


async def test_companies_are_counted_by_their_job_cuts(store: Store) -> None:
    assert await store.stories.companies(NOW - DAY) == {}
    await commit(store, new_story(**cuts(10, company="Zeta")), at=NOW - 2 * DAY)
    told = [new_story(**cuts(10, company=name)) for name in ("Acme", "Beta", "Acme")]
    await commit(store, *told, new_story(**cuts(None, company=None)), new_story(), at=NOW)
    await commit(store, new_story(**cuts(None, EventKind.SINGLE_DISMISSAL, company="Gamma")), at=NOW)
    assert list((await store.stories.companies(NOW - DAY)).items()) == [("Acme", 2), ("Beta", 1)]
    assert list(await store.stories.companies(NOW - 3 * DAY)) == ["Acme", "Beta", "Zeta"]
