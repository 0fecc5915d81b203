"""`kabar parse` and `kabar score`: a feed document or stories in, JSON lines out."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bot.cli import DONE, WRONG
from bot.cli.lines import story_of, text_of, written
from bot.domain.errors import SourceError
from bot.domain.event import Event
from bot.domain.story import Item, Language
from bot.domain.verdict import TopicScore
from bot.settings import Settings
from bot.texts import Texts


async def parse(arguments: Namespace, settings: Settings) -> int:
    from bot.app import utc_now
    from bot.sources.document import as_json
    from bot.sources.pool import parse_bytes

    say = Texts(settings.chat.language).say
    try:
        body = sys.stdin.buffer.read() if arguments.file == "-" else _content(arguments.file)
    except OSError as error:
        print(say("cli.cannot_read", file=arguments.file, reason=error.strerror or str(error)), file=sys.stderr)
        return WRONG
    try:
        document = await parse_bytes(body, arguments.content_type, arguments.url, utc_now())
    except SourceError as error:
        print(f"{arguments.file}: {error.detail}", file=sys.stderr)
        return WRONG
    for item in document.items:
        sys.stdout.write(written(as_json(item)))
    sys.stdout.flush()
    print(say("cli.parsed", items=len(document.items), reading=document.reading), file=sys.stderr)
    return DONE


def _content(path: str) -> bytes:
    return Path(path).read_bytes()


async def score(arguments: Namespace, settings: Settings) -> int:
    """A line that is no story is named and passed over; the exit code says so at the end."""
    from bot.editorial.facts.extract import extract
    from bot.editorial.rules.loader import load

    rulebook = load(settings.rule_files)
    say = Texts(settings.chat.language).say
    forced = None if arguments.language == "auto" else Language(arguments.language)
    wrong = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        story = story_of(line)
        if story is None:
            wrong += 1
            print(say("cli.score.bad_line", line=number), file=sys.stderr)
            continue
        item = _item(story)
        said = text_of(story, "lang")
        prior = Language(said) if said in ("en", "id") else None
        language = forced or prior or rulebook.detect(item, None)
        verdict = rulebook.score(item, language=language, source=text_of(story, "source"), weight=1.0, hints=())
        row = {
            "id": story.get("id"),
            "language": language.value,
            "topics": {topic.value: _topic_row(one, language) for topic, one in verdict.topics.items()},
            "event": _event_row(extract(item, language=language, verdict=verdict, rulebook=rulebook)),
        }
        sys.stdout.write(written(row))
    return WRONG if wrong else DONE


def _item(story: Mapping[str, Any]) -> Item:
    return Item(
        title=text_of(story, "title"),
        summary=text_of(story, "summary"),
        content=text_of(story, "content"),
        link=text_of(story, "url") or None,
    )


def _event_row(event: Event | None) -> dict[str, Any] | None:
    if event is None:
        return None
    cause = event.ai_cause
    return {
        "company": event.company,
        "headcount": event.headcount,
        "percent": event.percent,
        "tech": event.tech,
        "kind": event.kind.value,
        "ai_cause": None if cause is None else {"grade": cause.grade.value, "quote": cause.quote},
    }


def _topic_row(one: TopicScore, language: Language) -> dict[str, Any]:
    reasons: Iterable[dict[str, Any]] = (
        {
            "rule": reason.rule,
            "points": round(reason.points, 2),
            "field": reason.field,
            "text": reason.text,
            "why": reason.why.get(language) or reason.why.get("en", ""),
        }
        for reason in one.reasons
    )
    return {
        "score": round(one.score, 2),
        "threshold": round(one.threshold, 2),
        "hit": one.hit,
        "reasons": list(reasons),
    }
