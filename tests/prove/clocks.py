"""What time it is in a proof: so many times as fast as on the wall, and the same in every process of a town."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TownClock:
    """Shows `begins` at the real moment `at` (seconds since 1970) and runs `speed` times as fast from there. Leases,
    pauses and retries are all counted by it, so a lease of 40 s takes 40 / speed seconds."""

    begins: datetime
    at: float
    speed: float = 1.0

    def __call__(self) -> datetime:
        return self.begins + timedelta(seconds=(time.time() - self.at) * self.speed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)

    def forward(self, span: timedelta) -> TownClock:
        """As after a time in which nothing ran."""
        return replace(self, begins=self.begins + span)

    def to_json(self) -> dict[str, Any]:
        return {"begins": self.begins.timestamp(), "at": self.at, "speed": self.speed}

    @staticmethod
    def from_json(values: dict[str, Any]) -> TownClock:
        begins = datetime.fromtimestamp(values["begins"], UTC)
        return TownClock(begins=begins, at=values["at"], speed=values["speed"])
