"""What one look at a feed changes: stories, what they are known by, and the alerts they cause, all or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.identity import Known, is_same
from bot.domain.story import Topic
from bot.domain.subscription import ChatState, Mode
from bot.ports import Committed, EditedStory, NewStory, Reading
from bot.store.database import Database
from bot.store.feeds import write_outcome
from bot.store.rows import NO_LEVEL, chunks, verdict_rows
from bot.store.tables import chat_topics, chats, outbox, stories, story_feeds, story_keys, verdicts

SEEN_PRECISION = timedelta(days=1)  # how exactly it is remembered when a key was last seen


async def commit(database: Database, connection: AsyncConnection, reading: Reading) -> Committed:
    """Everything of one Reading, inside the caller's transaction, which holds the lock on stories."""
    outcome = reading.outcome
    if not await write_outcome(connection, outcome):
        return Committed(new_stories=0, alerts=0)
    known = await known_under(connection, {key for new in reading.new for key in new.keys})
    fresh, again = _sort(reading.new, outcome.feed_id, known)
    ids = await _insert(connection, fresh, outcome.feed_id, outcome.at)
    known_by = [(new, ids[-place - 1] if place < 0 else place) for new, place in again]
    edited = await _edit(connection, reading.edited)
    known_by += [(edit.new, edit.story_id) for edit, _before in edited]
    stored = list(zip(fresh, ids, strict=True))

    keys = [(key, story_id) for new, story_id in stored for key in new.keys]
    await _remember_keys(database, connection, keys, outcome.at, take_over=True)
    keys = [(key, story_id) for new, story_id in known_by for key in new.keys]
    keys += await _of_existing(connection, reading.learnt)
    await _remember_keys(database, connection, keys, outcome.at, take_over=False)
    shown = [story_id for _new, story_id in stored + known_by]
    shown += await _refresh(connection, reading.seen, outcome.at)
    carried = await _remember_feed(database, connection, shown, outcome.feed_id, outcome.at)
    announced = [story_id for new, story_id in stored if new.announce]
    if reading.established:
        announced += await _news_after_all(connection, carried)
    alerts = await plan_alerts(database, connection, announced, outcome.at)
    for edit, before in edited:
        if edit.new.announce and _rises(edit.new, before):
            alerts += await plan_alerts(database, connection, [edit.story_id], outcome.at, before=before)
    return Committed(new_stories=len(ids), alerts=alerts)


def _rises(new: NewStory, before: Mapping[Topic, int]) -> bool:
    """Whether the words as they are now clear a level of a topic that they did not clear before."""
    ranks = {topic: score.clears.rank for topic, score in new.verdict.topics.items() if score.clears is not None}
    return any(rank > before.get(topic, NO_LEVEL) for topic, rank in ranks.items())


async def _news_after_all(connection: AsyncConnection, carried: Collection[int]) -> list[int]:
    """Of the stories that an established feed carries for the first time, those that were stored without a word because
    the feed that had them first was just being read for the first time. They are news now."""
    found: list[int] = []
    for ids in chunks(list(carried)):
        silent = sa.update(stories).where(stories.c.id.in_(ids), ~stories.c.announced, ~stories.c.forgotten)
        found += (await connection.execute(silent.values(announced=True).returning(stories.c.id))).scalars()
    return sorted(found)


async def known_under(connection: AsyncConnection, keys: Collection[str]) -> dict[str, Known]:
    columns = (
        story_keys.c.key,
        stories.c.id,
        stories.c.feed_id,
        stories.c.url,
        stories.c.title,
        stories.c.content_hash,
    )
    found = {}
    for some in chunks(list(keys)):
        query = sa.select(*columns).join_from(story_keys, stories, stories.c.id == story_keys.c.story_id)
        for row in await connection.execute(query.where(story_keys.c.key.in_(some))):
            found[row.key] = Known(
                story_id=row.id, feed_id=row.feed_id, url=row.url, title=row.title, content_hash=row.content_hash
            )
    return found


