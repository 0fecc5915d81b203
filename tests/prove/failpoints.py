"""Where a process can be made to die: before, in the middle of and after every call it makes through a port.

Nothing in bot/ knows of it: the ports that are passed in are wrapped."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.delivery import DeliveryState

STEP = "any_step"
"""The n-th call of whatever kind, counted before and after it."""

# What a call is called in the names of the points, by port and method; the others have both as their name.
NAMES: Mapping[tuple[str, str], str] = {
    ("fetcher", "get"): "fetch",
    ("source", "fetch"): "parse",
    ("stories", "commit"): "commit",
    ("outbox", "claim"): "lease",
    ("outbox", "settle"): "settle",
    ("outbox", "plan_digest"): "digest_plan",
    ("outbox", "plan_catch_up"): "catch_up",
    ("chats", "remember"): "remember",
    ("platform", "send"): "post",
    ("platform", "edit"): "edit",
    ("platform", "was_delivered"): "read_back",
}
POINTS = (
    *("after_fetch", "after_parse", "before_commit", "during_commit", "after_commit"),
    *("before_lease", "during_lease", "after_lease", "before_post", "after_response"),
    *("before_sent_commit", "during_sent_commit", "after_sent_commit", "before_remember", "after_remember"),
    *("before_edit", "after_edit", "before_read_back", "after_read_back", "during_settle"),
    *("before_digest_plan", "during_digest_plan", "after_digest_plan"),
    *("before_catch_up", "during_catch_up", "after_catch_up"),
)
AFTER_POST = "after_post"  # the message was taken in and the answer is not read: the platform's side kills
LOST_POST = "lost_post"  # the message left and was never taken in
OF_THE_PLATFORM = (AFTER_POST, LOST_POST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuse:
    """Which point kills, and when: at its `nth` time, in the middle of a call after `delay` seconds of it."""

    point: str = ""
    nth: int = 1
    delay: float = 0.0


class Bomb:
    """Counts what the process does, writes down what it reached, and kills it at the point that the fuse names."""

    def __init__(self, fuse: Fuse, marks: Path) -> None:
        self._fuse = fuse
        self._left = fuse.nth
        self._marks = os.open(marks, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def mark(self, line: str) -> None:
        """Stays written whatever happens to the process next."""
        os.write(self._marks, f"{line}\n".encode())

    def reached(self, when: str, name: str) -> None:
        point = f"{when}_{name}"
        if when == "during":
            if self._fuse.point == point and self._counts_down():
                asyncio.get_running_loop().call_later(self._fuse.delay, self._die, point)
            return
        if self._fuse.point in (STEP, point) and self._counts_down():
            self._die(point)

    def watch(self, what: Any, port: str) -> Any:
        return _Watched(what, port, self)

    def _counts_down(self) -> bool:
        self._left -= 1
        return self._left == 0

    def _die(self, point: str) -> None:
        self.mark(f"died {point}")
        os.kill(os.getpid(), signal.SIGKILL)


class _Watched:
    """A port that is what it was, and tells the bomb of every call."""

    def __init__(self, what: Any, port: str, bomb: Bomb) -> None:
        self._what, self._port, self._bomb = what, port, bomb

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._what, name)
        if not asyncio.iscoroutinefunction(value):
            return value
        return _watched(value, self._port, name, self._bomb)


def _watched(call: Callable[..., Any], port: str, method: str, bomb: Bomb) -> Callable[..., Any]:
    async def run(*args: Any, **kwargs: Any) -> Any:
        name = _name(port, method, args)
        bomb.reached("before", name)
        if name == "post":
            bomb.mark(f"post {kwargs['key']}")
        bomb.reached("during", name)
        result = await call(*args, **kwargs)
        _say_what_is_done(bomb, name, args, result)
        if name == "post":
            bomb.reached("after", "response")
        elif result or name not in ("lease", "parse"):
            bomb.reached("after", name)
        return result

    return run


def _say_what_is_done(bomb: Bomb, name: str, args: tuple[Any, ...], result: Any) -> None:
    """What nobody may forget from now on."""
    if name == "commit" and result.new_stories:
        for new in args[0].new:
            bomb.mark(f"stored {new.item.title}")
    elif name == "sent_commit" and result:
        bomb.mark(f"sent {args[0].delivery_id}")


def _name(port: str, method: str, args: tuple[Any, ...]) -> str:
    if (port, method) == ("outbox", "settle") and args[0].state is DeliveryState.SENT:
        return "sent_commit"
    if (port, method) == ("stories", "commit") and not (args[0].new or args[0].edited):
        return "stories.bookkeeping"
    return NAMES.get((port, method), f"{port}.{method}")
