"""A database with very many readers, quickly: the first comes in through the front door, the others are its copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import sqlalchemy as sa

from bot.store.database import parse
from bot.store.tables import chat_topics, chats

A_GULP = 5_000


def copy_reader(url: str, address: str, addresses: Sequence[str]) -> None:
    """Chats at all `addresses` that have asked for the same as the one at `address`."""
    where = parse(url)
    if where.get_backend_name() == "sqlite":
        where = where.set(drivername="sqlite")
    engine = sa.create_engine(where)
    with engine.begin() as connection:
        first = connection.execute(sa.select(chats).where(chats.c.address == address)).one()._asdict()
        mine = sa.select(chat_topics.c.topic).where(chat_topics.c.chat_id == first["id"])
        topics = list(connection.execute(mine).scalars())
        number = connection.execute(sa.select(sa.func.max(chats.c.id))).scalar_one() + 1
        rows = ({**first, "id": n, "address": one} for n, one in enumerate(addresses, start=number))
        while some := list(islice(rows, A_GULP)):
            connection.execute(sa.insert(chats), some)
            connection.execute(sa.insert(chat_topics), list(_asked(some, topics)))
    engine.dispose()


def _asked(rows: Sequence[dict[str, object]], topics: Sequence[str]) -> Iterator[dict[str, object]]:
    for row in rows:
        for topic in topics:
            yield {"chat_id": row["id"], "topic": topic}
