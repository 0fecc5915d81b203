"""`kabar eval DIR`: the shipped (or your own) rules on labelled stories: topics, facts, and what is one event."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.app import utc_now
from bot.cli import DONE, WRONG
from bot.cli.group import grouped
from bot.cli.labelled import CLUSTERS, FACTS, HEADLINES, facts_of, headline_of, item_of, read_rows, text_of
from bot.domain.event import Event
from bot.domain.story import Language, Topic
from bot.domain.verdict import Verdict
from bot.editorial.facts.extract import extract
from bot.editorial.measure import Miss, Tally, topics
from bot.editorial.measure_facts import Fact, FactMiss, Share, facts
from bot.editorial.measure_stories import Grouping, PairMiss, Report, stories
from bot.editorial.rules.loader import load
from bot.editorial.score import Rulebook
from bot.settings import Settings
from bot.texts import Texts

Row = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Result:
    """What the sets that were there gave."""

    topics: dict[tuple[Topic, str, str], Tally] = field(default_factory=dict)
    facts: dict[tuple[Fact, str, str], Share] = field(default_factory=dict)
    grouping: Grouping | None = None
    misses: list[Miss | FactMiss | PairMiss] = field(default_factory=list)


async def evaluate(arguments: Namespace, settings: Settings) -> int:
    """Measures the sets that are there; names those that are not, and rows that cannot be used."""
    say = Texts(settings.chat.language).say
    rulebook = load(settings.rule_files)
    sets: dict[str, Sequence[Row]] = {}
    wrong = 0
    for name in (HEADLINES, FACTS, CLUSTERS):
        path = Path(arguments.directory) / name
        try:
            sets[name], problems = read_rows(path)
        except OSError as error:
            print(say("cli.cannot_read", file=str(path), reason=error.strerror or str(error)), file=sys.stderr)
            continue
        wrong += len(problems)
        for problem in problems:
            print(problem, file=sys.stderr)
    result = measure(sets, rulebook)
    if arguments.json:
        print(json.dumps(_as_json(result, misses=arguments.misses), ensure_ascii=False))
    else:
        for line in _as_text(result, misses=arguments.misses):
            print(line)
    return WRONG if wrong or not sets else DONE


def measure(sets: Mapping[str, Sequence[Row]], rulebook: Rulebook) -> Result:
    """`sets`: rows by the name of the file they are from; a set that is not there is not measured."""
    result = Result()
    if HEADLINES in sets:
        headlines = ((headline_of(row), _judged(row, rulebook)) for row in sets[HEADLINES])
        result.topics, missed = topics(headlines)
        result.misses += missed
    if FACTS in sets:
        told = ((facts_of(row), _event(row, rulebook)) for row in sets[FACTS])
        result.facts, misread = facts(told)
        result.misses += misread
    if CLUSTERS in sets:
        result.grouping = stories(_reports(sets[CLUSTERS], rulebook))
        result.misses += result.grouping.misses
    return result


def _judged(row: Row, rulebook: Rulebook) -> Verdict:
    return rulebook.judge(item_of(row), Language(row["lang"]), source=text_of(row, "source"))


def _event(row: Row, rulebook: Rulebook) -> Event | None:
    verdict = _judged(row, rulebook)
    return extract(item_of(row), language=Language(row["lang"]), verdict=verdict, rulebook=rulebook)


def _reports(rows: Sequence[Row], rulebook: Rulebook) -> list[Report]:
    told = [json.dumps({**row, "id": str(row.get("id", place))}).encode() for place, row in enumerate(rows)]
    placed, _ = grouped(told, rulebook, utc_now())
    return [
        Report(
            id=place["id"],
            title=row["title"],
            language=Language(row["lang"]),
            cluster=text_of(row, "cluster"),
            event=text_of(row, "event"),
            near=text_of(row, "near"),
            story=place["story"],
        )
        for row, place in zip(rows, placed, strict=True)
    ]


def _as_text(result: Result, *, misses: bool) -> Iterator[str]:
    if result.topics:
        yield f"{'topic':13} {'lang':5} {'rows':9} {'n':>5} {'prec.':>6} {'recall':>6} {'F1':>6} {'false/1000':>10}"
        for (topic, language, draw), tally in sorted(result.topics.items()):
            yield f"{topic:13} {language:5} {draw:9} {_rates(tally)} {tally.false_per_1000:10.1f}"
    if result.facts:
        yield f"\n{'fact':13} {'lang':5} {'rows':9} {'n':>5} {'right':>6}"
        for (fact, language, clearness), share in sorted(result.facts.items()):
            yield f"{fact:13} {language:5} {clearness:9} {share.total:5} {_shown(share.rate)}"
    if result.grouping is not None:
        yield f"\n{'same story':13} {'lang':5} {'':9} {'n':>5} {'prec.':>6} {'recall':>6} {'F1':>6}"
        for language, tally in sorted(result.grouping.pairs.items()):
            yield f"{'pairs':13} {language:5} {'':9} {_rates(tally)}"
        yield f"{'':13} {'lang':5} {'':9} {'n':>5} {'joined':>6}"
        for language, share in sorted(result.grouping.near.items()):
            yield f"{'near misses':13} {language:5} {'':9} {share.total:5} {_shown(share.rate)}"
    if misses:
        yield ""
        yield from map(_told, result.misses)


def _rates(tally: Tally) -> str:
    return f"{tally.total:5} {' '.join(map(_shown, (tally.precision, tally.recall, tally.f1)))}"


def _shown(rate: float | None) -> str:
    return f"{'–':>6}" if rate is None else f"{rate:6.3f}"


def _told(miss: Miss | FactMiss | PairMiss) -> str:
    match miss:
        case Miss():
            kind = "missed" if miss.meant else "false "
            return f"{kind} {miss.topic:13} {miss.language} {miss.score:5.1f} {miss.id} {miss.title}"
        case FactMiss():
            return f"wrong  {miss.fact:13} {miss.language} {miss.found} (not {miss.meant}) {miss.id} {miss.title}"
        case PairMiss():
            kind = "apart  event        " if miss.meant else "joined event        "
            return f"{kind} {miss.one.id} {miss.one.title} | {miss.other.id} {miss.other.title}"


def _as_json(result: Result, *, misses: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if result.topics:
        found["topics"] = [
            {
                "topic": topic,
                "language": language,
                "rows": draw,
                **_counted(tally),
                "false_per_1000": tally.false_per_1000,
            }
            for (topic, language, draw), tally in sorted(result.topics.items())
        ]
    if result.facts:
        found["facts"] = [
            {"fact": fact, "language": language, "rows": clearness, "n": share.total, "accuracy": share.rate}
            for (fact, language, clearness), share in sorted(result.facts.items())
        ]
    if result.grouping is not None:
        found["grouping"] = {
            "pairs": [
                {"language": language, **_counted(tally)} for language, tally in sorted(result.grouping.pairs.items())
            ],
            "near": [
                {"language": language, "n": share.total, "joined": share.right, "rate": share.rate}
                for language, share in sorted(result.grouping.near.items())
            ],
        }
    if misses:
        found["misses"] = [_row_of(miss) for miss in result.misses]
    return found


def _counted(tally: Tally) -> dict[str, Any]:
    return {"n": tally.total, "precision": tally.precision, "recall": tally.recall, "f1": tally.f1}


def _row_of(miss: Miss | FactMiss | PairMiss) -> dict[str, Any]:
    match miss:
        case Miss():
            return {
                "id": miss.id,
                "topic": miss.topic,
                "meant": miss.meant,
                "score": miss.score,
                "title": miss.title,
            }
        case FactMiss():
            return {
                "id": miss.id,
                "fact": miss.fact,
                "meant": miss.meant,
                "found": miss.found,
                "title": miss.title,
            }
        case PairMiss():
            both = (miss.one, miss.other)
            return {"ids": [one.id for one in both], "meant": miss.meant, "titles": [one.title for one in both]}
