"""Where phrases stand in a text: each is looked up by the word of it that is likely to be rare."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress, count
from typing import NamedTuple

from bot.editorial.language import FUNCTION_WORDS
from bot.editorial.rules.notation import NUMBER, Phrase
from bot.editorial.text import Tokens, is_number

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


_Match = tuple[Term, Span]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A phrase. `key`: the place in it of the word it is looked up by; `forms` is None where case does not matter."""

    words: tuple[str, ...]
    key: int
    forms: tuple[str, ...] | None
    has_number: bool
    term: Term


_NOBODY: dict[str, tuple[_Entry, ...]] = {}


class _Key:
    """All phrases that are looked up by one word: those that are that word alone, in any case (`plain`, their terms)
    or as written (`cased`), and the others by the word that stands behind it or, where it is their last, before it,
    since some words (`jobs`, `AI`) are in hundreds."""

    __slots__ = ("before", "behind", "cased", "has_more", "plain", "with_number")

    def __init__(self) -> None:
        # Most of the thousands of keys need one of these only.
        self.plain: tuple[Term, ...] = ()
        self.cased: tuple[_Entry, ...] = ()
        self.behind = _NOBODY
        self.before = _NOBODY
        self.with_number: tuple[_Entry, ...] = ()  # in that place
        self.has_more = False  # than plain ones

    def add(self, entry: _Entry) -> None:
        if len(entry.words) == 1 and entry.forms is None:
            self.plain += (entry.term,)
            return
        self.has_more = True
        if len(entry.words) == 1:
            self.cased += (entry,)
            return
        is_last = entry.key + 1 == len(entry.words)
        beside = entry.words[entry.key - 1] if is_last else entry.words[entry.key + 1]
        if beside == NUMBER:
            self.with_number += (entry,)
        elif is_last:
            self.before = self.before if self.before else {}
            self.before[beside] = (*self.before.get(beside, ()), entry)
        else:
            self.behind = self.behind if self.behind else {}
            self.behind[beside] = (*self.behind.get(beside, ()), entry)

    def collect(self, tokens: Tokens, at: int, before: str, behind: str, matches: list[_Match]) -> None:
        """Notes the phrases whose key stands at `at` between these words, all but the plain ones."""
        for entry in self.cased:
            _note(entry, tokens, at, matches)
        for entry in self.behind.get(behind, ()):
            _note(entry, tokens, at, matches)
        for entry in self.before.get(before, ()):
            _note(entry, tokens, at, matches)
        if self.with_number and (is_number(before) or (behind and is_number(behind))):
            for entry in self.with_number:
                _note(entry, tokens, at, matches)


class Index:
    """Phrases by one of their words."""

    __slots__ = ("_keys", "_words")

    def __init__(self) -> None:
        self._keys: dict[str, _Key] = {}
        self._words: dict[str, str] = {}  # each once, however many phrases it stands in

    def add(self, term: Term, phrases: Iterable[Phrase], *, case: bool) -> None:
        for phrase in phrases:
            words, key = tuple(map(self._words.setdefault, phrase.words, phrase.words)), key_of(phrase)
            entry = _Entry(words, key, phrase.forms if case else None, NUMBER in words, term)
            self._keys.setdefault(words[key], _Key()).add(entry)

    def settle(self) -> None:
        """Nothing more comes: words that are the same terms and nothing else share one key, as thousands do."""
        self._words = {}
        alone: dict[tuple[Term, ...], _Key] = {}
        for word, key in self._keys.items():
            if not key.has_more:
                self._keys[word] = alone.setdefault(key.plain, key)

    def may_be_in(self, words: Sequence[str]) -> bool:
        return not self._keys.keys().isdisjoint(words)

    def walk(self, tokens: Tokens) -> dict[Term, list[Span]]:
        """The places of every phrase, in order. Most words are no key, and those are passed over without a step of
        Python for each."""
        keys, words = self._keys, tokens.words
        found: dict[Term, list[Span]] = {}
        others: list[_Match] = []
        last = len(words) - 1
        for at in compress(count(), map(keys.__contains__, words)):
            key = keys[words[at]]
            if key.plain:
                here = Span(at, at)
                for term in key.plain:
                    if term in found:
                        found[term].append(here)
                    else:
                        found[term] = [here]
            if key.has_more:
                before, behind = words[at - 1], words[at + 1] if at < last else ""
                if behind in key.behind or before in key.before or key.with_number or key.cased:
                    key.collect(tokens, at, before, behind, others)
        if not others:
            return found
        for term, span in others:
            found.setdefault(term, []).append(span)
        for term in {term for term, _ in others}:
            found[term].sort()
        return found


def key_of(phrase: Phrase) -> int:
    """The place of the word that a phrase is looked up by: of those that are not in every text the longest. A number is
    none: it is written in many ways, and no phrase is numbers alone (`notation`)."""
    words = phrase.words
    if len(words) == 1:
        return 0
    places = [at for at, word in enumerate(words) if word not in FUNCTION_WORDS and word != NUMBER]
    places = places or [at for at, word in enumerate(words) if word != NUMBER]
    return max(places, key=lambda at: (len(words[at]), at))


def _note(entry: _Entry, tokens: Tokens, at: int, matches: list[_Match]) -> None:
    first = at - entry.key
    last = first + len(entry.words) - 1
    if first >= 0 and _stands(entry, tokens, first, last):
        matches.append((entry.term, Span(first, last)))


def _stands(entry: _Entry, tokens: Tokens, first: int, last: int) -> bool:
    here = tuple(tokens.words[first : last + 1])
    if here != entry.words and not (entry.has_number and _same_but_numbers(entry.words, here)):
        return False
    return entry.forms is None or _same_forms(entry.forms, tokens.forms[first : last + 1])


def _same_but_numbers(wanted: Sequence[str], here: Sequence[str]) -> bool:
    if len(wanted) != len(here):
        return False
    return all(is_number(word) if one == NUMBER else one == word for one, word in zip(wanted, here, strict=True))


def _same_forms(wanted: Sequence[str], forms: Sequence[str]) -> bool:
    return all(one in (form, NUMBER) for one, form in zip(wanted, forms, strict=True))
