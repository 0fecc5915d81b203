"""Whether the rules do what their own examples say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.errors import Problem
from bot.domain.story import Item, Language, Topic
from bot.domain.verdict import Verdict
from bot.editorial.rules.rule import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A made-up story: `expect` says for which topics it is news, `rules` must speak and `silent` must not."""

    where: str
    title: str
    summary: str = ""
    content: str = ""
    source: str = ""
    language: Language | None = None
    expect: Mapping[Topic, bool] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


class Judging(Protocol):
    def judge(self, item: Item, language: Language | None, source: str) -> Verdict: ...


def run(book: Judging, examples: tuple[Example, ...], heads: tuple[Head, ...]) -> list[Problem]:
    """Every example that fails; every rule without an example of speaking and one of staying silent."""
    problems: list[Problem] = []
    for example in examples:
        problems += [Problem(where=example.where, what=what) for what in _failures(book, example)]
    for head in heads:
        problems += _own_examples(book, head, examples)
    return problems


def _failures(book: Judging, example: Example) -> list[str]:
    item = Item(title=example.title, summary=example.summary, content=example.content)
    verdict = book.judge(item, example.language, example.source)
    spoke = _speakers(verdict)
    found: list[str] = []
    for topic, wanted in example.expect.items():
        score = verdict.topics[topic]
        if score.hit is not wanted:
            by = ", ".join(f"{reason.rule} {reason.points:+g}" for reason in score.reasons) or "no rule"
            found.append(
                f"{example.title!r} should be a {'hit' if wanted else 'miss'} for {topic.value}, but scores"
                f" {score.score:g} of {score.threshold:g} ({by})"
            )
    found += [f"rule {rule!r} should speak on {example.title!r}" for rule in example.rules if rule not in spoke]
    found += [f"rule {rule!r} should be silent on {example.title!r}" for rule in example.silent if rule in spoke]
    return found


def _own_examples(book: Judging, head: Head, examples: tuple[Example, ...]) -> list[Problem]:
    where = f"{head.file}, {head.id}"
    language = next(iter(head.languages)) if len(head.languages) == 1 else None
    problems: list[Problem] = []
    for texts, wanted in ((head.speaks, True), (head.silent, False)):
        for text in texts:
            if (head.id in _speakers(book.judge(Item(title=text), language, ""))) is not wanted:
                what = f"should {'speak' if wanted else 'be silent'} on {text!r}"
                problems.append(Problem(where=f"{where}, key `{'speaks' if wanted else 'silent'}`", what=what))
    if not head.speaks and not any(head.id in example.rules for example in examples):
        problems.append(
            Problem(where=where, what="has no example; add `speaks` or an [[example]] that names it in `rule`")
        )
    if not head.silent and not any(head.id in example.silent for example in examples):
        problems.append(Problem(where=where, what="has no near miss; add `silent`, here or in an [[example]]"))
    return problems


def _speakers(verdict: Verdict) -> set[str]:
    return {reason.rule for score in verdict.topics.values() for reason in score.reasons}
