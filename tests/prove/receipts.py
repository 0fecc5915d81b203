"""What a platform remembers of a message, and the gate at which its sender can be stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One message as it arrived. `who` is the life of the process that brought it, `key` the name of the delivery
    (Slack), `id` the platform's own; `at` is the town's time, `moment` the machine's. `is_edit`: it took the place of
    an earlier one; `answers`: it is a reply."""

    who: str
    at: datetime
    platform: str
    address: str
    thread: str
    id: str
    text: str
    tokens: tuple[str, ...]
    key: str = ""
    part: int = 1
    parts: int = 1
    is_edit: bool = False
    answers: bool = False
    moment: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return self.at.timestamp()

    @property
    def place(self) -> tuple[str, str, str]:
        return self.platform, self.address, self.thread

    def __str__(self) -> str:
        return f"{self.id} by {self.who} at {self.at:%d %H:%M:%S} {self.key} {self.text.partition(chr(10))[0][:30]!r}"

    @property
    def is_digest(self) -> bool:
        return self.text.startswith("Your digest")


@dataclass(slots=True)
class Gate:
    """At the `nth` message from now the sender is stopped by `stop`, before or after it was taken in."""

    nth: int
    stop: Callable[[str], None]
    taken_in: bool = True
    is_shut: bool = False

    def counts_down(self) -> bool:
        self.nth -= 1
        return self.nth == 0
