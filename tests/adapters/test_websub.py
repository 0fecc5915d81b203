"""A feed with a hub, from the first look to the last goodbye: over real sockets, with a hub that behaves and ones that
do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.hub import HubState
from bot.domain.story import Topic
from bot.services.health import PartState
from bot.services.pushes import PER_FEED
from tests.adapters.fake_hub import signed
from tests.adapters.hubroom import PUBLIC, HubRoom, hub_room
from tests.builders import DAY, HOUR, MINUTE, SECOND, a_spec, subscribe

DAYS = timedelta(days=1)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[HubRoom]:
    async with hub_room(tmp_path) as built:
        await subscribe(built.first.store, topics=[Topic.AI])
        yield built


async def queued(room: HubRoom) -> int:
    return sum((await room.first.store.outbox.depth()).values())


# --- asking -----------------------------------------------------------------------------------------------------------


async def test_a_feed_that_names_a_hub_is_subscribed_to_and_what_it_brings_is_told_once(room: HubRoom) -> None:
    one = await room.subscribed()
    (asked,) = room.hub.asked
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == room.web.url("/feed")
    assert asked["hub.callback"].startswith(PUBLIC + "/hubs/")
    assert len(asked["hub.callback"].rpartition("/")[2]) >= 40
    assert len(asked["hub.secret"]) >= 40
    assert asked["hub.secret"] not in asked["hub.callback"]
    assert (one.state, one.until) == (HubState.ON, room.clock() + 10 * DAYS)

    room.clock.tick(MINUTE)
    news = room.document("robot one", "robot zero")
    assert await room.hub.bring(news) == [202]
    assert await queued(room) == 1
    room.web.publish("/feed", news)
    room.clock.tick(HOUR)
    report = await room.first.poller.poll_due()
    assert (report.fetched, report.new_stories, report.alerts) == (1, 0, 0)
    assert await queued(room) == 1


async def test_the_feeds_own_name_is_its_topic(room: HubRoom) -> None:
    url = room.web.publish("/feed", room.document("robot zero", self_link="https://paper.example/canonical.xml"))
    await room.first.store.feeds.add(a_spec(url=url), room.clock())
    await room.first.poller.poll_due()
    await room.first.subscriber.tick()
    assert room.hub.asked[0]["hub.topic"] == "https://paper.example/canonical.xml"


@pytest.mark.parametrize(
    "values",
    [{"auth": "me:hunter2"}, {"headers": (("X-Key", "k"),)}, {"proxy": "http://127.0.0.1:1"}],
    ids=["auth", "headers", "proxy"],
)
async def test_no_hub_hears_of_a_feed_with_a_way_of_its_own(room: HubRoom, values: dict[str, object]) -> None:
    await room.feed(**values)
    await room.first.subscriber.tick()
    assert room.hub.asked == []


async def test_no_hub_hears_of_a_password_in_an_address(room: HubRoom) -> None:
    url = room.web.publish("/feed", room.document("robot zero")).replace("//", "//me:hunter2@")
    await room.first.store.feeds.add(a_spec(url=url), room.clock())
    await room.first.poller.poll_due()
    await room.first.subscriber.tick()
    assert room.hub.asked == []


async def test_a_hub_inside_the_private_network_is_not_called(room: HubRoom) -> None:
    url = room.web.publish("/feed", room.document("robot zero", hub="http://10.0.0.1/"))
    await room.first.store.feeds.add(a_spec(url=url), room.clock())
    await room.first.poller.poll_due()
    await room.first.subscriber.tick()
    one = await room.the_one()
    assert (one.state, one.problem) == (HubState.REFUSED, "private_address")


async def test_a_lease_is_renewed_before_it_ends_under_the_same_address(room: HubRoom) -> None:
    await room.subscribed()
    for _ in range(60):
        room.clock.tick(DAY)
        await room.first.subscriber.tick()
        assert (await room.the_one()).is_on(room.clock())
    assert len({form["hub.callback"] for form in room.hub.asked}) == 1
    assert len({form["hub.secret"] for form in room.hub.asked}) == 1
    assert 8 <= len(room.hub.asked) <= 10


@pytest.mark.parametrize(
    ("granted", "until"),
    [("3600", HOUR), ("1", 5 * MINUTE), ("9" * 30, timedelta(days=30)), ("-5", 10 * DAYS), ("soon", 10 * DAYS)],
)
async def test_a_lease_is_what_the_hub_grants_within_reason(room: HubRoom, granted: str, until: timedelta) -> None:
    room.hub.lease = granted
    one = await room.subscribed()
    assert one.until == room.clock() + until
    assert one.next_try >= room.clock() + 10 * MINUTE


async def test_of_several_processes_one_asks(room: HubRoom) -> None:
    for _ in range(3):
        await room.start()
    await room.feed()
    await asyncio.gather(*(replica.subscriber.tick() for replica in room.replicas))
    assert len(room.hub.asked) == 1
    room.clock.tick(8 * DAYS)
    await asyncio.gather(*(replica.subscriber.tick() for replica in room.replicas))
    assert len(room.hub.asked) == 2


async def test_a_process_that_dies_after_it_claimed_leaves_the_question_to_others(room: HubRoom) -> None:
    await room.feed()
    other = await room.start()
    assert await room.first.store.hubs.claim(room.clock(), room.clock() + 10 * MINUTE, 9)  # and dies
    await other.subscriber.tick()
    assert room.hub.asked == []
    room.clock.tick(10 * MINUTE)
    await other.subscriber.tick()
    assert (await room.the_one()).state is HubState.ON


async def test_everything_is_remembered_over_a_restart_and_any_process_may_be_called(room: HubRoom) -> None:
    await room.subscribed()
    other = await room.start()
    await room.end(room.first)
    assert await room.hub.bring(room.document("robot one")) == [202]
    assert await queued(room) == 1
    await other.subscriber.tick()
    assert other.subscriber.brings("wire")


async def test_another_public_address_is_told_to_the_hub(room: HubRoom) -> None:
    await room.subscribed()
    other = await room.start(public_url=PUBLIC + "/new")
    room.clock.tick(HOUR)
    await other.poller.poll_due()
    await other.subscriber.tick()
    assert [form["hub.mode"] for form in room.hub.asked] == ["subscribe", "unsubscribe", "subscribe"]
    assert room.hub.asked[-1]["hub.callback"].startswith(PUBLIC + "/new/hubs/")


# --- what hubs say ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"hub_mode": "unsubscribe"},
        {"hub_mode": "publish"},
        {"hub_mode": ""},
        {"hub_topic": "https://other.example/feed"},
        {"hub_topic": ""},
        {"hub_challenge": ""},
        {"hub_challenge": "x" * 5_000},
    ],
    ids=str,
)
async def test_only_what_was_asked_is_confirmed(room: HubRoom, change: dict[str, str]) -> None:
    room.hub.verifies = False
    one = await room.subscribed()
    assert (await room.hub.verify(room.hub.asked[0], **change))[0] == 404
    assert (await room.the_one()).state is HubState.ASKED
    assert (await room.hub.verify(room.hub.asked[0]))[0] == 200
    assert (await room.the_one()).state is HubState.ON
    assert one.key == (await room.the_one()).key


async def test_a_challenge_goes_back_as_plain_text_and_again_when_it_comes_twice(room: HubRoom) -> None:
    await room.subscribed()
    assert await room.hub.verify(room.hub.asked[0]) == (200, "Ch4llenge&<b>")


async def test_nothing_is_confirmed_before_it_was_asked_or_long_after(room: HubRoom) -> None:
    room.hub.verifies = False
    await room.feed()
    one = await room.the_one()
    form = {"hub.mode": "subscribe", "hub.topic": one.topic, "hub.callback": one.callback}
    assert (await room.hub.verify(form))[0] == 404
    await room.first.subscriber.tick()
    room.clock.tick(2 * DAYS)
    assert (await room.hub.verify(form))[0] == 404


async def test_a_guessed_address_says_nothing(room: HubRoom) -> None:
    await room.subscribed()
    form = dict(room.hub.asked[0])
    for guess in ("A" * 43, "x", "%00" * 30, "'; DROP TABLE hubs --", "é" * 30):
        form["hub.callback"] = f"{PUBLIC}/hubs/{guess}"
        assert (await room.hub.verify(form))[0] == 404
        assert await room.hub.post(form["hub.callback"], b"<rss/>", {"X-Hub-Signature": "sha256=00"}) == 404


async def test_a_hub_that_refuses_is_told_and_the_feed_is_read_as_others_are(room: HubRoom) -> None:
    room.hub.verifies = False
    await room.subscribed()
    assert await room.hub.deny(room.hub.asked[0], "no readers from your country\x1b[2J") == 202
    one = await room.the_one()
    assert (one.state, one.problem) == (HubState.REFUSED, "hub_denied")
    assert one.problem_detail == "no readers from your country[2J"
    part = await room.health()
    assert (part.state, part.cause) == (PartState.OK, "hub_refused")
    assert dict(part.values)["host"] == "127.0.0.1"
    room.clock.tick(15 * MINUTE)
    assert (await room.first.poller.poll_due()).feeds == 1
    room.clock.tick(7 * DAYS)
    room.hub.verifies = True
    await room.first.subscriber.tick()
    assert (await room.the_one()).state is HubState.ON


async def test_a_feed_whose_hub_refuses_after_all_is_looked_at_soon(room: HubRoom) -> None:
    await room.subscribed()
    await room.hub.bring(room.document("robot one"))
    await room.first.subscriber.tick()
    room.clock.tick(HOUR)
    await room.first.poller.poll_due()
    await room.hub.deny(room.hub.asked[0], "closed")
    room.clock.tick(10 * MINUTE)
    assert (await room.first.poller.poll_due()).feeds == 1


async def test_nobody_else_can_refuse_in_its_name(room: HubRoom) -> None:
    await room.subscribed()
    assert await room.hub.deny(room.hub.asked[0] | {"hub.topic": "https://other.example/"}, "") == 404
    assert (await room.the_one()).state is HubState.ON


@pytest.mark.parametrize(
    ("status", "state"),
    [(400, HubState.ASKED), (403, HubState.REFUSED), (410, HubState.REFUSED), (500, HubState.ASKED)],
)
async def test_a_hub_that_does_not_take_the_question_is_asked_less_and_less_often(
    room: HubRoom, status: int, state: HubState
) -> None:
    room.hub.status = status
    await room.feed()
    for _ in range(6 * 24):
        await room.first.subscriber.tick()
        room.clock.tick(10 * MINUTE)
    one = await room.the_one()
    assert (one.state, one.problem) == (state, f"http_{status}")
    assert len(room.hub.asked) == (1 if state is HubState.REFUSED else 5)


async def test_a_hub_that_never_calls_back_is_told_with_what_to_look_at(room: HubRoom) -> None:
    room.hub.verifies = False
    await room.feed()
    for _ in range(3):
        await room.first.subscriber.tick()
        room.clock.tick(HOUR)
    part = await room.health()
    assert (part.state, part.cause) == (PartState.WARNING, "hub_silent")


# --- what hubs bring --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_method_of_signing_counts(room: HubRoom, method: str) -> None:
    await room.subscribed()
    assert await room.hub.bring(room.document("robot one"), method=method) == [202]
    assert await queued(room) == 1


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "md5=900150983cd24fb0d6963f7d28e17f72", "garbage", "sha256=\u00e9"],
    ids=["none", "empty", "wrong", "weak", "nonsense", "letters"],
)
async def test_what_is_not_signed_is_thanked_for_and_ignored(room: HubRoom, signature: str) -> None:
    await room.subscribed()
    read = len(room.first.pool.bodies)
    assert await room.hub.bring(room.document("robot one"), signature=signature) == [202]
    assert (await queued(room), len(room.first.pool.bodies)) == (0, read)


async def test_another_subscriptions_secret_signs_nothing(room: HubRoom) -> None:
    await room.subscribed()
    news = room.document("robot one")
    assert await room.hub.bring(news, signature=signed(news, "another secret")) == [202]
    assert await queued(room) == 0


async def test_the_same_document_again_and_again_is_read_once(room: HubRoom) -> None:
    await room.subscribed()
    read = len(room.first.pool.bodies)
    for _ in range(200):
        assert await room.hub.bring(room.document("robot one")) == [202]
    assert len(room.first.pool.bodies) == read + 1
    assert await queued(room) == 1


async def test_a_flood_is_read_as_far_as_is_fair_and_the_feed_is_looked_at_instead(room: HubRoom) -> None:
    await room.subscribed()
    read = len(room.first.pool.bodies)
    said = [(await room.hub.bring(room.document(f"robot {n}")))[0] for n in range(PER_FEED + 20)]
    assert said == [202] * PER_FEED + [503] * 20
    assert len(room.first.pool.bodies) == read + PER_FEED
    feed = await room.first.store.feeds.find("wire")
    assert feed is not None
    assert feed.next_poll is not None
    assert feed.next_poll <= room.clock() + 5 * MINUTE
    room.clock.tick(2 * MINUTE)
    assert await room.hub.bring(room.document("robot last")) == [202]


async def test_a_document_beyond_all_measure_is_not_taken(room: HubRoom) -> None:
    await room.subscribed()
    assert await room.hub.bring(room.document("robot one") + b" " * (3 << 20)) == [413]
    assert await queued(room) == 0


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"\0" * 99, b"<rss><channel>" + b"<a>" * 9_999])
async def test_a_document_that_is_no_feed_makes_the_feed_be_looked_at(room: HubRoom, body: bytes) -> None:
    await room.subscribed()
    room.clock.tick(6 * MINUTE)
    assert await room.hub.bring(body) == [202]
    feed = await room.first.store.feeds.find("wire")
    assert feed is not None
    assert feed.failures == 0
    assert (feed.lease, await queued(room)) == (None, 0)


async def test_what_comes_while_the_feed_is_read_waits_and_is_not_lost(room: HubRoom) -> None:
    await room.subscribed()
    store = room.first.store
    (feed,) = await store.feeds.claim(room.clock(), "a look under way", room.clock() + 3 * SECOND, 1, ["wire"])
    assert await room.hub.bring(room.document("robot one")) == [202]  # the look's lease ran out meanwhile
    assert await queued(room) == 1
    assert await store.feeds.claim(room.clock(), "a long look", room.clock() + HOUR, 1, ["wire"])
    assert await room.hub.bring(room.document("robot two")) == [503]
    assert await queued(room) == 1
    assert feed.id == "wire"


async def test_a_part_of_a_feed_that_was_never_read_spoils_no_first_look(room: HubRoom) -> None:
    await room.feed()
    await room.first.subscriber.tick()
    store = room.first.store
    await store.feeds.remove("wire")
    await store.feeds.add(a_spec("second", url=room.web.url("/feed")), room.clock())
    one = await room.the_one()
    await store.hubs.want(
        type(one)(
            key="k" * 43,
            feed_id="second",
            hub=one.hub,
            topic=one.topic,
            callback=f"{PUBLIC}/hubs/{'k' * 43}",
            secret="s",
            since=room.clock(),
            next_try=room.clock(),
        )
    )
    news = room.document("robot one", "robot two")
    assert await room.hub.post(f"{PUBLIC}/hubs/{'k' * 43}", news, {"X-Hub-Signature": signed(news, "s")}) == 202
    assert await queued(room) == 0
    second = await store.feeds.find("second")
    assert second is not None
    assert second.is_first_read


# --- polling beside it ------------------------------------------------------------------------------------------------


async def test_a_feed_is_read_rarely_only_once_its_hub_has_brought_something(room: HubRoom) -> None:
    await room.subscribed()
    for wait in (15 * MINUTE, 15 * MINUTE):
        room.clock.tick(wait)
        await room.first.subscriber.tick()
        assert (await room.first.poller.poll_due()).feeds == 1
    assert await room.hub.bring(room.document("robot one", "robot zero")) == [202]
    room.web.publish("/feed", room.document("robot one", "robot zero"))
    await room.first.subscriber.tick()
    room.clock.tick(15 * MINUTE)
    assert (await room.first.poller.poll_due()).feeds == 1
    room.clock.tick(2 * HOUR)
    assert (await room.first.poller.poll_due()).feeds == 0
    room.clock.tick(HOUR)
    assert (await room.first.poller.poll_due()).feeds == 1


async def test_a_hub_that_falls_silent_is_trusted_no_more(room: HubRoom) -> None:
    await room.subscribed()
    assert await room.hub.bring(room.document("robot one", "robot zero")) == [202]
    await room.first.subscriber.tick()
    assert room.first.subscriber.brings("wire")
    room.clock.tick(3 * HOUR)
    room.web.publish("/feed", room.document("robot two", "robot one", "robot zero"))
    assert (await room.first.poller.poll_due()).alerts == 1
    assert not room.first.subscriber.brings("wire")
    room.clock.tick(HOUR)
    assert (await room.first.poller.poll_due()).feeds == 1
    assert await room.hub.bring(room.document("robot three")) == [202]
    await room.first.subscriber.tick()
    assert room.first.subscriber.brings("wire")


async def test_a_lease_that_ends_without_a_new_one_ends_the_trust(room: HubRoom) -> None:
    await room.subscribed()
    await room.hub.bring(room.document("robot one"))
    await room.first.subscriber.tick()
    room.hub.status = 500
    room.clock.tick(11 * DAYS)
    assert not room.first.subscriber.brings("wire")


# --- goodbye ----------------------------------------------------------------------------------------------------------


async def test_a_removed_feed_is_unsubscribed_and_forgotten(room: HubRoom) -> None:
    await room.subscribed()
    await room.first.store.feeds.remove("wire")
    await room.first.subscriber.tick()
    assert [form["hub.mode"] for form in room.hub.asked] == ["subscribe", "unsubscribe"]
    assert room.hub.subscribed == {}
    assert await room.first.store.hubs.all() == []


async def test_a_hub_that_does_not_hear_the_goodbye_is_told_a_few_times_and_its_documents_are_refused(
    room: HubRoom,
) -> None:
    await room.subscribed()
    room.hub.status = 500
    await room.first.store.feeds.remove("wire")
    await room.first.subscriber.tick()
    assert await room.hub.bring(room.document("robot one")) == [410]
    for _ in range(6 * 24 * 4):
        room.clock.tick(10 * MINUTE)
        await room.first.subscriber.tick()
    assert len(room.hub.asked) == 6
    assert await room.first.store.hubs.all() == []
    assert await room.hub.bring(room.document("robot one")) == [404]


async def test_a_feed_that_names_no_hub_any_more_is_unsubscribed(room: HubRoom) -> None:
    await room.subscribed()
    room.web.publish("/feed", room.document("robot zero", hub=None))
    room.clock.tick(DAY)
    await room.first.poller.poll_due()
    await room.first.subscriber.tick()
    assert [form["hub.mode"] for form in room.hub.asked] == ["subscribe", "unsubscribe"]
    assert await room.first.store.hubs.all() == []


async def test_a_feed_that_names_another_hub_each_time_changes_once_a_day(room: HubRoom) -> None:
    await room.subscribed()
    for n in range(3 * 24 * 4):
        room.clock.tick(15 * MINUTE)
        room.web.publish("/feed", room.document("robot zero", hub=f"{room.hub.url}?{n}"))
        await room.first.poller.poll_due()
        await room.first.subscriber.tick()
    assert sum(form["hub.mode"] == "subscribe" for form in room.hub.asked) <= 4
