"""What is wrong with a setting, in the words of somebody who edits the file: one Problem a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.domain.errors import Problem
from bot.domain.feed import shown_address
from bot.settings.shapes import Section

S = TypeVar("S", bound=Section)
SECRETS = (
    "KABAR_TELEGRAM_TOKEN",
    "KABAR_TELEGRAM_WEBHOOK_SECRET",
    "KABAR_SLACK_BOT_TOKEN",
    "KABAR_SLACK_APP_TOKEN",
    "KABAR_SLACK_SIGNING_SECRET",
    "KABAR_SLACK_CLIENT_SECRET",
    "KABAR_SECRET_KEY",
    "KABAR_DATABASE_URL",
)
SECRET_KEYS = {*SECRETS, "proxy", "headers", "auth"}


def validated(model: type[S], values: Mapping[str, Any], where: str) -> tuple[S | None, list[Problem]]:
    """The value, or what is wrong with it: one Problem a key, in words."""
    try:
        return TypeAdapter(model).validate_python(dict(values)), []
    except ValidationError as error:
        return None, [_problem(where, values, detail) for detail in error.errors()]


def _problem(where: str, values: Mapping[str, Any], detail: Any) -> Problem:
    path = detail["loc"]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    name = _entry_name(values, path)
    what = _words(detail)
    if detail["type"] not in ("extra_forbidden", "missing") and path and SECRET_KEYS.isdisjoint(map(str, path)):
        now = detail["input"]
        what = f"{what} (now: {(shown_address(now) if isinstance(now, str) else now)!r})"
    return Problem(where=f"{where} {place}{name}".strip(), what=what)


def _words(detail: Any) -> str:
    """What to write there instead, in the words of somebody who edits a TOML file."""
    match detail["type"]:
        case "extra_forbidden":
            return "unknown key; check the spelling (all keys are in config/README.md)"
        case "missing":
            return "is missing here"
        case "tuple_type" if detail["loc"] == ("feed",):
            return "begin each feed with [[feed]], in double brackets"
        case "tuple_type":
            return "write a list in brackets"
        case "model_type" | "model_attributes_type":
            return "write a table of keys"
        case "string_type":
            return "write a text in quotes"
        case "greater_than_equal":
            return f"write {detail['ctx']['ge']} or more"
        case "less_than_equal":
            return f"write {detail['ctx']['le']} or less"
    return str(detail["msg"]).removeprefix("Value error, ").replace("Input should be", "write")


def _entry_name(values: Any, path: tuple[str | int, ...]) -> str:
    """` (id techcrunch)`: the third feed is easier to find by its id than by counting."""
    for part in path:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return ""
        if isinstance(part, int) and isinstance(values, dict) and values.get("id"):
            return f" (id {values['id']})"
    return ""
