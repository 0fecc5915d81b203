"""What is told of a round over the feeds: each look as it was written down, and their sums."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.feed import Feed
from bot.ports import Committed
from bot.services.poll_round import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRead:
    """What one look at one feed came to. `problem` is the cause code when it failed."""

    feed: Feed
    entries: int = 0
    not_modified: bool = False
    problem: str | None = None
    detail: str | None = None


@dataclass(slots=True, kw_only=True)
class PollReport:
    """The sums of a round, as `kabar poll --once --json` prints them."""

    feeds: int = 0
    fetched: int = 0
    not_modified: int = 0
    failed: int = 0
    entries: int = 0
    new_stories: int = 0
    alerts: int = 0
    reads: list[FeedRead] = field(default_factory=list)

    def add(self, read: FeedRead) -> None:
        self.feeds += 1
        self.failed += read.problem is not None
        self.not_modified += read.not_modified
        self.fetched += read.problem is None and not read.not_modified
        self.entries += read.entries
        self.reads.append(read)

    def count(self, committed: Committed) -> None:
        self.new_stories += committed.new_stories
        self.alerts += committed.alerts


def read_of(look: Look) -> FeedRead:
    error = look.error
    return FeedRead(
        feed=look.feed,
        entries=look.entries,
        not_modified=look.not_modified,
        problem=None if error is None else error.cause,
        detail=None if error is None else error.detail,
    )
