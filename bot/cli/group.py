"""`kabar group`: stories in, JSON lines out that say which of them tell the same event."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from bot.app import utc_now
from bot.cli import DONE, WRONG
from bot.cli.lines import story_of, text_of, written
from bot.domain.story import Item, Language
from bot.editorial.score import Rulebook
from bot.settings import Settings
from bot.texts import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One story of the input: where it stood, what it said, what it is called here."""

    place: int
    story: Mapping[str, Any]
    id: str
    date: datetime | None

    @property
    def order(self) -> tuple[str, ...]:
        """By id, then by all it says: the same whatever the order of the input."""
        return (self.id, *(text_of(self.story, key) for key in ("title", "summary", "url", "source", "lang")))


async def group(arguments: Namespace, settings: Settings) -> int:
    """A line that is no story is named and passed over; the exit code says so at the end."""
    from bot.editorial.rules.loader import load

    say = Texts(settings.chat.language).say
    rows, wrong = grouped(sys.stdin.buffer, load(settings.rule_files), utc_now())
    for number in wrong:
        print(say("cli.score.bad_line", line=number), file=sys.stderr)
    for row in rows:
        sys.stdout.write(written(row))
    return WRONG if wrong else DONE


def grouped(given: Iterable[bytes], rulebook: Rulebook, now: datetime) -> tuple[list[dict[str, Any]], list[int]]:
    """Rows {id, story} in the order of the lines, and the numbers of the lines that are no story."""
    lines: list[Line] = []
    wrong: list[int] = []
    for number, raw in enumerate(given, start=1):
        story = story_of(raw) if raw.strip() else None
        if story is not None:
            lines.append(_line(len(lines), story, now))
        elif raw.strip():
            wrong.append(number)
    stories = _stories(lines, rulebook, now)
    return [{"id": line.story.get("id"), "story": stories[line.place]} for line in lines], wrong


def _stories(lines: Sequence[Line], rulebook: Rulebook, now: datetime) -> dict[int, str]:
    """The story's id by place of the line. It is the id of the first report by date, then id; where reports that are
    not one story share an id, the second of them is called id~2."""
    from bot.editorial.same_story.compare import WINDOW
    from bot.editorial.same_story.sketcher import Sketcher
    from bot.editorial.same_story.window import Window

    sketcher = Sketcher.of(rulebook.wording, rulebook.companies)
    window = Window()
    taken: dict[str, int] = {}
    placed: dict[int, str] = {}
    became: dict[str, str] = {}
    for when, line in _in_order(lines, now):
        window.forget(when - WINDOW)
        said, title, summary = (text_of(line.story, key) for key in ("lang", "title", "summary"))
        language = Language(said) if said in ("en", "id") else rulebook.detect(Item(title=title, summary=summary), None)
        taken[line.id] = taken.get(line.id, 0) + 1
        sketch = sketcher.sketch(
            id=line.id if taken[line.id] == 1 else f"{line.id}~{taken[line.id]}",
            when=when,
            language=language,
            title=title,
            summary=summary,
            source=text_of(line.story, "source"),
        )
        found = window.add(sketch)
        placed[line.place] = found.group
        became.update(dict.fromkeys(found.joined, found.group))
    return {place: _at_last(story, became) for place, story in placed.items()}


def _at_last(story: str, became: Mapping[str, str]) -> str:
    while story in became:
        story = became[story]
    return story


def _in_order(lines: Sequence[Line], now: datetime) -> Iterable[tuple[datetime, Line]]:
    """By date, then id. A story without a date that can be read counts as one of the newest day: it is compared with
    what was reported in the 72 hours before the last dated story, never with older ones."""
    newest = max((line.date for line in lines if line.date is not None), default=now)
    dated = [(line.date or newest, line.date is None, line) for line in lines]
    for when, _, line in sorted(dated, key=lambda one: (one[0], one[1], one[2].order)):
        yield when, line


def _line(place: int, story: Mapping[str, Any], now: datetime) -> Line:
    from bot.sources.dates import read_date

    given = story.get("id")
    said = given if isinstance(given, str | int) and not isinstance(given, bool) else None
    called = str(said) if said not in (None, "") else text_of(story, "url") or _digest(story)
    return Line(place=place, story=story, id=called, date=read_date(text_of(story, "date"), now))


def _digest(story: Mapping[str, Any]) -> str:
    """A name for a story without id and address, from what it says."""
    said = "\n".join(text_of(story, key) for key in ("title", "summary", "source", "date"))
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]
