"""What the rule files say together: their texts in, a Rulebook out, or every problem in them at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from bot.domain.errors import ConfigError
from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.editorial.facts.example import FactExample, read_fact_example
from bot.editorial.facts.lexicon import Lexicon, read_lexicon
from bot.editorial.rules.company import Companies
from bot.editorial.rules.company_table import read_companies
from bot.editorial.rules.consistency import problems_of
from bot.editorial.rules.rule import BODY, Field, TopicRules
from bot.editorial.rules.rule_table import read_examples, read_rules
from bot.editorial.rules.shelf import LANGUAGES, TOPICS, RuleFile, Shelf
from bot.editorial.rules.table import Faults, Table
from bot.editorial.same_story.example import Pair, read_pair
from bot.editorial.same_story.wording import Wording, read_wording
from bot.editorial.score import Rulebook

T = TypeVar("T")
_TOML_LINE = re.compile(r"line (\d+)")


def load(files: Mapping[str, str]) -> Rulebook:
    """`files`: name → text, TOML. Raises ConfigError with all problems of all files."""
    opened = [_parse(name, text) for name, text in sorted(files.items())]
    shelf = Shelf()
    for file in opened:
        _read_lists(file, shelf)
    for file in opened:
        _read_companies(file, shelf)
        _read_header(file, shelf)
    for file in opened:
        read_rules(file, shelf)
        read_examples(file, shelf)
    lexicon, fact_examples = _read_facts(opened, shelf)
    wording, pairs = _read_same_story(opened)
    problems = [problem for file in opened for problem in file.faults.problems]
    problems += problems_of(shelf)
    if problems:
        raise ConfigError(problems)
    shelf.vocabulary.settle()
    return Rulebook(
        vocabulary=shelf.vocabulary,
        topics=shelf.topics,
        rules=tuple(shelf.rules),
        vetoes=tuple(shelf.vetoes),
        adjustments=tuple(sorted(shelf.adjustments, key=lambda one: not one.is_hint)),
        companies=Companies(groups=shelf.companies),
        examples=tuple(shelf.examples),
        fact_examples=fact_examples,
        pairs=pairs,
        lexicon=lexicon,
        wording=wording,
        files=dict(files),
    )


def _parse(name: str, text: str) -> RuleFile:
    faults = Faults(name, text)
    try:
        return RuleFile(data=tomllib.loads(text), faults=faults)
    except tomllib.TOMLDecodeError as fault:
        line = _TOML_LINE.search(str(fault))
        faults.add(f"is not valid TOML: {fault}", line=int(line.group(1)) if line else None)
        return RuleFile(data={}, faults=faults)


def _read_lists(file: RuleFile, shelf: Shelf) -> None:
    line = next(iter(file.faults.lines_of("[lists]")), None)
    table = Table(Table(file.data, file.faults, at="header").table("lists"), file.faults, at="lists", line=line)
    for name in table.data:
        if name in shelf.lists:
            table.fault("is defined twice; list names are shared by all files", name)
        shelf.lists[name] = table.names(name)


def _read_companies(file: RuleFile, shelf: Shelf) -> None:
    if "companies" not in file.data:
        return
    if shelf.companies:
        file.faults.add("employers are given in another file already", key="companies")
    found, groups = read_companies(file.data, file.faults)
    shelf.companies = found
    shelf.groups = groups


def _read_facts(opened: Sequence[RuleFile], shelf: Shelf) -> tuple[Lexicon | None, tuple[FactExample, ...]]:
    """From the one file with a table [facts]; without it no facts are read."""
    found: Lexicon | None = None
    examples: list[FactExample] = []
    for file in opened:
        if "facts" not in file.data:
            continue
        if found is not None:
            file.faults.add("the words for facts are given in another file already", key="facts")
            continue
        top = Table(file.data, file.faults, at="header", line=0)
        data = top.table("facts")
        examples += _examples(file, top, "facts_example", read_fact_example)
        top.finish()
        line = _first(file, "[facts]")
        table = Table(data, file.faults, at="facts", line=line, lists=shelf.lists)
        found = read_lexicon(table, shelf.companies)
    return found, tuple(examples)


def _examples(file: RuleFile, top: Table, key: str, read: Callable[[Table, str], T]) -> list[T]:
    """The [[key]] tables of a file, each read with where it stands."""
    lines = file.faults.lines_of(f"[[{key}]]")
    found: list[T] = []
    for number, data in enumerate(top.tables(key)):
        line = lines[number] if number < len(lines) else None
        table = Table(data, file.faults, at=f"{key} {number + 1}", line=line)
        found.append(read(table, f"{file.faults.file}:{line}, {key} {number + 1}"))
    return found


def _read_same_story(opened: Sequence[RuleFile]) -> tuple[Wording, tuple[Pair, ...]]:
    """From the one file with a table [same_story]; without it only headlines that are copies are one story."""
    found: Wording | None = None
    pairs: list[Pair] = []
    for file in opened:
        if "same_story" in file.data and found is not None:
            file.faults.add("is given in another file already", key="same_story")
        elif "same_story" in file.data:
            top = Table(file.data, file.faults, at="header", line=0)
            found = read_wording(top, file.faults)
            pairs += _examples(file, top, "pair", read_pair)
            top.finish()
    return found or Wording(), tuple(pairs)


_HEADER_KEYS = ("topic", "language", "after", "thresholds", "weights", "lists", "rule", "example")


def _read_header(file: RuleFile, shelf: Shelf) -> None:
    data = file.data
    if not data.keys().isdisjoint(("companies", "facts", "same_story")):
        return
    table = Table(data, file.faults, at="header", line=0)
    table.choice("topic", TOPICS, "")
    table.choice("language", LANGUAGES, "any")
    after = table.choice("after", TOPICS, "")
    for key in data:
        if key not in _HEADER_KEYS:
            table.fault(f"is unknown here; known keys: {', '.join(_HEADER_KEYS)}", key)
    if "thresholds" not in data and "weights" not in data:
        return
    if data.get("topic") not in TOPICS:
        table.fault("is missing; a file with [thresholds] names its topic", "topic")
        return
    topic = Topic(data["topic"])
    if topic in shelf.topics:
        table.fault(f"[thresholds] of {topic.value} are given in another file already", "thresholds")
    scale = Table(
        table.table("thresholds", needed=True), file.faults, at="thresholds", line=_first(file, "[thresholds]")
    )
    weights = Table(table.table("weights", needed=True), file.faults, at="weights", line=_first(file, "[weights]"))
    shelf.topics[topic] = TopicRules(
        topic=topic,
        thresholds={level: scale.number(level.value) for level in Level},
        weights={where: weights.number(where.value, needed=where in BODY) for where in Field},
        after=Topic(after) if after else None,
    )
    scale.finish()
    weights.finish()


def _first(file: RuleFile, header: str) -> int | None:
    return next(iter(file.faults.lines_of(header)), None)
