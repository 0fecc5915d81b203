"""Where the words of all rules stand in a text: one walk over its tokens, however many rules there are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from bot.editorial.rules.index import Index, Span, Term
from bot.editorial.rules.notation import Phrase
from bot.editorial.text import Tokens, ends_sentence, snippet


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


class Vocabulary:
    """Collects phrases while rules are loaded, then finds them. Filled by the loader only; afterwards it only reads."""

    __slots__ = ("_index", "_later", "_terms", "longest")

    def __init__(self) -> None:
        self.longest = 1
        self._index = Index()
        self._later: dict[Term, Index] = {}
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
        index = self._later.setdefault(term, Index()) if later else self._index
        index.add(term, by_identity.values(), case=case)
        return term

    def settle(self) -> None:
        """Everything is in: what told equal lists apart is half of what a vocabulary takes."""
        self._terms = {}
        self._index.settle()

    def read(self, tokens: Tokens) -> Passage:
        return Passage(tokens, self._index.walk(tokens), self)

    def may_be_in(self, words: Sequence[str]) -> bool:
        """False where nothing can be found; that is quicker to know than where it is."""
        return self._index.may_be_in(words)

    def look_later(self, term: Term, tokens: Tokens) -> Sequence[Span]:
        """The places of a term that is not looked for at once."""
        index = self._later.get(term)
        return index.walk(tokens).get(term, ()) if index is not None else ()
