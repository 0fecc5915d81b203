"""What two stories have in common: names, rare words, numbers, and how much of each headline the other tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.editorial.same_story.sketch import NOTION_MARK, NUMBER_MARK, Kind, Sketch

# Beside names and rare words: an action that both tell, and a thing both are about.
_ACTED, _ABOUT = 1.0, 0.5

Rarity = Callable[[str], float]
"""How rare a word of a sketch is: 1 is usual, less for what everybody writes about."""


def shared_words(one: Sketch, other: Sketch) -> list[str]:
    """Names, rare words and numbers of either headline that the other story tells too."""
    words = [word for word in one.strong if word in other.told]
    words += [word for word in other.strong if word in one.told and word not in words]
    return words + sorted(key for key in one.told.keys() & other.told.keys() if key[0] == NUMBER_MARK)


def names_apart(sketch: Sketch, shared: Sequence[str]) -> int:
    """How many there are of them; capitalised words that stand side by side in the headline are one name."""
    kinds = sketch.title.words
    count = len(shared) + sum(map(_is_version, shared))
    if len(shared) < 2:
        return count
    before = ""
    for word, kind in kinds.items():
        is_one_name = kind is Kind.NAME and before in shared and kinds[before] is Kind.NAME
        if is_one_name and word in shared and NOTION_MARK not in (word[0], before[0]):
            count -= 1
        before = word
    return count


def _is_version(word: str) -> bool:
    """`gpt-5`: two stories of it have more in common than its maker."""
    return word[0].isalpha() and word[-1].isdigit() and "-" in word


def notions(one: Sketch, other: Sketch) -> float:
    """What both headlines do or are about, where that says something: a ban more than a launch."""
    both = one.telling & other.telling
    return sum(_ACTED if one.title.words[word] is Kind.ACTION else _ABOUT for word in both)


def told_of(one: Sketch, other: Sketch, rarity: Rarity, *, numbers: bool = True) -> tuple[float, float]:
    """The share of the weight of each headline that the other story tells, in headline or lead."""
    return _share(one, other, rarity, numbers=numbers), _share(other, one, rarity, numbers=numbers)


def _share(one: Sketch, other: Sketch, rarity: Rarity, *, numbers: bool) -> float:
    total = shared = 0.0
    for word, weight in one.weights.items():
        if numbers or word[0] != NUMBER_MARK:
            worth = weight * rarity(word)
            total += worth
            shared += worth if word in other.told else 0.0
    return shared / total if total else 0.0


def heads_alike(one: Sketch, other: Sketch, rarity: Rarity, share: float) -> bool:
    """Whether of each main clause, without things, the other story tells as large a share."""
    return _head_share(one, other, rarity) >= share and _head_share(other, one, rarity) >= share


def _head_share(one: Sketch, other: Sketch, rarity: Rarity) -> float:
    total = shared = 0.0
    for word, weight in one.main.items():
        worth = weight * rarity(word)
        total += worth
        shared += worth if word in other.told else 0.0
    return shared / total if total else 1.0
