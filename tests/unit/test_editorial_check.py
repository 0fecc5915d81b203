"""`kabar check`: examples of rules, facts and same stories run, and one that fails says what came out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.domain.errors import ConfigError
from bot.editorial.check import count_examples, failing_examples
from bot.editorial.rules.loader import load
from tests.unit.facts import RULES, shipped

SHIPPED = {path.name: path.read_text("utf-8") for path in RULES.glob("*.toml")}
FACT = """
[[facts_example]]
title = "Velmora to cut 1,300 jobs"
language = "en"
company = "Velmora"
headcount = 1300
"""
PAIR = """
[[pair]]
one = "Nokia to cut 2,400 jobs"
other = "Nokia lays off 2,400 workers"
expect = "same"
"""


def problems(**added: str) -> list[str]:
    """What is wrong with the shipped files when these lines are added to them."""
    files: Mapping[str, str] = {
        name: text + added.get(name.removesuffix(".toml"), "") for name, text in SHIPPED.items()
    }
    return [str(problem) for problem in failing_examples(load(files))]


def test_the_shipped_files_hold() -> None:
    assert problems() == []


def test_every_shipped_rule_speaks_on_one_example_and_is_silent_on_another() -> None:
    rulebook = shipped()
    for head in rulebook.heads:
        spoken = head.speaks or any(head.id in example.rules for example in rulebook.examples)
        silent = head.silent or any(head.id in example.silent for example in rulebook.examples)
        assert spoken, head.id
        assert silent, head.id


def test_the_other_files_have_examples_and_near_misses() -> None:
    rulebook = shipped()
    assert {example.kind is None for example in rulebook.fact_examples} == {True, False}
    assert {pair.same for pair in rulebook.pairs} == {True, False}
    assert count_examples(rulebook) > len(rulebook.examples) + 20


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (('"Velmora"\n', '"Acme"\n'), "company Acme, but gives Velmora"),
        (("1300", "13"), "headcount 13, but gives 1300"),
        (("headcount = 1300", ""), "headcount none, but gives 1300"),
        (("headcount = 1300", "headcount = 1300\npercent = 12.5"), "percent 12.5, but gives none"),
        (("headcount = 1300", 'headcount = 1300\nkind = "rumour"'), "kind rumour, but gives layoff"),
        (("headcount = 1300", 'headcount = 1300\ncause = "mixed"'), "cause mixed, but gives none"),
        (("headcount = 1300", 'kind = "none"'), "kind none, but gives layoff"),
        (("cut 1,300", "fill 1,300"), "kind layoff, but gives none"),
    ],
)
def test_a_fact_that_is_read_otherwise_is_named(change: tuple[str, str], named: str) -> None:
    assert change[0] in FACT
    (problem,) = problems(facts=FACT.replace(*change))
    assert problem.startswith("facts.toml:")
    assert named in problem


def test_a_pair_that_is_seen_otherwise_is_named() -> None:
    assert problems(same_story=PAIR) == []
    (problem,) = problems(same_story=PAIR.replace('"same"', '"other"'))
    assert problem.startswith("same_story.toml:")
    assert "should be two stories, but are same: Nokia: job cuts, same number" in problem
    (problem,) = problems(same_story=PAIR.replace("lays off 2,400", "lays off 90"))
    assert "should be the same story, but are other: the numbers differ" in problem


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ({"facts": FACT.replace("headcount", "heads")}, ["facts.toml", "facts_example", "`heads`", "unknown"]),
        ({"facts": FACT.replace('title = "Velmora to cut 1,300 jobs"', "")}, ["facts_example", "`title`", "missing"]),
        ({"facts": FACT + 'kind = "sale"'}, ["`kind`", "sale"]),
        ({"facts": FACT.replace("1300", '"1300"')}, ["`headcount`", "number"]),
        ({"same_story": PAIR.replace("expect", "expected")}, ["same_story.toml", "pair", "`expected`", "unknown"]),
        ({"same_story": PAIR.replace('"same"', '"alike"')}, ["pair", "`expect`", "alike"]),
    ],
)
def test_what_is_wrong_with_an_example_is_named(added: dict[str, str], named: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        problems(**added)
    assert any(all(part in str(problem) for part in named) for problem in caught.value.problems)
