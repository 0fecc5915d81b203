"""How a text is laid out for reading facts: its words, sentences and clauses, and where listed words stand."""

from __future__ import annotations

import re

from bot.domain.story import Language
from bot.editorial.facts.lexicon import Lexicon, Words
from bot.editorial.rules.company import Company
from bot.editorial.text import ends_sentence, tokenise

_HEADLINE_SHARE = 0.75
_SHORT_WORD = 3
_TELLING_WORDS = 40
_CLAUSE_MARK = re.compile(r"[,:;()\[\]–—]|\s-\s|\.\.\.|…|\"\s")


class Reading:
    """One text. Words are counted from 0; `gap(i)` is what stands between word i-1 and word i."""

    __slots__ = (
        "_begins",
        "_covers",
        "_ends",
        "clause",
        "forms",
        "found",
        "language",
        "lexicon",
        "plain",
        "sentence",
        "spans",
        "text",
        "words",
    )

    def __init__(self, text: str, lexicon: Lexicon, language: Language) -> None:
        tokens = tokenise(text)
        self.text, self.plain = text, tokens.plain
        self.words, self.forms, self.spans = tokens.words, tokens.forms, tokens.spans()
        self.lexicon, self.language = lexicon, language
        self.found = lexicon.read(tokens).found
        self._begins: dict[Words, dict[int, int]] = {}
        self._ends: dict[Words, dict[int, int]] = {}
        self._covers: dict[Words, frozenset[int]] = {}
        self.sentence, self.clause = self._parts()

    def __len__(self) -> int:
        return len(self.words)

    def gap(self, at: int) -> str:
        """Between the words at - 1 and at; before the first word and behind the last what stands there."""
        start = self.spans[at - 1][1] if at > 0 else 0
        end = self.spans[at][0] if at < len(self.spans) else len(self.plain)
        return self.plain[start:end]

    def raw(self, first: int, last: int) -> str:
        """Words first to last as the text writes them."""
        return self.text[self.spans[first][0] : self.spans[last][1]]

    def begins(self, words: Words) -> dict[int, int]:
        """Of every phrase of a list: first word → last word, of the longest that begins there."""
        known = self._begins.get(words)
        if known is None:
            known = self._begins[words] = {}
            for span in self.found.get(self.lexicon.terms[words], ()):
                known[span.first] = max(span.last, known.get(span.first, 0))
        return known

    def ends(self, words: Words) -> dict[int, int]:
        """Of every phrase of a list: last word → first word, of the longest that ends there."""
        known = self._ends.get(words)
        if known is None:
            known = self._ends[words] = {}
            for span in self.found.get(self.lexicon.terms[words], ()):
                known[span.last] = min(span.first, known.get(span.last, span.first))
        return known

    def covers(self, words: Words) -> frozenset[int]:
        """Every word that belongs to a phrase of a list."""
        known = self._covers.get(words)
        if known is None:
            spans = self.found.get(self.lexicon.terms[words], ())
            known = self._covers[words] = frozenset(at for span in spans for at in range(span.first, span.last + 1))
        return known

    def has(self, words: Words, first: int, last: int) -> bool:
        """Whether a phrase of the list stands wholly within words first to last."""
        return any(begin >= first and end <= last for begin, end in self.begins(words).items())

    def any(self, words: Words) -> bool:
        return self.lexicon.terms[words] in self.found

    def bounds(self, at: int) -> tuple[int, int]:
        """First and last word of the sentence word `at` is in."""
        first = last = at
        while first > 0 and self.sentence[first - 1] == self.sentence[at]:
            first -= 1
        while last + 1 < len(self.words) and self.sentence[last + 1] == self.sentence[at]:
            last += 1
        return first, last

    def sentence_text(self, at: int) -> str:
        """The sentence word `at` is in, word for word, with its closing mark."""
        first, last = self.bounds(at)
        start = self.spans[first][0]
        behind = self.gap(last + 1)
        mark = re.match(r"[%+]?[.!?…\"'”’)\]]*", behind)
        opening = re.search(r"[\"'“‘(\[$£€]+$", self.gap(first))
        if opening is not None:
            start -= len(opening.group())
        return self.text[start : self.spans[last][1] + (len(mark.group()) if mark else 0)]

    def employers(self) -> list[tuple[int, int, Company, str]]:
        """Where employers of the company table are named: first word, last word, employer, alias; the longest names."""
        spans = [
            (span.first, span.last, *self.lexicon.employers[term])
            for term in self.found
            if term in self.lexicon.employers
            for span in self.found[term]
        ]
        kept: list[tuple[int, int, Company, str]] = []
        for one in sorted(spans, key=lambda span: (span[0], -span[1])):
            if not kept or one[0] > kept[-1][1]:
                kept.append(one)
        return kept

    @property
    def is_headline(self) -> bool:
        """Whether (nearly) every word is capitalised, so that capitals say nothing."""
        letters = [form for form in self.forms[:_TELLING_WORDS] if form[0].isalpha()]
        longer = [form for form in letters if len(form) > _SHORT_WORD]
        words = longer if len(longer) > _SHORT_WORD else letters
        return bool(words) and sum(form[0].isupper() for form in words) >= _HEADLINE_SHARE * len(words)

    def _parts(self) -> tuple[list[int], list[int]]:
        joins = self.begins(Words.CLAUSES)
        inside = {at for first, last, _, _ in self.employers() for at in range(first + 1, last + 1)}
        sentence, clause = [0], [0]
        for at in range(1, len(self.words)):
            gap = self.gap(at)
            # Warner Bros. Discovery is one name
            sentence_ends = (
                gap != " "
                and at not in inside
                and ends_sentence(self.plain, self.spans[at - 1][1], self.spans[at][0], self.words[at - 1])
            )
            joined = at in joins and self.forms[at] != "AS"
            parted = sentence_ends or joined or (gap != " " and _CLAUSE_MARK.search(gap) is not None)
            sentence.append(sentence[-1] + sentence_ends)
            clause.append(clause[-1] + parted)
        return sentence, clause
