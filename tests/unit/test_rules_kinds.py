"""Each kind of rule on sentences of its own, and how phrases are written."""

from __future__ import annotations

import pytest

from bot.domain.story import Item, Language, Topic
from bot.domain.verdict import TopicScore
from bot.editorial.rules.loader import load
from bot.editorial.rules.notation import BadPhrase, read_phrase
from bot.editorial.score import Rulebook

SCALE = """
[thresholds]
low = 4
normal = 6
high = 9
[weights]
title = 1.0
summary = 0.5
content = 0.1
"""
OTHERS = {
    "layoffs.toml": f'topic = "layoffs"\n{SCALE}',
    "tech.toml": f'topic = "tech-layoffs"\nafter = "layoffs"\n{SCALE}',
}


def book(rules: str, lists: str = "", **files: str) -> Rulebook:
    ai = f'topic = "ai"\n{SCALE}\n{lists}\n{rules}'
    return load({**OTHERS, "ai.toml": ai, **{f"{name}.toml": text for name, text in files.items()}})


def rule(keys: str, *, identity: str = "mill", kind: str = "words", points: float = 8) -> str:
    worth = "" if kind == "veto" else f"points = {points}\n"
    return f'[[rule]]\nid = "{identity}"\nkind = "{kind}"\n{worth}why.en = "names it"\nwhy.id = "menyebutnya"\n{keys}\n'


def ai(
    rules: Rulebook,
    title: str,
    summary: str = "",
    content: str = "",
    *,
    weight: float = 1.0,
    hints: tuple[Topic, ...] = (),
    language: Language = Language.EN,
    source: str = "",
) -> TopicScore:
    item = Item(title=title, summary=summary, content=content)
    return rules.score(item, language=language, source=source, weight=weight, hints=hints).topics[Topic.AI]


def speaks(rules: Rulebook, title: str, identity: str = "mill") -> bool:
    return identity in {reason.rule for reason in ai(rules, title).reasons}


@pytest.mark.parametrize(
    ("written", "phrases"),
    [
        ("lay/lays/laid off", {"lay off", "lays off", "laid off"}),
        ("worker(s)", {"worker", "workers"}),
        ("of (its/the) staff", {"of staff", "of its staff", "of the staff"}),
        ("cut # jobs", {"cut # jobs"}),
        ("A.I. lay-off", {"ai lay off"}),
        ("fire (more than) #", {"fire #", "fire more than #"}),
    ],
)
def test_phrase_notation(written: str, phrases: set[str]) -> None:
    assert {" ".join(phrase.words) for phrase in read_phrase(written)} == phrases


@pytest.mark.parametrize(
    "written",
    ["", "  ", "#", "5", "worker(s", "worker)s(", "a//b", "/", "!!", "AI-made/driven", "((a))", "a/" * 900],
)
def test_phrases_that_cannot_be_meant(written: str) -> None:
    with pytest.raises(BadPhrase):
        read_phrase(written)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("The mill closes", True),
        ("“Mills” close!", True),
        ("A MILL-town", True),
        ("The miller closes", False),
        ("A windmill closes", False),
        ("The rumour mill", False),
        ("The rumour mill and the mill", True),
    ],
)
def test_words_are_whole_words(title: str, expected: bool) -> None:
    rules = book(rule('any = ["mill(s)"]\nbut_not = ["rumour mill"]'))
    assert speaks(rules, title) is expected


@pytest.mark.parametrize(
    ("title", "expected"), [("AI here", True), ("A.I. here", True), ("Ai Weiwei", False), ("ai", False)]
)
def test_case_counts_where_it_is_asked_for(title: str, expected: bool) -> None:
    assert speaks(book(rule('any = ["AI"]\ncase = true')), title) is expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Mill cuts 1,200 of its jobs", True),
        ("Jobs: mill cuts them", False),
        ("Mill cuts one two three four jobs", False),
        ("Mill cuts a ribbon. Jobs fair opens", False),
        ("Mill Inc. cuts all jobs", True),
        ("Mill cuts prices of jobs", False),
        ("Mill cuts, jobs stay", False),
    ],
)
def test_near_in_order(title: str, expected: bool) -> None:
    keys = 'a = ["cuts"]\nb = ["jobs"]\nwithin = 3\nordered = true\nsame_clause = true\nnot_between = ["prices"]'
    assert speaks(book(rule(keys, kind="near")), title) is expected


def test_near_in_either_order() -> None:
    rules = book(rule('a = ["jobs"]\nb = ["cut(s)"]\nwithin = 1', kind="near"))
    assert speaks(rules, "Jobs cut")
    assert speaks(rules, "Cut of jobs")
    assert not speaks(rules, "Cut of many jobs")


@pytest.mark.parametrize("number", ["7", "1,300", "1.300", "9k", "dozens", "ratusan", "half"])
def test_a_number_sign_is_any_number(number: str) -> None:
    rules = book(rule('any = ["cut # jobs", "# posts"]'))
    assert speaks(rules, f"They cut {number} jobs")
    assert speaks(rules, f"{number} posts")
    assert not speaks(rules, "They cut more jobs")


COMPANIES = """
also_words = ["Gap"]
[companies.technology]
"Acme" = ["Acme Cloud", "Roadrunner"]
"Gap" = []
[companies.other]
"Dairy & Sons" = []
"""


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Acme opens", True),
        ("At roadrunner’s office", True),
        ("Gap opens", True),
        ("A gap opens", False),
        ("Acme Valley opens", False),
        ("Dairy & Sons opens", False),
    ],
)
def test_company(title: str, expected: bool) -> None:
    keys = 'group = "technology"\nbut_not = ["Acme Valley"]'
    assert speaks(book(rule(keys, kind="company"), companies=COMPANIES), title) is expected


