"""When the next message may leave under a limit that many chats share; kept here, so that it holds over restarts and
for several processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.delivery import Turn
from bot.store.connection import AsyncConnection
from bot.store.database import Database
from bot.store.tables import turns


async def reserve(
    database: Database, connection: AsyncConnection, turn: Turn, count: int, now: datetime
) -> Sequence[datetime]:
    """The next `count` moments under the limit, evenly apart; nobody else gets them. The row stays locked until the end
    of the transaction, so those who take turns take them one after the other."""
    begin = database.insert(turns).values(key=turn.key, next_at=now)
    await connection.execute(begin.on_conflict_do_nothing(index_elements=["key"]))
    its_row = turns.c.key == turn.key
    free = (await connection.execute(sa.select(turns.c.next_at).where(its_row).with_for_update())).scalar_one()
    # A clock that was set back must not make everybody wait until it has come as far again.
    first = max(free, now) if free - now < turn.every * 1_000 else now
    moments = [first + turn.every * number for number in range(count + 1)]
    await connection.execute(sa.update(turns).where(its_row).values(next_at=moments.pop()))
    return moments
