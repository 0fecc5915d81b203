"""`kabar group`: the order of the lines changes nothing, odd dates and ids are dealt with, bad lines are named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.group import grouped
from bot.editorial.rules.loader import load
from bot.editorial.score import Rulebook
from bot.sample import dated
from bot.sources.formats import read_document
from tests.builders import DAY, HOUR, NOW, patient

RULES = Path(__file__).resolve().parents[2] / "config" / "rules"
CUT = "Nokia to cut 2,400 jobs as orders shrink"


@cache
def rulebook() -> Rulebook:
    return load({path.name: path.read_text("utf-8") for path in RULES.glob("*.toml")})


def lines(stories: Iterable[Mapping[str, object]]) -> list[bytes]:
    return [json.dumps(story).encode() for story in stories]


def told(*stories: Mapping[str, object]) -> list[str]:
    rows, wrong = grouped(lines(stories), rulebook(), NOW)
    assert not wrong
    return [row["story"] for row in rows]


def day(days: float) -> str:
    return (NOW + days * DAY).isoformat()


MIXED: list[dict[str, Any]] = [
    {"id": "a", "title": CUT, "date": day(-3)},
    {"id": "b", "title": "Nokia lays off 2,400 people", "date": day(-3)},
    {"id": "c", "title": "Nokia PHK 2.400 Karyawan", "date": day(-2.5), "lang": "id"},
    {"id": "d", "title": "Nokia cuts 11% of its staff", "date": day(-2)},
    {"id": "e", "title": "Nokia sheds staff in Oulu", "date": day(-1)},
    {"id": "f", "title": "Nokia layoffs reach Oulu", "date": "no date"},
    {"id": "g", "title": "Asus lays off staff in Taipei"},
    {"id": "h", "title": "Asus announces layoffs in Taipei", "date": day(0)},
    {"id": 7, "title": "Vandal Systems closes Dunmere office", "date": day(-1)},
    {"title": "Linden campus shut by firm, 310 staff leave", "date": day(-1)},
    {"url": "https://wire.example/1", "title": "Vandal Systems closes Dunmere office, 310 staff leave Linden campus"},
    {"id": "a", "title": "Bus route 14 to run every ten minutes", "date": day(-1)},
]


@patient
@given(st.permutations(MIXED))
def test_the_order_of_the_lines_changes_nothing(stories: list[dict[str, Any]]) -> None:
    usual = {json.dumps(story): name for story, name in zip(MIXED, told(*MIXED), strict=True)}
    assert {json.dumps(story): name for story, name in zip(stories, told(*stories), strict=True)} == usual


def test_a_story_is_called_after_its_first_report() -> None:
    reports = [
        {"id": "late", "title": "Nokia lays off 2,400 people", "date": day(0)},
        {"id": "z", "title": CUT, "date": day(-1)},
        {"id": "y", "title": "Nokia sheds 2,400 staff", "date": day(-1)},
    ]
    assert told(*reports) == ["y", "y", "y"]


def test_after_72_hours_it_is_another_story() -> None:
    reports = [{"id": str(hours), "title": CUT, "date": (NOW - hours * HOUR).isoformat()} for hours in (80, 7)]
    assert told(*reports) == ["80", "7"]
    assert told(*reports, {"id": "between", "title": CUT, "date": day(-2)}) == ["80", "80", "80"]


@pytest.mark.parametrize("date", [None, "", "soon", 17, "0000-00-00", (NOW + timedelta(days=900)).isoformat()])
def test_without_a_date_it_is_of_the_newest_day(date: object) -> None:
    undated = {"id": "u", "title": "Nokia lays off 2,400 people", "date": date}
    assert told(undated, {"id": "a", "title": CUT, "date": day(-2)}) == ["a", "a"]
    old = {"id": "a", "title": CUT, "date": day(-9)}
    assert told(undated, old, {"id": "n", "title": "Bus route 14", "date": day(0)}) == ["u", "a", "n"]


def test_stories_without_an_id_are_called_by_address_or_words() -> None:
    named = told({"title": CUT, "url": "https://wire.example/1"}, {"title": "Bus route 14"}, {"title": "Bus route 14"})
    assert named[0] == "https://wire.example/1"
    assert named[1] == named[2].partition("~")[0]


def test_two_stories_with_one_id_are_not_one_story() -> None:
    assert told({"id": 1, "title": CUT}, {"id": 1, "title": "Bus route 14 to run all night"}) == ["1~2", "1"]


def test_lines_that_are_no_story_are_named() -> None:
    rows, wrong = grouped([b"{", b"", b"[]", b'{"title": 5}', b'{"id": "a"}', b"\xff"], rulebook(), NOW)
    assert rows == [{"id": "a", "story": "a"}]
    assert wrong == [1, 3, 4, 6]


def test_the_events_of_the_sample_day() -> None:
    """Reports of one event, in both languages, are one story; its explainer and the share price are not in it."""
    stories = []
    for path in sorted(files("bot.sample").joinpath("documents").iterdir(), key=lambda one: one.name):
        document = read_document(dated(path.read_text("utf-8"), NOW).encode(), None, None, NOW)
        stories += [
            {"id": f"{path.name} {n}", "title": one.title, "summary": one.summary, "date": one.published.isoformat()}
            for n, one in enumerate(document.items)
            if one.published is not None
        ]
    found: dict[str, list[str]] = {}
    for story, name in zip(stories, told(*stories), strict=True):
        found.setdefault(name, []).append(str(story["title"]))
    of_title = {title: titles for titles in found.values() for title in titles}
    northwind = of_title["Northwind Cloud to lay off 1,300 workers, citing AI tools"]
    assert len(northwind) == 7  # five reports, and the number that became 1,450 in both languages
    assert "PHK Northwind Cloud Bertambah Menjadi 1.450 Orang" in northwind
    assert len(of_title["Northwind Cloud shares jump 6 percent after job cuts"]) == 1
    assert len(of_title["Why cloud companies keep cutting staff while they buy more GPUs"]) == 1
    assert len(of_title["Pasar Kilat PHK 850 Karyawan, Tim Gudang Paling Terdampak"]) == 7
    assert len(of_title["Kirana Pay raises $145m to catch fraud with AI"]) == 4
    assert len(of_title["OxbowSoft denies layoffs after leaked slide: “There is no plan”"]) == 1
    assert len(of_title["Turbine maker Aldgate Power to hire 1,300 as orders pile up"]) == 1
