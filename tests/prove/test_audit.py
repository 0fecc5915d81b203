"""The proof's own judgement: what it calls lost, repeated, out of order, and too quick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.story import Topic
from bot.domain.subscription import Mode
from tests.builders import patient
from tests.prove.audit import InFlight, Verdict, audit
from tests.prove.ledger import Row
from tests.prove.press import Told
from tests.prove.rates import A_BOT, A_CHANNEL, A_CHAT, A_GROUP, too_many
from tests.prove.readers import Reader
from tests.prove.receipts import Receipt

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN = Reader(platform="telegram", address="1")
BEN = Reader(platform="slack", address="T1TEAM/C1")
ONE, TWO = (
    Told(token=f"Zq{name}", topic=Topic.AI, title=name, at=n) for n, name in enumerate(("aaaaaaaa", "bbbbbbbb"))
)


def got(reader: Reader, *stories: Told, digest: bool = False, at: float = 0, **more: object) -> Receipt:
    text = " ".join(["Your digest" if digest else "News", *(one.token for one in stories)])
    values = {"who": "life1", "id": "1", "thread": reader.thread, "at": NOON + timedelta(seconds=at)} | more
    tokens = tuple(one.token for one in stories)
    return Receipt(platform=reader.platform, address=reader.address, text=text, tokens=tokens, **values)  # type: ignore[arg-type]


def row(reader: Reader, *stories: Told, id: int = 1, **more: object) -> Row:
    usual: dict[str, object] = {"kind": DeliveryKind.ALERT, "state": DeliveryState.SENT, "fence": 1, "reason": None}
    tokens = tuple(one.token for one in stories)
    return Row(id=id, place=reader.place, tokens=tokens, **(usual | more))  # type: ignore[arg-type]


def judged(
    receipts: Sequence[Receipt],
    rows: Sequence[Row] = (),
    in_flight: Sequence[Row] = (),
    readers: Sequence[Reader] = (ANN,),
) -> Verdict:
    flying = InFlight()
    flying.note(in_flight)
    return audit([ONE, TWO], readers, receipts, rows, flying)


def test_once_each_in_order_is_right() -> None:
    verdict = judged([got(ANN, ONE), got(ANN, TWO)], [row(ANN, ONE), row(ANN, TWO, id=2)])
    assert (verdict.told, verdict.repeats, verdict.wrong) == (2, 0, [])


def test_what_never_came_is_lost_and_what_was_not_asked_for_is_told_of() -> None:
    nobody = replace(ANN, topics=frozenset({Topic.LAYOFFS}))
    assert len(judged([got(ANN, ONE)]).lost) == 1
    assert len(judged([got(ANN, ONE)], readers=[nobody]).unasked) == 1


def test_a_repeat_is_allowed_once_for_each_time_it_was_in_flight_on_telegram_only() -> None:
    twice = [got(ANN, ONE), got(ANN, ONE), got(ANN, TWO)]
    assert len(judged(twice).repeated) == 1
    kill = row(ANN, ONE, state=DeliveryState.SENDING)
    excused = judged(twice, in_flight=[kill, kill])
    assert (excused.repeated, excused.repeats) == ([], 1)
    assert len(judged([*twice, got(ANN, ONE)], in_flight=[kill, kill]).repeated) == 1
    on_slack = [got(BEN, ONE), got(BEN, ONE), got(BEN, TWO)]
    assert len(judged(on_slack, in_flight=[row(BEN, ONE)], readers=[BEN]).repeated) == 1


def test_an_edit_or_a_digest_beside_the_alert_is_no_repeat_and_a_list_is() -> None:
    both = replace(ANN, mode=Mode.BOTH)
    fine = [got(both, ONE), got(both, ONE, is_edit=True), got(both, ONE, TWO, digest=True), got(both, TWO)]
    assert judged(fine, readers=[both]).repeated == []
    assert len(judged([got(ANN, ONE), got(ANN, ONE, TWO)]).repeated) == 1


def test_a_list_tells_what_stands_on_its_later_pages_if_it_came_at_all() -> None:
    digest = row(ANN, ONE, TWO, kind=DeliveryKind.DIGEST)
    assert judged([got(ANN, ONE, digest=True)], [digest]).wrong == []
    assert len(judged([], [digest]).lost) == 2


def test_alerts_in_another_order_than_they_were_planned() -> None:
    rows = [row(ANN, ONE), row(ANN, TWO, id=2)]
    assert len(judged([got(ANN, TWO), got(ANN, ONE)], rows).disordered) == 1


@pytest.mark.parametrize(
    ("state", "reason", "fine"),
    [
        (DeliveryState.SENT, None, False),  # and nothing arrived
        (DeliveryState.QUEUED, None, False),
        (DeliveryState.DEAD, "refused", False),
        (DeliveryState.EXPIRED, None, False),
        (DeliveryState.EXPIRED, "caught_up", True),
    ],
)
def test_the_ledger_says_what_happened(state: DeliveryState, reason: str | None, fine: bool) -> None:
    assert (judged([], [row(ANN, ONE, state=state, reason=reason)]).untrue == []) is fine


# --- rates ---


def chats(*seconds: float, address: str = "1") -> list[Receipt]:
    reader = replace(BEN if "/" in address else ANN, address=address)
    return [got(reader, at=second) for second in seconds]


def test_a_second_message_in_a_private_chat_within_a_second() -> None:
    assert [one.limit for one in too_many(chats(0, 0.999, 2.5))] == [A_CHAT]
    assert list(too_many(chats(0, 1, 2, 3))) == []
    assert [one.limit for one in too_many(chats(0, 0.5, address="T1TEAM/C1"))] == [A_CHANNEL]


def test_the_21st_message_in_a_group_within_a_minute() -> None:
    assert list(too_many(chats(*range(0, 60, 3), 60, address="-5"))) == []
    assert [(one.limit, one.count) for one in too_many(chats(*range(0, 60, 3), 59.9, address="-5"))] == [(A_GROUP, 21)]


def test_the_31st_message_of_the_bot_within_a_second_wherever_they_go() -> None:
    many = [one for n in range(31) for one in chats(n / 31.5, address=str(n))]
    assert [one.limit for one in too_many(many)] == [A_BOT]
    assert list(too_many(many[:30])) == []


@patient
@given(st.lists(st.integers(0, 4_000), max_size=60))
def test_the_sliding_window_finds_what_counting_every_window_finds(milliseconds: list[int]) -> None:
    times = sorted(milliseconds)
    worst = max((sum(start <= t < start + 1_000 for t in times) for start in times), default=0)
    receipts = [got(replace(ANN, address=str(n)), at=t / 1_000) for n, t in enumerate(times)]
    assert bool([one for one in too_many(receipts) if one.limit is A_BOT]) == (worst > A_BOT.most)
