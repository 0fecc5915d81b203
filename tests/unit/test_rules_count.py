"""Kind `count`: numbers of people by what stands before and behind them, and what is no number of people."""

from __future__ import annotations

import pytest

from bot.domain.errors import ConfigError
from tests.unit.test_rules_kinds import book, rule, speaks

BEHIND = rule(
    'a = ["shed(s)", "cut(s)"]\nabout = ["about", "up to"]\nthen = ["as", "in"]\nbut_not = ["haircut(s)"]', kind="count"
)
AROUND = rule(
    'people = ["jobs", "staff"]\nb = ["gone", "affected"]\nwithin = 3\nbut_not = ["affected by heat"]', kind="count"
)
BETWEEN = rule('a = ["drop(s)"]\npeople = ["staff"]\nnot_between = ["from"]', kind="count")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Mill sheds 740", True),
        ("Mill sheds 740 as orders fall", True),
        ("Mill sheds about 1,200 in Linden", True),
        ("Mill sheds up to 'hundreds'", True),
        ("Mill cuts 6,000, or 3% of staff", True),
        ("Mill cuts hundreds", True),
        ("Mill cuts 740 flights", False),
        ("Mill cuts 9", False),
        ("Mill cuts 20%", False),
        ("Mill cuts $740", False),
        ("Mill cuts Rp 740", False),
        ("Mill cuts 2 million", False),
        ("Mill cuts 2.5 in June", False),
        ("Mill cuts 2026", False),
        ("Mill cuts: 740 in Linden wait", False),
        ("Mill cuts. 740 in Linden wait", False),
        ("Mill cuts costs, 740 as of today", False),
    ],
)
def test_a_number_behind_a_verb(title: str, expected: bool) -> None:
    assert speaks(book(BEHIND), title) is expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("730 jobs affected", True),
        ("4,000 support jobs are gone", True),
        ("730 warehouse and office jobs affected", True),
        ("Mill quits Linden, 730 jobs affected", True),
        ("730 jobs in seven towns affected", True),
        ("730 jobs in Linden and Dunmere may be affected", False),
        ("730 staff affected by heat", False),
        ("730 stay, jobs affected", False),
        ("Jobs affected by 730 tests", False),
        ("730 visitors affected", False),
    ],
)
def test_people_counted_and_what_becomes_of_them(title: str, expected: bool) -> None:
    assert speaks(book(AROUND), title) is expected


@pytest.mark.parametrize(
    ("title", "expected"), [("Mill drops 30 office staff", True), ("Mill drops 30 minutes from staff talks", False)]
)
def test_words_that_part_number_and_people(title: str, expected: bool) -> None:
    assert speaks(book(BETWEEN), title) is expected


@pytest.mark.parametrize(
    ("keys", "named"),
    [('about = ["about"]', "`a`"), ('people = ["staff"]', "`b`"), ('people = ["staff"]\nb = ["gone"]', "`within`")],
)
def test_what_it_needs(keys: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        book(rule(keys, kind="count"))
    assert any(named in str(problem) for problem in caught.value.problems)
