"""Whether two stories tell the same event, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import cache
from itertools import product

from bot.editorial.same_story.overlap import Rarity, heads_alike, names_apart, notions, shared_words, told_of
from bot.editorial.same_story.quantities import Unit
from bot.editorial.same_story.sketch import WORTH, Kind, Sketch, plainly
from bot.editorial.same_story.wording import (
    ASIDE,
    CONSEQUENCE,
    DISMISSAL,
    EXPLAINER,
    JOB_CUT,
    MARKET,
    REACTION,
    ROUND_UP,
    RUMOUR,
)

WINDOW = timedelta(hours=72)
DAY = timedelta(days=1)
# How much of each headline the other must tell, 0..1: on average; at least; more for every day between the two.
ENOUGH, EACH, LATER = 0.48, 0.33, 0.06
# Of main clauses, by each; where the action is another or only names are shared; where both give numbers of job cuts.
HEADS, NEARLY_ALL, PLENTY, SOME = 0.34, 0.8, 0.68, 0.35
# 716 is "700", 14,000 is not 16,000; on the first day numbers are still being found out. Shares of a staff: in points.
ROUNDING, ROUNDING_AT_FIRST, POINTS = 0.88, 0.8, 1.5
_COPY_WORDS = 4
_NAMED = (Kind.COMPANY, Kind.NAME)
_NO_REPORT = {EXPLAINER: "an explainer is no report", ROUND_UP: "a round-up is no report"}
_APART = {
    MARKET: "what shares did is another story",
    REACTION: "what somebody said of it is another story",
    CONSEQUENCE: "what came of it is another story",
}
_NAMES_SHOWN = 4


class Verdict(Enum):
    SAME = "same"
    UNLIKE = "unlike"  # too little in common to say so
    OTHER = "other"  # something speaks against it


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """`strength` (0..1) orders those that are the same; `agrees`: both give the same number of job cuts."""

    verdict: Verdict
    strength: float
    why: str
    agrees: bool = False

    @property
    def same(self) -> bool:
        return self.verdict is Verdict.SAME


def compare(one: Sketch, other: Sketch, rarity: Rarity) -> Likeness:
    """The same whichever of the two comes first."""
    if abs(one.when - other.when) > WINDOW:
        return _other("more than 72 hours apart")
    if one.headline == other.headline and len(one.headline) >= _COPY_WORDS:
        return Likeness(verdict=Verdict.SAME, strength=1.0, why="the same headline", agrees=True)
    against = _against(one, other)
    if against:
        return _other(against)
    if JOB_CUT in one.title.actions and JOB_CUT in other.title.actions:
        if (one.title.companies and other.title.companies) or _agree(one, other, Unit.PEOPLE):
            return _same_cut(one, other, rarity)
        if _other_action(one, other):
            return _unlike("only one of them is about the job cuts themselves")
    if _is_of_one(one, other) or _is_of_one(other, one):
        return _unlike("one of them is about one person")
    return _same_event(one, other, rarity)


def _is_of_one(one: Sketch, other: Sketch) -> bool:
    """Whether `one` tells of somebody's dismissal, `other` of job cuts, and nothing joins them, as a denial does."""
    return (
        DISMISSAL in one.title.actions
        and JOB_CUT in other.title.actions
        and one.head.actions.isdisjoint(other.head.actions)
    )


def _other(why: str) -> Likeness:
    return Likeness(verdict=Verdict.OTHER, strength=0.0, why=why)


@cache  # a handful of reasons, for nearly every pair that is compared
def _unlike(why: str) -> Likeness:
    return Likeness(verdict=Verdict.UNLIKE, strength=0.0, why=why)


def _same(why: str, strength: float) -> Likeness:
    return Likeness(verdict=Verdict.SAME, strength=strength, why=why)


def _against(one: Sketch, other: Sketch) -> str:
    """What makes two stories different ones, however alike their words are."""
    if one.title.markers or other.title.markers:
        for marker, why in _NO_REPORT.items():
            if marker in one.title.markers or marker in other.title.markers:
                return why
    if one.head.markers or other.head.markers:
        for marker, why in _APART.items():
            if _is_marked(one, marker) != _is_marked(other, marker):
                return why
    for saying, silent in ((one, other), (other, one)):
        if saying.speaker and saying.speaker not in silent.told:
            return f"only one of them is what {plainly(saying.speaker)} thinks of it"
    for turning, still in ((one, other), (other, one)):
        alone = turning.turning and turning.turning - still.title.actions - still.lead.actions
        if alone and still.head.actions:
            return f"only one of them tells: {', '.join(sorted(alone))}"
    return ""


def _is_marked(sketch: Sketch, marker: str) -> bool:
    """A reaction is one to something that was done: `Pope warns of AI` is no reaction."""
    if marker not in sketch.head.markers:
        return False
    return marker != REACTION or bool(sketch.title.actions) or sketch.head is not sketch.title


def _other_action(one: Sketch, other: Sketch) -> bool:
    ours, theirs = one.head.actions, other.head.actions
    return bool(ours and theirs and ours.isdisjoint(theirs))


