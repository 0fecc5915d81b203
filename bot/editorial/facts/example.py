"""Examples in the file of facts: a made-up story and what is to be read in it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.event import EventKind, Grade
from bot.domain.story import Language
from bot.editorial.rules.table import Table

# In a file these say that there is no event, no cause.
_NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactExample:
    """`kind` None: no event at all, and then nothing else. `cause` None: AI is not named as the cause."""

    where: str
    title: str
    summary: str = ""
    language: Language | None = None
    company: str | None = None
    headcount: int | None = None
    percent: float | None = None
    kind: EventKind | None = EventKind.LAYOFF
    cause: Grade | None = None


def read_fact_example(table: Table, where: str) -> FactExample:
    """Keys: title, summary, language, company, headcount, percent, kind (`layoff` where it is not given), cause."""
    language = table.choice("language", ("any", *Language), "any")
    kind = table.choice("kind", (_NONE, *EventKind), EventKind.LAYOFF)
    cause = table.choice("cause", (_NONE, *Grade), _NONE)
    example = FactExample(
        where=where,
        title=table.text("title"),
        summary=table.text("summary", needed=False),
        language=Language(language) if language != "any" else None,
        company=table.text("company", needed=False) or None,
        headcount=int(table.number("headcount", needed=False)) or None,
        percent=table.number("percent", needed=False) or None,
        kind=EventKind(kind) if kind != _NONE else None,
        cause=Grade(cause) if cause != _NONE else None,
    )
    table.finish()
    return example
