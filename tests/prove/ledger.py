"""What the database says of deliveries, read from outside while processes live and die."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.store.database import parse
from bot.store.tables import chats, outbox, stories
from tests.prove.press import tokens

WAITING = frozenset(DeliveryState) - {DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A delivery: the chat it is for, and the tokens of the stories that it tells. `fence`: how often it was taken
    up."""

    id: int
    fence: int
    kind: DeliveryKind
    state: DeliveryState
    place: tuple[str, str, str]
    tokens: tuple[str, ...]
    reason: str | None

    @property
    def what(self) -> str:
        return f"{self.kind} {self.id} to {':'.join(filter(None, self.place))} is {self.state} ({self.reason})"


class Ledger:
    """Each look is a snapshot of its own."""

    def __init__(self, url: str) -> None:
        address = parse(url)
        if address.get_backend_name() == "sqlite":
            address = address.set(drivername="sqlite")
        self._engine = sa.create_engine(address, poolclass=sa.NullPool)

    def rows(self, *states: DeliveryState) -> list[Row]:
        """By id; those in `states`, all without any."""
        query = sa.select(outbox, chats.c.platform, chats.c.address, chats.c.thread)
        query = query.join(chats, chats.c.id == outbox.c.chat_id).order_by(outbox.c.id)
        if states:
            query = query.where(outbox.c.state.in_(states))
        with self._engine.connect() as connection:
            found = list(connection.execute(query))
            titles = {row.id: row.title for row in connection.execute(sa.select(stories.c.id, stories.c.title))}
        return [
            Row(
                id=row.id,
                fence=row.fence,
                kind=DeliveryKind(row.kind),
                state=DeliveryState(row.state),
                place=(row.platform, row.address, row.thread),
                tokens=tokens(" ".join(titles.get(one, "") for one in _stories(row))),
                reason=row.reason,
            )
            for row in found
        ]

    def waiting(self) -> list[Row]:
        """What is not over yet."""
        return self.rows(*WAITING)

    def in_flight(self) -> list[Row]:
        return self.rows(DeliveryState.SENDING)

    def titles(self) -> set[str]:
        """Of all stories that are stored."""
        with self._engine.connect() as connection:
            return set(connection.execute(sa.select(stories.c.title)).scalars())

    def digests(self, day: date) -> int:
        """How many were planned for this local date."""
        query = sa.select(sa.func.count()).where(outbox.c.local_date == day)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def count(self) -> int:
        """Deliveries that are not over, quickly."""
        query = sa.select(sa.func.count()).where(outbox.c.state.in_(WAITING))
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


def _stories(row: sa.Row[tuple[object, ...]]) -> list[int]:
    if row.story_id is not None:
        return [row.story_id]
    payload = json.loads(row.payload or "[]")
    if isinstance(payload, dict):
        return [one for _topic, ids in payload.get("groups", []) for one in ids]
    return list(payload)
