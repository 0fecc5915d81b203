"""Kind `count`: a number of people, told by what stands before or behind it: `sheds 740 at`, `730 jobs affected`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.editorial.rules.company import Groups
from bot.editorial.rules.index import Span, Term
from bot.editorial.rules.matcher import Passage, Vocabulary
from bot.editorial.rules.table import Table

_DIGITS = re.compile(r"(?:\d{1,3}(?:[.,]\d{3})+|\d{1,7})k?")
_VAGUE = frozenset(
    ("dozens", "scores", "hundreds", "thousands", "belasan", "puluhan", "ratusan", "ribuan", "thousand", "hundred")
)
_YEAR = re.compile(r"(?:19|20)\d\d")
# What makes a number something else: percent and degrees behind it, money before it, millions.
_SIGNS_BEHIND = ("%", "°", "-")
_MONEY_BEFORE = re.compile(r"[$£€¥₹]\s?$")
_SCALES = frozenset(
    ("million", "billion", "trillion", "bn", "m", "juta", "miliar", "triliun", "percent", "persen", "per")
)
_LEAST = 10
_NEAREST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Found where a number of ten or more, no percentage, money or year, stands directly behind an `a` (words of
    `about` between them are passed over) and, with `people`, at most three words before one of those; with `b`, at
    most `within` words before one of these, in the same clause. With `then` the number stands alone: what follows is
    one of these words, a mark or the end. `not_between` words part the number from the people."""

    a: Term | None
    about: Term | None
    people: Term | None
    b: Term | None
    then: Term | None
    within: int
    but_not: Term | None = None
    not_between: Term | None = None

    @property
    def triggers(self) -> tuple[Term, ...]:
        return tuple(term for term in (self.a, self.people) if term is not None)[:1]

    def find(self, passage: Passage) -> Span | None:
        places = passage.all(self.triggers[0], but_not=self.but_not)
        for one in places:
            span = self._behind(passage, one) if self.a is not None else self._around(passage, one)
            if span is not None:
                return span
        return None

    def _behind(self, passage: Passage, one: Span) -> Span | None:
        """A number behind `one`, which is an `a`."""
        at = self._after_about(passage, one.last + 1)
        if (
            not _is_count(passage, at)
            or ":" in passage.gap(at)
            or not passage.together(one, Span(at, at), commas_part=True)
        ):
            return None
        number = one.joined(Span(at, at))
        if self.then is not None and not self._stands_alone(passage, at):
            return None
        if self.people is not None:
            people = _first(passage, self.people, at + 1, at + 1 + _NEAREST)
            if people is None or not self._belong(passage, number, people):
                return None
            number = number.joined(people)
        return self._with_b(passage, number)

    def _around(self, passage: Passage, one: Span) -> Span | None:
        """A number before `one`, which are people."""
        for at in range(one.first - 1, max(one.first - 2 - _NEAREST, -1), -1):
            if _is_count(passage, at):
                number = Span(at, one.last)
                return self._with_b(passage, number) if self._belong(passage, Span(at, at), one) else None
        return None

    def _belong(self, passage: Passage, number: Span, people: Span) -> bool:
        gap = Span(number.last + 1, people.first - 1)
        if self.not_between is not None and gap.first <= gap.last and passage.touches(self.not_between, gap):
            return False
        return passage.together(number, people, commas_part=True)

    def _with_b(self, passage: Passage, number: Span) -> Span | None:
        if self.b is None:
            return number
        for other in passage.starting(self.b, number.last + 1, number.last + 1 + self.within):
            barred = self.but_not is not None and passage.touches(self.but_not, other)
            if not barred and passage.together(number, other, commas_part=True):
                return number.joined(other)
        return None

    def _after_about(self, passage: Passage, at: int) -> int:
        while self.about is not None:
            about = _first(passage, self.about, at, at)
            if about is None:
                break
            at = about.last + 1
        return at

    def _stands_alone(self, passage: Passage, at: int) -> bool:
        if at + 1 >= len(passage.tokens.words) or passage.gap(at + 1).strip():
            return True
        return self.then is not None and _first(passage, self.then, at + 1, at + 1) is not None


def _first(passage: Passage, term: Term, first: int, last: int) -> Span | None:
    return next(passage.starting(term, first, last), None)


def _is_count(passage: Passage, at: int) -> bool:
    words = passage.tokens.words
    if at >= len(words):
        return False
    word, following = words[at], words[at + 1] if at + 1 < len(words) else ""
    if following in _SCALES:
        return False
    if word in _VAGUE:
        return True
    if not _DIGITS.fullmatch(word) or _YEAR.fullmatch(word):
        return False
    behind = passage.gap(at + 1)
    if behind.startswith(_SIGNS_BEHIND) or _MONEY_BEFORE.search(passage.gap(at)) or (at and words[at - 1] == "rp"):
        return False
    return word.endswith("k") or int(re.sub(r"[.,]", "", word)) >= _LEAST


def read(table: Table, vocabulary: Vocabulary, _groups: Groups) -> Count:
    """Keys: a, people, b, then, about, within, but_not, not_between; `a` or `people` is needed."""
    if "a" not in table and "people" not in table:
        table.fault("is missing; give what stands before the number in `a`, or who is counted in `people`", "a")
    if "a" not in table and "b" not in table:
        table.fault("is missing; without `a` give what stands behind the people", "b")
    within = table.number("within", needed="b" in table)
    return Count(
        a=table.term("a", vocabulary),
        about=table.later("about", vocabulary),
        people=table.term("people", vocabulary),
        b=table.term("b", vocabulary),
        then=table.later("then", vocabulary),
        within=int(within),
        but_not=table.term("but_not", vocabulary),
        not_between=table.later("not_between", vocabulary),
    )
