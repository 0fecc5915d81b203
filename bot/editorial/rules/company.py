"""Kind `company`: an employer of config/rules/companies.toml, by any of its names, brands and former names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.editorial.rules.index import Span, Term
from bot.editorial.rules.matcher import Passage, Vocabulary
from bot.editorial.rules.notation import Phrase, read_phrase
from bot.editorial.rules.table import Table
from bot.editorial.text import normalise

_KEY_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"'s?$")
# How a firm is registered is no part of what it is called. The first stand in front of a name, the others behind it.
_REGISTERED_AS = frozenset(("pt", "cv", "ud", "the"))
_SHORT = ("tbk", "inc", "corp", "ltd", "llc", "plc", "co", "gmbh", "pte", "pty", "sdn", "bhd")
_REGISTERED = frozenset((*_SHORT, "persero", "incorporated", "corporation", "limited", "company"))

Groups = Mapping[str, tuple[list[Phrase], list[Phrase]]]
"""Of each group of employers the names in any case, and the names found as written only."""


def phrases_of(name: str) -> list[Phrase]:
    """A name as words to find it by; signs of the rule notation in it stand for themselves. Raises BadPhrase."""
    return read_phrase(re.sub(r"[/&()#+]", " ", name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """An employer: `name` as it is shown, `names` by which it is found, those in `as_written` only in that case because
    they are also ordinary words."""

    name: str
    group: str
    names: tuple[str, ...]
    as_written: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Companies:
    """The table: groups (`technology`, `other` …) of employers."""

    groups: Mapping[str, tuple[Company, ...]] = field(default_factory=dict)
    _by_key: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        everyone = [company for companies in self.groups.values() for company in companies]
        for key_of in (_words_of, _bare):
            for company in everyone:
                for name in company.names:
                    self._by_key.setdefault(key_of(name), company.name)

    def key(self, name: str) -> str | None:
        """One string for all spellings of an employer: its name in the table, else its own words, folded, without
        PT, Tbk, Inc and signs. None for a name without a letter or digit."""
        known = self._by_key.get(_words_of(name))
        return known or self._by_key.get(bare := _bare(name)) or bare or None

    def named(self, name: str) -> Company | None:
        """The employer with this name or alias, case aside."""
        wanted = name.casefold()
        for companies in self.groups.values():
            for company in companies:
                if any(wanted == alias.casefold() for alias in company.names):
                    return company
        return None


def _words_of(name: str) -> str:
    return " ".join(_KEY_WORD.findall(_POSSESSIVE.sub("", normalise(name)).casefold()))


def _bare(name: str) -> str:
    """Without what says only how the firm is registered, unless that is all there is."""
    words = _words_of(name).split()
    first, last = 0, len(words)
    while first < last - 1 and words[first] in _REGISTERED_AS:
        first += 1
    while last > first + 1 and words[last - 1] in _REGISTERED:
        last -= 1
    return " ".join(words[first:last])


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCompany:
    """Found where an employer of the group is named: names in any case, or names that are words too, as written. With
    `leading` only where the text begins with it, as a subject does: not as a label with a colon."""

    names: Term
    as_written: Term
    but_not: Term | None = None
    leading: bool = False

    @property
    def triggers(self) -> tuple[Term, ...]:
        return (self.names, self.as_written)

    def find(self, passage: Passage) -> Span | None:
        places = [
            span
            for span in (
                passage.first(self.names, but_not=self.but_not),
                passage.first(self.as_written, but_not=self.but_not),
            )
            if span is not None
        ]
        found = min(places, key=lambda span: span.first, default=None)
        return found if found is None or not self.leading or _leads(passage, found) else None


def _leads(passage: Passage, span: Span) -> bool:
    """Not `CNN: …` and not `GM's Cruise …`."""
    behind = passage.gap(span.last + 1)
    return span.first == 0 and ":" not in behind and not passage.is_possessive(span.last)


def read(table: Table, vocabulary: Vocabulary, groups: Groups) -> OfCompany:
    """Keys: group, but_not, leading."""
    group = table.text("group")
    if group and group not in groups:
        table.fault(f"names the group {group!r}; groups: {', '.join(groups) or 'none'}", "group")
    names, as_written = groups.get(group, ([], []))
    return OfCompany(
        names=vocabulary.term(names),
        as_written=vocabulary.term(as_written, case=True),
        but_not=table.term("but_not", vocabulary),
        leading=table.flag("leading"),
    )
