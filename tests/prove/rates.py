"""How many messages a platform takes in which time, checked on receipts: no window of that length may hold more."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol


class Counted(Protocol):
    """What is known of one message: seconds on the platform's clock, and where it went."""

    @property
    def seconds(self) -> float: ...

    @property
    def platform(self) -> str: ...

    @property
    def address(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `most` messages in any `span` seconds."""

    name: str
    most: int
    span: float


A_BOT = Limit(name="telegram bot", most=30, span=1.0)
A_CHAT = Limit(name="telegram private chat", most=1, span=1.0)
A_GROUP = Limit(name="telegram group or channel", most=20, span=60.0)
A_CHANNEL = Limit(name="slack channel", most=1, span=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    limit: Limit
    where: str
    at: float
    count: int

    def __str__(self) -> str:
        return f"{self.limit.name} {self.where}: {self.count} in {self.limit.span:g} s at {self.at:.3f}"


def limits_of(platform: str, address: str) -> list[tuple[Limit, Hashable]]:
    """Which limits a message to this place counts for, each with what it is counted by."""
    if platform == "slack":
        return [(A_CHANNEL, address)]
    return [(A_BOT, ""), (A_GROUP if address.startswith("-") else A_CHAT, address)]


@dataclass
class Window:
    """The sliding windows of all limits. A span is half open: a message exactly `span` after another is no longer in
    its window."""

    _seen: dict[tuple[Limit, Hashable], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def would_break(self, platform: str, address: str, at: float) -> TooMany | None:
        """The first limit that one more message now would break."""
        for limit, key in limits_of(platform, address):
            seen = self._seen[limit, key]
            while seen and at - seen[0] >= limit.span:
                seen.popleft()
            if len(seen) >= limit.most:
                return TooMany(limit=limit, where=str(key), at=at, count=len(seen) + 1)
        return None

    def add(self, platform: str, address: str, at: float) -> None:
        for limit, key in limits_of(platform, address):
            self._seen[limit, key].append(at)

    def wait(self, broken: TooMany, address: str) -> float:
        """Seconds until the message would fit."""
        seen = self._seen[broken.limit, "" if broken.limit is A_BOT else address]
        return max(0.0, seen[0] + broken.limit.span - broken.at)


def too_many(receipts: Iterable[Counted]) -> Iterator[TooMany]:
    """Every message that was one too many, in the order of their times."""
    window = Window()
    for receipt in sorted(receipts, key=lambda one: one.seconds):
        broken = window.would_break(receipt.platform, receipt.address, receipt.seconds)
        if broken is not None:
            yield broken
        window.add(receipt.platform, receipt.address, receipt.seconds)
