"""What a subscription at a feed's hub (WebSub) is, how long it holds, and when the hub is asked again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.feed import FeedSpec

LEASE_WISH = timedelta(days=10)
SHORTEST_LEASE, LONGEST_LEASE = timedelta(minutes=5), timedelta(days=30)
# A lease is renewed when about this share of it is over, so that several tries fit into the rest.
RENEW_AT, RENEW_SPREAD = 0.7, 0.1
LEAST_BETWEEN_ASKS, LONGEST_BETWEEN_ASKS = timedelta(minutes=10), timedelta(days=1)
AFTER_REFUSAL = timedelta(days=7)
ANSWERED_WITHIN = timedelta(days=1)  # what we asked longer ago is no question of ours any more
GOODBYES = 5  # how often a hub is told that nothing is wanted any more
SETTLED_AFTER = timedelta(days=1)  # a feed that names another hub at each look is not followed each time


class HubState(StrEnum):
    ASKED = "asked"  # the hub has not called back yet
    ON = "on"
    REFUSED = "refused"
    LEAVING = "leaving"  # nothing is wanted from it any more; it is told so


class Push(StrEnum):
    """What became of a document that a hub brought."""

    TAKEN = "taken"
    AGAIN = "again"  # taken in already
    USELESS = "useless"  # no feed: the feed itself is looked at instead
    BUSY = "busy"  # not now: the hub is to bring it again, and the feed is looked at too


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSubscription:
    """What a hub was asked for a feed. `key` ends the address that the hub calls (`callback`) and cannot be guessed,
    `secret` signs what it brings; `topic` is the feed as its hub knows it. `asked_at`: when the hub was last asked,
    `tries` how often since it last agreed; `until`: what it agreed to; `pushed_at`: when it last brought something,
    None again when a look found what it had not brought. `version` grows with every change."""

    key: str = field(repr=False)
    feed_id: str
    hub: str
    topic: str
    callback: str = field(repr=False)
    secret: str = field(repr=False)
    state: HubState = HubState.ASKED
    since: datetime
    next_try: datetime
    asked_at: datetime | None = None
    tries: int = 0
    until: datetime | None = None
    pushed_at: datetime | None = None
    problem: str | None = None
    problem_detail: str | None = None
    version: int = 0

    def is_on(self, now: datetime) -> bool:
        return self.state is HubState.ON and self.until is not None and self.until > now

    def brings(self, now: datetime) -> bool:
        """Whether it holds and has proved itself: what it does not bring would be found late."""
        return self.is_on(now) and self.pushed_at is not None

    def is_awaited(self, now: datetime) -> bool:
        """Whether the hub may call back about it; old hubs also do so by themselves to extend one that holds."""
        asked = self.asked_at is not None and now - self.asked_at <= ANSWERED_WITHIN
        return asked or self.is_on(now)


def lease_of(text: str | None) -> timedelta:
    """The seconds that a hub grants, within reason; nonsense is what was wished for."""
    if text is None or not (text.isascii() and text.isdigit()):
        return LEASE_WISH
    return min(max(timedelta(seconds=int(text[:9])), SHORTEST_LEASE), LONGEST_LEASE)


def renewal(now: datetime, lease: timedelta, jitter: float) -> datetime:
    """When a lease that begins now is renewed; `jitter` in [0, 1)."""
    return now + max(lease * (RENEW_AT + RENEW_SPREAD * jitter), LEAST_BETWEEN_ASKS)


def ask_again(now: datetime, tries: int) -> datetime:
    """When a hub that was asked `tries` times without agreeing is asked once more."""
    patience: int = 4 ** min(max(tries - 1, 0), 5)
    return now + min(LEAST_BETWEEN_ASKS * patience, LONGEST_BETWEEN_ASKS)


def topic_of(spec: FeedSpec, self_link: str | None) -> str | None:
    """The name under which a hub knows the feed; None where no hub should hear of it: with a password, headers or a
    proxy the way to it is its reader's own business."""
    if spec.has_secret or spec.proxy:
        return None
    return self_link or spec.url
