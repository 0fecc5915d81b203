"""Phrases are found wherever they stand, whichever of their words they are looked up by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.story import Item, Topic
from bot.editorial.rules.matcher import Vocabulary
from bot.editorial.rules.notation import NUMBER, Phrase
from bot.editorial.text import is_number, tokenise
from tests.unit.test_rules_kinds import SCALE, ai, book, rule

WORDS = st.sampled_from(["a", "the", "mill", "Mill", "jobs", "cut", "off", NUMBER])
PHRASES = st.lists(st.lists(WORDS, min_size=1, max_size=4).filter(lambda words: set(words) != {NUMBER}), max_size=5)
TEXTS = st.lists(st.sampled_from(["a", "the", "mill", "Mill", "MILL", "jobs", "cut", "off", "300", "half", "x"]))


def phrase(words: list[str]) -> Phrase:
    return Phrase(words=tuple(word.casefold() for word in words), forms=tuple(words))


def stands(phrase: Phrase, words: list[str], forms: list[str], first: int, *, case: bool) -> bool:
    size = len(phrase.words)
    here, written = words[first : first + size], forms[first : first + size]
    if len(here) < size:
        return False
    alike = all(is_number(word) if one == NUMBER else one == word for one, word in zip(phrase.words, here, strict=True))
    return alike and (not case or all(one in (form, NUMBER) for one, form in zip(phrase.forms, written, strict=True)))


@given(st.lists(st.tuples(PHRASES, st.booleans()), max_size=4), TEXTS)
def test_every_phrase_is_found_at_all_its_places_and_nowhere_else(
    lists: list[tuple[list[list[str]], bool]], text: list[str]
) -> None:
    vocabulary = Vocabulary()
    terms = [
        (vocabulary.term(phrases, case=case), phrases, case)
        for phrases, case in (([phrase(words) for words in listed], case) for listed, case in lists)
    ]
    tokens = tokenise(" ".join(text))
    found = vocabulary.read(tokens).found
    for term, phrases, case in terms:
        expected = {
            (first, first + len(one.words) - 1)
            for one in phrases
            for first in range(len(text))
            if stands(one, list(tokens.words), list(tokens.forms), first, case=case)
        }
        assert sorted(set(found.get(term, ()))) == sorted(expected)
        assert list(found.get(term, ())) == sorted(found.get(term, ()))
        if not vocabulary.may_be_in(tokens.words):
            assert not expected


TECH = f'topic = "tech-layoffs"\nafter = "layoffs"\n{SCALE}'


def test_a_rule_of_a_topic_that_follows_speaks_only_behind_the_other_topic() -> None:
    tech = TECH + rule('any = ["mill"]', identity="tech.mill")
    layoffs = rule('any = ["layoffs"]', identity="layoffs.word").replace("[[rule]]", '[[rule]]\ntopic = "layoffs"')
    rules = book(layoffs, tech=tech)
    verdict = rules.judge(Item(title="Mill"), None)
    assert not verdict.topics[Topic.TECH_LAYOFFS].reasons
    both = rules.judge(Item(title="Mill layoffs"), None).topics[Topic.TECH_LAYOFFS]
    assert {reason.rule for reason in both.reasons} == {"tech.mill", "layoffs.word"}


def test_one_that_another_rule_asks_for_is_heard_all_the_same() -> None:
    tech = TECH + rule('any = ["mill"]', identity="tech.mill")
    context = rule('any = ["loom"]\nbeside = ["tech.mill"]', identity="ai.loom", kind="context")
    assert {reason.rule for reason in ai(book(context, tech=tech), "Loom of a mill").reasons} == {"ai.loom"}
