"""What each chat wants, what it was shown last, and which gestures it has made already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.channel import EVERY_CHAT, Channel
from bot.domain.delivery import DeliveryState, Shown
from bot.domain.subscription import Chat, ChatState, Interest, InterestKind, Mode, Preferences
from bot.ports import Census
from bot.store import interests
from bot.store.connection import AsyncConnection
from bot.store.database import Database
from bot.store.rows import chat_of, preference_values
from bot.store.tables import chat_topics, chats, gestures, outbox, shown

PAGE = 1_000  # chats
SHOWN_KEPT = 200  # messages a channel whose numbers are still understood


class ChatTable:
    """bot.ports.Chats."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, channel: Channel) -> Chat | None:
        async with self._database.reading() as connection:
            return await find_chat(connection, channel)

    async def meet(self, channel: Channel) -> Chat:
        if (chat := await self.find(channel)) is not None:
            return chat
        async with self._database.writing() as connection:
            values = _where_it_is(channel) | {"state": ChatState.ACTIVE} | preference_values(Preferences())
            insert = self._database.insert(chats).values(values)
            await connection.execute(insert.on_conflict_do_nothing(index_elements=["platform", "address", "thread"]))
            chat = await find_chat(connection, channel)
            assert chat is not None
            return chat

    async def save(self, chat: Chat) -> None:
        async with self._database.writing() as connection:
            values = preference_values(chat.preferences) | {"state": chat.state, "since": chat.since}
            values["parked_reason"] = chat.parked_reason if chat.state is ChatState.PARKED else None
            update = sa.update(chats).where(chats.c.id == chat.id).values(values)
            if (await connection.execute(update)).rowcount == 0:
                return
            await connection.execute(sa.delete(chat_topics).where(chat_topics.c.chat_id == chat.id))
            if chat.preferences.topics:
                rows = [{"chat_id": chat.id, "topic": topic} for topic in sorted(chat.preferences.topics)]
                await connection.execute(sa.insert(chat_topics), rows)
            if chat.state is ChatState.ACTIVE:
                await queue_parked(connection, chat.id)

    async def revive(self, chat_id: int) -> int:
        async with self._database.writing() as connection:
            active = sa.update(chats).where(chats.c.id == chat_id)
            await connection.execute(active.values(state=ChatState.ACTIVE, parked_reason=None))
            return await queue_parked(connection, chat_id)

    async def digest_chats(self) -> list[Chat]:
        digests = [mode for mode in Mode if mode.digests]
        subscribed = sa.exists().where(chat_topics.c.chat_id == chats.c.id)
        async with self._database.reading() as connection:
            hears = sa.or_(~chats.c.paused, chats.c.paused_until.is_not(None))
            return await chats_where(
                connection, chats.c.state == ChatState.ACTIVE, chats.c.mode.in_(digests), hears, subscribed
            )

    async def all(self) -> list[Chat]:
        async with self._database.reading() as connection:
            return await chats_where(connection)

    async def census(self) -> list[Census]:
        has_topics = sa.exists().where(chat_topics.c.chat_id == chats.c.id)
        parked = chats.c.state == ChatState.PARKED
        sums = (sa.func.count(), sa.func.count(sa.case((has_topics, 1))), sa.func.count(sa.case((parked, 1))))
        query = sa.select(chats.c.platform, *sums).group_by(chats.c.platform).order_by(chats.c.platform)
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [Census(platform=name, chats=n, subscribed=s, parked=p) for name, n, s, p in rows]

    async def within(self, channel: Channel) -> list[Chat]:
        here = [chats.c.platform == channel.platform, chats.c.address == channel.address]
        if channel.is_workspace:
            team = channel.address.removesuffix(EVERY_CHAT)
            here[1] = sa.func.substr(chats.c.address, 1, len(team)) == team
        if channel.thread:
            here.append(chats.c.thread == channel.thread)
        async with self._database.reading() as connection:
            return await chats_where(connection, *here)

    async def counts(self) -> Mapping[ChatState, int]:
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(chats.c.state, sa.func.count()).group_by(chats.c.state))
            return dict.fromkeys(ChatState, 0) | {ChatState(state): n for state, n in rows}

    async def remember(
        self, channel: Channel, message_ids: Sequence[str], stories: Sequence[int], kind: str, now: datetime
    ) -> None:
        async with self._database.writing() as connection:
            told = Shown(channel=channel, stories=tuple(stories), kind=kind)
            await remember_shown(connection, told, message_ids, now)

    async def numbered(self, channel: Channel, message_id: str | None) -> list[int] | None:
        which = shown.c.kind == "list" if message_id is None else shown.c.message_id == message_id
        newest = sa.select(shown.c.stories).where(*_here(shown, channel), which).order_by(shown.c.id.desc()).limit(1)
        async with self._database.reading() as connection:
            return (await connection.execute(newest)).scalar_one_or_none()

    async def was_answered(self, key: str) -> bool:
        async with self._database.reading() as connection:
            found = await connection.execute(sa.select(gestures.c.key).where(gestures.c.key == key))
            return found.first() is not None

    async def first_time(self, key: str, now: datetime) -> bool:
        async with self._database.writing() as connection:
            insert = self._database.insert(gestures).values(key=key, at=now)
            insert = insert.on_conflict_do_nothing(index_elements=["key"])
            options = {"preserve_rowcount": True}
            return (await connection.execute(insert, execution_options=options)).rowcount == 1

    async def read(self, chat_id: int, at: datetime) -> None:
        async with self._database.writing() as connection:
            await connection.execute(sa.update(chats).where(chats.c.id == chat_id).values(read_until=at))

    async def interests(self, chat_id: int) -> list[Interest]:
        async with self._database.reading() as connection:
            return await interests.of_chat(connection, chat_id)

    async def interests_of(self, chat_ids: Collection[int]) -> Mapping[int, Sequence[Interest]]:
        async with self._database.reading() as connection:
            return await interests.of_chats(connection, chat_ids)

    async def add_interest(self, interest: Interest) -> bool:
        async with self._database.writing() as connection:
            return await interests.add(self._database, connection, interest)

    async def drop_interest(self, chat_id: int, kind: InterestKind, key: str) -> bool:
        async with self._database.writing() as connection:
            return await interests.drop(connection, chat_id, kind, key)

    async def watches(self) -> list[Interest]:
        async with self._database.reading() as connection:
            return await interests.of_kind(connection, InterestKind.WATCH)


