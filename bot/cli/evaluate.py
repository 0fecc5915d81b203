"""`kabar eval DIR`: the shipped (or your own) rules on labelled stories."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.cli import DONE, WRONG
from bot.domain.story import Item, Language, Topic
from bot.domain.verdict import Verdict
from bot.editorial import measure
from bot.editorial.rules.loader import load
from bot.editorial.score import Rulebook
from bot.settings import Settings
from bot.texts import Texts

HEADLINES = "headlines.jsonl"


async def evaluate(arguments: Namespace, settings: Settings) -> int:
    say = Texts(settings.chat.language).say
    rulebook = load(settings.rule_files)
    path = Path(arguments.directory) / HEADLINES
    try:
        rows = list(_rows(path))
    except (OSError, ValueError, KeyError) as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        print(say("cli.cannot_read", file=str(path), reason=reason), file=sys.stderr)
        return WRONG
    tallies, misses = measure.topics((_labelled(row), _judged(row, rulebook)) for row in rows)
    if arguments.json:
        print(json.dumps(_as_json(tallies, misses if arguments.misses else None), ensure_ascii=False))
        return DONE
    print(f"{'topic':13} {'lang':5} {'rows':9} {'n':>5} {'prec.':>6} {'recall':>6} {'F1':>6} {'false/1000':>10}")
    for (topic, language, draw), tally in sorted(tallies.items()):
        figures = [_shown(value) for value in (tally.precision, tally.recall, tally.f1)]
        print(f"{topic:13} {language:5} {draw:9} {tally.total:5} {' '.join(figures)} {tally.false_per_1000:10.1f}")
    if arguments.misses:
        for miss in misses:
            kind = "missed" if miss.meant else "false "
            print(f"{kind} {miss.topic:13} {miss.language} {miss.score:5.1f} {miss.id} {miss.title}")
    return DONE


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            row = json.loads(line)
            if not isinstance(row, dict) or not {"title", "lang", "ai", "layoff", "tech"} <= row.keys():
                raise ValueError(f"line {number} lacks title, lang, ai, layoff or tech")
            yield row


def _labelled(row: Mapping[str, Any]) -> measure.Labelled:
    layoff, tech = bool(row["layoff"]), bool(row["tech"])
    return measure.Labelled(
        id=str(row.get("id", "")),
        title=row["title"],
        language=Language(row["lang"]),
        draw=str(row.get("draw", "")).partition(":")[0] or "unknown",
        is_borderline="borderline" in str(row.get("note", "")),
        meant={Topic.AI: bool(row["ai"]), Topic.LAYOFFS: layoff, Topic.TECH_LAYOFFS: layoff and tech},
    )


def _judged(row: Mapping[str, Any], rulebook: Rulebook) -> Verdict:
    item = Item(title=row["title"], summary=row.get("summary") or "", content=row.get("content") or "")
    return rulebook.judge(item, Language(row["lang"]), source=row.get("source") or "")


def _shown(rate: float | None) -> str:
    return f"{'–':>6}" if rate is None else f"{rate:6.3f}"


def _as_json(
    tallies: Mapping[tuple[Topic, str, str], measure.Tally], misses: list[measure.Miss] | None
) -> dict[str, Any]:
    rows = [
        {
            "topic": topic,
            "language": language,
            "rows": draw,
            "n": tally.total,
            "precision": tally.precision,
            "recall": tally.recall,
            "f1": tally.f1,
            "false_per_1000": tally.false_per_1000,
        }
        for (topic, language, draw), tally in sorted(tallies.items())
    ]
    result: dict[str, Any] = {"topics": rows}
    if misses is not None:
        result["misses"] = [
            {"id": miss.id, "topic": miss.topic, "meant": miss.meant, "score": miss.score, "title": miss.title}
            for miss in misses
        ]
    return result
