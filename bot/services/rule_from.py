"""Which phrase of a text says most, for a rule to be made of it: words in a row that few stories have."""

from __future__ import annotations

import re

from bot.domain.story import Item, Language, Topic
from bot.editorial.score import Rulebook
from bot.editorial.text import is_number, tokenise
from bot.ports import Judge, Stories
from bot.services.questions import SMALL

ADDRESS = re.compile(r"<?(?:https?://|www\.)[^\s<>]+>?", re.IGNORECASE)
LONGEST = 3  # words
MOST_CANDIDATES = 14
COUNTED = 50  # stories; a phrase that more have says little
LOOKED_AT = 300  # letters


def without_addresses(text: str) -> str:
    """The words alone: a rule is made of what a message says, not of where it points."""
    return " ".join(ADDRESS.sub(" ", text).split())


def candidates(text: str) -> list[str]:
    """Two or three telling words in a row, as they are written, without figures; single ones where no two stand
    together."""
    tokens = tokenise(text[:LOOKED_AT])
    runs: list[list[int]] = [[]]
    spans = tokens.spans()
    for n, word in enumerate(tokens.words):
        telling = word not in SMALL and not is_number(word) and len(word) > 1
        parted = bool(runs[-1]) and text[spans[n - 1][1] : spans[n][0]].strip(" -") != ""
        if not telling or parted:
            runs.append([])
        if telling:
            runs[-1].append(n)
    found: list[str] = []
    for size in (2, LONGEST, 1):
        rows = [run[at : at + size] for run in runs for at in range(len(run) - size + 1)]
        found += [text[spans[row[0]][0] : spans[row[-1]][1]] for row in rows]
        if size == LONGEST and found:
            break
    return list(dict.fromkeys(found))[:MOST_CANDIDATES]


async def telling_phrase(
    text: str, *, stories: Stories, judge: Judge, book: Rulebook, language: Language
) -> str | None:
    """The rarest of the phrases that more than this one text has and no rule knows yet, else the first new one; None
    where the rules know all of them, or there is none."""
    new = [one for one in candidates(text) if not _is_known(one, book)]
    counts: dict[str, int] = {}
    for one in new:
        index = judge.index(Item(title=one), language)
        counts[one] = len(await stories.search(index, limit=COUNTED, shown=False)) if index else 0
    shared = [one for one in new if 1 < counts[one] < COUNTED]
    return min(shared, key=lambda one: counts[one], default=next(iter(new), None))


def _is_known(phrase: str, book: Rulebook) -> bool:
    return any(score.reasons for score in book.judge(Item(title=phrase), None).topics.values())


def likely_topic(text: str, book: Rulebook) -> Topic | None:
    """The topic the text is nearest to by the rules there are, None where they find nothing."""
    scores = book.judge(Item(title=text[:LOOKED_AT]), None).topics.values()
    best = max(scores, key=lambda score: score.score / score.threshold)
    return best.topic if best.reasons else None
