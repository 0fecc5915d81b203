"""How buttons stand under a message: up to five in a row; more numbers become a menu, a longer row a row with `…`.

The block id carries what a press must know and Slack would not say: the thread the chat lives in, and the earlier parts
of the message that the button belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from bot.domain.message import Button, Message
from bot.texts import LANGUAGES, Texts

ROW = 5
LONGEST_LABEL = 75
LONGEST_VALUE = 2_000
LONGEST_CHOICE = 150  # the value of a menu's option
MOST_CHOICES = 100
MOST_OVERFLOW = 5
MOST_EARLIER = 12  # a block id holds 255 characters
# Slack may take an entity in plain text for the sign it stands for.
ENTITY = re.compile(r"&(?=(?:amp|lt|gt);)")

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def label(text: str, most: int = LONGEST_LABEL) -> Block:
    """A short text of our own; an entity in it is kept from being read as its sign."""
    return plain(ENTITY.sub("&\u200b", text)[:most])


def option(text: str, value: str) -> Block:
    return {"text": label(text), "value": value}


def rows_of(message: Message, thread: str, earlier: Sequence[str] = ()) -> Iterator[Block]:
    """The action blocks; every button stands in one of them exactly once."""
    count = 0
    for row in _rows(message):
        elements = [element | {"action_id": f"b{n}"} for n, element in enumerate(row, start=count + 1)]
        count += len(elements)
        yield {"type": "actions", "block_id": block_id(thread, count, earlier), "elements": elements}


def _rows(message: Message) -> Iterator[list[Block]]:
    rows = [[b for b in row if b.label.strip() and len(b.action) <= LONGEST_VALUE] for row in message.buttons]
    numbers = [button for row in rows for button in row if _is_number(button)]
    if len(numbers) <= ROW:
        for row in rows:
            yield from _groups(row)
        return
    place = next(n for n, row in enumerate(rows) if any(_is_number(button) for button in row))
    for n, row in enumerate(rows):
        if n == place:
            yield from ([_menu(numbers[i : i + MOST_CHOICES])] for i in range(0, len(numbers), MOST_CHOICES))
        yield from _groups([button for button in row if not _is_number(button)])


def _is_number(button: Button) -> bool:
    return button.label.isascii() and button.label.isdigit() and len(button.action) <= LONGEST_CHOICE


def _groups(row: Sequence[Button]) -> Iterator[list[Block]]:
    while len(row) > ROW:
        rest = row[ROW - 1 :]
        if len(rest) <= MOST_OVERFLOW and all(len(button.action) <= LONGEST_CHOICE for button in rest):
            yield [*(_button(button) for button in row[: ROW - 1]), {"type": "overflow", "options": _options(rest)}]
            return
        yield [_button(button) for button in row[:ROW]]
        row = row[ROW:]
    if row:
        yield [_button(button) for button in row]


def _button(button: Button) -> Block:
    return {"type": "button", "text": label(button.label), "value": button.action}


def _menu(buttons: Sequence[Button]) -> Block:
    return {"type": "static_select", "placeholder": plain(_placeholder()), "options": _options(buttons)}


def _options(buttons: Sequence[Button]) -> list[Block]:
    return [option(button.label, button.action) for button in buttons]


@cache
def _placeholder() -> str:
    """A message does not say its language: both."""
    return " · ".join(Texts(language).say("slack.menu") for language in LANGUAGES)


def block_id(thread: str, number: int, earlier: Sequence[str] = ()) -> str:
    parts = (thread or "-", str(number), *(["_".join(earlier[-MOST_EARLIER:])] if earlier else []))
    return "|".join(parts)


def thread_of(block: str) -> str:
    """The thread that `block_id` packed; "" for none, or for a block of somebody else's making."""
    thread, bar, _ = block.partition("|")
    return thread if bar and thread != "-" else ""


def earlier_of(block: str) -> tuple[str, ...]:
    """The ids of the parts that stand above the one with the buttons."""
    packed = block.split("|")
    return tuple(packed[2].split("_")) if len(packed) == 3 and packed[2] else ()
