"""Where the words of all rules stand in a text: one walk over its tokens, however many rules there are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bot.editorial.rules.notation import NUMBER, Phrase
from bot.editorial.text import NUMBER_WORDS, Tokens, ends_sentence, is_number, snippet

Term = int
"""A list of phrases, by its number in the vocabulary; equal lists share one."""


class Span(NamedTuple):
    """Words `first` to `last`, both included, of a passage."""

    first: int
    last: int

    def overlaps(self, other: Span) -> bool:
        return self.first <= other.last and other.first <= self.last

    def joined(self, other: Span) -> Span:
        return Span(min(self.first, other.first), max(self.last, other.last))


class Passage:
    """One field of a story and what was found in it, in order: `found` at once, of terms that only qualify others
    (`places` has both) when they are first asked for. `longest`: no span has more words. Whatever is asked
    about a place looks at that place only, so that a story costs as much as it is long, however odd its words."""

    __slots__ = ("__dict__", "_later", "_vocabulary", "found", "longest", "tokens")

    def __init__(self, tokens: Tokens, found: Mapping[Term, Sequence[Span]], vocabulary: Vocabulary) -> None:
        self.tokens = tokens
        self.found = found
        self.longest = vocabulary.longest
        self._vocabulary = vocabulary
        self._later: dict[Term, Sequence[Span]] = {}

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return self.tokens.spans()

    def is_possessive(self, at: int) -> bool:
        start, end = self._spans[at]
        return self.tokens.plain[start:end].endswith(("'s", "'S"))

    def first(self, term: Term, *, but_not: Term | None = None) -> Span | None:
        return next(iter(self.all(term, but_not=but_not)), None)

    def all(self, term: Term, *, but_not: Term | None = None) -> Sequence[Span]:
        """Every place of `term` that is not part of a `but_not` phrase."""
        spans = self.places(term)
        if but_not is None or not spans or not self.places(but_not):
            return spans
        return [span for span in spans if not self.touches(but_not, span)]

    def places(self, term: Term) -> Sequence[Span]:
        """Every place of `term`."""
        known = self.found.get(term) or self._later.get(term)
        if known is None:
            known = self._later[term] = self._vocabulary.look_later(term, self.tokens)
        return known

    def starting(self, term: Term, first: int, last: int) -> Iterator[Span]:
        """Places of `term` that begin at words `first` to `last`, in order."""
        spans = self.places(term)
        for at in range(bisect_left(spans, first, key=_first), len(spans)):
            if spans[at].first > last:
                return
            yield spans[at]

    def touches(self, term: Term, span: Span) -> bool:
        """Whether a place of `term` has a word in common with `span`."""
        return any(span.overlaps(other) for other in self.starting(term, span.first - self.longest + 1, span.last))

    def gap(self, at: int) -> str:
        """What stands between the words at - 1 and at, or before the first and behind the last."""
        start = self._spans[at - 1][1] if at else 0
        return self.tokens.plain[start : self._spans[at][0] if at < len(self._spans) else None]

    def together(self, left: Span, right: Span, *, commas_part: bool = False) -> bool:
        """Whether no sentence (or no clause) ends between two places, `left` being the earlier one."""
        spans, words, plain = self._spans, self.tokens.words, self.tokens.plain
        for at in range(left.last, right.first):
            start, end = spans[at][1], spans[at + 1][0]
            if ends_sentence(plain, start, end, words[at]) or (commas_part and "," in plain[start:end]):
                return False
        return True

    def snippet(self, span: Span) -> str:
        return snippet(self.tokens.text, self._spans[span.first][0], self._spans[span.last][1])


def _first(span: Span) -> int:
    return span.first


@dataclass(frozen=True, slots=True)
class _Entry:
    """A phrase behind its first word. `forms` is None where case does not matter."""

    rest: list[str]
    forms: tuple[str, ...] | None
    has_number: bool
    term: Term


class _Start:
    """All phrases that begin with one word: those that are that word alone, in any case (`plain`, their terms) or as
    written (`cased`), and the others by their second word, since some words (`no`, `a`, `AI`) begin hundreds;
    `numbered` are those with a number second."""

    __slots__ = ("alone", "cased", "longer", "numbered", "plain")

    def __init__(self) -> None:
        self.alone = False
        self.plain: list[Term] = []
        self.cased: list[_Entry] = []
        self.longer: dict[str, list[_Entry]] = {}
        self.numbered: list[_Entry] = []

    def add(self, entry: _Entry) -> None:
        if entry.rest:
            (self.numbered if entry.rest[0] == NUMBER else self.longer.setdefault(entry.rest[0], [])).append(entry)
        elif entry.forms is None:
            self.plain.append(entry.term)
        else:
            self.cased.append(entry)
        self.alone = bool(self.plain or self.cased)

    def collect(self, tokens: Tokens, at: int, second: str, found: dict[Term, list[Span]]) -> None:
        """Notes the phrases that begin at word `at`; `second` is the word behind it."""
        if self.alone:
            here = Span(at, at)
            for term in self.plain:
                if term in found:
                    found[term].append(here)
                else:
                    found[term] = [here]
            for entry in self.cased:
                if entry.forms is not None and entry.forms[0] == tokens.forms[at]:
                    found.setdefault(entry.term, []).append(here)
        for entry in self.longer.get(second, ()):
            _collect(entry, tokens, at, found)
        if self.numbered and second and is_number(second):
            for entry in self.numbered:
                _collect(entry, tokens, at, found)


class _Index:
    """Phrases by their first word."""

    __slots__ = ("_starts",)

    def __init__(self) -> None:
        self._starts: dict[str, _Start] = {}

    def add(self, term: Term, phrases: Iterable[Phrase], *, case: bool) -> None:
        for phrase in phrases:
            rest = list(phrase.words[1:])
            entry = _Entry(rest, phrase.forms if case else None, NUMBER in rest, term)
            # A phrase that begins with a number begins with any word for one; digits are looked up as the sign itself.
            for first in (NUMBER, *NUMBER_WORDS) if phrase.words[0] == NUMBER else (phrase.words[0],):
                self._starts.setdefault(first, _Start()).add(entry)

    def walk(self, tokens: Tokens) -> dict[Term, list[Span]]:
        """Most words begin no phrase at all, so one dictionary look-up a word is nearly the whole cost."""
        starts, words, numbers = self._starts, tokens.words, self._starts.get(NUMBER)
        found: dict[Term, list[Span]] = {}
        for at, (word, second) in enumerate(zip(words, [*words[1:], ""], strict=False)):
            start = starts.get(word)
            if start is not None and (start.alone or second in start.longer or start.numbered):
                start.collect(tokens, at, second, found)
            if word < ":" and numbers is not None:  # every digit comes before the colon, every letter behind it
                numbers.collect(tokens, at, second, found)
        return found


class Vocabulary:
    """Collects phrases while rules are loaded, then finds them. Filled by the loader only; afterwards it only reads."""

    __slots__ = ("_index", "_later", "_terms", "longest")

    def __init__(self) -> None:
        self.longest = 1
        self._index = _Index()
        self._later: dict[Term, _Index] = {}
        self._terms: dict[tuple[frozenset[tuple[str, ...]], bool], Term] = {}

    def term(self, phrases: Iterable[Phrase], *, case: bool = False, later: bool = False) -> Term:
        """The number for this list of phrases; with `case` they match only as written. With `later` they only qualify
        what others find (`not_between`) and are looked for when asked for: such lists are full of small words."""
        by_identity = {phrase.forms if case else phrase.words: phrase for phrase in phrases}
        key = (frozenset(by_identity), case)
        known = self._terms.get(key)
        if known is not None and (later or known not in self._later):
            return known
        term = self._terms.setdefault(key, len(self._terms))
        self.longest = max(self.longest, *(len(words) for words in by_identity), 1)
        self._later.pop(term, None)
        index = self._later.setdefault(term, _Index()) if later else self._index
        index.add(term, by_identity.values(), case=case)
        return term

    def read(self, tokens: Tokens) -> Passage:
        return Passage(tokens, self._index.walk(tokens), self)

    def look_later(self, term: Term, tokens: Tokens) -> Sequence[Span]:
        """The places of a term that is not looked for at once."""
        index = self._later.get(term)
        return index.walk(tokens).get(term, ()) if index is not None else ()


def _collect(entry: _Entry, tokens: Tokens, at: int, found: dict[Term, list[Span]]) -> None:
    last = at + len(entry.rest)
    if _follows(entry, tokens, at, last):
        found.setdefault(entry.term, []).append(Span(at, last))


def _follows(entry: _Entry, tokens: Tokens, at: int, last: int) -> bool:
    behind = tokens.words[at + 1 : last + 1]
    if behind != entry.rest and not (entry.has_number and _same_but_numbers(entry.rest, behind)):
        return False
    return entry.forms is None or _same_forms(entry.forms, tokens.forms[at : last + 1])


def _same_but_numbers(rest: Sequence[str], behind: Sequence[str]) -> bool:
    if len(rest) != len(behind):
        return False
    return all(
        is_number(word) if wanted == NUMBER else wanted == word for wanted, word in zip(rest, behind, strict=True)
    )


def _same_forms(wanted: Sequence[str], forms: Sequence[str]) -> bool:
    return all(one in (form, NUMBER) for one, form in zip(wanted, forms, strict=True))
