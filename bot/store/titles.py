"""What a feed told under which title, for the rare day on which nothing else tells its stories apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.identity import Known
from bot.store.connection import AsyncConnection
from bot.store.rows import chunks
from bot.store.tables import stories


async def titled(
    connection: AsyncConnection, feed_id: str, titles: Collection[str], since: datetime
) -> dict[str, Known]:
    """By title; without those that several stories bear."""
    columns = (stories.c.id, stories.c.url, stories.c.title, stories.c.content_hash)
    theirs = sa.select(*columns).where(stories.c.first_seen >= since, stories.c.feed_id == feed_id)
    rows: list[sa.Row[Any]] = []
    for some in chunks(list(titles)):
        rows += await connection.execute(theirs.where(stories.c.title.in_(some)))
    times = Counter(row.title for row in rows)
    return {
        row.title: Known(story_id=row.id, feed_id=feed_id, url=row.url, title=row.title, content_hash=row.content_hash)
        for row in rows
        if times[row.title] == 1
    }