def _sort(
    news: Sequence[NewStory], feed_id: str, known: Mapping[str, Known]
) -> tuple[list[NewStory], list[tuple[NewStory, int]]]:
    """What is really new, and what is known by now with the story it is: stored by another feed meanwhile, or twice in
    this document. A story not stored yet has its place among the new ones for an id: -1, -2 …

    A key alone does not decide: a recycled guid is known and yet names another story now."""
    by_key = dict(known)
    fresh: list[NewStory] = []
    again: list[tuple[NewStory, int]] = []
    for new in news:
        same = next(
            (k for key in new.keys if (k := by_key.get(key)) and is_same(new.item, new.url, feed_id, key, k)), None
        )
        if same is not None:
            again.append((new, same.story_id))
            for key in new.keys:
                by_key.setdefault(key, same)
            continue
        fresh.append(new)
        itself = Known(
            story_id=-len(fresh), feed_id=feed_id, url=new.url, title=new.item.title, content_hash=new.content_hash
        )
        by_key |= dict.fromkeys(new.keys, itself)
    return fresh, again


async def _insert(connection: AsyncConnection, fresh: Sequence[NewStory], feed_id: str, at: datetime) -> list[int]:
    """Stores them with their verdicts; their ids in the same order."""
    if not fresh:
        return []
    shown = [new.item.published if new.item.published is not None and new.item.published <= at else at for new in fresh]
    rows = [
        {
            "feed_id": feed_id,
            "source": new.source,
            "title": new.item.title,
            "url": new.url,
            "summary": new.item.summary,
            "content": new.item.content,
            "content_hash": new.content_hash,
            "language": new.language,
            "published": new.item.published,
            "first_seen": at,
            "shown_at": shown_at,
            "forgotten": False,
            "announced": new.announce,
        }
        for new, shown_at in zip(fresh, shown, strict=True)
    ]
    insert = sa.insert(stories).returning(stories.c.id, sort_by_parameter_order=True)
    ids = list((await connection.execute(insert, rows)).scalars())
    scores = [
        row
        for new, story_id, shown_at in zip(fresh, ids, shown, strict=True)
        for row in verdict_rows(story_id, shown_at, new.verdict)
    ]
    if scores:
        await connection.execute(sa.insert(verdicts), scores)
    return ids


async def _edit(
    connection: AsyncConnection, edited: Sequence[EditedStory]
) -> list[tuple[EditedStory, Mapping[Topic, int]]]:
    """Writes the new words and the verdict on them; those that exist, with the levels they cleared before. Of a
    forgotten story only the fingerprint of its words is kept: its alerts are forgotten too, and without a verdict it
    causes none again."""
    existing: list[tuple[EditedStory, Mapping[Topic, int]]] = []
    for edit in edited:
        new = edit.new
        stored = sa.select(stories.c.shown_at, stories.c.forgotten).where(stories.c.id == edit.story_id)
        row = (await connection.execute(stored)).first()
        if row is None:
            continue
        cleared = sa.select(verdicts.c.topic, verdicts.c.level_rank).where(verdicts.c.story_id == edit.story_id)
        before = {Topic(topic): rank for topic, rank in await connection.execute(cleared)}
        existing.append((edit, before))
        values = {"content_hash": new.content_hash}
        if not row.forgotten:
            words = {"title": new.item.title, "summary": new.item.summary, "content": new.item.content}
            values |= words | {"language": new.language}
            await connection.execute(sa.delete(verdicts).where(verdicts.c.story_id == edit.story_id))
            scores = verdict_rows(edit.story_id, row.shown_at, new.verdict)
            if scores:
                await connection.execute(sa.insert(verdicts), scores)
        await connection.execute(sa.update(stories).where(stories.c.id == edit.story_id).values(values))
    return existing


async def _remember_keys(
    database: Database, connection: AsyncConnection, keys: Sequence[tuple[str, int]], at: datetime, *, take_over: bool
) -> None:
    """With `take_over` a key that named another story (a recycled guid) names this one from now on."""
    if not keys:
        return
    insert = database.insert(story_keys)
    if take_over:
        new = insert.excluded
        insert = insert.on_conflict_do_update(
            index_elements=["key"], set_={"story_id": new.story_id, "seen_at": new.seen_at}
        )
    else:
        insert = insert.on_conflict_do_nothing(index_elements=["key"])
    await connection.execute(insert, [{"key": key, "story_id": story_id, "seen_at": at} for key, story_id in keys])


