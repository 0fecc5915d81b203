"""Which event a new story belongs to: an index over the last days, asked and extended one story at a time."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import log
from operator import neg

from bot.editorial.same_story.compare import DAY, Likeness, Verdict, compare
from bot.editorial.same_story.overlap import Rarity
from bot.editorial.same_story.sketch import NUMBER_MARK, Kind, Sketch
from bot.editorial.same_story.wording import JOB_CUT

# How many stories are looked at closely, and how many mentions are gone through to find them.
CANDIDATES = 20
MENTIONS = 2_000
# As if so many stories of other days had been seen, some with the word: the first of a window are not all rare.
_BEFORE, _BEFORE_WITH = 1_000, 5
_USUAL = log(_BEFORE / _BEFORE_WITH)
_RAREST, _COMMONEST = 1.2, 0.3
# What each further story that is alike adds, when two groups are to choose from.
_ONE_MORE = 0.01
_INDEXED = (Kind.WORD, Kind.NAME, Kind.COMPANY)
_INDEXED_IN_LEAD = (Kind.NAME, Kind.COMPANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a story went. `group`: the id of the group's first story, or what the group was restored as; `like`: the
    story it is most alike; `joined`: groups this story showed to be one with `group`, which have its id from now on."""

    group: str
    is_new: bool
    why: str
    like: str | None = None
    joined: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Window:
    """The stories of the last days and their groups. The ids of the stories must differ."""

    _members: dict[int, Sketch] = field(default_factory=dict)
    _group_of: dict[int, str] = field(default_factory=dict)
    _groups: dict[str, list[int]] = field(default_factory=dict)
    _mentions: dict[str, list[int]] = field(default_factory=dict)
    _by_age: list[tuple[datetime, int]] = field(default_factory=list)
    _next: int = 0

    def __len__(self) -> int:
        return len(self._members)

    def add(self, sketch: Sketch) -> Placed:
        """Costs about as much whatever the size of the window."""
        placed = self._place(sketch)
        for group in placed.joined:
            for member in self._groups[group]:
                self._group_of[member] = placed.group
            self._groups[placed.group] = sorted(self._groups[placed.group] + self._groups.pop(group))
        self._enter(sketch, placed.group)
        return placed

    def restore(self, sketch: Sketch, group: str) -> None:
        """Puts a story back whose group is known, as after a restart; nothing is compared. `group` may be any string
        that is not the id of a story to come. Stories count as reported in the order they are put back: the first of a
        group becomes its first one, and of groups that turn out to be one the first keeps its id."""
        self._enter(sketch, group)

    def _enter(self, sketch: Sketch, group: str) -> None:
        number, self._next = self._next, self._next + 1
        self._members[number] = sketch
        self._group_of[number] = group
        self._groups.setdefault(group, []).append(number)
        heapq.heappush(self._by_age, (sketch.when, number))
        for key in _keys(sketch):
            self._mentions.setdefault(key, []).append(number)

    def forget(self, before: datetime) -> None:
        """Drops every story older than `before`."""
        while self._by_age and self._by_age[0][0] < before:
            number = heapq.heappop(self._by_age)[1]
            for key in _keys(self._members.pop(number)):
                # The oldest stand in front, so that this is quick however many there are.
                self._mentions[key].remove(number)
                if not self._mentions[key]:
                    del self._mentions[key]
            group = self._group_of.pop(number)
            self._groups[group].remove(number)
            if not self._groups[group]:
                del self._groups[group]

    def _place(self, sketch: Sketch) -> Placed:
        rarity = _Rarities(self._mentions, len(self._members)).__getitem__
        compared: dict[str, list[tuple[int, Likeness]]] = {}
        for number in self._candidates(sketch, rarity):
            likeness = compare(sketch, self._members[number], rarity)
            compared.setdefault(self._group_of[number], []).append((number, likeness))
        fitting = {group: found for group, found in compared.items() if self._fits(group, found)}
        if not fitting:
            return Placed(group=sketch.id, is_new=True, why="like none of the last days")
        best = max(fitting, key=lambda group: (_strength(fitting[group]), group))
        one = [group for group in fitting if group == best or self._are_one(group, best, rarity)]
        oldest = min(one, key=lambda group: self._groups[group][0])
        number, likeness = max(fitting[best], key=lambda found: (found[1].same, found[1].strength, -found[0]))
        return Placed(
            group=oldest,
            is_new=False,
            why=likeness.why,
            like=self._members[number].id,
            joined=tuple(sorted(group for group in one if group != oldest)),
        )

    def _fits(self, group: str, found: Sequence[tuple[int, Likeness]]) -> bool:
        """Against drift: a story must be like the first one or like two others, or agree with one in numbers, and
        nothing may speak against it unless it agrees in numbers (a number that changed is the same story, told on)."""
        alike = [number for number, likeness in found if likeness.same]
        if not alike:
            return False
        against = any(likeness.verdict is Verdict.OTHER for _, likeness in found)
        if against and not any(likeness.agrees for _, likeness in found):
            return False
        sure = len(alike) > 1 or any(likeness.agrees for _, likeness in found)
        return sure or alike[0] == self._groups[group][0]

    def _are_one(self, group: str, other: str, rarity: Rarity) -> bool:
        """Whether two groups that a story fits are one: their first stories may be unlike, but not about something
        else, and come from one day."""
        first, second = (self._members[self._groups[name][0]] for name in (group, other))
        return abs(first.when - second.when) <= DAY and compare(first, second, rarity).verdict is not Verdict.OTHER

    def _candidates(self, sketch: Sketch, rarity: Rarity) -> Sequence[int]:
        """The stories that share most names, rare words and numbers; the rarest are asked for first."""
        scores: dict[int, float] = {}
        known = scores.get
        seen = 0
        for mentions, key in sorted((len(self._mentions[key]), key) for key in _keys(sketch) if key in self._mentions):
            if seen and seen + mentions > MENTIONS:
                break
            seen += mentions
            worth = rarity(key) * sketch.told.get(key, 1.0)
            for number in self._mentions[key]:
                scores[number] = known(number, 0.0) + worth
        return [-minus for _, minus in heapq.nlargest(CANDIDATES, zip(scores.values(), map(neg, scores), strict=True))]


