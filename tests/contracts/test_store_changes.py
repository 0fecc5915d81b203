"""bot.ports.Stories on both databases: who hears of an event when, and what happens to alerts when it goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.story import Topic
from bot.domain.subscription import Interest, InterestKind, Mode
from bot.domain.verdict import Level
from bot.ports import EditedStory
from bot.store.store import Store

from .store_values import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    channel,
    claim,
    commit,
    cuts,
    new_story,
    report,
    rows,
    settled,
    stored,
    subscribed,
    told,
)

SECOND = timedelta(seconds=1)


# --- alerts ------------------------------------------------------------------------------------------------------


async def test_a_second_report_alerts_nobody_again(store: Store) -> None:
    chat = await subscribed(store)
    assert (await commit(store, report("A #x"))).alerts == 1
    assert (await commit(store, report("B #x", "Other"), at=NOW + MINUTE)).alerts == 0
    assert len(await rows(store, chat, DeliveryKind.ALERT)) == 1


async def test_a_surer_report_alerts_those_who_had_not_heard(store: Store) -> None:
    low = await subscribed(store, channel("low"), level=Level.LOW)
    normal = await subscribed(store, channel("normal"))
    high = await subscribed(store, channel("high"), level=Level.HIGH)
    other = await subscribed(store, channel("other"), topics=[Topic.LAYOFFS])
    assert (await commit(store, report("A #x", scores={Topic.AI: 4.0}))).alerts == 1
    late = await subscribed(store, channel("late"), level=Level.LOW)
    assert (await commit(store, report("B #x", scores={Topic.AI: 6.0, Topic.LAYOFFS: 6.0}), at=NOW)).alerts == 2
    assert (await commit(store, report("C #x", scores={Topic.AI: 6.0}), at=NOW + MINUTE)).alerts == 0
    heard = [len(await rows(store, chat, DeliveryKind.ALERT)) for chat in (low, normal, high, other, late)]
    assert heard == [1, 1, 0, 1, 0]
    (event,) = await store.stories.latest([Topic.AI], level=Level.LOW, limit=9)
    assert await store.stories.levels(event.id) == {Topic.AI: Level.NORMAL, Topic.LAYOFFS: Level.NORMAL}


async def test_what_a_new_feed_held_is_told_when_news_of_it_comes(store: Store) -> None:
    chat = await subscribed(store)
    assert (await commit(store, report("A #x", announce=False))).alerts == 0
    assert (await commit(store, report("B #x", announce=False), at=NOW + MINUTE)).alerts == 0
    assert (await commit(store, report("C #x"), at=NOW + HOUR)).alerts == 1
    assert len(await rows(store, chat, DeliveryKind.ALERT)) == 1
    ranked = await store.stories.ranked([Topic.AI], level=Level.LOW, since=NOW + MINUTE, until=NOW + HOUR, limit=9)
    assert len(ranked) == 1  # as news it is of this hour


async def test_the_first_look_at_a_feed_says_nothing_of_an_event_that_was_told(store: Store) -> None:
    chat = await subscribed(store)
    (event,) = await stored(store, report("A #x", **cuts(None)))
    await told(store)
    silent = report("B #x", "Other", announce=False, **cuts(700))
    assert (await commit(store, silent, at=NOW + MINUTE)).alerts == 0
    assert len(await store.stories.changes(event)) == 1
    assert await rows(store, chat, DeliveryKind.CHANGE) == []
    (edit,) = await rows(store, chat, DeliveryKind.EDIT)
    assert edit[1] is DeliveryState.QUEUED


async def test_what_was_silent_is_news_when_it_turns_out_to_belong_to_what_was_told(store: Store) -> None:
    heard = await subscribed(store, channel("heard"))
    waiting = await subscribed(store, channel("waiting"), topics=[Topic.LAYOFFS])
    await commit(store, report("A #x", announce=False, scores={Topic.AI: 6.0, Topic.LAYOFFS: 6.0}))
    await commit(store, report("B #y", "Other", scores={Topic.AI: 6.0}), at=NOW + MINUTE)
    assert (await commit(store, report("C #x #y", scores={Topic.AI: 6.0}), at=NOW + HOUR)).alerts == 1
    assert [len(await rows(store, chat, DeliveryKind.ALERT)) for chat in (heard, waiting)] == [1, 1]


async def test_a_digest_tells_an_event_once(store: Store) -> None:
    (event,) = await stored(store, report("A #x", scores={Topic.AI: 6.0}))
    await stored(store, report("B #x", scores={Topic.LAYOFFS: 9.0}), at=NOW + DAY)

    async def ranked(*topics: Topic, day: int) -> list[tuple[int, Topic]]:
        since, until = NOW + (day - 1) * DAY, NOW + day * DAY
        found = await store.stories.ranked(topics, level=Level.NORMAL, since=since, until=until, limit=9)
        return [(coverage.id, topic) for coverage, topic in found]

    assert await ranked(Topic.LAYOFFS, Topic.AI, day=0) == [(event, Topic.AI)]
    assert await ranked(Topic.LAYOFFS, Topic.AI, day=1) == []  # it was told the day before
    assert await ranked(Topic.LAYOFFS, day=1) == [(event, Topic.LAYOFFS)]


async def test_a_chat_hears_of_what_it_watches_whatever_its_topics(store: Store) -> None:
    both = await subscribed(store, channel("both"))
    digest = await subscribed(store, channel("digest"), topics=[Topic.LAYOFFS], mode=Mode.DIGEST)
    muting = await subscribed(store, channel("muting"), topics=[])
    for chat, kind in ((both, InterestKind.WATCH), (digest, InterestKind.WATCH), (muting, InterestKind.MUTE)):
        await store.chats.add_interest(Interest(chat_id=chat.id, kind=kind, phrase='"Acme" 😀', key="employer:acme"))
    ids = [interest.id for chat in (both, digest, muting) for interest in await store.chats.interests(chat.id)]
    watched = tuple(ids)
    assert (await commit(store, report("A", announce=False, scores={}, watched=watched))).alerts == 0
    assert (await commit(store, report("B", watched=watched), report("C", scores={}, watched=watched))).alerts == 4
    assert (await commit(store, report("D"), at=NOW + MINUTE)).alerts == 1
    for chat, payloads in ((both, 2), (digest, 2), (muting, 0)):
        found = [delivery.payload for delivery, _ in await rows(store, chat, DeliveryKind.ALERT)]
        assert [json.loads(payload) for payload in found if payload] == [{"watch": '"Acme" 😀'}] * payloads
        assert len(found) == payloads + (chat is both)


# --- edits -------------------------------------------------------------------------------------------------------


async def test_an_alert_that_was_sent_is_edited_once_for_outlets_that_follow_closely(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, report("A #x"))
    (alert,) = await told(store)
    await commit(store, report("B #x", "Second"), at=NOW + 10 * SECOND)
    await commit(store, report("C #x", "Third"), at=NOW + 20 * SECOND)
    assert await claim(store, NOW + 69 * SECOND) == []
    (edit,) = await claim(store, NOW + 70 * SECOND)
    assert (edit.kind, edit.story_id, edit.answers) == (DeliveryKind.EDIT, alert.story_id, alert.answers)
    await store.outbox.settle(settled(edit, DeliveryState.SENT, NOW + 70 * SECOND))
    assert await told(store, NOW + HOUR) == []
    await commit(store, report("D #x", "Fourth"), at=NOW + HOUR)
    assert [again.id for again in await told(store, NOW + HOUR + MINUTE)] == [edit.id]
    assert len(await rows(store, chat, DeliveryKind.EDIT)) == 1


async def test_what_happens_while_an_edit_is_being_sent_is_not_lost(store: Store) -> None:
    await subscribed(store)
    await commit(store, report("A #x"))
    await told(store)
    await commit(store, report("B #x", "Second"), at=NOW + MINUTE)
    (edit,) = await claim(store, NOW + 2 * MINUTE)
    await commit(store, report("C #x", "Third"), at=NOW + 2 * MINUTE)
    await store.outbox.settle(settled(edit, DeliveryState.SENT, NOW + 2 * MINUTE))
    (again,) = await claim(store, NOW + 4 * MINUTE)
    assert again.id == edit.id
    assert again.fence > edit.fence


async def test_an_edit_that_was_refused_is_not_tried_for_ever(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, report("A #x"))
    await told(store)
    await commit(store, report("B #x", "Second"), at=NOW + MINUTE)
    (edit,) = await claim(store, NOW + 2 * MINUTE)
    await store.outbox.settle(settled(edit, DeliveryState.DEAD, NOW + 2 * MINUTE))
    await commit(store, report("C #x", "Third"), at=NOW + 3 * MINUTE)
    assert [state for _, state in await rows(store, chat, DeliveryKind.EDIT)] == [DeliveryState.DEAD]


async def test_an_old_alert_and_one_that_still_waits_are_not_edited(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, report("A #x"))
    await commit(store, report("B #x", "Second"), at=NOW + MINUTE)
    assert await rows(store, chat, DeliveryKind.EDIT) == []
    await told(store)
    await commit(store, report("C #x", "Third"), at=NOW + 47 * HOUR)
    assert len(await rows(store, chat, DeliveryKind.EDIT)) == 1
    await told(store, NOW + 48 * HOUR)
    await commit(store, report("D #x", "Fourth"), at=NOW + 49 * HOUR)
    assert await told(store, NOW + 50 * HOUR) == []


async def test_a_parked_chat_gets_its_edit_when_it_returns(store: Store) -> None:
    chat = await subscribed(store)
    await commit(store, report("A #x"))
    await told(store)
    await store.outbox.park(chat.id, "blocked", NOW)
    await commit(store, report("B #x", "Second"), at=NOW + MINUTE)
    await commit(store, report("C #x", "Third"), at=NOW + 2 * MINUTE)
    assert [state for _, state in await rows(store, chat, DeliveryKind.EDIT)] == [DeliveryState.PARKED]
    await store.chats.revive(chat.id)
    assert [delivery.kind for delivery in await told(store, NOW + HOUR)] == [DeliveryKind.EDIT]


async def test_what_changes_nothing_that_is_shown_edits_nothing(store: Store) -> None:
    chat = await subscribed(store)
    (story_id,) = await stored(store, new_story("x", title="A #x"))
    await told(store)
    await commit(store, report("B #x", "The Wire"), at=NOW + MINUTE)  # the same outlet again
    same = new_story("x", title="A #x", scores={Topic.AI: 7.0})
    await commit(store, edited=[EditedStory(story_id=story_id, new=same)], at=NOW + MINUTE)
    assert await rows(store, chat, DeliveryKind.EDIT) == []
    other = new_story("x", title="A corrected #x")
    await commit(store, edited=[EditedStory(story_id=story_id, new=other)], at=NOW + MINUTE)
    assert len(await rows(store, chat, DeliveryKind.EDIT)) == 1


async def test_what_happens_while_an_alert_is_being_sent_is_put_into_it(store: Store) -> None:
    await subscribed(store)
    await commit(store, report("A #x"))
    (alert,) = await claim(store)
    await commit(store, report("B #x", "Second"), at=NOW + 10 * SECOND)
    await store.outbox.settle(replace(settled(alert, DeliveryState.SENT), message_ids=("m1",)))
    (edit,) = await claim(store, NOW + 70 * SECOND)
    assert (edit.kind, edit.answers) == (DeliveryKind.EDIT, ("m1",))
