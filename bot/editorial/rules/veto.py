"""Kind `veto`: what looks like the topic and is not; takes back what rules counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.verdict import Reason
from bot.editorial.rules.rule import Field, Finder, Head
from bot.editorial.rules.table import Table

_DOWNWARDS = (Field.TITLE, Field.SUMMARY, Field.CONTENT, Field.SOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """Takes back what the rules named in `cancels` counted, or (empty) the whole topic; not where a rule of `unless`
    spoke."""

    head: Head
    finder: Finder
    cancels: frozenset[str]
    unless: frozenset[str]

    def yields_to(self, spoke: Collection[str]) -> bool:
        return not self.unless.isdisjoint(spoke)

    def takes(self, reasons: Sequence[Reason], where: Field) -> float:
        """Points taken back by a veto found in `where`: what was counted in that field and the less weighty ones, never
        in weightier ones. A denial in the lead does not silence what the title says, for a lost alert is worse than a
        false one. Vetoes before this one have taken theirs already."""
        reached = {below.value for below in _DOWNWARDS[_DOWNWARDS.index(where) :]}
        counted = sum(
            reason.points
            for reason in reasons
            if reason.points > 0 and reason.field in reached and (not self.cancels or reason.rule in self.cancels)
        )
        return max(min(counted, sum(reason.points for reason in reasons)), 0.0)


def read_veto(table: Table, head: Head, finder: Finder) -> Veto:
    """Keys: cancels, unless, besides those of the `words`, `near` or `company` inside."""
    return Veto(
        head=head,
        finder=finder,
        cancels=frozenset(table.names("cancels")),
        unless=frozenset(table.names("unless")),
    )
