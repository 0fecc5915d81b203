"""Which forms of a word count as one: light stemming for English and Indonesian, for comparing only."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.domain.story import Language

_VOWELS = frozenset("aeiou")
_SHORTEST = 3
_ROOT = 4
# Which letters a prefix stands before is as fixed as the prefix, so that most names keep theirs. What it swallows comes
# back: memecat → pecat, menutup → tutup, menyuntik → suntik.
_PREFIXES = (
    (re.compile(r"(?:mem|pem|di)per(?=...)"), ""),
    (re.compile(r"[mp]eny(?=[aeiou])"), "s"),
    (re.compile(r"[mp]eng(?=[aeioughk])"), ""),
    (re.compile(r"[mp]em(?=[bfpv])"), ""),
    (re.compile(r"[mp]em(?=[aeiou])"), "p"),
    (re.compile(r"[mp]en(?=[cdjtz])"), ""),
    (re.compile(r"[mp]en(?=[aeiou])"), "t"),
    (re.compile(r"[mp]e(?=[lmnrwy])"), ""),
    (re.compile(r"[bt]er(?=[^r])"), ""),
    (re.compile(r"di"), ""),
)
_MOST_REMEMBERED = 32_768
_PARTICLES = ("nya", "lah", "kah")


class _Stems(dict[str, str]):
    """The stems of the words that came by lately: nearly every word of a text has come before."""

    __slots__ = ("_language",)

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        found = self[word] = _stem(word, self._language)
        return found


_INDONESIAN, _ENGLISH = _Stems(Language.ID), _Stems(Language.EN)


def stem(word: str, language: Language) -> str:
    """The stem of a folded word. What is left of an Indonesian word is stemmed the English way too, so that a name that
    is not built like an Indonesian word has one stem in both."""
    return (_INDONESIAN if language is Language.ID else _ENGLISH)[word]


def stems_of(words: Iterable[str], language: Language) -> list[str]:
    """Of each word."""
    return list(map((_INDONESIAN if language is Language.ID else _ENGLISH).__getitem__, words))


def _stem(word: str, language: Language) -> str:
    if not word.isascii() or not word.isalpha():
        return word
    return _english(_indonesian(word) if language is Language.ID else word)


def _english(word: str) -> str:
    if len(word) <= _SHORTEST:
        return word
    word = _singular(word)
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= _SHORTEST and _VOWELS & set(root):
            word = root
            if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    if word.endswith("e") and len(word) > _SHORTEST:
        return word[:-1]
    if word.endswith("y") and len(word) > _SHORTEST:
        return word[:-1] + "i"
    return word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > _ROOT:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _indonesian(word: str) -> str:
    for ending in _PARTICLES:
        if word.endswith(ending) and len(word) - len(ending) >= _ROOT:
            word = word.removesuffix(ending)
            break
    if word.startswith("ke") and word.endswith("an") and len(word) - 4 >= _ROOT:
        return word[2:-2]
    root = _without_prefix(word)
    if root.endswith("kan") and len(root) - 3 >= _ROOT:
        return root.removesuffix("kan")
    if root != word and root.endswith("an") and len(root) - 2 >= _ROOT:
        return root.removesuffix("an")
    # Alone, -an and -i end too many names (Taiwan, Gemini); menghadapi and hadapi both keep theirs.
    return root


def _without_prefix(word: str) -> str:
    for prefix, swallowed in _PREFIXES:
        match = prefix.match(word)
        if match is not None and len(word) - match.end() + len(swallowed) >= _ROOT:
            return swallowed + word[match.end() :]
    return word
