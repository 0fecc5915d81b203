"""Examples in the file of same stories: two headlines that tell one event, or two."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.story import Language
from bot.editorial.rules.table import Table

_SAME, _OTHER = "same", "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two headlines of one day, each with its language, and whether they are the same story."""

    where: str
    one: str
    other: str
    languages: tuple[Language, Language]
    same: bool


def read_pair(table: Table, where: str) -> Pair:
    """Keys: one, other, language, other_language (the same, where it is not given), expect (`same` or `other`)."""
    language = table.choice("language", tuple(Language), Language.EN)
    pair = Pair(
        where=where,
        one=table.text("one"),
        other=table.text("other"),
        languages=(Language(language), Language(table.choice("other_language", tuple(Language), language))),
        same=table.choice("expect", (_SAME, _OTHER), _SAME) == _SAME,
    )
    table.finish()
    return pair
