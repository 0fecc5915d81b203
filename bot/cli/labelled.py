"""Labelled sets: which of their files hold what, and which rows cannot be used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.domain.errors import Problem
from bot.domain.story import Item, Language, Topic
from bot.editorial.measure import Labelled
from bot.editorial.measure_facts import NAMES, LabelledFacts

HEADLINES, FACTS, CLUSTERS = "headlines.jsonl", "layoff_facts.jsonl", "clusters.jsonl"
NEEDED: Mapping[str, Sequence[str]] = {
    HEADLINES: ("title", "lang", "ai", "layoff", "tech"),
    FACTS: ("title", "lang", "is_layoff", *NAMES),
    CLUSTERS: ("title", "lang", "cluster", "near"),
}
_LANGUAGES = tuple(language.value for language in Language)


def read_rows(path: Path) -> tuple[list[Mapping[str, Any]], list[Problem]]:
    """The rows of one file that can be used, and what is wrong with the others. Raises OSError."""
    rows: list[Mapping[str, Any]] = []
    problems: list[Problem] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        row, wrong = _row(line, NEEDED[path.name])
        if row is None:
            problems.append(Problem(where=f"{path} line {number}", what=wrong))
        else:
            rows.append(row)
    return rows, problems


def _row(line: bytes, needed: Sequence[str]) -> tuple[Mapping[str, Any] | None, str]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None, "is not JSON"
    if not isinstance(row, dict):
        return None, "is not a JSON object"
    missing = [key for key in needed if key not in row]
    if missing:
        return None, f"lacks {', '.join(missing)}"
    if not isinstance(row["title"], str):
        return None, "has a title that is no text"
    if row["lang"] not in _LANGUAGES:
        return None, f"has the language {row['lang']!r}; known are {', '.join(_LANGUAGES)}"
    if not isinstance(row.get("accept") or {}, dict):
        return None, "has an accept that is no table"
    return row, ""


def item_of(row: Mapping[str, Any]) -> Item:
    return Item(title=row["title"], summary=text_of(row, "summary"), content=text_of(row, "content"))


def text_of(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def is_borderline(row: Mapping[str, Any]) -> bool:
    return "borderline" in text_of(row, "note")


def headline_of(row: Mapping[str, Any]) -> Labelled:
    layoff, tech = bool(row["layoff"]), bool(row["tech"])
    return Labelled(
        id=str(row.get("id", "")),
        title=row["title"],
        language=Language(row["lang"]),
        draw=text_of(row, "draw").partition(":")[0] or "unknown",
        is_borderline=is_borderline(row),
        meant={Topic.AI: bool(row["ai"]), Topic.LAYOFFS: layoff, Topic.TECH_LAYOFFS: layoff and tech},
    )


def facts_of(row: Mapping[str, Any]) -> LabelledFacts:
    accept = row.get("accept") or {}
    return LabelledFacts(
        id=str(row.get("id", "")),
        title=row["title"],
        language=Language(row["lang"]),
        is_borderline=is_borderline(row),
        is_layoff=bool(row["is_layoff"]),
        accepted={fact: (row[fact], *_several(accept.get(fact, ()))) for fact in NAMES},
    )


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)
