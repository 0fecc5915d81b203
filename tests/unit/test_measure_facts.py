"""How facts and groups are counted for `kabar eval`, and which rows of a labelled set cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli.evaluate import measure
from bot.cli.labelled import CLUSTERS, FACTS, HEADLINES, facts_of, read_rows
from bot.domain.event import Event, EventKind
from bot.domain.story import Language
from bot.editorial.measure_facts import Fact, FactMiss, LabelledFacts, Share, Value, facts
from bot.editorial.measure_stories import Report, stories
from tests.unit.facts import shipped

NONE: dict[Fact, tuple[Value, ...]] = {"company": (None,), "headcount": (None,), "percent": (None,)}


def story(name: str, *, layoff: bool = True, borderline: bool = False, **accepted: tuple[Value, ...]) -> LabelledFacts:
    answers: dict[Fact, tuple[Value, ...]] = {**NONE, **accepted}  # type: ignore[dict-item]
    return LabelledFacts(
        id=name, title=name, language=Language.EN, is_borderline=borderline, is_layoff=layoff, accepted=answers
    )


def event(company: str | None = None, headcount: int | None = None, kind: EventKind = EventKind.LAYOFF) -> Event:
    return Event(company=company, headcount=headcount, percent=None, tech=False, kind=kind, ai_cause=None)


def test_each_fact_is_right_or_wrong_by_any_accepted_answer() -> None:
    shares, misses = facts(
        [
            (story("a", company=("GM", "General Motors"), headcount=(300,)), event("general  motors", 300)),
            (story("b", company=("Acme",), borderline=True), event("Other")),
            (story("c"), None),
        ]
    )
    assert shares["company", "all", "all"] == Share(right=2, total=3)
    assert shares["company", "en", "clear"] == Share(right=2, total=2)
    assert shares["headcount", "all", "all"] == Share(right=3, total=3)
    assert misses == [FactMiss(id="b", fact="company", language=Language.EN, meant="Acme", found="Other", title="b")]


def test_of_no_layoff_nothing_may_be_read() -> None:
    shares, misses = facts(
        [
            (story("quiet", layoff=False), None),
            (story("fired", layoff=False), event(kind=EventKind.SINGLE_DISMISSAL)),
            (story("read", layoff=False), event("Acme")),
        ]
    )
    assert shares["nothing", "all", "all"].rate == pytest.approx(2 / 3)
    assert [miss.id for miss in misses] == ["read"]
    assert ("company", "all", "all") not in shares


def test_a_share_of_nothing_says_nothing() -> None:
    assert Share().rate is None


def report(name: str, cluster: str, group: str, *, near: str = "", event: str = "", language: str = "en") -> Report:
    return Report(
        id=name, title=name, language=Language(language), cluster=cluster, event=event, near=near, story=group
    )


def test_pairs_and_near_misses_are_counted_by_language_and_across() -> None:
    found = stories(
        [
            report("a", "mill", "1", event="mill"),
            report("b", "mill", "1", event="mill"),
            report("c", "mill-id", "2", event="mill", language="id"),
            report("d", "mill~1", "1", near="mill"),
            report("e", "mill~2", "3", near="mill"),
        ]
    )
    every = found.pairs["all"]
    assert (every.right, every.false, every.missed, every.quiet) == (1, 2, 2, 5)
    assert (found.pairs["en+id"].missed, found.pairs["en"].right) == (2, 1)
    assert found.near["all"] == Share(right=1, total=2)
    assert [(miss.one.id, miss.other.id, miss.meant) for miss in found.misses] == [
        ("a", "c", True),
        ("a", "d", False),
        ("b", "c", True),
        ("b", "d", False),
    ]


def test_a_near_miss_in_another_language_than_its_cluster_counts_too() -> None:
    found = stories(
        [
            report("a", "mill", "1", event="mill"),
            report("b", "mill-id", "2", event="mill", language="id"),
            report("c", "mill~1", "2", near="mill"),
        ]
    )
    assert found.near["en"] == Share(right=1, total=1)


HEADLINE = {"id": 1, "title": "Mill lays off 90", "lang": "en", "ai": 0, "layoff": 1, "tech": 0}


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "not JSON"),
        ("[1]", "no"),
        (json.dumps({**HEADLINE, "lang": "fr"}), "'fr'"),
        (json.dumps({**HEADLINE, "lang": ["en"]}), "en"),
        (json.dumps({**HEADLINE, "title": 5}), "title"),
        (json.dumps({"title": "x", "lang": "en"}), "ai, layoff, tech"),
        (json.dumps({**HEADLINE, "accept": 5}), "accept"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_count(tmp_path: Path, line: str, named: str) -> None:
    path = tmp_path / HEADLINES
    path.write_text(f"{json.dumps(HEADLINE)}\n\n{line}\n{json.dumps(HEADLINE)}\n", "utf-8")
    rows, problems = read_rows(path)
    assert len(rows) == 2
    assert [problem.where for problem in problems] == [f"{path} line 3"]
    assert named in problems[0].what


def test_a_set_measures_what_is_there() -> None:
    fact: dict[str, Any] = {
        "title": "Mill Acme lays off 90",
        "lang": "en",
        "is_layoff": 1,
        "company": "Acme",
        "headcount": 90,
        "percent": None,
        "accept": {"company": ["Mill Acme", None], "headcount": 91},
    }
    assert facts_of(fact).accepted == {
        "company": ("Acme", "Mill Acme", None),
        "headcount": (90, 91),
        "percent": (None,),
    }
    result = measure({FACTS: [fact]}, shipped())
    assert result.facts["headcount", "en", "all"].rate == 1.0
    assert (result.topics, result.grouping) == ({}, None)
    cluster = {"lang": "en", "cluster": "a", "near": None, "date": "2026-01-01"}
    told = [{**cluster, "title": title} for title in ("Acme cuts 90 jobs", "Acme lays off 90 people", "Rain is coming")]
    grouping = measure({CLUSTERS: told}, shipped()).grouping
    assert grouping is not None
    assert (grouping.pairs["all"].right, grouping.pairs["all"].missed) == (1, 2)
