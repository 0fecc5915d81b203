"""What must hold across all rule files together: every topic has a scale, every rule named exists, no feed decides."""

from __future__ import annotations

from bot.domain.errors import Problem
from bot.domain.story import Topic
from bot.domain.verdict import Level
from bot.editorial.rules.rule import Field
from bot.editorial.rules.shelf import Shelf


def problems_of(shelf: Shelf) -> list[Problem]:
    """Everything wrong with the files as a whole."""
    return [*_missing_topics(shelf), *_check_names(shelf), *_check_scales(shelf)]


def _missing_topics(shelf: Shelf) -> list[Problem]:
    missing = [topic.value for topic in Topic if topic not in shelf.topics]
    return [Problem(where="rules", what=f"no file gives [thresholds] and [weights] for {one}") for one in missing]


def _check_names(shelf: Shelf) -> list[Problem]:
    """Rules named elsewhere must exist; a context cannot lean on another context."""
    contexts = {rule.head.id for rule in shelf.rules if rule.beside is not None}
    known = {head.id for head in shelf.heads}
    problems: list[Problem] = []
    for table, key, names in shelf.named:
        before = len(table.faults.problems)
        for name in names:
            if name not in known:
                table.fault(f"names the rule {name!r}, which does not exist", key)
            elif key == "beside" and name in contexts:
                table.fault(f"names {name!r}, which is a context itself; name the rules behind it", key)
        problems += table.faults.problems[before:]
    return problems


def _check_scales(shelf: Shelf) -> list[Problem]:
    """Levels rise, title weighs most, and no feed can lift noise over NORMAL or push a clear story below it (see
    rules/feed.py)."""
    problems: list[Problem] = []
    for topic, rules in shelf.topics.items():
        low, normal, high = (rules.thresholds[level] for level in (Level.LOW, Level.NORMAL, Level.HIGH))
        where = f"rules, thresholds of {topic.value}"
        if not 0 < low < normal < high:
            problems.append(
                Problem(where=where, what=f"must rise above 0: low {low:g}, normal {normal:g}, high {high:g}")
            )
        if not rules.weights[Field.TITLE] >= rules.weights[Field.SUMMARY] >= rules.weights[Field.CONTENT] >= 0:
            problems.append(
                Problem(where=f"rules, weights of {topic.value}", what="must fall: title, summary, content")
            )
        if rules.after is not None and (rules.after not in shelf.topics or shelf.topics[rules.after].after is not None):
            problems.append(
                Problem(where=f"rules, {topic.value}", what="`after` must name a topic that comes after none")
            )
        mine = [one for one in shelf.adjustments if one.head.topic is topic]
        hint = sum(one.head.points for one in mine if one.is_hint)
        share = sum(one.head.points for one in mine if not one.is_hint)
        if (low + hint) * (1 + share) > normal + 1e-9:
            what = (
                f"a feed could lift noise over normal: (low + hint {hint:g}) x (1 + weight {share:g}) must be <= normal"
            )
            problems.append(Problem(where=where, what=what))
        if high * (1 - share) < normal - 1e-9:
            what = f"a feed could lose a clear story: high x (1 - weight {share:g}) must be >= normal"
            problems.append(Problem(where=where, what=what))
    return problems
