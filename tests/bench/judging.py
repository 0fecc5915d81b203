"""What judging a story costs beside reading it from its document: an ordinary one, and one with a topic's words."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot.domain.story import Item, Language
from bot.editorial.judge import EditorialJudge
from bot.editorial.rules.loader import load
from bot.editorial.same_story.sketcher import Sketcher
from bot.editorial.same_story.window import Window
from bot.editorial.score import Rulebook
from bot.sources.formats import read_document
from tests.bench.press import document

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FEEDS = 60
IN_WINDOW, PLACED = 20_000, 200
RUNS = 7
SPACED = timedelta(seconds=10)


def judging() -> None:
    """Microseconds of processor time a story, and the share of what reading it from its document takes."""
    rulebook = load({path.name: path.read_text("utf-8") for path in (ROOT / "config" / "rules").glob("*.toml")})
    judge = EditorialJudge(lambda: rulebook)
    bodies = [document(feed, 0) for feed in range(FEEDS)]
    items = [item for body in bodies for item in read_document(body, None, None, NOW).items]
    telling = [item for item in items if any(score.reasons for score in rulebook.judge(item, None).topics.values())]
    ordinary = [item for item in items if item not in telling]
    reading = _cost(lambda: [read_document(body, None, None, NOW) for body in bodies], len(items))
    for what, some in (("an ordinary story", ordinary), ("one with a topic's words", telling)):
        _line(f"judging {what}", _cost(partial(_judge, judge, some), len(some)), reading)
    _line(f"grouping it, {IN_WINDOW} in the window", _grouping(rulebook, items), reading)


def _judge(judge: EditorialJudge, items: Sequence[Item]) -> None:
    for item in items:
        language = judge.detect(item, Language.EN)
        verdict = judge.score(item, language=language, source="Paper", weight=1.0, hints=())
        judge.event(item, language, verdict)
        judge.index(item, language)


def _grouping(rulebook: Rulebook, items: Sequence[Item]) -> float:
    """Headlines of which no two are the same, each mixed of two."""
    chance = random.Random(3)
    sketcher = Sketcher.of(rulebook.wording, rulebook.companies)
    sketches = [
        sketcher.sketch(
            id=str(number),
            when=NOW + number * SPACED,
            language=Language.EN,
            title=f"{chance.choice(items).title[:40]} {chance.choice(items).title[-40:]}",
            summary=chance.choice(items).summary,
        )
        for number in range(IN_WINDOW + PLACED)
    ]
    window = Window()
    for sketch in sketches[:IN_WINDOW]:
        window.restore(sketch, sketch.id)
    began = time.process_time()
    for sketch in sketches[IN_WINDOW:]:
        window.add(sketch)
    return (time.process_time() - began) / PLACED


def _cost(work: Callable[[], object], stories: int) -> float:
    work()
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return statistics.median(took) / stories


def _line(what: str, ours: float, reading: float) -> None:
    peer = "reading it from its document"
    print(f"{what:34} {ours * 1e6:9.1f} µs   {peer:44} {reading * 1e6:9.1f} µs   ratio {ours / reading:5.2f}")
