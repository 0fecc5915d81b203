"""How a table of a rule file is read: typed keys, every fault noted with file, rule, key and line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from math import isfinite
from typing import Any, TypeVar

from bot.domain.errors import Problem
from bot.editorial.rules.index import Term
from bot.editorial.rules.matcher import Vocabulary
from bot.editorial.rules.notation import BadPhrase, Phrase, read_phrase

T = TypeVar("T")


class Faults:
    """Collects problems of one file; knows on which line a key stands."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._lines = text.splitlines()

    def add(self, what: str, *, at: str = "", key: str = "", line: int | None = None) -> None:
        """Notes one problem; `at` names the table (a rule id, `example 3`, `thresholds`)."""
        parts = [self.file, *([at] if at else []), *([f"key `{key}`"] if key else [])]
        if line is not None:
            parts[0] = f"{self.file}:{line}"
        self.problems.append(Problem(where=", ".join(parts), what=what))

    def lines_of(self, header: str) -> list[int]:
        """Line numbers of every table that begins with exactly this header line."""
        return [number for number, line in enumerate(self._lines, 1) if line.split("#")[0].strip() == header]

    def line_of_key(self, header_line: int | None, key: str) -> int | None:
        """The line of `key` in the table that begins on `header_line`, else that line."""
        if header_line is None:
            return None
        for number in range(header_line, len(self._lines)):
            line = self._lines[number]
            if line.startswith("["):
                break
            if re.match(rf"[\"']?{re.escape(key)}[\"']?\s*[.=]", line.strip()):
                return number + 1
        return header_line or None


class Table:
    """One TOML table, read key by key. What was never asked for is unknown and reported by `finish`."""

    def __init__(
        self,
        data: Mapping[str, Any],
        faults: Faults,
        *,
        at: str,
        line: int | None = None,
        lists: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.data, self.faults, self.at, self.line = data, faults, at, line
        self._lists = lists or {}
        self._asked: set[str] = set()

    def fault(self, what: str, key: str = "") -> None:
        line = self.faults.line_of_key(self.line, key) if key else self.line
        self.faults.add(what, at=self.at, key=key, line=line)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def _get(self, key: str, kinds: type[T] | tuple[type[T], ...], called: str, *, needed: bool) -> T | None:
        self._asked.add(key)
        if key not in self.data:
            if needed:
                self.fault(f"is missing; give {called}", key)
            return None
        value = self.data[key]
        if (isinstance(value, bool) and kinds is not bool) or not isinstance(value, kinds):
            self.fault(f"must be {called}, not {value!r}", key)
            return None
        return value

    def text(self, key: str, *, needed: bool = True) -> str:
        value = self._get(key, str, "a text", needed=needed)
        if value is not None and not value.strip():
            self.fault("is empty", key)
        return value or ""

    def number(self, key: str, *, needed: bool = True, default: float = 0.0) -> float:
        value = self._get(key, (int, float), "a number", needed=needed)
        if value is not None and not isfinite(value):
            self.fault(f"must be a number, not {value!r}", key)
            return default
        return default if value is None else float(value)

    def flag(self, key: str) -> bool:
        return bool(self._get(key, bool, "true or false", needed=False))

    def table(self, key: str, *, needed: bool = False) -> Mapping[str, Any]:
        return self._get(key, dict, "a table", needed=needed) or {}

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """Every table under [[key]]."""
        found = self._get(key, list, f"tables, each under [[{key}]]", needed=False) or []
        if not all(isinstance(one, dict) for one in found):
            self.fault(f"holds something that is no table; write [[{key}]] above each one", key)
            return []
        return found

    def names(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        """A list of texts; one text alone will do."""
        self._asked.add(key)
        if isinstance(self.data.get(key), str):
            return (self.text(key),)
        values = self._get(key, list, "a list of texts", needed=needed)
        if values is None:
            return ()
        if not values:
            self.fault("is an empty list", key)
        for value in values:
            if not isinstance(value, str) or not value.strip():
                self.fault(f"holds {value!r}, which is not a text", key)
        return tuple(value for value in values if isinstance(value, str) and value.strip())

    def choice(self, key: str, allowed: Collection[str], default: str) -> str:
        value = self._get(key, str, "one of " + ", ".join(allowed), needed=False)
        if value is None:
            return default
        if value not in allowed:
            self.fault(f"must be one of {', '.join(allowed)}, not {value!r}", key)
            return default
        return value

    def phrases(self, key: str, *, needed: bool = True) -> list[Phrase]:
        """A list of phrases; `@name` stands for the list of that name."""
        found: list[Phrase] = []
        for written in self._unfold(key, self.names(key, needed=needed), frozenset()):
            try:
                found.extend(read_phrase(written))
            except BadPhrase as fault:
                self.fault(str(fault), key)
        return found

    def term(self, key: str, vocabulary: Vocabulary) -> Term | None:
        """The phrases of an optional key as a term."""
        return vocabulary.term(self.phrases(key)) if key in self else None

    def later(self, key: str, vocabulary: Vocabulary) -> Term | None:
        """The same for phrases that only qualify what others find."""
        return vocabulary.term(self.phrases(key), later=True) if key in self else None

    def _unfold(self, key: str, entries: Iterable[str], inside: frozenset[str]) -> Iterable[str]:
        for entry in entries:
            if not entry.startswith("@"):
                yield entry
            elif entry[1:] not in self._lists:
                self.fault(f"names the list {entry!r}, which no file defines", key)
            elif entry in inside:
                self.fault(f"names the list {entry!r}, which contains itself", key)
            else:
                yield from self._unfold(key, self._lists[entry[1:]], inside | {entry})

    def finish(self) -> None:
        for key in self.data:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.fault(f"is unknown here; known keys: {known}", key)
