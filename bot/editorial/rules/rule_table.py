"""What a [[rule]] and an [[example]] may say, and how they become rules, vetoes, adjustments and examples."""

from __future__ import annotations

from typing import Any

from bot.domain.story import Language, Topic
from bot.editorial.rules.context import read_beside
from bot.editorial.rules.examples import Example
from bot.editorial.rules.feed import Adjustment
from bot.editorial.rules.kinds import ADJUSTING, KINDS, read_finder
from bot.editorial.rules.rule import BODY, Field, Head, Rule
from bot.editorial.rules.shelf import FIELDS, LANGUAGES, TOPICS, RuleFile, Shelf
from bot.editorial.rules.table import Table
from bot.editorial.rules.veto import read_veto


def read_rules(file: RuleFile, shelf: Shelf) -> None:
    lines = file.faults.lines_of("[[rule]]")
    taken = {head.id for head in shelf.heads}
    for number, data in enumerate(_tables(file, "rule")):
        at = f"rule {data.get('id', number + 1)!r}"
        line = lines[number] if number < len(lines) else None
        table = Table(data, file.faults, at=at, line=line, lists=shelf.lists)
        head = _read_head(file, table)
        kind = table.text("kind")
        if kind and kind not in KINDS:
            table.fault(f"{kind!r} is no kind of rule; kinds: {', '.join(KINDS)}", "kind")
        if head.id in taken:
            table.fault("is the id of another rule too", "id")
        taken.add(head.id)
        if kind in KINDS:
            # Also where something is wrong already: the load fails anyhow, and every problem is to be told.
            _shelve(kind, head, table, shelf)
            table.finish()


def _tables(file: RuleFile, key: str) -> list[dict[str, Any]]:
    found = file.data.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        file.faults.add(f"write [[{key}]] above each one", key=key)
        return []
    return found


def _read_head(file: RuleFile, table: Table) -> Head:
    identity = table.text("id")
    topic = table.choice("topic", TOPICS, file.data.get("topic", ""))
    if topic not in TOPICS:
        table.fault("is missing, here and at the top of the file", "topic")
        topic = Topic.AI.value
    language = table.choice("language", LANGUAGES, file.data.get("language", "any"))
    why = Table(table.table("why", needed=True), table.faults, at=table.at, line=table.line)
    kind = table.data.get("kind")
    fields = table.names("fields") or tuple(where.value for where in BODY)
    for name in fields:
        if name not in FIELDS:
            table.fault(f"{name!r} is no field; fields: {', '.join(FIELDS)}", "fields")
    points = 0.0
    if kind != "veto":
        points = table.number("points")
        if table.data.get("points") == 0:
            table.fault("is 0: the rule would say nothing", "points")
    head = Head(
        id=identity,
        topic=Topic(topic),
        points=points,
        why={language.value: why.text(language.value) for language in Language} if "why" in table else {},
        languages=frozenset(Language) if language not in list(Language) else frozenset({Language(language)}),
        fields=tuple(where for where in Field if where.value in fields),
        file=table.faults.file,
        speaks=table.names("speaks"),
        silent=table.names("silent"),
    )
    why.finish()
    return head


def _shelve(kind: str, head: Head, table: Table, shelf: Shelf) -> None:
    if kind in ADJUSTING:
        shelf.adjustments.append(Adjustment(head=head, is_hint=kind == "hint"))
        return
    finder = read_finder(kind, table, shelf.vocabulary, shelf.groups)
    if kind == "veto":
        veto = read_veto(table, head, finder)
        shelf.named += [(table, "cancels", tuple(veto.cancels)), (table, "unless", tuple(veto.unless))]
        shelf.vetoes.append(veto)
        return
    beside = read_beside(table, shelf.vocabulary) if kind == "context" else None
    if beside is not None:
        shelf.named.append((table, "beside", tuple(beside.rules)))
    shelf.rules.append(Rule(head=head, finder=finder, beside=beside))


def read_examples(file: RuleFile, shelf: Shelf) -> None:
    lines = file.faults.lines_of("[[example]]")
    for number, data in enumerate(_tables(file, "example")):
        line = lines[number] if number < len(lines) else None
        table = Table(data, file.faults, at=f"example {number + 1}", line=line)
        expect = table.table("expect")
        for topic, answer in expect.items():
            if topic not in TOPICS or answer not in ("hit", "miss"):
                table.fault(f"{topic} = {answer!r}: write a topic ({', '.join(TOPICS)}) and hit or miss", "expect")
        rules, silent = table.names("rule"), table.names("silent")
        shelf.named += [(table, "rule", rules), (table, "silent", silent)]
        language = table.choice("language", LANGUAGES, "any")
        example = Example(
            where=f"{file.faults.file}:{line}, example {number + 1}",
            title=table.text("title"),
            summary=table.text("summary", needed=False),
            content=table.text("content", needed=False),
            source=table.text("source", needed=False),
            language=Language(language) if language in list(Language) else None,
            expect={Topic(topic): answer == "hit" for topic, answer in expect.items() if topic in TOPICS},
            rules=rules,
            silent=silent,
        )
        table.finish()
        shelf.examples.append(example)
