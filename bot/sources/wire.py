"""How a document travels between Kabar and its parsing process: frames of JSON and bytes, never pickle."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from bot.domain.errors import Malformed, SourceError
from bot.domain.story import Item
from bot.sources.document import Document, FeedElsewhere, as_json, from_json

LENGTH = struct.Struct("!I")
LONGEST_FRAME = 32 << 20
_ITEMS_FRAME = 128 * 1024


def frame(payload: bytes) -> bytes:
    return LENGTH.pack(len(payload)) + payload


def dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def answer_frames(document: Document) -> Iterator[bytes]:
    """Several small frames, so that the reader of a large answer is never busy for long: items, then the rest."""
    batch: list[str] = []
    size = 0
    for item in document.items:
        text = json.dumps(as_json(item), ensure_ascii=False, separators=(",", ":"))
        batch.append(text)
        size += len(text)
        if size > _ITEMS_FRAME:
            yield frame(f'{{"items":[{",".join(batch)}]}}'.encode("utf-8", "replace"))
            batch, size = [], 0
    yield frame(f'{{"items":[{",".join(batch)}]}}'.encode("utf-8", "replace"))
    yield frame(
        dump(
            {
                "entries": document.entries,
                "format": document.format,
                "reading": document.reading,
                "title": document.title,
                "language": document.language,
                "ttl": None if document.ttl is None else document.ttl.total_seconds(),
                "skip_hours": sorted(document.skip_hours),
                "skip_days": sorted(document.skip_days),
                "hub": document.hub,
                "self_link": document.self_link,
            }
        )
    )


def error_frame(error: SourceError) -> bytes:
    found = error.found if isinstance(error, FeedElsewhere) else None
    return frame(dump({"cause": error.cause, "detail": error.detail, "found": found}))


def document_of(head: Mapping[str, Any], items: list[Item]) -> Document:
    """The document of a last frame, or the Malformed that it stands for, raised."""
    if head.get("found"):
        raise FeedElsewhere(head["found"])
    if "cause" in head:
        raise Malformed(head["cause"], head["detail"])
    return Document(
        items=tuple(items),
        entries=head["entries"],
        format=head["format"],
        reading=head["reading"],
        title=head["title"],
        language=head["language"],
        ttl=None if head["ttl"] is None else timedelta(seconds=head["ttl"]),
        skip_hours=frozenset(head["skip_hours"]),
        skip_days=frozenset(head["skip_days"]),
        hub=head["hub"],
        self_link=head["self_link"],
    )


def items_of(message: Mapping[str, Any]) -> list[Item] | None:
    """The items of a frame that holds some; None for the last frame."""
    found = message.get("items")
    return None if found is None else [from_json(fields) for fields in found]
