"""Which kinds of rule there are. A new kind that looks for something is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.editorial.rules import company, count, near, words
from bot.editorial.rules.company import Groups
from bot.editorial.rules.matcher import Vocabulary
from bot.editorial.rules.rule import Finder
from bot.editorial.rules.table import Table

FINDERS: Mapping[str, Callable[[Table, Vocabulary, Groups], Finder]] = {
    "words": words.read,
    "near": near.read,
    "count": count.read,
    "company": company.read,
}
# A context and a veto look for words; where they have `a`, for what is near; where they have `group`, for employers.
WRAPPING = ("context", "veto")
ADJUSTING = ("hint", "weight")
KINDS = (*FINDERS, *WRAPPING, *ADJUSTING)


def read_finder(kind: str, table: Table, vocabulary: Vocabulary, groups: Groups) -> Finder:
    """The finder of a rule of this kind."""
    if kind in WRAPPING:
        kind = "near" if "a" in table else "company" if "group" in table else "words"
    return FINDERS[kind](table, vocabulary, groups)