def test_companies_are_found_by_any_name() -> None:
    companies = book("", companies=COMPANIES).companies
    found = companies.named("ROADRUNNER")
    assert found is not None
    assert (found.name, found.group) == ("Acme", "technology")
    assert companies.named("Dairy") is None


def test_context_counts_only_beside_another_rule_or_word() -> None:
    keys = 'any = ["Claude"]\ncase = true\nbeside = ["bot"]\nbeside_words = ["model(s)"]'
    rules = book(rule('any = ["chatbot"]', identity="bot") + rule(keys, kind="context"))
    assert not speaks(rules, "Claude Monet")
    assert speaks(rules, "Claude, a chatbot")
    assert speaks(rules, "Claude and other models")


VETO = rule('any = ["layoff(s)"]', identity="word", points=9) + rule('any = ["denies"]', kind="veto", identity="denied")


def test_a_veto_takes_everything_back_and_says_so() -> None:
    score = ai(book(VETO), "Mill denies layoffs")
    assert score.score == 0
    assert [(reason.rule, reason.points) for reason in score.reasons] == [("word", 9), ("denied", -9)]


def test_a_veto_in_the_lead_does_not_silence_the_title() -> None:
    rules = book(VETO)
    assert ai(rules, "Layoffs at the mill", "The owner denies more layoffs").score == 9
    assert ai(rules, "News from the mill", "The owner denies layoffs").score == 0


def test_a_veto_may_cancel_some_rules_and_yield_to_others() -> None:
    rules = book(
        rule('any = ["cuts"]', identity="cuts", points=7)
        + rule('any = ["jobs"]', identity="jobs", points=3)
        + rule('any = ["certain"]', identity="certain", points=1)
        + rule('any = ["prices"]\ncancels = ["cuts"]\nunless = ["certain"]', kind="veto", identity="prices")
    )
    assert ai(rules, "Mill cuts prices and jobs").score == 3
    assert ai(rules, "Mill cuts prices and jobs, certain").score == 11


def test_a_rule_counts_once_in_its_best_field() -> None:
    score = ai(book(rule('any = ["mill"]')), "The mill, a mill", "mill mill", "mill")
    assert [(reason.points, reason.field, reason.text) for reason in score.reasons] == [
        (8, "title", "The mill, a mill")
    ]
    assert ai(book(rule('any = ["mill"]')), "News", "A mill").score == 4


def test_the_first_lines_of_the_content_stand_in_for_a_missing_summary() -> None:
    rules = book(rule('any = ["mill"]'))
    assert [r.field for r in ai(rules, "News", "", "A mill.").reasons] == ["summary"]
    assert [r.field for r in ai(rules, "News", "", "word " * 120 + "mill").reasons] == ["content"]
    assert [r.field for r in ai(rules, "News", "word " * 120 + "mill", "").reasons] == ["content"]


def test_a_rule_may_look_at_the_source_only() -> None:
    rules = book(rule('any = ["AI News"]\nfields = ["source"]'))
    assert not speaks(rules, "AI News")
    assert ai(rules, "Notes", source="The AI News").reasons[0].field == "source"


def test_rules_of_another_language_are_silent() -> None:
    rules = book(rule('any = ["pabrik"]\nlanguage = "id"'))
    assert ai(rules, "Pabrik").score == 0
    assert ai(rules, "Pabrik", language=Language.ID).score == 8


FEED = rule("", kind="hint", identity="hint", points=1) + rule("", kind="weight", identity="weight", points=0.2)


def test_a_feed_moves_a_score_a_little() -> None:
    rules = book(rule('any = ["mill"]', points=10) + FEED)
    assert ai(rules, "mill", weight=1.5).score == 12
    assert ai(rules, "mill", weight=99).score == 12
    assert ai(rules, "mill", weight=0.5).score == 8
    assert ai(rules, "mill", hints=(Topic.AI,)).score == 11
    assert ai(rules, "mill", hints=(Topic.LAYOFFS,)).score == 10
    assert ai(rules, "nothing", weight=1.5, hints=(Topic.AI,)).score == 0


def test_a_feed_neither_lifts_noise_nor_loses_a_clear_story() -> None:
    noise = book(rule('any = ["mill"]', points=3.99) + FEED)
    assert not ai(noise, "mill", weight=1.5, hints=(Topic.AI,)).hit
    clear = book(rule('any = ["mill"]', points=9) + FEED)
    assert ai(clear, "mill", weight=0.5).hit


def test_a_topic_after_another_is_as_sure_as_the_weaker_of_both() -> None:
    words = rule('topic = "layoffs"\nany = ["layoffs"]', identity="layoffs", points=7)
    tech = rule('topic = "tech-layoffs"\nany = ["startup"]', identity="tech", points=9)
    rules = book(words + tech)

    def tech_score(title: str) -> float:
        return rules.judge(Item(title=title), Language.EN).topics[Topic.TECH_LAYOFFS].score

    assert tech_score("Startup layoffs") == 7
    assert tech_score("Startup opens") == 0
    assert tech_score("Mill layoffs") == 0


def test_lists_are_shared_and_may_hold_lists() -> None:
    lists = '[lists]\nplants = ["mill", "@smelters"]\nsmelters = ["smelter(s)"]'
    assert speaks(book(rule('any = ["@plants"]'), lists), "Two smelters")
