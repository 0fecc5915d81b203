"""What a chat watches and mutes by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from bot.domain.subscription import ChatState, Interest, InterestKind
from bot.store.connection import AsyncConnection
from bot.store.database import Database
from bot.store.tables import chats, interests


async def of_chat(connection: AsyncConnection, chat_id: int) -> list[Interest]:
    theirs = sa.select(interests).where(interests.c.chat_id == chat_id).order_by(interests.c.id)
    return [_interest_of(row) for row in await connection.execute(theirs)]


async def of_chats(connection: AsyncConnection, chat_ids: Collection[int]) -> dict[int, list[Interest]]:
    """By chat, also those that have none."""
    found: dict[int, list[Interest]] = {chat_id: [] for chat_id in chat_ids}
    theirs = sa.select(interests).where(interests.c.chat_id.in_(list(found))).order_by(interests.c.id)
    for row in await connection.execute(theirs):
        found[row.chat_id].append(_interest_of(row))
    return found


async def of_kind(connection: AsyncConnection, kind: InterestKind) -> list[Interest]:
    """Those of every chat that is not parked, oldest first."""
    heard = sa.select(interests).join(chats, chats.c.id == interests.c.chat_id)
    heard = heard.where(interests.c.kind == kind, chats.c.state == ChatState.ACTIVE).order_by(interests.c.id)
    return [_interest_of(row) for row in await connection.execute(heard)]


async def add(database: Database, connection: AsyncConnection, interest: Interest) -> bool:
    """False when it was there already, with this phrase and end from now on, or when the chat is gone."""
    chat = sa.select(chats.c.id).where(chats.c.id == interest.chat_id).with_for_update(read=True, key_share=True)
    if (await connection.execute(chat)).first() is None:
        return False
    same = _same(interest.chat_id, interest.kind, interest.key)
    change = sa.update(interests).where(same).values(phrase=interest.phrase, until=interest.until)
    if (await connection.execute(change)).rowcount:
        return False
    values = {"chat_id": interest.chat_id, "kind": interest.kind, "key": interest.key}
    news = {"phrase": interest.phrase, "until": interest.until}
    insert = database.insert(interests).values(values | news)
    # Two replicas may be told the same at once: the later one counts, and only one of them added it.
    insert = insert.on_conflict_do_nothing(index_elements=["chat_id", "kind", "key"])
    if (await connection.execute(insert, execution_options={"preserve_rowcount": True})).rowcount:
        return True
    await connection.execute(change)
    return False


async def drop(connection: AsyncConnection, chat_id: int, kind: InterestKind, key: str) -> bool:
    gone = sa.delete(interests).where(_same(chat_id, kind, key))
    return (await connection.execute(gone)).rowcount == 1


async def move(connection: AsyncConnection, old_id: int, new_id: int) -> None:
    """Those of one chat become another's; where both have one, the other's own stays."""
    twin = interests.alias()
    hers = (twin.c.chat_id == new_id, twin.c.kind == interests.c.kind, twin.c.key == interests.c.key)
    await connection.execute(sa.delete(interests).where(interests.c.chat_id == old_id, sa.exists().where(*hers)))
    await connection.execute(sa.update(interests).where(interests.c.chat_id == old_id).values(chat_id=new_id))


def _same(chat_id: int, kind: InterestKind, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(interests.c.chat_id == chat_id, interests.c.kind == kind, interests.c.key == key)


def _interest_of(row: sa.Row[Any]) -> Interest:
    return Interest(
        id=row.id,
        chat_id=row.chat_id,
        kind=InterestKind(row.kind),
        phrase=row.phrase,
        key=row.key,
        until=row.until,
    )
