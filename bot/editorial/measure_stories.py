"""How well reports of one event are brought together: pairs of reports, and near misses that must stay apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from bot.domain.story import Language
from bot.editorial.measure import ANY, Tally
from bot.editorial.measure_facts import Share

ACROSS = "en+id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A story with the event people see in it, and the one the program put it into. Equal `cluster` or equal `event`:
    the same event (`event` joins clusters of two languages). `near`: the cluster it is close to without belonging."""

    id: str
    title: str
    language: Language
    cluster: str
    event: str
    near: str
    story: str

    def is_with(self, other: Report) -> bool:
        return self.cluster == other.cluster or bool(self.event and self.event == other.event)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairMiss:
    """Two reports that are one event and were kept apart (`meant`), or that are not and were joined."""

    one: Report
    other: Report
    meant: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """`pairs`: by language, `en+id` for pairs across, `all`. `near`: by language, how many near misses were joined with
    what they are near to (`right` counts those that were joined, so that less is better)."""

    pairs: dict[str, Tally]
    near: dict[str, Share]
    misses: list[PairMiss]


def stories(reports: Sequence[Report]) -> Grouping:
    """Every pair of reports, once."""
    result = Grouping(pairs={}, near={}, misses=[])
    for one, other in combinations(reports, 2):
        together, meant = one.story == other.story, one.is_with(other)
        part = one.language.value if one.language is other.language else ACROSS
        for language in (ANY, part):
            result.pairs.setdefault(language, Tally()).add(found=together, meant=meant)
        if together is not meant:
            result.misses.append(PairMiss(one=one, other=other, meant=meant))
    for report in reports:
        if report.near:
            joined = _joined(report, reports)
            for language in (ANY, report.language.value):
                result.near.setdefault(language, Share()).add(right=joined)
    return result


def _joined(report: Report, reports: Sequence[Report]) -> bool:
    """Whether a near miss is in one story with any report of the event it is near to."""
    events = {other.event for other in reports if other.cluster == report.near}
    return any(
        other.story == report.story and (other.cluster == report.near or (other.event and other.event in events))
        for other in reports
    )
