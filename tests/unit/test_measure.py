"""How the figures of `kabar eval` are counted."""

from __future__ import annotations

import pytest

from bot.domain.story import Language, Topic
from bot.domain.verdict import Level, TopicScore, Verdict
from bot.editorial.measure import Labelled, Tally, topics


def verdict(ai: float) -> Verdict:
    thresholds = {Level.LOW: 3.0, Level.NORMAL: 6.0, Level.HIGH: 9.0}
    score = TopicScore(topic=Topic.AI, score=ai, thresholds=thresholds, reasons=())
    return Verdict(topics={Topic.AI: score})


def row(name: str, meant: bool, *, draw: str = "random", borderline: bool = False) -> Labelled:
    return Labelled(
        id=name, title=name, language=Language.EN, draw=draw, is_borderline=borderline, meant={Topic.AI: meant}
    )


@pytest.mark.parametrize(
    ("tally", "precision", "recall", "f1", "false"),
    [
        (Tally(right=8, false=2, missed=0, quiet=90), 0.8, 1.0, 16 / 18, 20.0),
        (Tally(right=0, false=0, missed=4, quiet=0), None, 0.0, 0.0, 0.0),
        (Tally(), None, None, None, None),
    ],
)
def test_rates(tally: Tally, precision: float | None, recall: float | None, f1: float | None, false: float) -> None:
    assert (tally.precision, tally.recall, tally.f1, tally.false_per_1000) == (precision, recall, f1, false)


def test_rows_are_counted_by_language_and_draw_and_misses_are_named() -> None:
    rows = [
        (row("found", True), verdict(7.0)),
        (row("missed", True, draw="targeted"), verdict(1.0)),
        (row("false", False, borderline=True), verdict(9.0)),
        (row("quiet", False), verdict(0.0)),
    ]
    tallies, misses = topics(rows)
    assert tallies[Topic.AI, "all", "all"] == Tally(right=1, false=1, missed=1, quiet=1)
    assert tallies[Topic.AI, "en", "random"] == Tally(right=1, false=1, missed=0, quiet=1)
    assert tallies[Topic.AI, "en", "targeted"] == Tally(missed=1)
    assert tallies[Topic.AI, "all", "clear"] == Tally(right=1, missed=1, quiet=1)
    assert [(miss.id, miss.meant) for miss in misses] == [("missed", True), ("false", False)]
