"""The floor of the editorial rules: figures on three sets of invented stories, a little under what they are today."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.cli.evaluate import Result, measure
from bot.cli.labelled import CLUSTERS, FACTS, HEADLINES, read_rows
from bot.domain.story import Topic
from bot.editorial.measure_facts import Fact
from tests.unit.facts import shipped

SETS = Path(__file__).parent / "regression"
NAMES = ("first", "second", "third")


@cache
def measured(name: str) -> Result:
    rows: dict[str, Any] = {}
    for file in (HEADLINES, FACTS, CLUSTERS):
        rows[file], problems = read_rows(SETS / name / file)
        assert problems == []
    return measure(rows, shipped())


def at_least(rate: float | None, floor: float) -> bool:
    return rate is not None and rate >= floor


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("topic", "recall", "precision"),
    [(Topic.AI, 0.92, 0.98), (Topic.LAYOFFS, 0.96, 0.98), (Topic.TECH_LAYOFFS, 0.88, 0.98)],
)
@pytest.mark.parametrize("language", ["en", "id"])
def test_topics(name: str, topic: Topic, recall: float, precision: float, language: str) -> None:
    tally = measured(name).topics[topic, language, "all"]
    # In one language a set has so few rows that one more miss weighs much.
    assert at_least(tally.recall, recall - 0.04), tally
    assert at_least(tally.precision, precision - 0.02), tally


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("fact", "floor"), [("company", 0.95), ("headcount", 0.94), ("percent", 0.98), ("nothing", 1.0)]
)
def test_facts(name: str, fact: Fact, floor: float) -> None:
    assert at_least(measured(name).facts[fact, "all", "all"].rate, floor)


@pytest.mark.parametrize(("name", "recall"), [("first", 0.80), ("second", 0.81), ("third", 0.65)])
def test_one_event_is_one_story(name: str, recall: float) -> None:
    grouping = measured(name).grouping
    assert grouping is not None
    assert at_least(grouping.pairs["all"].precision, 0.98)
    assert at_least(grouping.pairs["all"].recall, recall)
    assert grouping.near["all"].right <= 1
