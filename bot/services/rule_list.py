"""The rules as they are written in their files: to list, to search, to show one, to lend their lists to a trial."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.domain.story import Topic
from bot.editorial.score import Rulebook
from bot.editorial.text import normalise

# What a rule looks for, in the order in which it is told.
LOOKS_FOR = (
    "any",
    "a",
    "b",
    "within",
    "group",
    "beside",
    "beside_words",
    "but_not",
    "not_between",
    "cancels",
    "unless",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A rule as its file has it. `points` is None for a veto; `looks_for`: key and words, as written."""

    id: str
    file: str
    topic: Topic
    kind: str
    language: str
    points: float | None
    why: Mapping[str, str]
    looks_for: tuple[tuple[str, tuple[str, ...]], ...] = ()
    speaks: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()

    def has(self, words: Sequence[str]) -> bool:
        """Whether each word stands somewhere in it."""
        phrases = (text for _key, texts in self.looks_for for text in texts)
        whole = _folded(" ".join((self.id, self.topic.value, *self.why.values(), *phrases)))
        return all(word in whole for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFiles:
    """What there is for one topic: rules and vetoes by file."""

    topic: Topic
    rules: int
    vetoes: int
    files: tuple[tuple[str, int], ...]


def written(book: Rulebook) -> tuple[Written, ...]:
    """Every rule and veto, in the order of files and lines."""
    return _read(tuple(sorted(book.files.items())))


def lists(book: Rulebook) -> dict[str, tuple[str, ...]]:
    """The named word lists of all files."""
    found: dict[str, tuple[str, ...]] = {}
    for text in book.files.values():
        if "[lists]" in text:
            named = tomllib.loads(text).get("lists", {})
            found |= {name: _texts(value) for name, value in named.items()}
    return found


def by_topic(rules: Sequence[Written]) -> list[TopicFiles]:
    found: list[TopicFiles] = []
    for topic in Topic:
        mine = [rule for rule in rules if rule.topic is topic]
        vetoes = sum(rule.kind == "veto" for rule in mine)
        files: dict[str, int] = {}
        for rule in mine:
            files[rule.file] = files.get(rule.file, 0) + 1
        found.append(TopicFiles(topic=topic, rules=len(mine) - vetoes, vetoes=vetoes, files=tuple(files.items())))
    return found


def search(rules: Sequence[Written], asked: str, topics: Sequence[Topic] = ()) -> list[Written]:
    """Rules that have all these words in their id, reason or phrases; of `topics` where some are named."""
    words = _folded(asked).split()
    return [rule for rule in rules if (not topics or rule.topic in topics) and rule.has(words)]


@lru_cache(maxsize=2)
def _read(files: tuple[tuple[str, str], ...]) -> tuple[Written, ...]:
    return tuple(rule for name, text in files if "[[rule]]" in text for rule in _of_file(name, tomllib.loads(text)))


def _of_file(name: str, data: Mapping[str, Any]) -> Iterator[Written]:
    for table in data.get("rule", ()):
        points = table.get("points")
        yield Written(
            id=table["id"],
            file=name,
            topic=Topic(table.get("topic") or data["topic"]),
            kind=table["kind"],
            language=table.get("language") or data.get("language", "any"),
            points=float(points) if points is not None else None,
            why=table["why"],
            looks_for=tuple((key, _texts(table[key])) for key in LOOKS_FOR if key in table),
            speaks=_texts(table.get("speaks", ())),
            silent=_texts(table.get("silent", ())),
        )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def _folded(text: str) -> str:
    return normalise(text).casefold()
