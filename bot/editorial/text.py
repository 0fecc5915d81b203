"""What counts as a word: normalising, tokens with their place in the original, sentences and snippets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_APOSTROPHES = "\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u00b4\u0060\uff07"
_SPACES = "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u205f\u3000"
# One character for one, so that every offset is also an offset into the original.
_SIGNS = {**dict.fromkeys(_HYPHENS, "-"), **dict.fromkeys(_APOSTROPHES, "'"), **dict.fromkeys(_SPACES, " ")}
_PLAIN = str.maketrans(_SIGNS)
# Of ASCII only these may stand within a word; every other sign parts two.
_JOINING = ".,'_"
_PARTING = str.maketrans({sign: " " for sign in map(chr, range(128)) if not sign.isalnum() and sign not in _JOINING})
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_SPECIAL = re.compile("[^\x00-\x5f\x61-\x7f]")  # outside ASCII, and the backtick
# A text with more kinds of them than this is none that is worth a quick way.
_FEW_SIGNS = 16

# Letters with their combining marks; marks and invisible joiners do not end a word.
_LETTERS = "(?:[^\\W_]|[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff])+"
_WORD = re.compile(
    r"[A-Z](?:\.[A-Z])+\b\.?"  # A.I., U.S.
    r"|\d+(?:[.,]\d+)*(?![^\W_])"  # 1,300 and 5.5 are one word
    rf"|{_LETTERS}(?:'{_LETTERS})*"  # don't, Google's
)
_ASCII_WORD = re.compile(r"[A-Z](?:\.[A-Z])+\b\.?|\d+(?:[.,]\d+)*(?![A-Za-z0-9])|[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*")

_DOTTED = "inc corp ltd co tbk pt mr mrs ms dr st vs no rp jl jr sr gov sen rep prof"
_ABBREVIATIONS = frozenset(_DOTTED.split())
_SENTENCE_END = re.compile(r"[.!?…][\"')\]]*\s|[\n\r;|]")
_ELLIPSIS = "…"
SNIPPET_LENGTH = 90
# A headline is asked for several times while its story is judged.
_LAST_TEXTS = 16

_NUMBERS = """
    dozens scores hundreds thousands tens half quarter third two three four five six seven eight nine ten eleven twelve
    belasan puluhan ratusan ribuan jutaan separuh setengah seperempat sepertiga seperlima dua tiga empat lima enam tujuh
    delapan sembilan sepuluh sejumlah
"""
NUMBER_WORDS = frozenset(_NUMBERS.split())


def normalise(text: str) -> str:
    """NFKC with straight quotes, plain hyphens and single spaces: for comparing, not for showing."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_PLAIN).translate(_INVISIBLE).split())


def is_number(word: str) -> bool:
    """Digits in any writing (1,300 · 9k · 20%) or a word for a number or an unnamed quantity (half, hundreds)."""
    return word[0].isdigit() or word in NUMBER_WORDS


class Tokens:
    """The words of one text: `words` folded for comparing, `forms` as written (for words whose case matters)."""

    __slots__ = ("_forms", "_parted", "plain", "text", "words")

    words: Sequence[str]

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain, parted = (text, text) if text.isascii() else _without_signs(text)
        self._parted: str | None = None
        self._forms: Sequence[str] = ()
        if parted.isascii():
            # A comma and a full stop before a space part words too, wherever they are.
            parted = f"{parted} ".translate(_PARTING).replace(", ", " ").replace(". ", " ")
            if not ("." in parted or "," in parted or "'" in parted or "_" in parted):
                self._parted, self.words = parted, parted.casefold().split()
                return
            self._forms = _looked_at(parted.split())
        else:
            self._forms = [_form(raw) for raw in _WORD.findall(self.plain)]
        # All at once: nothing in a word folds to the end of a line.
        self.words = "\n".join(self._forms).casefold().split("\n") if self._forms else []

    @property
    def forms(self) -> Sequence[str]:
        if self._parted is not None:  # few texts are ever asked for them
            self._forms = self._parted.split()
            self._parted = None
        return self._forms

    def spans(self) -> list[tuple[int, int]]:
        """Start and end of each word in `text`; worked out only when something was found."""
        pattern = _ASCII_WORD if self.plain.isascii() else _WORD
        return [match.span() for match in pattern.finditer(self.plain)]


