"""What a rule would have changed, tried on the stored month before anybody saves it."""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.errors import ConfigError
from bot.domain.story import Item, Story, Topic
from bot.domain.verdict import Verdict
from bot.editorial.rules.loader import load
from bot.editorial.rules.matcher import Vocabulary
from bot.editorial.rules.notation import NUMBER, read_phrase
from bot.editorial.rules.rule import Rule
from bot.editorial.rules.rule_table import read_rules
from bot.editorial.rules.shelf import RuleFile, Shelf
from bot.editorial.rules.table import Faults
from bot.editorial.score import CONTENT_LENGTH, Rulebook
from bot.editorial.text import normalise, tokenise
from bot.ports import Scored, Stories
from bot.services import rule_list

LOOK_BACK = timedelta(days=30)
OWN_FILE = "own.toml"
A_PAGE = 200
LETTERS_BETWEEN_BREATHS = 8_000
EXAMPLES, MOST_EXAMPLES, LONGEST_EXAMPLE = 2, 30, 160
SHOWN = 10  # of each side, the newest; more are counted, not kept


class NotARule(ValueError):
    """What was typed makes no rule; the message says why, in English, as the rule files' own errors do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule somebody thinks of: `phrase`, or `phrase` at most `within` words from `near`; not as a part of `but_not`.
    Phrases are written as in the rule files."""

    topic: Topic
    points: float
    phrase: str
    near: str | None = None
    within: int = 0
    but_not: str | None = None

    @property
    def id(self) -> str:
        """`own.buyout-offers`"""
        words = re.findall(r"[a-z0-9]+", f"{self.phrase} {self.near or ''}".lower())
        return f"own.{'-'.join(words)[:40].strip('-') or 'rule'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of `stories` stored ones: those that come to be news of the topic, those that stop being;
    the newest of each first, SHOWN at most."""

    stories: int
    gained: tuple[Story, ...]
    lost: tuple[Story, ...]
    gained_count: int
    lost_count: int


def block(
    draft: Draft, why: dict[str, str], *, identity: str, speaks: Sequence[str] = (), silent: Sequence[str] = ()
) -> str:
    """The [[rule]] for config/rules/own.toml."""
    lines = ["[[rule]]", f"id = {_quoted(identity)}", f'topic = "{draft.topic.value}"']
    if draft.near is None:
        lines += ['kind = "words"', f"any = [{_quoted(draft.phrase)}]"]
    else:
        lines += ['kind = "near"', f"a = [{_quoted(draft.phrase)}]", f"b = [{_quoted(draft.near)}]"]
        lines.append(f"within = {draft.within}")
    if draft.but_not is not None:
        lines.append(f"but_not = [{_quoted(draft.but_not)}]")
    lines.append(f"points = {draft.points:g}")
    lines += [f"why.{language} = {_quoted(text)}" for language, text in why.items()]
    for key, examples in (("speaks", speaks), ("silent", silent)):
        if examples:
            lines.append(f"{key} = [{', '.join(_quoted(one) for one in examples)}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML string on one line."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def free_id(draft: Draft, book: Rulebook) -> str:
    """The draft's id, with a number where it is taken."""
    taken = {head.id for head in book.heads} | {adjustment.head.id for adjustment in book.adjustments}
    name, n = draft.id, 2
    while name in taken:
        name, n = f"{draft.id}-{n}", n + 1
    return name


def alone(text: str, book: Rulebook) -> tuple[Rule, Vocabulary]:
    """The rule of a block, read by the code that reads the files, with words of its own; NotARule."""
    faults = Faults(OWN_FILE, text)
    shelf = Shelf(lists=rule_list.lists(book))
    read_rules(RuleFile(data=tomllib.loads(text), faults=faults), shelf)
    if faults.problems:
        raise NotARule("; ".join(problem.what for problem in faults.problems))
    return shelf.rules[0], shelf.vocabulary


async def with_block(book: Rulebook, text: str) -> Rulebook:
    """The rules as they would be with the block in own.toml; read in a thread, because that takes a while. NotARule
    says what is wrong."""
    files = {**book.files, OWN_FILE: f"{book.files.get(OWN_FILE, '')}\n{text}"}
    try:
        return await asyncio.to_thread(load, files)
    except ConfigError as error:
        raise NotARule("; ".join(problem.what for problem in error.problems)) from error


def with_points(book: Rulebook, identity: str, points: float) -> Rulebook:
    """The same rules, one of them worth something else."""

    def changed(rule: Rule) -> Rule:
        return replace(rule, head=replace(rule.head, points=points)) if rule.head.id == identity else rule

    return replace(book, rules=tuple(map(changed, book.rules)))


