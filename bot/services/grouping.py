"""Which event a story tells, asked while it is being stored: the window of the last days, in step with the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from bot.editorial.same_story.compare import WINDOW
from bot.editorial.same_story.sketch import Sketch
from bot.editorial.same_story.sketcher import Sketcher
from bot.editorial.same_story.window import Window
from bot.editorial.score import Rulebook
from bot.ports import Grouping, Placement, Stories, Told

A_GULP, A_SIP = 500, 20


async def catch_up(grouping: Grouping, stories: Stories, now: datetime) -> None:
    """Tells a grouping what is stored and not known to it yet, a little at a time, so that nothing else has to wait."""
    while told := await stories.placed(after=grouping.newest, since=now - WINDOW, limit=A_GULP):
        for start in range(0, len(told), A_SIP):
            grouping.restore(told[start : start + A_SIP])
            await asyncio.sleep(0)


class EventWindow:
    """Fits ports.Grouping. What it holds is a copy of what the store knows, so it may be thrown away at any time."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook
        self._window = Window()
        self._newest = 0

    @cached_property
    def _sketcher(self) -> Sketcher:
        """Made when the first story is compared: it reads the names of all companies."""
        return Sketcher.of(self._rulebook.wording, self._rulebook.companies)

    @property
    def newest(self) -> int:
        return self._newest

    def restore(self, told: Sequence[Told]) -> None:
        for one in told:
            self._newest = max(self._newest, one.story_id)
            self._window.restore(self._sketch(one), str(one.coverage_id or one.story_id))

    def place(self, told: Told) -> Placement:
        self._newest = max(self._newest, told.story_id)
        sketch = self._sketch(told)
        self._window.forget(sketch.when - WINDOW)
        placed = self._window.add(sketch)
        if placed.is_new:
            return Placement(coverage_id=None, why=placed.why)
        return Placement(
            coverage_id=int(placed.group), joined=tuple(int(group) for group in placed.joined), why=placed.why
        )

    def reset(self) -> None:
        self._window = Window()
        self._newest = 0

    def _sketch(self, told: Told) -> Sketch:
        return self._sketcher.sketch(
            id=str(told.story_id),
            when=told.when,
            language=told.language,
            title=told.title,
            summary=told.summary,
            source=told.source,
        )