async def _of_existing(connection: AsyncConnection, learnt: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Without those whose story was dropped between the look that found it and now."""
    there: set[int] = set()
    for ids in chunks(sorted({story_id for _key, story_id in learnt})):
        there.update((await connection.execute(sa.select(stories.c.id).where(stories.c.id.in_(ids)))).scalars())
    return [(key, story_id) for key, story_id in learnt if story_id in there]


async def _remember_feed(
    database: Database, connection: AsyncConnection, story_ids: Sequence[int], feed_id: str, at: datetime
) -> list[int]:
    """That this feed carries these stories; those it carries for the first time."""
    if not story_ids:
        return []
    ids = list(dict.fromkeys(story_ids))
    known: set[int] = set()
    for some in chunks(ids):
        mine = sa.select(story_feeds.c.story_id)
        mine = mine.where(story_feeds.c.feed_id == feed_id, story_feeds.c.story_id.in_(some))
        known.update((await connection.execute(mine)).scalars())
    fresh = [story_id for story_id in ids if story_id not in known]
    if fresh:
        insert = database.insert(story_feeds).on_conflict_do_nothing(index_elements=["story_id", "feed_id"])
        rows = [{"story_id": story_id, "feed_id": feed_id, "first_seen": at} for story_id in fresh]
        await connection.execute(insert, rows)
    return fresh


async def _refresh(connection: AsyncConnection, seen: Sequence[str], at: datetime) -> list[int]:
    """What the feed still shows stays remembered; the stories it shows. Mostly there is nothing to write."""
    shown: list[int] = []
    for keys in chunks(seen):
        stale = sa.update(story_keys).where(story_keys.c.key.in_(keys), story_keys.c.seen_at < at - SEEN_PRECISION)
        await connection.execute(stale.values(seen_at=at))
        named = sa.select(story_keys.c.story_id).where(story_keys.c.key.in_(keys)).distinct()
        shown += (await connection.execute(named)).scalars()
    return shown


async def plan_alerts(
    database: Database,
    connection: AsyncConnection,
    story_ids: Sequence[int],
    at: datetime,
    *,
    before: Mapping[Topic, int] | None = None,
) -> int:
    """Queues an alert for every chat that asked for one of the topics these stories clear at its level; parked for a
    chat that cannot be reached just now. The unique key makes a second alert impossible. `before`: the levels these
    stories cleared until now; chats that would have heard of them then are left out (it is old to them, or they
    subscribed since). How many were added."""
    parked = chats.c.state == ChatState.PARKED
    planned = 0
    for ids in chunks(story_ids):
        asked = (
            sa.select(
                sa.literal(DeliveryKind.ALERT, outbox.c.kind.type),
                chats.c.id,
                verdicts.c.story_id,
                sa.case((parked, DeliveryState.PARKED.value), else_=DeliveryState.QUEUED.value),
                sa.case((parked, sa.null()), else_=sa.literal(at, outbox.c.due_at.type)),
                sa.literal(at, outbox.c.created_at.type),
                *(sa.literal(value) for value in (0, 0, False, False)),
                sa.literal([], sa.JSON()),
            )
            .join_from(verdicts, chat_topics, chat_topics.c.topic == verdicts.c.topic)
            .join(chats, chats.c.id == chat_topics.c.chat_id)
            .where(verdicts.c.story_id.in_(ids), verdicts.c.level_rank >= chats.c.level_rank)
            .where(chats.c.mode.in_([mode for mode in Mode if mode.alerts]))
            .where(*_not_heard_before(before or {}))
            .order_by(verdicts.c.shown_at, verdicts.c.story_id)  # so that a chat hears the older one first
        )
        names = ["kind", "chat_id", "story_id", "state", "due_at", "created_at"]
        names += ["fence", "attempts", "uncertain", "plain", "message_ids"]
        insert = database.insert(outbox).from_select(names, asked)
        insert = insert.on_conflict_do_nothing(index_elements=["story_id", "chat_id"])
        options = {"preserve_rowcount": True}
        planned += (await connection.execute(insert, execution_options=options)).rowcount
    return planned


def _not_heard_before(before: Mapping[Topic, int]) -> list[sa.ColumnElement[bool]]:
    topic = chat_topics.alias()
    heard = [
        sa.and_(topic.c.topic == name, chats.c.level_rank <= rank) for name, rank in before.items() if rank > NO_LEVEL
    ]
    if not heard:
        return []
    return [~sa.exists().where(topic.c.chat_id == chats.c.id, sa.or_(*heard))]
