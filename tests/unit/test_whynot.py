"""Which gate is named: the first in a story's way, and never one that the ledger knows better."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.feed import Feed, FeedState
from bot.domain.story import Topic
from bot.domain.subscription import Chat, Interest, InterestKind, Mode, Preferences
from bot.domain.verdict import Level
from bot.ports import Entry
from bot.services.whynot import Case, Gate, Unread, alert_of, decide, missing, site_of
from tests.builders import HOUR, NOW, a_coverage, a_feed, a_reason, a_score, a_spec, a_story, a_verdict

CHAT = Chat(id=1, channel=Channel(platform="chat", address="1"), preferences=Preferences(topics=frozenset({Topic.AI})))
CLEARS = {Topic.AI: Level.NORMAL}
MUTE = Interest(chat_id=1, kind=InterestKind.MUTE, phrase="Acme", key="employer:Acme")


def a_case(**values: object) -> Case:
    usual: dict[str, object] = {
        "story": a_story(1),
        "announced": True,
        "scores": a_verdict().topics,
        "chat": CHAT,
        "coverage": a_coverage(1),
        "levels": CLEARS,
    }
    return Case(**(usual | values))  # type: ignore[arg-type]


def an_entry(state: DeliveryState, reason: str | None = None, kind: DeliveryKind = DeliveryKind.ALERT) -> Entry:
    return Entry(kind=kind, story_id=1, state=state, reason=reason, created_at=NOW, settled_at=NOW)


def prefers(**values: object) -> Chat:
    return replace(CHAT, preferences=replace(CHAT.preferences, **values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "gate"),
    [
        ({"announced": False}, Gate.TOO_OLD),
        ({"coverage": None, "levels": None, "scores": a_verdict({Topic.AI: 2.0}).topics}, Gate.BELOW),
        ({"coverage": None, "levels": None, "scores": a_verdict({}).topics}, Gate.NOTHING),
        ({"chat": prefers(topics=frozenset())}, Gate.NOT_SUBSCRIBED),
        ({"chat": prefers(topics=frozenset({Topic.LAYOFFS}))}, Gate.OTHER_TOPIC),
        ({"chat": prefers(level=Level.HIGH)}, Gate.LEVEL),
        ({"levels": {Topic.AI: Level.LOW}}, Gate.LEVEL),
        ({"chat": prefers(mode=Mode.DIGEST)}, Gate.DIGEST_ONLY),
        ({"muted": MUTE}, Gate.MUTED),
        ({}, Gate.EARLIER),
        # Of several, the first on the way.
        ({"announced": False, "chat": prefers(topics=frozenset()), "muted": MUTE}, Gate.TOO_OLD),
        ({"chat": prefers(topics=frozenset()), "muted": MUTE}, Gate.NOT_SUBSCRIBED),
        ({"chat": prefers(level=Level.HIGH, mode=Mode.DIGEST), "muted": MUTE}, Gate.LEVEL),
    ],
)
def test_the_first_gate_in_the_way(values: dict[str, object], gate: Gate) -> None:
    assert decide(a_case(**values)).gate is gate


@pytest.mark.parametrize(
    ("state", "gate"),
    [
        (DeliveryState.SENT, Gate.SENT),
        (DeliveryState.QUEUED, Gate.WAITING),
        (DeliveryState.SENDING, Gate.WAITING),
        (DeliveryState.UNKNOWN, Gate.WAITING),
        (DeliveryState.HELD, Gate.HELD),
        (DeliveryState.PARKED, Gate.PARKED),
        (DeliveryState.DEAD, Gate.REFUSED),
        (DeliveryState.EXPIRED, Gate.DROPPED),
    ],
)
def test_what_happened_counts_before_what_is_set_now(state: DeliveryState, gate: Gate) -> None:
    case = a_case(ledger=[an_entry(state)], chat=prefers(topics=frozenset()), announced=False, muted=MUTE)
    assert decide(case).gate is gate


def test_a_score_below_is_shown_with_the_topic_that_came_nearest() -> None:
    scores = a_verdict({Topic.AI: 2.0, Topic.LAYOFFS: 4.0}).topics
    found = decide(a_case(coverage=None, levels=None, scores=scores))
    assert found.score is not None
    assert found.score.topic is Topic.LAYOFFS


def test_a_veto_is_told_apart_from_too_few_points() -> None:
    veto = a_reason("layoffs.veto.coach", -8.0, text="sacks its coach")
    scores = {Topic.LAYOFFS: a_score(Topic.LAYOFFS, 1.0, [a_reason(points=9.0), veto])}
    found = decide(a_case(coverage=None, levels=None, scores=scores))
    assert (found.gate, found.veto) == (Gate.VETO, veto)
    weak = {Topic.LAYOFFS: a_score(Topic.LAYOFFS, 0.0, [a_reason(points=3.0), a_reason(points=-3.0)])}
    assert decide(a_case(coverage=None, levels=None, scores=weak)).gate is Gate.BELOW, "too weak without the veto too"


def test_a_report_of_another_story_names_it_and_that_storys_gate() -> None:
    event = a_coverage(1, lead=a_story(2))
    found = decide(a_case(story=a_story(3), coverage=event, ledger=[an_entry(DeliveryState.SENT)]))
    assert (found.gate, found.folded) == (Gate.SENT, event)
    for own in (1, 2):
        assert decide(a_case(story=a_story(own), coverage=event)).folded is None


def test_of_two_alerts_of_one_event_the_one_that_arrived_counts() -> None:
    folded, sent = an_entry(DeliveryState.EXPIRED, "folded"), an_entry(DeliveryState.SENT)
    assert alert_of([folded, sent]) is sent
    assert alert_of([folded]) is None
    assert alert_of([an_entry(DeliveryState.SENT, kind=DeliveryKind.EDIT)]) is None


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.detik.com/a", "detik.com"),
        ("https://rss.detik.com/x.xml", "detik.com"),
        ("https://tekno.kompas.co.id/a", "kompas.co.id"),
        ("https://bbc.co.uk/news", "bbc.co.uk"),
        ("https://127.0.0.1/x", "127.0.0.1"),
        ("http://[", ""),
        ("nothing", ""),
    ],
)
def test_feeds_and_pages_of_one_outlet_have_one_site(url: str, site: str) -> None:
    assert site_of(url) == site


def of_site(**values: object) -> Feed:
    return replace(a_feed(), spec=a_spec(url="https://rss.outlet.com/feed"), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("feeds", "why"),
    [
        ([], Unread.NO_FEEDS),
        ([a_feed("other", last_ok=NOW)], Unread.NO_SUCH_SITE),
        ([of_site()], Unread.NEVER_READ),
        ([of_site(last_ok=NOW)], Unread.NOT_IN_FEED),
        ([of_site(last_ok=NOW, problem="timeout")], Unread.FAILING),
        ([of_site(problem="dns"), of_site(last_ok=NOW)], Unread.NOT_IN_FEED),
        ([of_site(last_ok=NOW - HOUR, state=FeedState.GONE, problem="http_410")], Unread.FAILING),
    ],
)
def test_what_was_not_fetched_says_whether_its_feed_is_to_blame(feeds: list[Feed], why: Unread) -> None:
    found = missing("https://www.outlet.com/story", feeds)
    assert (found.why, found.site) == (why, "outlet.com")
    assert (found.feed is None) is (why in (Unread.NO_FEEDS, Unread.NO_SUCH_SITE))


def test_the_feed_that_was_read_last_is_named() -> None:
    old, new = of_site(last_ok=NOW - timedelta(days=1)), of_site(last_ok=NOW)
    assert missing("https://outlet.com/x", [old, new]).feed is new
