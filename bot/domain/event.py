"""What a story of job cuts reports: who cuts, how many, how large a share, how sure it is and whether AI is blamed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """LAYOFF: a reduction, also a planned one. FURLOUGH: sent home without pay. RUMOUR: said by others.
    SINGLE_DISMISSAL: somebody dismissed, not a reduction. DENIED: there will be no cuts, it says."""

    LAYOFF = "layoff"
    SINGLE_DISMISSAL = "single_dismissal"
    FURLOUGH = "furlough"
    DENIED = "denied"
    RUMOUR = "rumour"

    @property
    def has_numbers(self) -> bool:
        """Whether a headcount or a percentage belongs to it."""
        return self not in (EventKind.SINGLE_DISMISSAL, EventKind.DENIED)


class Grade(StrEnum):
    """How AI is named as the cause. EXPLICIT: by the employer itself. BLAMED: by the outlet or others. MIXED: beside
    other reasons. DISPUTED: the link is denied or doubted."""

    EXPLICIT = "explicit"
    BLAMED = "blamed"
    MIXED = "mixed"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AiCause:
    """`quote` is the sentence that says so, word for word from the story."""

    grade: Grade
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`company` as the story spells it, None where it names none or several; `headcount` in people, `percent` of the
    staff (both None where only vague words are used); `tech`: the employer is in technology."""

    company: str | None
    headcount: int | None
    percent: float | None
    tech: bool
    kind: EventKind
    ai_cause: AiCause | None
