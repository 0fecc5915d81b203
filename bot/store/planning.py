"""What a reading causes for chats: an alert of an event that is news to them, its edits, a reply when it changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.subscription import ChatState, InterestKind, Mode
from bot.store.connection import AsyncConnection
from bot.store.database import Database
from bot.store.events import Draft
from bot.store.rows import chunks
from bot.store.tables import Moment, Words, chat_topics, chats, coverage_topics, coverages, interests, outbox

KEY = ["story_id", "chat_id", "kind", "change_id"]
FRESH: Mapping[str, Any] = {"fence": 0, "attempts": 0, "uncertain": False, "plain": False}
EDITED_FOR = timedelta(hours=48)  # how long after it was sent an alert is kept up to date
EDIT_AFTER = timedelta(seconds=60)  # so that outlets that follow each other closely cause one edit
REPLIED_FOR = timedelta(days=14)

_parked = chats.c.state == ChatState.PARKED
_state = sa.case((_parked, DeliveryState.PARKED.value), else_=DeliveryState.QUEUED.value)


def _due(at: datetime) -> sa.ColumnElement[Any]:
    return sa.case((_parked, sa.null()), else_=sa.literal(at, Moment()))


def _row(kind: DeliveryKind, at: datetime, *, due: datetime | None = None) -> dict[str, sa.ColumnElement[Any]]:
    """What all rows of one plan have in common, by column; parked for a chat that cannot be reached just now."""
    values: dict[str, sa.ColumnElement[Any]] = {name: sa.literal(value) for name, value in FRESH.items()}
    values |= {"kind": sa.literal(kind, Words()), "chat_id": chats.c.id, "state": _state, "due_at": _due(due or at)}
    return values | {"created_at": sa.literal(at, Moment()), "message_ids": sa.literal([], sa.JSON())}


async def _insert(
    database: Database, connection: AsyncConnection, row: Mapping[str, sa.ColumnElement[Any]], asked: sa.Select[Any]
) -> int:
    """Adds `row` for all that `asked` joins; what is there already stays. How many were added."""
    insert = database.insert(outbox).from_select(list(row), asked.with_only_columns(*row.values()))
    insert = insert.on_conflict_do_nothing(index_elements=KEY)
    return (await connection.execute(insert, execution_options={"preserve_rowcount": True})).rowcount


async def plan_alerts(database: Database, connection: AsyncConnection, risen: Sequence[Draft], at: datetime) -> int:
    """An alert of each of these events for every chat to which it came to matter just now: it clears the chat's level
    in one of its topics, and did in none before (then the chat heard of it, or subscribed later). The unique key makes
    a second alert impossible. How many were added."""
    planned = 0
    for ids in chunks([one.id for one in risen if not one.heard]):
        planned += await _insert(database, connection, *_alerts(ids, at))
    for one in risen:
        if one.heard:
            row, asked = _alerts([one.id], at)
            planned += await _insert(database, connection, row, asked.where(~_heard(one.heard)))
    return planned


def _alerts(ids: Sequence[int], at: datetime) -> tuple[dict[str, sa.ColumnElement[Any]], sa.Select[Any]]:
    level = chats.c.level_rank
    since = sa.case(
        (level == 0, coverage_topics.c.low_at),
        (level == 1, coverage_topics.c.normal_at),
        else_=coverage_topics.c.high_at,
    )
    asked = (
        sa.select()
        .select_from(coverage_topics)
        .join(chat_topics, chat_topics.c.topic == coverage_topics.c.topic)
        .join(chats, chats.c.id == chat_topics.c.chat_id)
        .where(coverage_topics.c.coverage_id.in_(ids), since.is_not(None))
        .where(chats.c.mode.in_([mode for mode in Mode if mode.alerts]))
        # So that a chat hears the older one first.
        .order_by(coverage_topics.c.shown_at, coverage_topics.c.coverage_id)
    )
    return _row(DeliveryKind.ALERT, at) | {"story_id": coverage_topics.c.coverage_id}, asked


def _heard(ranks: Mapping[str, int]) -> sa.ColumnElement[bool]:
    topic = chat_topics.alias()
    cleared = [sa.and_(topic.c.topic == name, chats.c.level_rank <= rank) for name, rank in ranks.items()]
    return sa.exists().where(topic.c.chat_id == chats.c.id, sa.or_(*cleared))


async def plan_watched(
    database: Database, connection: AsyncConnection, watched: Sequence[tuple[int, Sequence[int]]], at: datetime
) -> int:
    """An alert of each event for the chats whose interests, by id, asked for one of its reports by name, whatever their
    topics and mode are. It says so in its payload."""
    planned = 0
    for coverage_id, interest_ids in watched:
        for ids in chunks(interest_ids):
            wanted = sa.select(interests.c.id, interests.c.phrase)
            wanted = wanted.where(interests.c.id.in_(ids), interests.c.kind == InterestKind.WATCH)
            phrases: dict[str, list[int]] = {}
            for interest in await connection.execute(wanted.order_by(interests.c.id)):
                phrases.setdefault(interest.phrase, []).append(interest.id)
            for phrase, theirs in phrases.items():
                payload = json.dumps({"watch": phrase}, ensure_ascii=False)
                row = _row(DeliveryKind.ALERT, at)
                row |= {"story_id": sa.literal(coverage_id), "payload": sa.literal(payload, Words())}
                asked = sa.select().select_from(interests).join(chats, chats.c.id == interests.c.chat_id)
                planned += await _insert(database, connection, row, asked.where(interests.c.id.in_(theirs)))
    return planned


async def plan_edits(database: Database, connection: AsyncConnection, grown: Sequence[int], at: datetime) -> None:
    """Arms the edit of every alert of these events that was sent lately, or is being sent as it was. An edit that waits
    goes on waiting until its own moment; one on its way, or over, is due anew under a new fence; a dead one stays."""
    lately = sa.and_(outbox.c.state == DeliveryState.SENT, outbox.c.settled_at > at - EDITED_FOR)
    under_way = outbox.c.state.in_([DeliveryState.SENDING, DeliveryState.UNKNOWN])
    for ids in chunks(grown):
        sent = [outbox.c.kind == DeliveryKind.ALERT, outbox.c.story_id.in_(ids), sa.or_(lately, under_way)]
        if not database.is_sqlite:  # the chat before its rows, as everywhere
            theirs = chats.c.id.in_(sa.select(outbox.c.chat_id).where(*sent))
            lock = sa.select(chats.c.id).where(theirs).order_by(chats.c.id).with_for_update(key_share=True)
            await connection.execute(lock)
        row = _row(DeliveryKind.EDIT, at, due=at + EDIT_AFTER)
        row |= {"story_id": outbox.c.story_id, "version": coverages.c.version}
        alerts = (
            sa.select()
            .select_from(outbox)
            .join(chats, chats.c.id == outbox.c.chat_id)
            .join(coverages, coverages.c.id == outbox.c.story_id)
            .where(*sent)
        )
        insert = database.insert(outbox).from_select(list(row), alerts.with_only_columns(*row.values()))
        new = insert.excluded
        waits = outbox.c.state.in_([DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.PARKED])
        rests = sa.or_(waits, outbox.c.state == DeliveryState.DEAD)
        again: dict[str, Any] = {
            name: sa.case((rests, outbox.c[name]), else_=new[name])
            for name in ("state", "due_at", "created_at", "attempts", "uncertain")
        }
        again |= {"version": new.version, "fence": outbox.c.fence + 1}
        again |= {name: sa.case((rests, outbox.c[name]), else_=sa.null()) for name in ("reason", "settled_at")}
        await connection.execute(insert.on_conflict_do_update(index_elements=KEY, set_=again))


async def plan_replies(
    database: Database, connection: AsyncConnection, changed: Mapping[int, Sequence[int]], at: datetime
) -> None:
    """One reply under each alert that was sent, for all new changes of its event together."""
    for coverage_id, change_ids in changed.items():
        alert = outbox.alias()
        row = _row(DeliveryKind.CHANGE, at) | {
            "story_id": sa.literal(coverage_id),
            "change_id": sa.literal(change_ids[0]),
            "payload": sa.literal(json.dumps(list(change_ids)), Words()),
        }
        asked = sa.select().select_from(alert).join(chats, chats.c.id == alert.c.chat_id)
        asked = asked.where(alert.c.story_id == coverage_id, alert.c.kind == DeliveryKind.ALERT)
        asked = asked.where(alert.c.state == DeliveryState.SENT, alert.c.settled_at > at - REPLIED_FOR)
        await _insert(database, connection, row, asked)
