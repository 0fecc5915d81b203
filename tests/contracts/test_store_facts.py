"""bot.ports.Stories on both databases: the facts of job cuts, what changes in them, and what is counted once."""

from __future__ import annotations

import json

import pytest

from bot.domain.coverage import ChangeKind, Unit
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.event import EventKind
from bot.domain.story import Topic
from bot.ports import EditedStory
from bot.store.store import Store

from .store_values import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    channel,
    commit,
    cuts,
    new_story,
    report,
    rows,
    stored,
    subscribed,
    told,
)


async def test_facts_grow_and_changes_say_who_and_when(store: Store) -> None:
    (event,) = await stored(store, report("A #x", **cuts(None, EventKind.RUMOUR)))
    (second,) = await stored(store, report("B #x", "Second", **cuts(700, EventKind.RUMOUR)), at=NOW + HOUR)
    (third,) = await stored(store, report("C #x", "Third", **cuts(1_300, percent=10.0)), at=NOW + 2 * HOUR)
    await stored(store, report("D #x", "Fourth", **cuts(700)), at=NOW + 3 * HOUR)
    coverage = await store.stories.coverage(event)
    assert coverage is not None
    assert coverage.event is not None
    assert (coverage.employer, coverage.event.company) == ("acme", "Acme")
    assert (coverage.event.headcount, coverage.event.percent, coverage.event.kind) == (1_300, 10.0, EventKind.LAYOFF)
    changes = await store.stories.changes(third)
    assert [(c.kind, c.story_id, c.source, c.at, c.unit, c.before, c.after) for c in changes] == [
        (ChangeKind.FIRST_NUMBER, second, "Second", NOW + HOUR, Unit.PEOPLE, None, 700.0),
        (ChangeKind.CONFIRMED, third, "Third", NOW + 2 * HOUR, None, None, None),
        (ChangeKind.NEW_NUMBER, third, "Third", NOW + 2 * HOUR, Unit.PEOPLE, 700.0, 1_300.0),
        (ChangeKind.FIRST_NUMBER, third, "Third", NOW + 2 * HOUR, Unit.PERCENT, None, 10.0),
    ]
    facts = [one.event and one.event.headcount for one in await store.stories.reports(event)]
    assert facts == [None, 700, 1_300, 700]


async def test_a_change_is_replied_once_to_those_who_were_told(store: Store) -> None:
    heard = await subscribed(store, channel("heard"))
    await commit(store, report("A #x", **cuts(None)))
    (alert,) = await told(store)
    waiting = await subscribed(store, channel("waiting"), topics=[Topic.LAYOFFS])
    scores = {Topic.AI: 6.0, Topic.LAYOFFS: 6.0}
    await commit(store, report("B #x", "Second", scores=scores, **cuts(700, percent=5.0)), at=NOW + MINUTE)
    await commit(store, report("C #x", "Third", **cuts(700)), at=NOW + 2 * MINUTE)
    await commit(store, report("D #x", "Fourth", **cuts(710)), at=NOW + 3 * MINUTE)
    ((reply, state),) = await rows(store, heard, DeliveryKind.CHANGE)
    assert (reply.story_id, state) == (alert.story_id, DeliveryState.QUEUED)
    changes = [change.id for change in await store.stories.changes(alert.story_id or 0)]
    assert len(changes) == 2
    assert json.loads(reply.payload or "") == changes  # people and percent in one
    assert await rows(store, waiting, DeliveryKind.CHANGE) == []
    kinds = {delivery.kind for delivery in await told(store, NOW + MINUTE)}
    assert kinds == {DeliveryKind.ALERT, DeliveryKind.CHANGE}
    await commit(store, report("E #x", "Fifth", **cuts(None, EventKind.DENIED)), at=NOW + 4 * MINUTE)
    assert len(await rows(store, heard, DeliveryKind.CHANGE)) == 2
    assert len(await rows(store, waiting, DeliveryKind.CHANGE)) == 1


async def test_an_edit_of_a_report_may_be_the_change(store: Store) -> None:
    chat = await subscribed(store)
    (story_id,) = await stored(store, new_story("a", title="A #x", **cuts(None)))
    await stored(store, report("B #x", "Second", **cuts(None)), at=NOW + MINUTE)
    second = (await store.stories.reports(story_id))[1].story
    await told(store, NOW + MINUTE)
    edit = EditedStory(
        story_id=second.id,
        new=new_story("b", title="B #x", source="Second", **cuts(90)),  # type: ignore[arg-type]
    )
    for _ in range(2):
        await commit(store, edited=[edit], at=NOW + HOUR)
    (change,) = await store.stories.changes(story_id)
    assert (change.kind, change.story_id, change.after) == (ChangeKind.FIRST_NUMBER, second.id, 90.0)
    assert len(await rows(store, chat, DeliveryKind.CHANGE)) == 1


