"""What Slack refuses, what a reader sees of a message, and what in it would act: the rules the local Slack keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MOST_BLOCKS, LONGEST_BLOCKS, MOST_IN_VIEW = 50, 13_000, 100
RICH_ELEMENTS = {"text", "link"}
RICH_SECTIONS = {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}
INPUTS = {"plain_text_input", "static_select", "multi_static_select", "checkboxes"}
CONTROL = re.compile(r"<[^>]*>")
EMOJI = re.compile(r":[\w+'-]+:")

Block = Mapping[str, Any]


def problem(body: Mapping[str, Any]) -> str:
    """The error code with which Slack refuses this message, "" when it takes it."""
    blocks = body.get("blocks") or []
    if not body.get("text") and not blocks:
        return "no_text"
    if len(blocks) > MOST_BLOCKS:
        return "invalid_blocks"
    if len(json.dumps(blocks, ensure_ascii=False)) > LONGEST_BLOCKS:
        return "msg_blocks_too_long"
    if len(str(body.get("text"))) > 40_000:
        return "msg_too_long"
    return "" if _are_valid(blocks) else "invalid_blocks"


def view_problem(view: Mapping[str, Any], kind: str) -> str:
    """The same for the App Home (`home`) and a dialog (`modal`)."""
    blocks = view.get("blocks") or []
    inputs = [block for block in blocks if block["type"] == "input"]
    sizes = len(str(view.get("private_metadata") or "")) > 3_000 or len(str(view.get("callback_id") or "")) > 255
    if view.get("type") != kind or sizes or len(blocks) > MOST_IN_VIEW:
        return "invalid_arguments"
    if kind == "home":
        bad = inputs or "title" in view or "submit" in view
    else:
        titles = [view[name]["text"] for name in ("title", "submit", "close") if name in view]
        bad = "title" not in view or any(not 1 <= len(text) <= 24 for text in titles)
        bad = bad or not blocks or (bool(inputs) and "submit" not in view)
    return "invalid_arguments" if bad or not _are_valid(blocks) else ""


def _are_valid(blocks: list[Block]) -> bool:
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    names = [e["action_id"] for block in blocks if block["type"] == "actions" for e in block["elements"]]
    if len(ids) != len(set(ids)) or len(names) != len(set(names)) or any(len(one) > 255 for one in [*ids, *names]):
        return False
    return all(_is_valid(block) for block in blocks)


def _is_valid(block: Block) -> bool:
    match block["type"]:
        case "header":
            return _plain(block["text"], 150)
        case "section":
            return 1 <= len(block["text"]["text"]) <= 3_000
        case "context":
            return 1 <= len(block["elements"]) <= 10 and all(1 <= len(e["text"]) <= 2_000 for e in block["elements"])
        case "rich_text":
            sections = block["elements"]
            inner = [element for section in sections for element in section["elements"]]
            kinds = {section["type"] for section in sections}
            return bool(inner) and kinds <= RICH_SECTIONS and all(_is_valid_element(element) for element in inner)
        case "actions":
            return 1 <= len(block["elements"]) <= 25 and all(_is_valid_action(e) for e in block["elements"])
        case "input":
            return _plain(block["label"], 2_000) and _is_valid_input(block["element"])
    return False


def _is_valid_element(element: Block) -> bool:
    if element["type"] not in RICH_ELEMENTS or not element["text"]:
        return False
    return element["type"] == "text" or (element["url"].startswith("http") and len(element["url"]) <= 3_000)


def _is_valid_action(element: Block) -> bool:
    match element["type"]:
        case "button":
            return _plain(element["text"], 75) and len(element["value"]) <= 2_000
        case "overflow":
            return _are_options(element["options"], 5)
        case "static_select":
            return _plain(element["placeholder"], 150) and _are_options(element["options"], 100)
    return False


def _is_valid_input(element: Block) -> bool:
    if element["type"] not in INPUTS:
        return False
    if element["type"] == "plain_text_input":
        return len(element.get("initial_value", "x")) in range(1, 3_001)
    options = element["options"]
    initial = element.get("initial_options", [element["initial_option"]] if "initial_option" in element else options)
    most = 10 if element["type"] == "checkboxes" else 100
    return _are_options(options, most) and bool(initial) and all(one in options for one in initial)


def _are_options(options: list[Block], most: int) -> bool:
    return 1 <= len(options) <= most and all(_plain(o["text"], 75) and 1 <= len(o["value"]) <= 150 for o in options)


def _plain(text: Block, most: int) -> bool:
    return text["type"] == "plain_text" and 1 <= len(text["text"]) <= most


# --- what is seen, and what acts ---


def decoded(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def paragraphs(blocks: list[Block]) -> list[str]:
    """The words somebody sees, block by block, buttons left out. Plain text is read in the worse of the two ways: with
    entities taken back."""
    return ["".join(words) for words in (list(_words(block)) for block in blocks) if words]


def _words(block: Block) -> Iterator[str]:
    if block["type"] == "header":
        yield decoded(block["text"]["text"])
    elif block["type"] == "context":
        yield from (decoded(element["text"]) for element in block["elements"])
    elif block["type"] == "rich_text":
        yield from (e["text"] for section in block["elements"] for e in section["elements"])


def acts(body: Mapping[str, Any]) -> list[str]:
    """Everything in a message that Slack would do more with than show it, links and buttons apart."""
    found = [name for name in ("link_names",) if body.get(name)]
    found += [str(body["parse"])] if body.get("parse") not in (None, "none") else []
    text = str(body.get("text") or "")
    found += CONTROL.findall(text) + (EMOJI.findall(text) if not body.get("mrkdwn", True) else [text] * bool(text))
    for thing in _things(body.get("blocks") or []):
        if thing.get("type") == "mrkdwn":
            found.append(str(thing["text"]))
        elif thing.get("type") == "plain_text" and thing.get("emoji", True):
            found += EMOJI.findall(str(thing["text"]))
        elif thing.get("type") in ("user", "usergroup", "broadcast", "channel", "emoji", "date", "team"):
            found.append(str(thing))
        elif thing.get("type") == "link" and not str(thing["url"]).lower().startswith(("http://", "https://")):
            found.append(str(thing["url"]))
    return found


def _things(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from _things(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _things(inner)