async def remember_shown(connection: AsyncConnection, told: Shown, message_ids: Sequence[str], now: datetime) -> None:
    common = _where_it_is(told.channel) | {"kind": told.kind, "stories": list(told.stories), "at": now}
    rows = [common | {"message_id": message_id} for message_id in message_ids or ("",)]
    await connection.execute(sa.insert(shown), rows)
    here = _here(shown, told.channel)
    newest = sa.select(shown.c.id).where(*here).order_by(shown.c.id.desc())
    too_old = newest.offset(SHOWN_KEPT).limit(1).scalar_subquery()
    await connection.execute(sa.delete(shown).where(*here, shown.c.id <= too_old))


async def find_chat(connection: AsyncConnection, channel: Channel) -> Chat | None:
    found = await _with_topics(connection, sa.select(chats).where(*_here(chats, channel)))
    return found[0] if found else None


async def chats_by_id(connection: AsyncConnection, chat_ids: Collection[int]) -> dict[int, Chat]:
    """In the order of their ids."""
    ids = sorted(set(chat_ids))
    found: dict[int, Chat] = {}
    for start in range(0, len(ids), PAGE):
        query = sa.select(chats).where(chats.c.id.in_(ids[start : start + PAGE])).order_by(chats.c.id)
        found |= {chat.id: chat for chat in await _with_topics(connection, query)}
    return found


async def chats_where(connection: AsyncConnection, *conditions: sa.ColumnElement[bool]) -> list[Chat]:
    """By id. Page by page: with very many chats the rest of the bot must get its turn."""
    found: list[Chat] = []
    while True:
        last = found[-1].id if found else 0
        page = sa.select(chats).where(chats.c.id > last, *conditions).order_by(chats.c.id).limit(PAGE)
        some = await _with_topics(connection, page)
        found += some
        if len(some) < PAGE:
            return found


async def _with_topics(connection: AsyncConnection, query: sa.Select[Any]) -> list[Chat]:
    rows = list(await connection.execute(query))
    topics: dict[int, list[str]] = defaultdict(list)
    theirs = sa.select(chat_topics).where(chat_topics.c.chat_id.in_([row.id for row in rows]))
    for row in await connection.execute(theirs.order_by(chat_topics.c.chat_id, chat_topics.c.topic)):
        topics[row.chat_id].append(row.topic)
    return [chat_of(row, topics[row.id]) for row in rows]


async def queue_parked(connection: AsyncConnection, chat_id: int) -> int:
    """Nothing that came up while the chat was away is lost; due since the moment it came up."""
    parked = sa.and_(outbox.c.chat_id == chat_id, outbox.c.state == DeliveryState.PARKED)
    queue = sa.update(outbox).where(parked).values(state=DeliveryState.QUEUED, due_at=outbox.c.created_at)
    return (await connection.execute(queue)).rowcount


def _where_it_is(channel: Channel) -> dict[str, Any]:
    return {"platform": channel.platform, "address": channel.address, "thread": channel.thread}


def _here(table: sa.Table, channel: Channel) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in _where_it_is(channel).items()]
