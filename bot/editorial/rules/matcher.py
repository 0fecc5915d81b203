"""Where the words of all rules stand in a text: one walk over its tokens, however many rules there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.editorial.rules.notation import NUMBER, Phrase
from bot.editorial.text import NUMBER_WORDS, Tokens, ends_sentence, is_number, snippet

_DIGITS = frozenset("0123456789")

Term = int
"""A list of phrases, by its number in the vocabulary; equal lists share one."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last`, both included, of a passage."""

    first: int
    last: int

    def overlaps(self, other: Span) -> bool:
        return self.first <= other.last and other.first <= self.last

    def joined(self, other: Span) -> Span:
        return Span(min(self.first, other.first), max(self.last, other.last))


class Passage:
    """One field of a story and what was found in it."""

    __slots__ = ("__dict__", "found", "tokens")

    def __init__(self, tokens: Tokens, found: Mapping[Term, Sequence[Span]]) -> None:
        self.tokens = tokens
        self.found = found

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return self.tokens.spans()

    def first(self, term: Term, *, but_not: Term | None = None) -> Span | None:
        return next(iter(self.all(term, but_not=but_not)), None)

    def all(self, term: Term, *, but_not: Term | None = None) -> Sequence[Span]:
        """Every place of `term` that is not part of a `but_not` phrase."""
        spans = self.found.get(term, ())
        barred = self.found.get(but_not, ()) if but_not is not None else ()
        if not barred:
            return spans
        return [span for span in spans if not any(span.overlaps(other) for other in barred)]

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


@dataclass(frozen=True, slots=True)
class _Entry:
    """A phrase behind its first word. `forms` is None where case does not matter."""

    rest: list[str]
    forms: tuple[str, ...] | None
    has_number: bool
    term: Term


class _Start:
    """All phrases that begin with one word: those that are that word alone, and the others by their second word, since
    some words (`no`, `a`, `AI`) begin hundreds."""

    __slots__ = ("alone", "longer")

    def __init__(self) -> None:
        self.alone: list[_Entry] = []
        self.longer: dict[str, list[_Entry]] = {}


class Vocabulary:
    """Collects phrases while rules are loaded, then finds them. Filled by the loader only; afterwards it only reads."""

    __slots__ = ("_starts", "_terms")

    def __init__(self) -> None:
        self._starts: dict[str, _Start] = {}
        self._terms: dict[tuple[frozenset[tuple[str, ...]], bool], Term] = {}

    def term(self, phrases: Iterable[Phrase], *, case: bool = False) -> Term:
        """The number for this list of phrases; with `case` they match only as written."""
        by_identity = {phrase.forms if case else phrase.words: phrase for phrase in phrases}
        key = (frozenset(by_identity), case)
        known = self._terms.get(key)
        if known is not None:
            return known
        term = self._terms[key] = len(self._terms)
        for phrase in by_identity.values():
            rest = list(phrase.words[1:])
            entry = _Entry(rest, phrase.forms if case else None, NUMBER in rest, term)
            start = self._starts.setdefault(phrase.words[0], _Start())
            (start.longer.setdefault(rest[0], []) if rest else start.alone).append(entry)
        return term

    def read(self, tokens: Tokens) -> Passage:
        """Most words begin no phrase at all, so one dictionary look-up a word is nearly the whole cost."""
        starts = self._starts
        numbers = starts.get(NUMBER)
        found: dict[Term, list[Span]] = {}
        for at, word in enumerate(tokens.words):
            if word in starts:
                _collect(starts[word], tokens, at, found)
            if numbers is not None and (word in NUMBER_WORDS or word[0] in _DIGITS):
                _collect(numbers, tokens, at, found)
        return Passage(tokens, found)


def _collect(start: _Start, tokens: Tokens, at: int, found: dict[Term, list[Span]]) -> None:
    for entry in start.alone:
        if entry.forms is None or entry.forms[0] == tokens.forms[at]:
            found.setdefault(entry.term, []).append(Span(at, at))
    if not start.longer or at + 1 == len(tokens.words):
        return
    second = tokens.words[at + 1]
    longer = start.longer.get(second, ())
    if NUMBER in start.longer and is_number(second):
        longer = [*longer, *start.longer[NUMBER]]
    for entry in longer:
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
