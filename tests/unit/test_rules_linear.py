"""What people write in rule files cannot make a story expensive: the work grows as the text does, whatever it says."""

from __future__ import annotations

import re
import sys
from types import FrameType
from typing import Any

import pytest

from bot.domain.errors import ConfigError
from bot.domain.story import Item, Language
from bot.editorial.facts.extract import extract
from bot.editorial.rules.notation import read_phrase
from tests.unit.facts import RULES, shipped
from tests.unit.test_rules_kinds import ai, book, rule

SHORT, LONG = 5_000, 20_000
LONGEST = 100_000
# Four times the text may take a little more than four times the steps, never sixteen times.
MOST = 5.0
HOSTILE = [
    "cut prices staff ",
    "no layoffs ",
    "300 staff affected ",
    "cut 300 ",
    "AI ",
    "tak PHK ",
    "a ",
    "Nvidia, ",
    "1 ",
]
# Every rule that looks at two places, with words that stand everywhere and are barred everywhere.
WORST = rule(
    'a = ["a a a b", "x"]\nb = ["y"]\nwithin = 30\nnot_between = ["x y"]\nbut_not = ["y x"]', kind="near"
) + rule('a = ["x"]\npeople = ["y"]\nb = ["b"]\nwithin = 9\nnot_between = ["x"]', identity="count", kind="count")


def steps(work: Any) -> int:
    """Calls made, which do not depend on the machine."""
    made = 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return made


@pytest.mark.parametrize(
    ("pattern", "field"),
    [*((pattern, "title") for pattern in HOSTILE), ("cut prices staff ", "summary"), ("cut prices staff ", "content")],
)
def test_a_hostile_text_costs_as_much_as_it_is_long(pattern: str, field: str) -> None:
    rulebook = shipped()

    def judge(length: int) -> None:
        item = Item(**{"title": "Mill", field: pattern * (length // len(pattern))})
        verdict = rulebook.judge(item, Language.EN)
        extract(item, language=Language.EN, verdict=verdict, rulebook=rulebook)

    judge(100)
    assert steps(lambda: judge(LONG)) <= MOST * steps(lambda: judge(SHORT))


def test_so_does_one_of_a_hundred_kilobytes() -> None:
    rulebook = shipped()
    shorter, longest = (
        Item(title="cut prices staff no layoffs, " * (length // 30)) for length in (LONGEST // 4, LONGEST)
    )
    rulebook.judge(shorter, Language.EN)
    cost = steps(lambda: rulebook.judge(longest, Language.EN))
    assert cost <= MOST * steps(lambda: rulebook.judge(shorter, Language.EN))


@pytest.mark.parametrize("pattern", ["x y ", "y x ", "a a a ", "x 300 y ", "x y b "])
def test_a_hostile_rule_costs_no_more(pattern: str) -> None:
    rules = book(WORST)
    short, long = (pattern * (length // len(pattern)) for length in (SHORT, LONG))
    assert steps(lambda: ai(rules, long)) <= MOST * steps(lambda: ai(rules, short))


def test_a_phrase_stands_for_a_limited_number_of_words() -> None:
    with pytest.raises(ConfigError, match="split it into several"):
        book(rule(f'any = ["{" ".join(["a/b"] * 30)}"]'))
    assert len(read_phrase(" ".join(["a/b"] * 9))) <= 1_000


def test_rules_have_no_regular_expressions() -> None:
    """Signs that would mean something in one stand for themselves or are refused."""
    rules = book(rule('any = ["x.*y"]'))
    assert not ai(rules, "x and then y").reasons
    assert ai(rules, "x y").reasons
    keys = {
        key for path in RULES.glob("*.toml") for key in re.findall(r"^(\w+) =", path.read_text("utf-8"), re.MULTILINE)
    }
    assert keys.isdisjoint({"regex", "regexp", "pattern", "re"})
