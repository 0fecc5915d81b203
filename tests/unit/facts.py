"""Events of made-up stories, by the shipped rules."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.domain.event import Event
from bot.domain.story import Item, Language
from bot.editorial.facts.extract import extract
from bot.editorial.facts.lexicon import Lexicon
from bot.editorial.rules.loader import load
from bot.editorial.score import Rulebook

RULES = Path(__file__).parents[2] / "config" / "rules"


@cache
def shipped() -> Rulebook:
    return load({path.name: path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.toml"))})


def lexicon() -> Lexicon:
    found = shipped().lexicon
    assert found is not None
    return found


def event(title: str, summary: str = "", content: str = "", *, language: Language = Language.EN) -> Event | None:
    item = Item(title=title, summary=summary, content=content)
    verdict = shipped().judge(item, language)
    return extract(item, language=language, verdict=verdict, rulebook=shipped())
