"""What stands outside of a channel: the dialog of a form, the App Home, a short notice above it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.message import Field, FieldKind, Form, Message
from bot.platforms.slack.buttons import LONGEST_CHOICE, MOST_CHOICES, Block, label, option, plain
from bot.platforms.slack.events import Gesture, unescaped
from bot.platforms.slack.render import blocks

DIALOG = "kabar_form"
NAME = "Kabar"
MOST_BLOCKS = 100
LONGEST_TITLE = 24
LONGEST_QUESTION = 2_000
LONGEST_ANSWER = 3_000
LONGEST_MEMO = 3_000
MOST_BOXES = 10  # more of them are a menu
INPUT = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """What a dialog must remember of the gesture that opened it; it comes back with the answer, signed by Slack."""

    channel_id: str
    action: str
    thread: str = ""
    answer_in: str = ""
    reply_to: str = ""
    earlier: tuple[str, ...] = ()
    response_url: str = ""
    hidden: bool = False
    at_home: bool = False

    @classmethod
    def of(cls, gesture: Gesture, action: str, thread: str) -> Memo:
        return cls(
            channel_id=gesture.channel_id,
            action=action,
            thread=thread,
            answer_in=gesture.answer_in,
            reply_to=(gesture.reply_to or "") if gesture.pressed else "",
            earlier=gesture.earlier,
            response_url=gesture.response_url or "",
            hidden=gesture.hidden,
            at_home=gesture.at_home,
        )

    @classmethod
    def read(cls, view: Mapping[str, Any]) -> Memo | None:
        """None for a view of somebody else's making."""
        try:
            kept = json.loads(str(view.get("private_metadata") or ""))
            return cls(**{**kept, "earlier": tuple(kept.get("earlier") or ())})
        except (ValueError, TypeError, AttributeError):
            return None


def dialog(form: Form, memo: Memo) -> Block | None:
    """The view; None when Slack could not show it."""
    inputs = [block for field in form.fields for block in _input(field)]
    packed = json.dumps(asdict(memo), separators=(",", ":"))
    if not 1 <= len(inputs) <= MOST_BLOCKS or len(packed) > LONGEST_MEMO:
        return None
    return {
        "type": "modal",
        "callback_id": DIALOG,
        "title": label(form.title, LONGEST_TITLE),
        "submit": label(form.submit, LONGEST_TITLE),
        "private_metadata": packed,
        "blocks": inputs,
    }


def _input(field: Field) -> Iterator[Block]:
    offered = {value: option(name, value) for value, name in field.options if value and len(value) <= LONGEST_CHOICE}
    chosen = [offered[value] for value in field.chosen if value in offered]
    if field.kind is not FieldKind.TEXT and not offered:
        return
    if field.kind is FieldKind.TEXT or len(offered) > MOST_CHOICES:
        words = ", ".join(field.chosen)[:LONGEST_ANSWER]
        element: Block = {"type": "plain_text_input"} | ({"initial_value": words} if words else {})
    elif field.kind is FieldKind.ONE:
        element = {"type": "static_select", "options": list(offered.values())}
        element |= {"initial_option": chosen[0]} if chosen else {}
    else:
        kind = "checkboxes" if len(offered) <= MOST_BOXES else "multi_static_select"
        element = {"type": kind, "options": list(offered.values())}
        element |= {"initial_options": chosen} if chosen else {}
    yield {
        "type": "input",
        "block_id": field.key,
        "optional": field.kind is not FieldKind.ONE,
        "label": label(field.label or field.key, LONGEST_QUESTION),
        "element": element | {"action_id": INPUT},
    }


def submitted(view: Mapping[str, Any], action: str) -> str:
    """`action key=value,value …`, every field in the order of the dialog, an empty one as `key=`."""
    values = (view.get("state") or {}).get("values") or {}
    keys = [str(block.get("block_id")) for block in view.get("blocks") or [] if block.get("type") == "input"]
    words = [f"{key}={_value((values.get(key) or {}).get(INPUT) or {})}" for key in keys or values]
    return " ".join([action, *words])


def _value(answer: Mapping[str, Any]) -> str:
    if "selected_options" in answer:
        return ",".join(str(one.get("value") or "") for one in answer["selected_options"] or [])
    if "selected_option" in answer:
        return str((answer["selected_option"] or {}).get("value") or "")
    return " ".join(unescaped(str(answer.get("value") or "")).split())


def home_view(message: Message, channel_id: str) -> Block:
    """The App Home. It remembers the direct channel, which Slack does not name when something is pressed there."""
    made = blocks(message)
    actions = [block for block in made if block["type"] == "actions"]
    shown = [block for block in made if block["type"] != "actions"]
    room = max(0, MOST_BLOCKS - len(actions))
    return {"type": "home", "private_metadata": channel_id, "blocks": [*shown[:room], *actions[:MOST_BLOCKS]]}


def home_channel(view: Mapping[str, Any]) -> str:
    return str(view.get("private_metadata") or "")


def notice(message: Message) -> Block:
    """Words alone, for a moment when there is no channel to show them in."""
    shown = [block for block in blocks(message) if block["type"] != "actions"]
    return {"type": "modal", "title": plain(NAME), "blocks": shown[:MOST_BLOCKS]}
