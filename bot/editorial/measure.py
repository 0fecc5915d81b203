"""How good the rules are on labelled stories: precision and recall by topic, language and way of drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.domain.story import Language, Topic
from bot.domain.verdict import Verdict

ANY = "all"
# Without the rows on which people may disagree.
CLEAR = "clear"


@dataclass(slots=True)
class Tally:
    """Counts of a yes-or-no question. A rate of nothing is None: there is nothing to say."""

    right: int = 0  # found and meant
    false: int = 0  # found, not meant
    missed: int = 0  # meant, not found
    quiet: int = 0  # neither

    def add(self, *, found: bool, meant: bool) -> None:
        self.right += found and meant
        self.false += found and not meant
        self.missed += meant and not found
        self.quiet += not found and not meant

    @property
    def total(self) -> int:
        return self.right + self.false + self.missed + self.quiet

    @property
    def precision(self) -> float | None:
        return _rate(self.right, self.right + self.false)

    @property
    def recall(self) -> float | None:
        return _rate(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        return _rate(2 * self.right, 2 * self.right + self.false + self.missed)

    @property
    def false_per_1000(self) -> float | None:
        rate = _rate(self.false, self.total)
        return None if rate is None else rate * 1000


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A story with what people say of it. `draw` is how it got into the set (`random`, `targeted` …): precision is a
    matter of the random rows, recall of the targeted ones."""

    id: str
    title: str
    language: Language
    draw: str
    is_borderline: bool
    meant: Mapping[Topic, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A row on which the rules and the people disagree."""

    id: str
    topic: Topic
    language: Language
    meant: bool
    score: float
    title: str


def topics(rows: Iterable[tuple[Labelled, Verdict]]) -> tuple[dict[tuple[Topic, str, str], Tally], list[Miss]]:
    """Tallies by (topic, language or `all`, draw or `all`; `clear` leaves borderline rows out), and the misses."""
    tallies: dict[tuple[Topic, str, str], Tally] = {}
    misses: list[Miss] = []
    for row, verdict in rows:
        for topic, meant in row.meant.items():
            score = verdict.topics[topic]
            draws = (ANY, row.draw) if row.is_borderline else (ANY, row.draw, CLEAR)
            for language in (ANY, row.language.value):
                for draw in draws:
                    tallies.setdefault((topic, language, draw), Tally()).add(found=score.hit, meant=meant)
            if score.hit is not meant:
                misses.append(
                    Miss(
                        id=row.id,
                        topic=topic,
                        language=row.language,
                        meant=meant,
                        score=score.score,
                        title=row.title,
                    )
                )
    return tallies, misses
