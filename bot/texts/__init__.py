"""Every sentence a user reads, by language: `Texts("id").say("latest.title", count=3)`.

The sentences live in the files of en/ and id/, one a subject, under the same keys. `{name}` is replaced by a value
(whole numbers in the reader's style); of two keys `x.one` and `x.other` the one that fits `count` is taken."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from bot.texts.style import number

LANGUAGES = ("en", "id")


@cache
def sentences(language: str) -> Mapping[str, str]:
    """The sentences of a language by dotted key."""
    found: dict[str, str] = {}
    for file in sorted(files(__name__).joinpath(language).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            found |= _flat(tomllib.loads(file.read_text("utf-8")), "")
    return found


def _flat(table: Mapping[str, object], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((prefix + key, str(value)))
    return found


class Texts:
    """The sentences of one language. An unknown key is a KeyError: a test walks them all."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._sentences = sentences(language)

    def say(self, key: str, /, **values: object) -> str:
        if "count" in values and f"{key}.other" in self._sentences:
            form = "one" if values["count"] == 1 and f"{key}.one" in self._sentences else "other"
            key = f"{key}.{form}"
        shown = {name: self._shown(value) for name, value in values.items()}
        return self._sentences[key].strip().format_map(shown)

    def has(self, key: str) -> bool:
        return key in self._sentences or f"{key}.other" in self._sentences

    def listed(self, words: list[str]) -> str:
        """`a, b and c` · `a, b, dan c`"""
        if len(words) < 2:
            return "".join(words)
        if len(words) == 2:
            return self.say("list.two", first=words[0], second=words[1])
        return self.say("list.many", start=", ".join(words[:-1]), last=words[-1])

    def _shown(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return number(value, self.language)