async def test_totals_that_are_told_again_are_not_counted_twice(store: Store) -> None:
    (first,) = await stored(store, report("A", **cuts(700)))
    (again,) = await stored(store, report("B", **cuts(700)), at=NOW + 20 * DAY)
    (more,) = await stored(store, report("C", **cuts(500)), at=NOW + 30 * DAY)
    (total,) = await stored(store, report("D", **cuts(1_200)), at=NOW + 40 * DAY)
    (explainer,) = await stored(
        store, report("E", **(cuts(None) | {"figures": frozenset({700, 40})})), at=NOW + 41 * DAY
    )
    restates = {one.id: one.restates for one in await store.stories.of_employer("acme", limit=9)}
    assert restates == {first: None, again: first, more: None, total: more, explainer: first}
    table = await store.stories.job_cuts(since=NOW, until=NOW + 60 * DAY)
    assert [one.coverage_id for one in table] == [explainer, total, more, again, first]
    assert sum(one.event.headcount or 0 for one in table if one.restates is None) == 1_200


async def test_totals_are_compared_also_within_one_reading(store: Store) -> None:
    news = [report(f"A{n}", **cuts(700), published=NOW - n * HOUR) for n in (3, 2, 1)]
    first, second, third = await stored(store, *news)
    restates = {one.id: one.restates for one in await store.stories.of_employer("acme", limit=9)}
    assert restates == {first: None, second: first, third: first}


async def test_a_later_story_denies_an_earlier_one(store: Store) -> None:
    chat = await subscribed(store)
    (rumour,) = await stored(store, report("A #a", **cuts(700, EventKind.RUMOUR)))
    await told(store)
    (denial,) = await stored(store, report("B #b", "Acme", **cuts(None, EventKind.DENIED)), at=NOW + 5 * DAY)
    (change,) = await store.stories.changes(rumour)
    assert (change.kind, change.story_id, change.source, change.at) == (
        ChangeKind.DENIED,
        denial,
        "Acme",
        NOW + 5 * DAY,
    )
    await stored(store, report("C #b", "Other", scores={Topic.AI: 6.0}), at=NOW + 5 * DAY + HOUR)
    coverage = await store.stories.coverage(rumour)
    assert coverage is not None
    assert coverage.event is not None
    assert (coverage.event.kind, coverage.event.headcount, coverage.version) == (EventKind.DENIED, 700, 2)
    assert await rows(store, chat, DeliveryKind.CHANGE) == []  # the denial alerts by itself
    assert len(await rows(store, chat, DeliveryKind.ALERT)) == 2


@pytest.mark.parametrize(("confirmed", "restates", "counted"), [(700, "the rumour", 700), (900, None, 900)])
async def test_a_rumour_that_is_confirmed_counts_once(
    store: Store, confirmed: int, restates: str | None, counted: int
) -> None:
    (rumour,) = await stored(store, report("A", **cuts(700, EventKind.RUMOUR)))
    (news,) = await stored(store, report("B", **cuts(confirmed)), at=NOW + 5 * DAY)
    (change,) = await store.stories.changes(rumour)
    assert (change.kind, change.story_id) == (ChangeKind.CONFIRMED, news)
    table = {one.coverage_id: one for one in await store.stories.job_cuts(since=NOW, until=NOW + 60 * DAY)}
    assert table[rumour].event.kind is EventKind.LAYOFF
    assert table[news].restates == (rumour if restates else None)
    assert sum(one.event.headcount or 0 for one in table.values() if one.restates is None) == counted


async def test_a_denial_survives_further_reports_of_what_it_denies(store: Store) -> None:
    await stored(store, report("A #a", **cuts(700, EventKind.RUMOUR)))
    await stored(store, report("B #b", "Acme", **cuts(None, EventKind.DENIED)), at=NOW + HOUR)
    (late,) = await stored(store, report("C #a", "Third", **cuts(700, EventKind.RUMOUR)), at=NOW + 2 * HOUR)
    coverage = await store.stories.coverage(late)
    assert coverage is not None
    assert coverage.event is not None
    assert (coverage.outlets, coverage.event.kind) == (2, EventKind.DENIED)


async def test_a_mere_denial_is_not_confirmed_by_later_cuts(store: Store) -> None:
    (denial,) = await stored(store, report("A", "Acme", **cuts(None, EventKind.DENIED)))
    await stored(store, report("B", **cuts(700)), at=NOW + DAY)
    coverage = await store.stories.coverage(denial)
    assert coverage is not None
    assert coverage.event is not None
    assert (coverage.event.kind, coverage.restates) == (EventKind.DENIED, None)
    assert await store.stories.changes(denial) == []
