"""What is wrong with a rule file is said with file, line, rule and key, all of it at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import ConfigError
from bot.editorial.rules.loader import load
from tests.unit.test_rules_kinds import OTHERS, SCALE

RULE = """[[rule]]
id = "mill"
kind = "words"
any = ["mill"]
points = 8
why.en = "names a mill"
why.id = "menyebut pabrik"
"""

WEIGHT = """[[rule]]
id = "feed"
kind = "weight"
points = {share}
why.en = "feed"
why.id = "sumber"
"""


def problems(text: str, **others: str) -> list[str]:
    files = {**OTHERS, "ai.toml": text, **{f"{name}.toml": other for name, other in others.items()}}
    with pytest.raises(ConfigError) as raised:
        load(files)
    return [str(problem) for problem in raised.value.problems]


def ai_file(*parts: str) -> str:
    return "\n".join([f'topic = "ai"\n{SCALE}', *parts])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("any", "anny"), ["ai.toml:", "'mill'", "`any`"]),
        (("any", "anny"), ["ai.toml:", "'mill'", "`anny`", "unknown"]),
        (('"words"', '"wrods"'), ["'mill'", "`kind`", "wrods", "words, near, count, company"]),
        (('["mill"]', "[]"), ["'mill'", "`any`", "empty"]),
        (('["mill"]', '["mill", 5]'), ["'mill'", "`any`", "5"]),
        (('["mill"]', '["@mills"]'), ["'mill'", "`any`", "@mills"]),
        (('["mill"]', '["mill(s"]'), ["'mill'", "`any`", "bracket"]),
        (("points = 8", 'points = "8"'), ["'mill'", "`points`", "number"]),
        (("points = 8", "points = true"), ["'mill'", "`points`", "number"]),
        (("points = 8", "points = 0"), ["'mill'", "`points`", "say nothing"]),
        (("points = 8\n", ""), ["'mill'", "`points`", "missing"]),
        (('why.id = "menyebut pabrik"\n', ""), ["'mill'", "`id`", "missing"]),
        (('why.id = "menyebut pabrik"', 'why.jv = "x"'), ["'mill'", "`jv`", "unknown"]),
        (("points = 8", 'points = 8\nlanguage = "fr"'), ["'mill'", "`language`", "fr"]),
        (("points = 8", 'points = 8\ntopic = "sport"'), ["'mill'", "`topic`", "sport"]),
        (("points = 8", 'points = 8\nfields = ["footer"]'), ["'mill'", "`fields`", "footer"]),
        (('"words"\nany = ["mill"]', '"near"\na = ["x"]\nb = ["y"]\nwithin = 99'), ["'mill'", "`within`"]),
        (('"words"\nany = ["mill"]', '"near"\na = ["x"]\nwithin = 2'), ["'mill'", "`b`", "missing"]),
        (('"words"\nany = ["mill"]', '"company"\ngroup = "banks"'), ["'mill'", "`group`", "banks"]),
        (('"words"', '"context"'), ["'mill'", "`beside`", "missing"]),
        (('"words"', '"context"\nbeside = ["bot"]'), ["'mill'", "`beside`", "'bot'"]),
        (('"words"', '"veto"\ncancels = ["bot"]'), ["'mill'", "`cancels`", "'bot'"]),
    ],
)
def test_a_fault_names_file_rule_and_key(change: tuple[str, str], named: list[str]) -> None:
    found = problems(ai_file(RULE.replace(*change)))
    assert any(all(part in problem for part in named) for problem in found), found


def test_the_line_of_the_key_is_given() -> None:
    text = ai_file(RULE.replace("points = 8", 'points = "8"'))
    line = text.splitlines().index('points = "8"') + 1
    assert problems(text) == [f"ai.toml:{line}, rule 'mill', key `points`: must be a number, not '8'"]


def test_all_problems_of_all_files_come_at_once() -> None:
    found = problems(ai_file(RULE.replace("any", "anny")), extra='topic = "ai"\nlanguge = "en"', broken="= nonsense")
    assert {problem.split(":")[0].split(",")[0] for problem in found} == {"ai.toml", "extra.toml", "broken.toml"}


def test_two_rules_of_one_id() -> None:
    assert any("id of another rule" in one for one in problems(ai_file(RULE, RULE)))


def test_a_context_cannot_lean_on_a_context() -> None:
    first = RULE.replace('"words"', '"context"\nbeside_words = ["x"]')
    second = first.replace('"mill"', '"mall"', 1).replace('beside_words = ["x"]', 'beside = ["mill"]')
    assert any("context itself" in one for one in problems(ai_file(first, second)))


@pytest.mark.parametrize(
    ("example", "named"),
    [
        ('title = "A mill"\nexpect = { sport = "hit" }', ["example 1", "`expect`", "sport"]),
        ('title = "A mill"\nexpect = { ai = "yes" }', ["example 1", "`expect`", "yes"]),
        ('title = "A mill"\nrule = "mall"', ["example 1", "`rule`", "'mall'"]),
        ('title = "A mill"\nsilent = ["mall"]', ["example 1", "`silent`", "'mall'"]),
        ('titel = "A mill"', ["example 1", "`titel`", "unknown"]),
    ],
)
def test_faults_of_examples(example: str, named: list[str]) -> None:
    found = problems(ai_file(RULE, f"[[example]]\n{example}\n"))
    assert any(all(part in problem for part in named) for problem in found), found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (ai_file(RULE).replace("normal = 6", "normal = 3"), ["thresholds of ai", "rise"]),
        (ai_file(RULE).replace("title = 1.0", "title = 0.1"), ["weights of ai", "fall"]),
        (ai_file(RULE).replace("high = 9", ""), ["thresholds", "`high`", "missing"]),
        (RULE, ["`topic`", "missing"]),
        ('lists = "none"', ["`lists`", "table"]),
        (
            ai_file(RULE) + '[[rule]]\nid = "w"\nkind = "weight"\npoints = 0.6\nwhy.en = "a"\nwhy.id = "b"',
            ["lift noise"],
        ),
        (
            ai_file(RULE) + '[[rule]]\nid = "w"\nkind = "weight"\npoints = 0.4\nwhy.en = "a"\nwhy.id = "b"',
            ["lose a clear"],
        ),
        ('topic = "ai"\nafter = "tech-layoffs"\n' + SCALE, ["`after`"]),
        ('topic = "ai"\nrule = 5\n' + SCALE, ["[[rule]]"]),
    ],
)
def test_faults_of_a_whole_file(text: str, named: list[str]) -> None:
    found = problems(text)
    assert any(all(part in problem for part in named) for problem in found), found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[companies.technology]\n"Acme" = ["Roadrunner"]\n"Rival" = ["roadrunner"]', ["`Rival`", "'Acme'"]),
        ('[companies.technology]\n"Acme" = 5', ["`Acme`", "list"]),
        ('also_words = ["Gap"]\n[companies.technology]\n"Acme" = []', ["`also_words`", "'Gap'"]),
        ("[companies]\ntechnology = 5", ["`technology`", "table"]),
    ],
)
def test_faults_of_the_company_table(text: str, named: list[str]) -> None:
    found = problems(ai_file(RULE), companies=text)
    assert any(all(part in problem for part in named) for problem in found), found


def test_rules_without_examples_or_with_wrong_ones_are_reported() -> None:
    book = load({**OTHERS, "ai.toml": ai_file(RULE)})
    assert [problem.what.split(";")[0] for problem in book.run_examples()] == ["has no example", "has no near miss"]
    book = load({**OTHERS, "ai.toml": ai_file(RULE + 'speaks = ["A mall"]\nsilent = ["A mill"]')})
    assert [problem.what for problem in book.run_examples()] == [
        "should speak on 'A mall'",
        "should be silent on 'A mill'",
    ]
    example = '[[example]]\ntitle = "A mall"\nexpect = { ai = "hit" }\nrule = "mill"'
    book = load({**OTHERS, "ai.toml": ai_file(RULE + 'speaks = ["A mill"]\nsilent = ["A mall"]', example)})
    assert len(book.run_examples()) == 2


SCALAR = st.sampled_from(['"x"', "5", "true", "[]", '["x"]', "{}", "{ x = 1 }", '""', "1.5", "[1]", "nan", "inf"])
TOP = "topic language after lists thresholds weights companies also_words rule example"
DOTTED = "rule.id rule.kind rule.any why.en lists.x companies.technology thresholds.low weights.title"
KEYS = "id kind any points why a b within fields speaks case beside unless"
KINDS = ("words", "near", "veto", "company", "context", "hint")


@given(st.lists(st.tuples(st.sampled_from([*TOP.split(), *DOTTED.split()]), SCALAR), max_size=6))
def test_nothing_but_a_config_error_comes_out(entries: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in entries)
    with pytest.raises(ConfigError):
        load({"ai.toml": text})


@given(st.dictionaries(st.sampled_from(KEYS.split()), SCALAR), st.sampled_from(KINDS))
def test_no_rule_breaks_the_loader(keys: dict[str, str], kind: str) -> None:
    named = {"kind": f'"{kind}"', **keys}
    text = "[[rule]]\n" + "\n".join(f"{key} = {value}" for key, value in named.items())
    with pytest.raises(ConfigError):
        load({**OTHERS, "ai.toml": ai_file(text)})
