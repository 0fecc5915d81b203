"""bot.ports.Stories on both databases: which alerts a reading causes, new or edited."""

from __future__ import annotations

from bot.domain.delivery import DeliveryState
from bot.domain.story import Topic
from bot.domain.subscription import ChatState, Mode
from bot.domain.verdict import Level
from bot.ports import EditedStory, NewStory
from bot.store.store import Store

from .store_values import (
    HOUR,
    NOW,
    channel,
    commit,
    new_story,
    stored,
    subscribed,
)

# --- edits -------------------------------------------------------------------------------------------------------


def edit(story_id: int, new: NewStory) -> EditedStory:
    return EditedStory(story_id=story_id, new=new)


async def test_an_edit_replaces_words_and_verdict(store: Store) -> None:
    (story_id,) = await stored(store, new_story("x", scores={Topic.AI: 1.0}))
    better = new_story("x", title="A better title", scores={Topic.AI: 9.0}, guid="late")
    await commit(store, edited=[edit(story_id, better)], at=NOW + HOUR)
    story = await store.stories.get(story_id)
    assert story is not None
    assert (story.title, story.first_seen) == ("A better title", NOW)
    assert (await store.stories.verdict(story_id))[Topic.AI].score == 9.0
    known = await store.stories.known(better.keys)
    assert {k.content_hash for k in known.values()} == {better.content_hash}
    assert len(known) == 2
    assert [s.id for s in await store.stories.latest([Topic.AI], level=Level.HIGH, limit=5)] == [story_id]


async def test_an_edit_alerts_only_who_has_not_heard(store: Store) -> None:
    keen = await subscribed(store, channel("keen"), level=Level.LOW)
    strict = await subscribed(store, channel("strict"), level=Level.HIGH)
    (story_id,) = await stored(store, new_story("x", scores={Topic.AI: 4.0}))
    better = new_story("x", scores={Topic.AI: 9.0})
    assert (await commit(store, edited=[edit(story_id, better)])).alerts == 1
    assert (await commit(store, edited=[edit(story_id, better)])).alerts == 0
    assert [len(await store.outbox.of_chat(chat.id)) for chat in (keen, strict)] == [1, 1]


async def test_an_edit_of_what_was_never_announced_alerts_only_when_its_verdict_rises(store: Store) -> None:
    await subscribed(store)
    (story_id,) = await stored(store, new_story("x", scores={Topic.AI: 6.0}, announce=False))
    same = new_story("x", title="Other words", scores={Topic.AI: 6.5})
    assert (await commit(store, edited=[edit(story_id, same)])).alerts == 0
    other = new_story("x", title="Other words on layoffs", scores={Topic.AI: 6.5, Topic.LAYOFFS: 9.0})
    await subscribed(store, channel("layoffs"), topics=[Topic.LAYOFFS])
    assert (await commit(store, edited=[edit(story_id, other)])).alerts == 1


async def test_an_edit_is_no_news_to_a_chat_that_subscribed_after_the_story(store: Store) -> None:
    (story_id,) = await stored(store, new_story("x", scores={Topic.AI: 6.0}))
    late = await subscribed(store)
    strict = await subscribed(store, channel("strict"), level=Level.HIGH)
    assert (await commit(store, edited=[edit(story_id, new_story("x", scores={Topic.AI: 9.0}))])).alerts == 1
    assert [len(await store.outbox.of_chat(chat.id)) for chat in (late, strict)] == [0, 1]


async def test_a_story_that_a_new_feed_held_in_silence_is_news_when_an_established_feed_brings_it(store: Store) -> None:
    await subscribed(store)
    silent = new_story("x", announce=False)
    assert (await commit(store, silent, feed_id="new")).alerts == 0
    assert (await commit(store, feed_id="new", seen=silent.keys, established=True)).alerts == 0
    assert (await commit(store, feed_id="old", seen=silent.keys, established=True)).alerts == 1
    assert (await commit(store, feed_id="third", seen=silent.keys, established=True)).alerts == 0


async def test_an_edit_of_a_story_that_is_not_there(store: Store) -> None:
    committed = await commit(store, edited=[edit(4711, new_story("x"))])
    assert (committed.new_stories, committed.alerts) == (0, 0)


# --- alerts ------------------------------------------------------------------------------------------------------


async def test_alerts_go_to_who_asked_for_topic_and_level(store: Store) -> None:
    expected = {
        "ai": (await subscribed(store, channel("ai"), topics=[Topic.AI]), 1),
        "all": (await subscribed(store, channel("all"), topics=Topic), 1),
        "both": (await subscribed(store, channel("both"), mode=Mode.BOTH), 1),
        "digest": (await subscribed(store, channel("digest"), mode=Mode.DIGEST), 0),
        "layoffs": (await subscribed(store, channel("layoffs"), topics=[Topic.LAYOFFS]), 0),
        "strict": (await subscribed(store, channel("strict"), level=Level.HIGH), 0),
        "none": (await subscribed(store, channel("none"), topics=[]), 0),
    }
    committed = await commit(store, new_story(scores={Topic.AI: 6.0, Topic.TECH_LAYOFFS: 5.0, Topic.LAYOFFS: 4.9}))
    assert (committed.new_stories, committed.alerts) == (1, 3)
    for name, (chat, alerts) in expected.items():
        assert len(await store.outbox.of_chat(chat.id)) == alerts, name


async def test_what_a_feed_held_before_is_not_announced(store: Store) -> None:
    await subscribed(store)
    committed = await commit(store, new_story("x", announce=False))
    assert (committed.new_stories, committed.alerts) == (1, 0)
    assert len(await store.stories.latest([Topic.AI], level=Level.NORMAL, limit=5)) == 1


async def test_a_parked_chat_misses_nothing(store: Store) -> None:
    chat = await subscribed(store)
    await store.outbox.park(chat.id, "blocked", NOW)
    assert (await commit(store, new_story())).alerts == 1
    assert [state for _, state in await store.outbox.of_chat(chat.id)] == [DeliveryState.PARKED]
    assert await store.chats.revive(chat.id) == 1
    assert [state for _, state in await store.outbox.of_chat(chat.id)] == [DeliveryState.QUEUED]
    found = await store.chats.find(chat.channel)
    assert found is not None
    assert found.state is ChatState.ACTIVE


async def test_the_alerts_of_one_reading_tell_the_older_story_first(store: Store) -> None:
    chat = await subscribed(store)
    news = [new_story(f"n{n}", published=NOW - n * HOUR) for n in range(3)]
    ids = await stored(store, *news)
    assert [d.story_id for d, _ in await store.outbox.of_chat(chat.id)] == list(reversed(ids))
