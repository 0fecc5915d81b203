"""Stories as lines of JSON: which lines are one, and how an answer is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def story_of(line: bytes) -> Mapping[str, Any] | None:
    """None for what is no story: an object with a title, which may be missing or null."""
    try:
        story = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return story if isinstance(story, dict) and isinstance(story.get("title", ""), str | None) else None


def text_of(story: Mapping[str, Any], key: str) -> str:
    value = story.get(key)
    return value if isinstance(value, str) else ""


def written(row: Mapping[str, Any]) -> str:
    """With its end. Half a surrogate pair is valid JSON and no text: it becomes a question mark."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") + "\n"