@lru_cache(maxsize=_LAST_TEXTS)
def tokenise(text: str) -> Tokens:
    """Words without punctuation; hyphens separate (lay-off = lay off), a possessive 's is dropped, A.I. is AI."""
    return Tokens(text)


def words_of(title: str, text: str) -> Sequence[str]:
    """The words of both, as of one text; each is read once for all who ask."""
    if "`" in title or "`" in text:  # an apostrophe only where the rest is not plain either
        return tokenise(f"{title}\n{text}").words
    return [*tokenise(title).words, *tokenise(text).words]


def _without_signs(text: str) -> tuple[str, str]:
    """Plainly written, and the same with a space for every sign outside ASCII that only parts words (quotation marks,
    bullets): most texts are then ASCII."""
    signs = set(_SPECIAL.findall(text))
    if len(signs) > _FEW_SIGNS:
        plain = text.translate(_PLAIN)
        return plain, plain
    for sign in signs.intersection(_SIGNS):
        text = text.replace(sign, _SIGNS[sign])
    parted = text
    for sign in signs.difference(_SIGNS):
        if _WORD.match(sign) is None:
            parted = parted.replace(sign, " ")
    return text, parted


def _looked_at(pieces: list[str]) -> list[str]:
    """The forms in pieces of ASCII: most are one form each, the others, with marks in them, are looked at one by one.
    This takes a quarter of the time of the pattern alone."""
    forms: list[str] = []
    done = 0
    for at in [at for at, piece in enumerate(pieces) if not piece.isalnum()]:
        forms += pieces[done:at]
        forms += [_form(raw) for raw in _ASCII_WORD.findall(pieces[at])]
        done = at + 1
    return forms + pieces[done:]


def _form(raw: str) -> str:
    if raw.isalpha() and raw.isascii():
        return raw
    if not raw.isascii():
        # Never empty: a lone joiner stays itself, so that words and spans keep the same count.
        raw = unicodedata.normalize("NFKC", raw).translate(_INVISIBLE) or raw
    if raw[0].isdigit():
        return raw
    if raw.endswith(("'s", "'S")):
        raw = raw[:-2]
    return raw.replace(".", "") or raw


def ends_sentence(text: str, start: int, end: int, before: str) -> bool:
    """Whether a sentence ends in text[start:end], the gap after the word `before`."""
    match = _SENTENCE_END.search(text, start, min(end + 1, len(text)))
    if match is None:
        return False
    return not (match.group().startswith(".") and before in _ABBREVIATIONS)


def snippet(text: str, start: int, end: int, length: int = SNIPPET_LENGTH) -> str:
    """The words around text[start:end], verbatim, on one line of the text, about `length` characters at most; an
    ellipsis where something was left out."""
    left = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    stops = [at for at in (text.find("\n", end), text.find("\r", end)) if at >= 0]
    right = min(stops, default=len(text))
    if right - left > length:
        room = max(length - 2 - (end - start), 0)
        low = max(left, start - room // 2)
        high = min(right, max(end, low + length - 2))
        low = max(left, min(low, high - length + 2)) if start >= high - length + 2 else low
        left, right = _to_word(text, left, low, start), _to_word_end(text, right, high, end)
    line_start = left == 0 or text[left - 1] in "\n\r"
    line_end = right == len(text) or text[right] in "\n\r"
    cut = text[left:right].strip()
    return f"{'' if line_start else _ELLIPSIS}{cut}{'' if line_end else _ELLIPSIS}"


def _to_word(text: str, limit: int, low: int, start: int) -> int:
    """Moves a cut forward to the next space before `start`, unless it is where the line begins."""
    if low <= limit:
        return limit
    space = text.find(" ", low - 1, start)
    return low if space < 0 else space + 1


def _to_word_end(text: str, limit: int, high: int, end: int) -> int:
    if high >= limit:
        return limit
    space = text.rfind(" ", end, high + 1)
    return end if space < 0 else space
