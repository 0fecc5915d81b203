"""How long a failed delivery waits, and under which name a platform is asked about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.channel import Channel
from bot.domain.delivery import FIRST_RETRY, LONGEST_RETRY, DeliveryKind, PendingDelivery, retry_delay
from bot.domain.subscription import Chat
from tests.builders import NOW


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 2), (1, 2), (2, 4), (3, 8), (8, 256), (9, 512), (10, 900), (11, 900), (10_000_000, 900)],
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(attempts: int, seconds: int) -> None:
    assert retry_delay(attempts) == timedelta(seconds=seconds)


@given(st.integers(-5, 10**9))
def test_it_never_shrinks_and_never_ends(attempts: int) -> None:
    assert FIRST_RETRY <= retry_delay(attempts) <= retry_delay(attempts + 1) <= LONGEST_RETRY


def test_every_attempt_has_the_same_name_and_every_delivery_its_own() -> None:
    def pending(delivery_id: int, fence: int) -> PendingDelivery:
        return PendingDelivery(
            id=delivery_id,
            kind=DeliveryKind.ALERT,
            chat=Chat(id=1, channel=Channel(platform="chat", address="1")),
            story_id=1,
            local_date=None,
            payload=None,
            fence=fence,
            attempts=fence,
            until=NOW,
            leave_at=NOW,
            created_at=NOW,
        )

    assert pending(5, 1).key == pending(5, 2).key
    assert pending(5, 1).key != pending(6, 1).key
