"""How a phrase in a rule file is written, and which words it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

from bot.editorial.text import tokenise

NUMBER = "#"
_OPTIONAL = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"(?:\([^()]*\)|[^\s()])+")
_MOST_READINGS = 1_000
# Without any of these a phrase is its words.
_SIGNS = frozenset("/()#")


class BadPhrase(ValueError):
    """A phrase that cannot be read; the message says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One reading of a phrase: folded words and the same words as written; `#` stands for any number."""

    words: tuple[str, ...]
    forms: tuple[str, ...]


def read_phrase(written: str) -> list[Phrase]:
    """Every reading of `written`:

    lay/lays/laying/laid off   one of these words, then `off`
    worker(s), of (its/the)    what is in brackets may be missing, part of a word or a whole one
    cut # jobs                 any number: 1,300 · 9k · hundreds · setengah
    """
    if _SIGNS.isdisjoint(written):
        tokens = tokenise(written)
        if not tokens.words:
            raise BadPhrase(
                f"{written!r} has no word in it" if written.strip() else "is empty; write at least one word"
            )
        return [_checked(Phrase(words=tuple(tokens.words), forms=tuple(tokens.forms)), written)]
    if not {"(", ")"}.isdisjoint(_OPTIONAL.sub("", written)):
        raise BadPhrase(f"{written!r} has a bracket without its partner")
    slots = [_alternatives(slot, written) for slot in _SLOT.findall(written)]
    if not slots:
        raise BadPhrase("is empty; write at least one word")
    count = 1
    for slot in slots:
        count *= len(slot)
    if count > _MOST_READINGS:
        raise BadPhrase(f"{written!r} stands for {count} phrases; split it into several")
    readings: dict[tuple[str, ...], Phrase] = {}
    for combination in product(*slots):
        words = tuple(word for slot in combination for word in slot[0])
        forms = tuple(form for slot in combination for form in slot[1])
        if words:
            readings.setdefault(forms, Phrase(words=words, forms=forms))
    if not readings:
        raise BadPhrase(f"{written!r} has no word in it")
    return [_checked(reading, written) for reading in readings.values()]


def _checked(reading: Phrase, written: str) -> Phrase:
    if all(word == NUMBER or word.replace(".", "").replace(",", "").isdigit() for word in reading.words):
        raise BadPhrase(f"{written!r} can be a number alone, which says nothing; add a word")
    return reading


def _alternatives(slot: str, written: str) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    found: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    choices = _split(slot)
    if len({"-" in choice for choice in choices}) > 1:
        # `AI-powered/driven` looks like two words with AI and is not.
        raise BadPhrase(f"{written!r} has a hyphen on one side of a slash only; write a space for it or list both")
    for alternative in choices:
        if not alternative:
            raise BadPhrase(f"{written!r} has a slash with nothing beside it")
        for word in _with_and_without(alternative):
            if word == NUMBER:
                found.append(((NUMBER,), (NUMBER,)))
                continue
            tokens = tokenise(word)
            if word and not tokens.words:
                raise BadPhrase(f"{word!r} in {written!r} is not a word")
            found.append((tuple(tokens.words), tuple(tokens.forms)))
    return found


def _split(slot: str) -> list[str]:
    """At slashes outside brackets; those inside belong to the bracket."""
    parts, depth = [""], 0
    for letter in slot:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "/" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _with_and_without(word: str) -> list[str]:
    match = _OPTIONAL.search(word)
    if match is None:
        return [word]
    before, inside, after = word[: match.start()], match.group(1), word[match.end() :]
    endings = _with_and_without(after)
    return [before + middle + ending for middle in ("", *inside.split("/")) for ending in endings]
