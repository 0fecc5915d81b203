"""What becomes of a delivery after each outcome, on a real ledger with a platform that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.domain.channel import Channel
from bot.domain.coverage import Coverage
from bot.domain.delivery import DeliveryState, PendingDelivery, Turn
from bot.domain.digest import Digest
from bot.domain.errors import (
    ChannelGone,
    ChannelMoved,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    PlatformUnavailable,
    RateLimited,
)
from bot.domain.message import Message
from bot.domain.story import Language, Topic
from bot.domain.subscription import Chat, ChatState, Mode, Preferences
from bot.platforms.telegram.client import Timeouts
from bot.ports import Platform, Stories
from bot.services.compose import Composer, Held, Unsaid
from bot.services.courier import DeliverReport
from bot.services.deliver import Deliverer, Patience
from bot.services.operator import Operator
from bot.store.store import Store
from bot.store.stories import StoryTable
from tests.builders import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    ScriptedPlatform,
    Timepiece,
    a_store,
    put,
    some_items,
    subscribe,
)

LEASE = Patience().lease
ONE, TWO = "Headline n1", "Headline n2"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def clock() -> Timepiece:
    return Timepiece()


@pytest.fixture
def platform() -> ScriptedPlatform:
    return ScriptedPlatform()


def deliverer(store: Store, clock: Timepiece, *platforms: Platform, stories: Stories | None = None) -> Deliverer:
    by_name: Mapping[str, Platform] = {one.name: one for one in platforms}
    return Deliverer(
        outbox=store.outbox,
        composer=Composer(
            stories=stories or store.stories, chats=store.chats, clock=clock, language="en", zone="Asia/Jakarta"
        ),
        platforms=by_name,
        clock=clock,
        sleep=clock.sleep,
    )


async def ledger(store: Store, chat: Chat) -> list[DeliveryState]:
    return [state for _delivery, state in await store.outbox.of_chat(chat.id)]


async def first(store: Store, chat: Chat) -> PendingDelivery:
    return (await store.outbox.of_chat(chat.id))[0][0]


def told(platform: ScriptedPlatform, address: str = "1") -> list[str]:
    """The titles a chat has heard, in order."""
    return [text.split("\n\n")[1].removesuffix(" about robots") for text in platform.heard(address)]


async def test_what_is_due_is_sent_once(store: Store, clock: Timepiece, platform: ScriptedPlatform) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(2))
    work = deliverer(store, clock, platform)
    assert await work.drain() == DeliverReport(sent=2)
    assert told(platform) == [TWO, ONE], "the older one first"
    assert await ledger(store, chat) == [DeliveryState.SENT] * 2
    clock.tick(DAY)
    assert await work.drain() == DeliverReport()
    assert len(platform.said) == 2


async def test_a_reply_to_an_alert_finds_its_story(store: Store, clock: Timepiece, platform: ScriptedPlatform) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(1))
    await deliverer(store, clock, platform).drain()
    assert await store.chats.numbered(chat.channel, "m1") == [(await first(store, chat)).story_id]
    assert await store.chats.numbered(chat.channel, None) is None, "an alert is no list"


@pytest.mark.parametrize(
    ("error", "state", "wait"),
    [
        (RateLimited(3 * HOUR), DeliveryState.QUEUED, 3 * HOUR),
        (RateLimited(30 * SECOND), DeliveryState.QUEUED, 30 * SECOND),
        (OutcomeUnknown("no answer"), DeliveryState.UNKNOWN, 5 * SECOND),
    ],
)
async def test_try_again_later(
    store: Store,
    clock: Timepiece,
    platform: ScriptedPlatform,
    error: DeliveryError,
    state: DeliveryState,
    wait: timedelta,
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(1))
    platform.script["1"] = [error]
    work = deliverer(store, clock, platform)
    assert await work.drain() == DeliverReport(retried=1, held=1)
    assert await ledger(store, chat) == [state]
    assert await store.outbox.next_due(["chat"]) == NOW + wait
    clock.tick(wait - 5 * SECOND)
    assert (await work.drain()).sent == 0
    clock.tick(5 * SECOND)
    assert (await work.drain()).sent == 1
    assert await ledger(store, chat) == [DeliveryState.SENT]
    assert told(platform) == [ONE]


async def test_a_platform_that_is_down_is_asked_less_and_less_and_never_given_up(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(1))
    platform.script["1"] = [PlatformUnavailable("down") for _ in range(40)]
    work = deliverer(store, clock, platform)
    waits = []
    while not platform.said:
        before = clock.now
        await work.drain()
        due = await store.outbox.next_due(["chat"])
        if due is not None:
            waits.append(due - before)
            clock.now = due
    assert len(platform.tries) == 41
    assert max(waits) == 15 * MINUTE
    assert await ledger(store, chat) == [DeliveryState.SENT]
    assert told(platform) == [ONE]


async def test_a_refused_message_goes_out_plain(store: Store, clock: Timepiece, platform: ScriptedPlatform) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(1))
    platform.script["1"] = [MessageRejected("can't parse entities")]
    report = await deliverer(store, clock, platform).drain()
    assert (report.sent, report.retried, report.dead) == (1, 1, 0)
    (only,) = platform.said
    assert only.message == only.message.plain()
    assert ONE in only.message.text
    assert only.message.stories
    assert await ledger(store, chat) == [DeliveryState.SENT]


async def test_a_message_refused_plain_too_is_dead_and_holds_nothing_up(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(2))
    platform.script["1"] = [MessageRejected("no"), MessageRejected("no, really")]
    report = await deliverer(store, clock, platform).drain()
    assert (report.dead, report.sent, report.held) == (1, 1, 0)
    assert sorted(await ledger(store, chat)) == [DeliveryState.DEAD, DeliveryState.SENT]
    clock.tick(DAY)
    await deliverer(store, clock, platform).drain()
    assert len(platform.tries) == 3


async def test_a_plain_retry_is_still_plain_after_a_rate_limit(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    await subscribe(store)
    await put(store, *some_items(1))
    platform.script["1"] = [MessageRejected("no"), RateLimited(SECOND), MessageRejected("no, really")]
    report = await deliverer(store, clock, platform).drain()
    assert (report.dead, report.retried, len(platform.tries)) == (1, 2, 3)


async def test_a_chat_that_is_gone_is_parked_with_everything_and_revives_with_everything(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(2))
    platform.script["1"] = [ChannelGone("blocked")]
    work = deliverer(store, clock, platform)
    assert await work.drain() == DeliverReport(parked=2, held=2)
    assert await ledger(store, chat) == [DeliveryState.PARKED] * 2
    parked = await store.chats.find(chat.channel)
    assert parked is not None
    assert (parked.state, parked.parked_reason) == (ChatState.PARKED, "blocked")
    assert parked.preferences == chat.preferences
    await put(store, *some_items(1, prefix="later"))
    clock.tick(DAY)
    await work.drain()
    assert len(platform.tries) == 1, "nobody knocks at a closed door"

    assert await store.chats.revive(chat.id) == 3
    assert (await work.drain()).sent == 3
    assert told(platform) == [TWO, ONE, "Headline later1"]


async def test_a_chat_that_moved_is_found_at_once(store: Store, clock: Timepiece, platform: ScriptedPlatform) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(2))
    platform.script["1"] = [ChannelMoved(Channel(platform="chat", address="-100"))]
    report = await deliverer(store, clock, platform).drain()
    assert (report.sent, report.retried) == (2, 1)
    assert told(platform, "-100") == [TWO, ONE]
    assert told(platform, "1") == []
    assert await store.chats.find(chat.channel) is None


async def test_an_unknown_outcome_that_arrived_is_not_repeated(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(1))
    platform.script["1"] = [OutcomeUnknown("connection lost")]
    platform.arrived.add("1")
    work = deliverer(store, clock, platform)
    await work.drain()
    clock.tick(MINUTE)
    assert (await work.drain()).sent == 1
    assert told(platform) == [ONE]
    assert platform.tries == ["1"]
    assert await ledger(store, chat) == [DeliveryState.SENT]
    assert await store.chats.numbered(chat.channel, "m1") == [(await first(store, chat)).story_id]


async def test_an_unknown_outcome_that_did_not_arrive_is_sent(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(1))
    platform.script["1"] = [OutcomeUnknown("connection lost")]
    work = deliverer(store, clock, platform)
    await work.drain()
    clock.tick(MINUTE)
    await work.drain()
    assert told(platform) == [ONE]
    assert platform.tries == ["1", "1"]
    assert await ledger(store, chat) == [DeliveryState.SENT]


async def test_a_rate_limit_of_hours_in_one_chat_slows_no_other(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    for address in ("slow", "a", "b"):
        await subscribe(store, address)
    await put(store, *some_items(3))
    platform.script["slow"] = [RateLimited(5 * HOUR)]
    report = await deliverer(store, clock, platform).drain()
    assert (report.sent, report.retried, report.held) == (6, 1, 3)
    assert clock.now == NOW, "nobody waited"
    assert platform.tries.count("slow") == 1, "what it is owed waits with it"
    clock.tick(5 * HOUR)
    assert (await deliverer(store, clock, platform).drain()).sent == 3


async def test_one_message_a_chat_is_in_flight_and_chats_fly_together(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    for address in ("a", "b", "c"):
        await subscribe(store, address)
    await put(store, *some_items(4))
    together = asyncio.Barrier(3)

    async def meet() -> None:
        await together.wait()

    platform.script = {address: [meet] for address in ("a", "b", "c")}
    async with asyncio.timeout(20):
        report = await deliverer(store, clock, platform).drain()
    assert report.sent == 12
    assert platform.most_flying == 1


async def test_two_deliverers_on_one_ledger_send_everything_once(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    for address in ("a", "b"):
        await subscribe(store, address)
    await put(store, *some_items(5))
    reports = await asyncio.gather(*(deliverer(store, clock, platform).drain() for _ in range(2)))
    assert sum(report.sent for report in reports) == 10
    assert platform.most_flying == 1
    for address in ("a", "b"):
        assert told(platform, address) == [f"Headline n{n}" for n in (5, 4, 3, 2, 1)]


async def test_the_pause_a_platform_asks_for_lies_between_two_messages(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    await subscribe(store)
    await put(store, *some_items(3))
    platform.gap = 3 * SECOND
    assert (await deliverer(store, clock, platform).drain()).sent == 3
    assert clock.now - NOW == 6 * SECOND


class Crash(BaseException):
    """The process ends here."""


async def crash() -> None:
    raise Crash


async def test_a_crash_before_sending_loses_nothing(store: Store, clock: Timepiece, platform: ScriptedPlatform) -> None:
    await subscribe(store)
    await put(store, *some_items(1))
    platform.script["1"] = [crash]
    with pytest.raises(Crash):
        await deliverer(store, clock, platform).drain()
    assert (await deliverer(store, clock, platform).drain()).sent == 0, "the lease still runs"
    clock.tick(LEASE)
    assert (await deliverer(store, clock, platform).drain()).sent == 1
    assert told(platform) == [ONE]


@pytest.mark.parametrize(("knows", "times"), [(True, 1), (False, 2)])
async def test_a_crash_after_sending_repeats_at_most_once(
    store: Store, clock: Timepiece, platform: ScriptedPlatform, knows: bool, times: int
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(1))
    platform.knows = knows
    platform.script["1"] = [Crash()]
    platform.arrived.add("1")
    with pytest.raises(Crash):
        await deliverer(store, clock, platform).drain()
    assert told(platform) == [ONE]
    assert await ledger(store, chat) == [DeliveryState.SENDING], "arrived, but not written down"
    clock.tick(LEASE)
    for _ in range(3):
        await deliverer(store, clock, platform).drain()
        clock.tick(HOUR)
    assert told(platform) == [ONE] * times
    assert await ledger(store, chat) == [DeliveryState.SENT]


async def test_a_send_that_outlives_its_lease_does_not_overwrite_the_next_one(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(1))

    async def stalled() -> None:
        """The machine slept through the lease; another process took over meanwhile."""
        clock.tick(LEASE + SECOND)
        await deliverer(store, clock, platform).drain()

    platform.script["1"] = [stalled]
    await deliverer(store, clock, platform).drain()
    assert await ledger(store, chat) == [DeliveryState.SENT]
    clock.tick(DAY)
    assert await deliverer(store, clock, platform).drain() == DeliverReport()


async def test_each_chat_reads_in_its_own_language_and_zone(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store, "id")
    await store.chats.save(
        replace(chat, preferences=replace(chat.preferences, language=Language.ID, zone="Asia/Makassar"))
    )
    await subscribe(store, "en")
    await put(store, *some_items(1))
    await deliverer(store, clock, platform).drain()
    assert "17.29 WITA" in platform.heard("id")[0]
    assert "16:29 WIB" in platform.heard("en")[0]


async def test_what_is_for_a_platform_without_a_token_waits(store: Store, clock: Timepiece) -> None:
    await subscribe(store, platform="slack")
    await put(store, *some_items(1))
    telegram = ScriptedPlatform("telegram")
    assert await deliverer(store, clock, telegram).drain() == DeliverReport(held=1)
    slack = ScriptedPlatform("slack")
    assert (await deliverer(store, clock, telegram, slack).drain()).sent == 1
    assert telegram.tries == []


async def test_a_story_that_is_forgotten_is_not_sent(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(2))
    gone = (await first(store, chat)).story_id

    class Forgetful(StoryTable):
        async def coverage(self, story_id: int) -> Coverage | None:
            return None if story_id == gone else await super().coverage(story_id)

    stories = Forgetful(store.stories._database)
    report = await deliverer(store, clock, platform, stories=stories).drain()
    assert (report.sent, report.held) == (1, 0)
    assert await ledger(store, chat) == [DeliveryState.EXPIRED, DeliveryState.SENT]


@pytest.mark.parametrize(
    "preferences",
    [
        Preferences(),
        Preferences(topics=frozenset({Topic.LAYOFFS})),
        Preferences(topics=frozenset({Topic.AI}), mode=Mode.DIGEST),
    ],
    ids=["no topic any more", "another topic", "digest only"],
)
async def test_who_unsubscribed_meanwhile_hears_no_more(
    store: Store, clock: Timepiece, platform: ScriptedPlatform, preferences: Preferences
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(2))
    await store.chats.save(replace(chat, preferences=preferences))
    assert await deliverer(store, clock, platform).drain() == DeliverReport()
    assert platform.tries == []
    assert await ledger(store, chat) == [DeliveryState.EXPIRED] * 2


async def test_a_digest_says_what_was_planned_and_its_numbers_work(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store, mode=Mode.DIGEST)
    await put(store, *some_items(2))
    ids = tuple(story.id for story in await store.stories.latest([Topic.AI], level=chat.preferences.level, limit=5))
    groups = ((Topic.AI, tuple(reversed(ids))),)
    digest = Digest(day=date(2026, 3, 14), groups=groups, found=9, feeds=3, failing=1, items=80)
    assert await store.outbox.plan_digest(chat.id, digest.day, digest.to_json(), NOW, NOW)
    platform.script["1"] = [RateLimited(SECOND)]
    await deliverer(store, clock, platform).drain()
    (text,) = platform.heard()
    assert f"1. {TWO}" in text
    assert f"2. {ONE}" in text
    assert "7 more stories" in text
    assert "Feeds read: 3, with problems: 1. New items: 80, stories for you: 9." in text
    assert await store.chats.numbered(chat.channel, None) == list(reversed(ids))


async def test_alerts_go_before_a_digest(store: Store, clock: Timepiece, platform: ScriptedPlatform) -> None:
    chat = await subscribe(store, mode=Mode.BOTH)
    digest = Digest(day=date(2026, 3, 14), groups=(), found=0, feeds=1, failing=0, items=1)
    await store.outbox.plan_digest(chat.id, digest.day, digest.to_json(), NOW, NOW)
    await put(store, *some_items(1))
    await deliverer(store, clock, platform).drain()
    assert ONE in platform.heard()[0]
    assert "Your digest" in platform.heard()[1]


# --- limits, crowds, and what one platform's trouble is to another ------------------------------------------------


async def test_messages_leave_one_turn_after_the_other(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    for address in "abcdefg":
        await subscribe(store, address)
    await put(store, *some_items(1))
    platform.limit = Turn(key="bot", every=SECOND)
    assert (await deliverer(store, clock, platform).drain()).sent == 7
    assert clock.now - NOW >= 6 * SECOND


async def test_a_crowd_of_alerts_comes_as_one_list(store: Store, clock: Timepiece, platform: ScriptedPlatform) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(30))
    platform.gap = 3 * SECOND
    assert (await deliverer(store, clock, platform).drain()).sent == 1
    (text,) = platform.heard()
    assert text.startswith("30 stories in one go")
    positions = [text.index(f"Headline n{n} ") for n in range(30, 0, -1)]
    assert positions == sorted(positions), "the older ones first, each of them"
    ids = [entry.story_id for entry in await store.outbox.ledger(chat.id, since=NOW - DAY)]
    assert len(set(ids)) == 30
    assert sorted(await store.chats.numbered(chat.channel, None) or []) == sorted(ids)


async def test_a_list_that_is_refused_costs_only_the_story_that_is_to_blame(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await put(store, *some_items(12))

    def refuses(message: Message) -> bool:
        return "Headline n5 " in message.text

    picky = Picky(refuses=refuses)
    report = await deliverer(store, clock, picky).drain()
    assert (report.sent, report.dead) == (11, 2)
    assert told(picky) == [f"Headline n{n}" for n in range(12, 0, -1) if n != 5]
    entries = await store.outbox.ledger(chat.id, since=NOW - DAY)
    assert sorted(entry.state for entry in entries) == [DeliveryState.DEAD] + [DeliveryState.SENT] * 11


class Picky(ScriptedPlatform):
    """Refuses messages for their words."""

    def __init__(self, refuses: Callable[[Message], bool]) -> None:
        super().__init__()
        self._refuses = refuses

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        if self._refuses(message):
            raise MessageRejected("no such words")
        return await super().send(channel, message, key=key)


async def test_a_platform_that_hangs_keeps_no_other_waiting(store: Store, clock: Timepiece) -> None:
    telegram, slack = ScriptedPlatform("telegram"), ScriptedPlatform("slack")
    for number in range(50):
        await subscribe(store, str(number), platform="slack")
    chat = await subscribe(store, "fine", platform="telegram")
    await put(store, *some_items(1))
    silence = asyncio.Event()
    slack.script = {str(number): [silence_of(silence)] for number in range(50)}
    work = deliverer(store, clock, slack, telegram)
    draining = asyncio.create_task(work.drain())
    async with asyncio.timeout(60):
        while not telegram.said or "telegram" in work._draining:
            await store.outbox.depth()
        await put(store, *some_items(1, prefix="later"))
        assert (await work.drain()).sent == 1, "a second round does what the first is too busy for"
    assert told_in(telegram) == [ONE, "Headline later1"]
    assert await ledger(store, chat) == [DeliveryState.SENT] * 2
    silence.set()
    await draining
    assert len(slack.said) == 100


def silence_of(event: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def wait() -> None:
        await event.wait()

    return wait


def told_in(platform: ScriptedPlatform) -> list[str]:
    return told(platform, "fine")


async def test_who_was_paused_beyond_its_lease_sends_nothing_when_it_goes_on(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    """The machine slept between taking a message up and sending it; another process has sent it meanwhile."""
    await subscribe(store)
    await put(store, *some_items(1))

    class Sleepy(Composer):
        async def compose(self, delivery: PendingDelivery) -> Message | Unsaid | Held:
            message = await super().compose(delivery)
            clock.tick(LEASE + SECOND)
            assert (await deliverer(store, clock, platform).drain()).sent == 1
            return message

    sleepy = deliverer(store, clock, platform)
    sleepy._composer = Sleepy(stories=store.stories, chats=store.chats, clock=clock, language="en", zone="Asia/Jakarta")
    platform.knows = False
    assert (await sleepy.drain()).sent == 0
    assert told(platform) == [ONE]


async def test_a_chat_may_rather_miss_a_message_than_get_it_twice(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    chat = await subscribe(store)
    await store.chats.save(replace(chat, preferences=replace(chat.preferences, once=True)))
    await put(store, *some_items(2))
    platform.knows = False
    platform.script["1"] = [OutcomeUnknown("no answer")]
    work = deliverer(store, clock, platform)
    await work.drain()
    clock.tick(MINUTE)
    await work.drain()
    assert told(platform) == [ONE], "what comes behind it is not lost"
    entries = await store.outbox.ledger(chat.id, since=NOW - DAY)
    assert {(entry.state, entry.reason) for entry in entries} == {
        (DeliveryState.EXPIRED, "perhaps_arrived"),
        (DeliveryState.SENT, None),
    }


async def test_the_operator_hears_once_of_a_chat_that_refuses_everything(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    await subscribe(store)
    await put(store, *some_items(3))
    platform.script["1"] = [MessageRejected("no") for _ in range(6)]
    desk = Channel(platform="chat", address="desk")
    work = deliverer(store, clock, platform)
    work._operator = Operator(chats=store.chats, outbox=store.outbox, notices=store.notices, clock=clock, channel=desk)
    report = await work.drain()
    assert (report.dead, report.sent) == (3, 1)
    (notice,) = platform.heard("desk")
    assert notice.startswith("A message was given up\n\nchat:1 refused it, also without formatting: no")


async def test_what_is_new_goes_out_while_others_wait_for_their_moment(
    store: Store, clock: Timepiece, platform: ScriptedPlatform
) -> None:
    await subscribe(store, "slow")
    await put(store, *some_items(1))
    platform.script["slow"] = [RateLimited(3 * SECOND)]
    asleep = asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    work = deliverer(store, clock, platform)
    work._sleep = sleep
    draining = asyncio.create_task(work.drain())
    async with asyncio.timeout(20):
        await asleep.wait()
        await subscribe(store, "quick")
        await put(store, *some_items(1, prefix="later"))
        work.hurry()
        while not platform.heard("quick"):
            await store.outbox.depth()
    draining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await draining


def test_an_answer_after_half_a_minute_is_heard_before_the_lease_ends() -> None:
    """Or the chat of a slow answer would get the same message again and again."""
    patience = Patience()
    assert 30 < Timeouts().read < patience.send < patience.lease.total_seconds()
