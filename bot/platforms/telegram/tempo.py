"""How fast this process speaks, answers included: never so fast that Telegram has to ask it to wait.

The outbox gives every delivery its turn, over all processes. What it cannot see are answers, and how long a call lies
around in this process before it leaves; so the calls that really left are counted here."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from bot.domain.channel import Channel
from bot.domain.errors import RateLimited
from bot.platforms.telegram.rights import is_private

A_SECOND = 30  # calls over all chats
SECOND = 1.001
A_MINUTE = 20  # in a group or channel
MINUTE = 60.5
SLACK = 0.018  # seconds by which the ways of two calls usually differ at most
LATEST = 0.5  # seconds; what has no answer for longer hangs, and must not hold up the others
LONGEST_WAIT = 5.0  # seconds; what has to wait longer goes back to where it came from
LOOK_AGAIN = 0.05  # seconds
MOST_GROUPS = 2_000


@dataclass(slots=True)
class _Call:
    """When it left, and when it came there at the latest, None as long as there is no answer."""

    left: float
    came: float | None = None


_leaving: ContextVar[_Call | None] = ContextVar("leaving", default=None)


class Tempo:
    """A call waits until the one so many calls before it has come there long enough ago. When a call came nobody knows;
    but while answers take as long as usual, all ways are about equally long, and distances stay as they are. One whose
    answer takes longer may have come as late as the answer did."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._calls: deque[_Call] = deque(maxlen=A_SECOND)
        self._groups: dict[str, deque[_Call]] = {}
        self._took: deque[float] = deque([0.0], maxlen=A_SECOND)
        self._usual = 0.0

    async def turn(self, channel: Channel) -> None:
        """Returns when a message may leave for the channel. RateLimited when that takes long."""
        group = None if is_private(channel) else self._group(channel.address)
        while (wait := max(self._wait(self._calls, SECOND), self._wait(group, MINUTE))) > 0:
            if wait > LONGEST_WAIT:
                raise RateLimited(timedelta(seconds=wait))
            await self._sleep(min(wait, LOOK_AGAIN))
        call = _Call(self._now())
        _leaving.set(call)
        self._calls.append(call)
        if group is not None:
            group.append(call)

    def leaves(self) -> None:
        """The call of this task is written only now."""
        if (call := _leaving.get()) is not None:
            call.left = self._now()

    def answered(self) -> None:
        """The call of this task has come by now."""
        if (call := _leaving.get()) is None:
            return
        _leaving.set(None)
        now = self._now()
        took = now - call.left
        call.came = now if took > self._usual + SLACK else call.left + min(took, SLACK)
        self._took.append(took)
        self._usual = median(self._took)

    def _group(self, address: str) -> deque[_Call]:
        group = self._groups.pop(address, None)
        group = deque(maxlen=A_MINUTE) if group is None else group
        self._groups[address] = group  # the last one in line is forgotten last
        while len(self._groups) > MOST_GROUPS:
            del self._groups[next(iter(self._groups))]
        return group

    def _wait(self, calls: deque[_Call] | None, span: float) -> float:
        if calls is None or len(calls) < (calls.maxlen or 0):
            return 0.0
        call, now = calls[0], self._now()
        came = call.came
        if came is None:
            is_late = now - call.left > self._usual + SLACK
            came = min(now, call.left + LATEST) if is_late else call.left + SLACK
        return came + span - now
