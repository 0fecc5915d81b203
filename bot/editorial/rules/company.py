"""Kind `company`: an employer of config/rules/companies.toml, by any of its names, brands and former names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.editorial.rules.matcher import Passage, Span, Term, Vocabulary
from bot.editorial.rules.notation import Phrase, read_phrase
from bot.editorial.rules.table import Table

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

    def named(self, name: str) -> Company | None:
        """The employer with this name or alias, case aside."""
        wanted = name.casefold()
        for companies in self.groups.values():
            for company in companies:
                if any(wanted == alias.casefold() for alias in company.names):
                    return company
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCompany:
    """Found where an employer of the group is named: names in any case, or names that are words too, as written."""

    names: Term
    as_written: Term
    but_not: Term | None = None

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
        return min(places, key=lambda span: span.first, default=None)


def read(table: Table, vocabulary: Vocabulary, groups: Groups) -> OfCompany:
    """Keys: group, but_not."""
    group = table.text("group")
    if group and group not in groups:
        table.fault(f"names the group {group!r}; groups: {', '.join(groups) or 'none'}", "group")
    names, as_written = groups.get(group, ([], []))
    return OfCompany(
        names=vocabulary.term(names),
        as_written=vocabulary.term(as_written, case=True),
        but_not=table.term("but_not", vocabulary),
    )
