"""Every trouble that a source can name has words and a way out, in both languages."""

from __future__ import annotations

import ast
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

import bot.sources
from bot.domain.feed import Feed, FeedState
from bot.domain.schedule import Rhythm
from bot.services.feed_words import cause_words, fix_words, silence_words
from bot.texts import LANGUAGES, Texts
from tests.builders import DAY, HOUR, NOW, a_spec

ERRORS = {"Unavailable", "Malformed", "Gone", "Forbidden"}


@cache
def codes() -> tuple[str, ...]:
    """The causes that stand in the sources' code."""
    found = {"internal", "http_410", "http_404", "http_401", "http_403", "http_429", "http_500", "http_503"}
    for path in Path(bot.sources.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_error = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ERRORS
            if is_error and call.args and isinstance(call.args[0], ast.Constant):
                found.add(str(call.args[0].value))
    return tuple(sorted(found))


def test_the_list_of_causes_is_not_empty() -> None:
    assert {"timeout", "not_a_feed", "private_address", "challenge", "login_page"} <= set(codes())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_is_said_in_words(language: str) -> None:
    texts = Texts(language)
    other = texts.say("cause.other", code="x").partition("x")[0]
    for code in codes():
        assert not cause_words(code, texts).startswith(other), code
        assert fix_words(code, texts) != texts.say("cli.fix.other"), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_status_nobody_thought_of_is_named(language: str) -> None:
    texts = Texts(language)
    assert "418" in cause_words("http_418", texts)
    assert fix_words("http_418", texts) == texts.say("cli.fix.other")
    assert fix_words("http_520", texts) == texts.say("cli.fix.passing")
    assert "brand_new" in cause_words("brand_new", texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_silence_is_told_with_what_is_usual(language: str) -> None:
    rhythm = Rhythm(gap=2 * HOUR, newest=NOW - 6 * DAY)
    feed = Feed(spec=a_spec(), state=FeedState.OK, last_ok=NOW, rhythm=rhythm)
    words = silence_words(feed, Texts(language), NOW)
    assert words is not None
    assert ("6 d" in words, "2 h" in words) == ((True, True) if language == "en" else (False, False))
    assert ("6 hari" in words, "2 jam" in words) == ((False, False) if language == "en" else (True, True))
    fresh = Feed(
        spec=a_spec(), state=FeedState.OK, last_ok=NOW, rhythm=Rhythm(gap=HOUR, newest=NOW - timedelta(days=1))
    )
    assert silence_words(fresh, Texts(language), NOW) is None
