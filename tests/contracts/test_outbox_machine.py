"""bot.ports.Outbox on both databases under any order of events: two deliverers, late outcomes, chats that come, go and
move, stories that prove to be one. Nothing vanishes, nothing is told twice, and a chat has one message in flight."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from bot.domain.delivery import DeliveryKind, DeliveryState, PendingDelivery, Settled
from bot.domain.subscription import Chat, ChatState
from bot.store.holding import CAUGHT_UP
from bot.store.store import Store
from bot.store.tables import outbox, stories

from .conftest import Postgres, Templates
from .store_values import MINUTE, NOW, channel, claim, commit, new_story, subscribed

T = TypeVar("T")
KINDS, STATES = DeliveryKind, DeliveryState
DUE = frozenset({STATES.QUEUED, STATES.SENDING, STATES.UNKNOWN})  # somebody takes these up at their moment
OUTCOMES = (*(one for one in STATES if one not in (STATES.SENDING, STATES.PARKED)),)
ADDRESSES = ("a", "b", "c", "d")
MOMENTS = st.sampled_from([timedelta(seconds=5), MINUTE, 3 * MINUTE, timedelta(hours=2)])


class OutboxMachine(RuleBasedStateMachine):
    """The model is small: what was planned for whom, what was taken up, and which alerts were written down as sent."""

    carried: Bundle[PendingDelivery] = Bundle("carried")
    events: Bundle[str] = Bundle("events")

    def __init__(self, fresh: Callable[[], Coroutine[Any, Any, Store]]) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.seen: dict[str, list[Any]] = {}
        self.store = self.run(fresh())
        self.now = NOW
        self.sent: set[int] = set()
        self.planned: set[tuple[str, int]] = set()  # address of the chat then, and the story
        self.moved: dict[str, str] = {}

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        self.seen.clear()  # whatever was read before may have changed
        return self.runner.run(what)

    def teardown(self) -> None:
        try:
            self._everything_ends()
        finally:
            self.run(self.store.close())
            self.runner.close()

    # --- what happens ---

    @initialize()
    def people(self) -> None:
        for address in ADDRESSES[:3]:
            self.run(subscribed(self.store, channel(address)))

    @rule(target=events)
    def news(self) -> str:
        tag = f"#event{len(self._rows())}x{len(self.planned)}"
        self._commit(f"Something happened {tag}")
        return tag

    @rule(tag=events)
    def another_report(self, tag: str) -> None:
        """Who has the alert gets an edit."""
        self._commit(f"They say so too {tag}", f"outlet-{len(self._stories())}")

    @rule(one=events, other=events)
    def two_prove_to_be_one(self, one: str, other: str) -> None:
        self._commit(f"It was the same {one} {other}", f"outlet-{len(self._stories())}")

    @rule(span=MOMENTS)
    def time_passes(self, span: timedelta) -> None:
        self.now += span

    @rule(target=carried, limit=st.integers(1, 3))
    def take_up(self, limit: int) -> Any:
        """A deliverer leases for a minute. What it never says the outcome of is as after a crash."""
        chats = {chat.id: chat for chat in self._chats()}
        busy = {row.chat_id for row in self._rows() if row.state == STATES.SENDING and row.due_at > self.now}
        due = [row for row in self._rows() if row.due_at is not None and row.due_at <= self.now]
        got = self.run(claim(self.store, self.now, limit))
        assert len({one.chat.id for one in got}) == len(got) <= limit
        for one in got:
            assert one.chat.id not in busy, "two in flight for one chat"
            assert chats[one.chat.id].state is ChatState.ACTIVE
            mine = [row for row in due if row.chat_id == one.chat.id]
            assert one.id == min(mine, key=lambda row: (row.kind, row.id)).id, "out of order"
            before = next(row for row in mine if row.id == one.id)
            doubtful = before.uncertain or before.state in (STATES.SENDING, STATES.UNKNOWN)
            assert (one.fence, one.uncertain) == (before.fence + 1, doubtful)
        return multiple(*got)

    @rule(one=consumes(carried), state=st.sampled_from(OUTCOMES))
    def outcome(self, one: PendingDelivery, state: DeliveryState) -> None:
        """As services/deliver settles; perhaps long after the lease ran out, or after somebody else took it up."""
        self._settle(one, state)

    @rule(one=carried, state=st.sampled_from(list(STATES)))
    def outcome_of_an_older_try(self, one: PendingDelivery, state: DeliveryState) -> None:
        self._settle(replace(one, fence=one.fence - 1), state)

    @rule(address=st.sampled_from(ADDRESSES))
    def cannot_be_reached(self, address: str) -> None:
        for chat in self._chats(address):
            self.run(self.store.outbox.park(chat.id, "blocked", self.now))

    @rule(address=st.sampled_from(ADDRESSES))
    def speaks_again(self, address: str) -> None:
        for chat in self._chats(address):
            self.run(self.store.chats.revive(chat.id))

    @rule(old=st.sampled_from(ADDRESSES), new=st.sampled_from(ADDRESSES))
    def moves(self, old: str, new: str) -> None:
        for chat in self._chats(old):
            self.run(self.store.outbox.move(chat.id, channel(new)))
            if old != new:
                self.moved = {**{a: new if b == old else b for a, b in self.moved.items()}, old: new}
                self.moved.pop(new, None)

    @rule()
    def a_quiet_night(self) -> None:
        """All that is due is held back, one after the other."""
        while got := self.run(claim(self.store, self.now)):
            for one in got:
                self._settle(one, STATES.HELD)

    @rule(address=st.sampled_from(ADDRESSES))
    def quiet_ends(self, address: str) -> None:
        for chat in self._chats(address):
            self.run(self.store.outbox.plan_catch_up(chat.id, self.now))

    @rule(address=st.sampled_from(ADDRESSES))
    def digest_is_due(self, address: str) -> None:
        for chat in self._chats(address):
            day = self.now.date()
            planned = self.run(self.store.outbox.plan_digest(chat.id, day, "{}", self.now, self.now))
            assert planned == (chat.last_digest is None or chat.last_digest < day)

    # --- what is always so ---

    @invariant()
    def one_in_flight(self) -> None:
        flying = Counter(r.chat_id for r in self._rows() if r.state == STATES.SENDING and r.due_at > self.now)
        assert not [chat for chat, count in flying.items() if count > 1]

    @invariant()
    def one_alert_a_chat_and_story(self) -> None:
        alerts = Counter((row.chat_id, row.story_id) for row in self._rows() if row.kind == KINDS.ALERT)
        assert not [what for what, count in alerts.items() if count > 1]

    @invariant()
    def what_waits_has_its_moment_and_what_rests_has_none(self) -> None:
        for row in self._rows():
            assert (row.due_at is not None) == (row.state in DUE), row

    @invariant()
    def what_is_parked_is_of_a_chat_that_is(self) -> None:
        parked = {chat.id: chat.state is ChatState.PARKED for chat in self._chats()}
        for row in self._rows():
            assert row.state != STATES.PARKED or parked[row.chat_id], row
            assert not (parked[row.chat_id] and row.state in DUE), row

    @invariant()
    def what_was_sent_stays_sent(self) -> None:
        states = {row.id: row.state for row in self._rows()}
        assert {states.get(one, STATES.SENT) for one in self.sent} <= {STATES.SENT}

    @invariant()
    def nothing_vanishes(self) -> None:
        homes = {row.id: row.coverage_id for row in self._stories()}
        chats = {chat.channel.address: chat.id for chat in self._chats()}
        rows = {(row.chat_id, row.story_id): row for row in self._rows() if row.kind == KINDS.ALERT}
        lists: dict[int, set[int]] = {}
        for row in self._rows():
            if row.kind == KINDS.CATCH_UP and row.reason != CAUGHT_UP:
                told = {homes.get(one, one) for one in json.loads(row.payload)}
                lists[row.chat_id] = lists.get(row.chat_id, set()) | told
        for address, story in self.planned:
            chat, event = chats[self.moved.get(address, address)], homes[story]
            row = rows[chat, event]
            if row.reason == CAUGHT_UP and row.state == STATES.EXPIRED:
                assert event in lists.get(chat, set()), "it was to be told in a list, and is in none"

    # --- how it all ends ---

    def _everything_ends(self) -> None:
        """Whatever happened: once everybody can be reached and nobody is quiet, everything comes to an end."""
        for _ in range(200):
            self.now += timedelta(hours=1)
            for chat in self._chats():
                self.run(self.store.chats.revive(chat.id))
                self.run(self.store.outbox.plan_catch_up(chat.id, self.now))
            got = self.run(claim(self.store, self.now))
            for one in got:
                self._settle(one, STATES.SENT)
            if not got and not [row for row in self._rows() if row.state in DUE | {STATES.HELD, STATES.PARKED}]:
                break
        else:
            raise AssertionError(f"still waiting: {[tuple(row) for row in self._rows()][:3]}")
        self.nothing_vanishes()

    # --- the means ---

    def _settle(self, one: PendingDelivery, state: DeliveryState) -> None:
        before = {row.id: row for row in self._rows()}
        row = before.get(one.id)
        again = state in (STATES.QUEUED, STATES.UNKNOWN)
        until = self.now + 2 * MINUTE if again else None
        what = Settled(
            delivery_id=one.id,
            fence=one.fence,
            state=state,
            at=self.now,
            reason="because" if state not in (STATES.SENT, STATES.SENDING) else None,
            message_ids=("7",) if state is STATES.SENT else (),
            not_before=until,
            hold_chat_until=until,
        )
        heard = self.run(self.store.outbox.settle(what))
        after = {row.id: row for row in self._rows()}
        held = row is not None and row.fence == one.fence
        arrived = state is STATES.SENT and held and row.state not in (STATES.SENT, *RESTING)
        if (held and row.state == STATES.SENDING) or arrived:
            assert heard
            assert after[one.id].state == state
            self.sent |= {one.id} if state is STATES.SENT and one.kind is not KINDS.EDIT else set()
        else:
            # Of an edit that was armed again meanwhile the outcome is heard, and leaves the next one as it is.
            assert not heard or one.kind is KINDS.EDIT, "an outcome counted that nobody waited for"
            assert {**before, **_alerts(before)} == {**after, **_alerts(before)}, "a stale fence changed something"

    def _commit(self, title: str, feed: str = "wire") -> None:
        story = new_story(title=title, source=feed)
        known = {row.id for row in self._stories()}
        self.run(commit(self.store, story, feed_id=feed, at=self.now))
        (mine,) = [row for row in self._stories() if row.id not in known]
        if mine.coverage_id == mine.id:
            self.planned |= {(chat.channel.address, mine.id) for chat in self._chats()}

    def _chats(self, address: str | None = None) -> list[Chat]:
        found = self._look("chats", self.store.chats.all)
        return [chat for chat in found if address in (None, chat.channel.address)]

    def _rows(self) -> list[sa.Row[Any]]:
        return self._look("rows", lambda: self._read(sa.select(outbox).order_by(outbox.c.id)))

    def _stories(self) -> list[sa.Row[Any]]:
        return self._look("stories", lambda: self._read(sa.select(stories.c.id, stories.c.coverage_id)))

    def _look(self, what: str, read: Callable[[], Coroutine[Any, Any, list[Any]]]) -> list[Any]:
        if what not in self.seen:
            self.seen[what] = self.runner.run(read())
        return self.seen[what]

    async def _read(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        async with self.store._database.reading() as connection:
            return list(await connection.execute(query))


def _alerts(rows: dict[int, sa.Row[Any]]) -> dict[int, sa.Row[Any]]:
    """An edit that is over may leave its alert under other ids."""
    return {row.id: row for row in rows.values() if row.kind == KINDS.ALERT and row.state == STATES.SENT}


RESTING = (STATES.DEAD, STATES.EXPIRED, STATES.HELD)
FEW = settings(
    phases=[Phase.generate],  # without making a failure shorter, which takes minutes
    stateful_step_count=25,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 12), ("postgresql", 4)])
def test_any_order_of_events(
    engine: str, examples: int, tmp_path: Path, templates: Templates, request: pytest.FixtureRequest
) -> None:
    postgres: Postgres | None = request.getfixturevalue("postgres") if engine == "postgresql" else None
    numbers = iter(range(1_000_000))

    async def fresh() -> Store:
        if postgres is None:
            url = await templates.sqlite(tmp_path / f"{next(numbers)}.db")
        else:
            url = await templates.shared_postgresql(postgres)
        return await Store.open(url, upgrade=False)

    run_state_machine_as_test(lambda: OutboxMachine(fresh), settings=settings(FEW, max_examples=examples))