def _strength(found: Sequence[tuple[int, Likeness]]) -> float:
    alike = [likeness.strength for _, likeness in found if likeness.same]
    return max(alike) + _ONE_MORE * len(alike)


class _Rarities(dict[str, float]):
    """How rare each word is among the stories of the window, worked out when it is first asked for."""

    __slots__ = ("_by_count", "_mentions", "_total")

    def __init__(self, mentions: Mapping[str, Sequence[int]], total: int) -> None:
        super().__init__()
        self._mentions, self._total = mentions, total
        self._by_count: dict[int, float] = {}

    def __missing__(self, word: str) -> float:
        count = len(self._mentions.get(word, ()))
        found = self._by_count.get(count)
        if found is None:
            share = log((self._total + _BEFORE) / (count + _BEFORE_WITH)) / _USUAL
            found = self._by_count[count] = min(_RAREST, max(_COMMONEST, share))
        self[word] = found
        return found


def _keys(sketch: Sketch) -> set[str]:
    """Under which words a story is found: those of the headline; of the lead names and numbers."""
    keys = set(sketch.title.of(*_INDEXED)) | set(sketch.lead.of(*_INDEXED_IN_LEAD))
    keys |= {key for key in sketch.told if key[0] == NUMBER_MARK}
    if JOB_CUT in sketch.title.actions:
        # Employers that are in the news every hour would be too many stories to go through.
        keys |= {f"{company} {JOB_CUT}" for company in sketch.title.companies}
    return keys