async def stored(stories: Stories, since: datetime) -> AsyncIterator[Scored]:
    """Every stored story first seen after `since`, a little at a time, so that nobody else has to wait."""
    after = letters = 0
    while page := await stories.scored(since=since, after=after, limit=A_PAGE):
        for one in page:
            letters += 100 + len(one.story.summary) + len(one.story.content)
            if letters > LETTERS_BETWEEN_BREATHS:
                letters = 0
                await asyncio.sleep(0)
            yield one
        after = page[-1].story.id


async def try_out(
    stories: Stories, since: datetime, topic: Topic, *, old: Rulebook, new: Rulebook, seen: Callable[[Scored], bool]
) -> Tried:
    """Scores with both rulebooks what `seen` says the change may touch."""
    count = gained_count = lost_count = 0
    gained: deque[Story] = deque(maxlen=SHOWN)
    lost: deque[Story] = deque(maxlen=SHOWN)
    async for one in stored(stories, since):
        count += 1
        if not seen(one):
            continue
        before, after = judged(old, one).topics[topic].hit, judged(new, one).topics[topic].hit
        await asyncio.sleep(0)
        if after and not before:
            gained_count += 1
            gained.append(one.story)
        elif before and not after:
            lost_count += 1
            lost.append(one.story)
    return Tried(
        stories=count,
        gained=tuple(reversed(gained)),
        lost=tuple(reversed(lost)),
        gained_count=gained_count,
        lost_count=lost_count,
    )


def judged(book: Rulebook, one: Scored) -> Verdict:
    story = one.story
    return book.score(item_of(story), language=story.language, source=story.source, weight=one.weight, hints=one.hints)


def item_of(story: Story) -> Item:
    return Item(title=story.title, summary=story.summary, content=story.content)


class Look:
    """Whether a story has what the rule cannot speak without: a quick look before both scores are made. Keeps titles
    on the way that may serve as its examples."""

    def __init__(self, rule: Rule, vocabulary: Vocabulary, draft: Draft) -> None:
        self._triggers = frozenset(rule.finder.triggers)
        self._vocabulary = vocabulary
        self._needles = [_needles(phrase) for phrase in (draft.phrase, draft.near) if phrase is not None]
        self._words = tuple(tokenise(f"{draft.phrase} {draft.near or ''}").words)
        self.found: list[str] = []
        self.close: list[str] = []

    def __call__(self, one: Scored) -> bool:
        story = one.story
        text = f"{story.title}\n{story.summary}\n{story.content[:CONTENT_LENGTH]}\n{story.source}"
        touched = self._may_hold(text) and not self._triggers.isdisjoint(self._vocabulary.read(tokenise(text)).found)
        kept = self.found if touched else self.close
        if len(kept) < MOST_EXAMPLES and 0 < len(story.title) <= LONGEST_EXAMPLE:
            low = story.title.casefold()
            kept += [story.title] if touched or any(word in low for word in self._words if len(word) > 2) else []
        return touched

    def _may_hold(self, text: str) -> bool:
        """Without looking at words: most stories have not even the letters."""
        plain = (text if text.isascii() else normalise(text)).replace(".", "").casefold()
        return all(not needles or any(needle in plain for needle in needles) for needles in self._needles)


def _needles(phrase: str) -> frozenset[str]:
    """Letters of which every text with the phrase has some: the longest word of each reading. None for a list of the
    rule files, and for words that can be written in several ways."""
    if phrase.startswith("@"):
        return frozenset()
    found = frozenset(max(reading.words, key=len) for reading in read_phrase(phrase))
    return found if all(word.isascii() and word.isalnum() for word in found) else frozenset()


def examples(book: Rulebook, identity: str, draft: Draft, look: Look) -> tuple[list[str], list[str]]:
    """Sentences on which the rule speaks, and one on which it is silent; each tried with the rules as they would be.
    Stored titles first, then its own words, and near misses of other rules."""
    sentence = _as_sentence(draft)
    spoken = [*look.found, sentence, f"{sentence} lays off 200 workers"]  # tech-layoffs are layoffs first
    quiet = [*look.close, *(text for rule in rule_list.written(book) for text in rule.silent)]
    speaks = [text for text in spoken if len(text) <= LONGEST_EXAMPLE and _speaks(book, identity, text)]
    silent = next((text for text in quiet if not _speaks(book, identity, text)), None)
    return speaks[:EXAMPLES], [silent] if silent is not None else []


def _speaks(book: Rulebook, identity: str, title: str) -> bool:
    verdict = book.judge(Item(title=title), None)
    return any(reason.rule == identity for score in verdict.topics.values() for reason in score.reasons)


def _as_sentence(draft: Draft) -> str:
    phrases = [draft.phrase, *([draft.near] if draft.near else [])]
    return " ".join(" ".join(read_phrase(one)[0].forms).replace(NUMBER, "1,200") for one in phrases)