def _same_cut(one: Sketch, other: Sketch, rarity: Rarity) -> Likeness:
    """Two reports of job cuts: the employer decides, then the numbers, then the rest."""
    who = " ".join(map(plainly, _employer_words(one, other)[:_NAMES_SHOWN]))
    if not who:
        return _other("no employer in common")
    told = told_of(one, other, rarity, numbers=False)
    agreements = {_agree(one, other, Unit.PEOPLE), _agree(one, other, Unit.SHARE)}
    alike_at_heart = heads_alike(one, other, rarity, HEADS)
    if True in agreements and (alike_at_heart or _plainly_cuts(one, other)):
        strength = 0.8 + sum(told) / 10
        return Likeness(verdict=Verdict.SAME, strength=strength, why=f"{who}: job cuts, same number", agrees=True)
    if False in agreements and True not in agreements:
        return _other("the numbers differ")
    if _other_action(one, other) or not alike_at_heart:
        return _unlike("their main clauses tell different things")
    alike = one.title.companies == other.title.companies
    if alike and _counts(one) and _counts(other) and sum(told) / 2 >= SOME:
        return _same(f"{who}: job cuts, one gives the number and the other the share", sum(told) / 2)
    if (ASIDE in one.head.markers) != (ASIDE in other.head.markers):
        return _unlike("one of them is about a letter, or about somebody who was hit")
    if not alike:
        return _unlike("one of them names another company too")
    if (RUMOUR in one.head.markers) != (RUMOUR in other.head.markers):
        return _unlike("one says that it may happen, the other that it did")
    return _enough(one, other, told) or _same(f"{who}: job cuts", sum(told) / 2)


def _plainly_cuts(one: Sketch, other: Sketch) -> bool:
    """Whether the number decides, whatever else the two tell: the employer is surely a name, and both are about its job
    cuts first of all or have a number in the headline."""
    both = (one, other)
    named = all(sketch.title.companies for sketch in both) or any(
        sketch.told.get(word) == WORTH[Kind.NAME] for word in _employer_words(one, other) for sketch in both
    )
    cuts = all(JOB_CUT in sketch.head.actions for sketch in both) or all(_counts(sketch, title=True) for sketch in both)
    return named and cuts


def _same_event(one: Sketch, other: Sketch, rarity: Rarity) -> Likeness:
    """Two reports of anything else: names, rare words and numbers in common, and enough of both headlines told."""
    shared = shared_words(one, other)
    things = min(names_apart(one, shared), names_apart(other, shared)) + notions(one, other) if shared else 0
    if things < 2:
        return _unlike("no names, rare words or numbers in common")
    if not heads_alike(one, other, rarity, HEADS):
        return _unlike("their main clauses tell different things")
    told = told_of(one, other, rarity)
    too_little = _enough(one, other, told)
    if too_little:
        return too_little
    acts = one.title.actions & (other.title.actions | other.lead.actions) | other.title.actions & one.lead.actions
    if one.title.actions and other.title.actions and not acts and sum(told) / 2 < NEARLY_ALL:
        return _unlike("another action")
    if things == 2 and not acts and sum(told) / 2 < PLENTY:
        return _unlike("only names in common")
    return _same("both tell of " + ", ".join(map(plainly, shared[:_NAMES_SHOWN])), sum(told) / 2)


def _enough(one: Sketch, other: Sketch, told: tuple[float, float]) -> Likeness | None:
    needed = ENOUGH + LATER * (abs(one.when - other.when) / DAY)
    if sum(told) / 2 < needed or min(told) < EACH:
        return _unlike("too little in common")
    return None


def _employer_words(one: Sketch, other: Sketch) -> list[str]:
    """Whom both name; companies of the table if both headlines name one, else any words that may be a name."""
    if one.title.companies and other.title.companies:
        shared = [word for word in one.title.of(Kind.COMPANY) if word in other.title.companies]
    else:
        ours, theirs = one.strong, other.strong
        shared = [word for word in ours if word in theirs]
        shared = shared or [word for word in ours if word in other.lead.of(*_NAMED)]
        shared = shared or [word for word in theirs if word in one.lead.of(*_NAMED)]
    return shared


def _counts(sketch: Sketch, *, title: bool = False) -> bool:
    passages = (sketch.title,) if title else (sketch.title, sketch.lead)
    return any(passage.amounts(unit) for passage in passages for unit in (Unit.PEOPLE, Unit.SHARE))


def _agree(one: Sketch, other: Sketch, unit: Unit) -> bool | None:
    """Whether a number of the one is a number of the other; None where one of them gives none."""
    pairs = list(product(one.amounts(unit), other.amounts(unit)))
    if not pairs:
        return None
    if unit is Unit.SHARE:
        return any(abs(a - b) <= POINTS for a, b in pairs)
    close = ROUNDING if abs(one.when - other.when) >= DAY else ROUNDING_AT_FIRST
    return any(min(a, b) >= close * max(a, b) for a, b in pairs)
