"""A digest holds the best stories once each, lets no topic push another out, and comes back from JSON as it was."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.digest import A_TOPIC, LONGEST, ORDER, Digest, compose
from bot.domain.story import Topic
from tests.builders import a_coverage, patient

DAY = date(2026, 3, 14)


def composed(*topics: Topic, found: int | None = None) -> Digest:
    ranked = [(a_coverage(n), topic) for n, topic in enumerate(topics, start=1)]
    found = len(ranked) if found is None else found
    return compose(day=DAY, ranked=ranked, found=found, feeds=40, failing=2, items=300)


def ids(digest: Digest) -> list[int]:
    return [story_id for _topic, group in digest.groups for story_id in group]


def test_nothing_is_a_digest_too() -> None:
    digest = composed()
    assert digest.groups == ()
    assert (digest.left_out, digest.feeds, digest.failing, digest.items) == (0, 40, 2, 300)


def test_groups_stand_in_one_order_and_empty_ones_not_at_all() -> None:
    digest = composed(Topic.AI, Topic.LAYOFFS, Topic.AI)
    assert digest.groups == ((Topic.LAYOFFS, (2,)), (Topic.AI, (1, 3)))


def test_one_topic_does_not_push_the_others_out() -> None:
    digest = composed(*[Topic.AI] * 40, *[Topic.TECH_LAYOFFS] * 5)
    groups = dict(digest.groups)
    assert groups[Topic.TECH_LAYOFFS] == (41, 42, 43, 44, 45)
    assert groups[Topic.AI] == tuple(range(1, 26))
    assert digest.left_out == 15


def test_a_topic_alone_may_fill_it() -> None:
    assert ids(composed(*[Topic.AI] * 30)) == list(range(1, LONGEST + 1))


def test_what_was_never_ranked_counts_as_left_out() -> None:
    assert composed(Topic.AI, found=70).left_out == 69


topics = st.lists(st.sampled_from(Topic), max_size=50)


@patient
@given(topics)
def test_every_digest(given_topics: list[Topic]) -> None:
    digest = composed(*given_topics)
    shown = ids(digest)
    assert len(shown) == len(set(shown)) == min(LONGEST, len(given_topics))
    assert digest.left_out == len(given_topics) - len(shown)
    assert [topic for topic, _group in digest.groups] == [t for t in ORDER if t in dict(digest.groups)]
    for topic, group in digest.groups:
        ranked = [n for n, one in enumerate(given_topics, start=1) if one is topic]
        assert list(group) == ranked[: len(group)], "the best of the topic, best first"
    if any(len(group) > A_TOPIC for _topic, group in digest.groups):
        for topic in set(given_topics):
            group = dict(digest.groups).get(topic, ())
            assert len(group) == given_topics.count(topic) or len(group) >= A_TOPIC, "nobody was pushed out"


@patient
@given(topics, st.integers(0, 10_000), st.dates(), st.integers(0, 999))
def test_it_comes_back_from_json(given_topics: list[Topic], found: int, day: date, count: int) -> None:
    ranked = [(a_coverage(n), topic) for n, topic in enumerate(given_topics)]
    digest = compose(day=day, ranked=ranked, found=found, feeds=count, failing=count, items=count)
    assert Digest.from_json(digest.to_json()) == digest
