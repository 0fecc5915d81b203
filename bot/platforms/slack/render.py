"""What a message looks like in Slack.

Running text goes into `rich_text` blocks, not mrkdwn: their text elements are literal, so nothing a feed writes
(`<!channel>`, `*bold*`, `:tada:`) can ever act and nothing has to be escaped, yet they carry bold, italic, code, links
and quotes. Headings and footers are `plain_text` (literal too, `emoji` off) where they fit; with a link, rich text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from bot.domain.message import Message, Paragraph, Role, Span, Style
from bot.platforms.split import split

MOST_BLOCKS = 50
LONGEST_HEADER = 150
LONGEST_CONTEXT = 2_000
LONGEST_LABEL = 75
LONGEST_VALUE = 2_000
LONGEST_LINK = 3_000
LONGEST_FALLBACK = 3_000
BUTTONS_A_ROW = 5
# Slack refuses blocks near 11-13 thousand characters in all, and rich text costs more of it than it shows: the limit is
# undocumented, so the JSON itself is what is counted.
HEAVIEST = 10_000
SMALLEST_PART = 100

Block = dict[str, Any]
EMOJI_NAME = re.compile(r":(?=[\w+'-]+:)")
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def parts(message: Message) -> list[Message]:
    """The message in pieces that Slack takes one by one; [] when there is nothing to see."""
    return list(_fitting(message)) if message.text.strip() else []


def _fitting(message: Message) -> Iterator[Message]:
    if _fits(message):
        yield message
        return
    size = len(message.text)
    if size <= SMALLEST_PART:  # only absurd links or buttons make so little text so heavy
        yield replace(message.plain(), buttons=message.buttons[:BUTTONS_A_ROW])
        return
    for piece in split(message, limit=size // 2 + 1, measure=len):
        yield from _fitting(piece)


def _fits(message: Message) -> bool:
    made = blocks(message)
    return len(made) <= MOST_BLOCKS and len(json.dumps(made, ensure_ascii=False)) <= HEAVIEST


def blocks(message: Message, *, thread: str = "") -> list[Block]:
    """One block a paragraph, then the buttons. `thread` is the thread the chat lives in: it rides in the block id, so
    that a button knows its chat when it is pressed."""
    made = [_block(paragraph) for paragraph in message.paragraphs if paragraph.text.strip()]
    return [*made, *_actions(message, thread)]


def fallback(message: Message) -> str:
    """What notifications and screen readers get: the words alone. Sent with mrkdwn off; the rest of what could act in
    it (entities, emoji names) is taken apart here."""
    text = message.text
    if len(text) > LONGEST_FALLBACK:
        text = text[: LONGEST_FALLBACK - 1] + "…"
    return EMOJI_NAME.sub(":\u200b", text).translate(ESCAPES)


def _block(paragraph: Paragraph) -> Block:
    linked = any(_address(span) for span in paragraph.spans)
    text = paragraph.text
    if paragraph.role is Role.HEADING and not linked and len(text) <= LONGEST_HEADER and "\n" not in text:
        return {"type": "header", "text": _plain(text)}
    if paragraph.role is Role.FOOTER and not linked and len(text) <= LONGEST_CONTEXT:
        return {"type": "context", "elements": [_plain(text)]}
    kind = "rich_text_quote" if paragraph.role is Role.QUOTE else "rich_text_section"
    loud = paragraph.role is Role.HEADING
    elements = [_element(span, loud=loud) for span in paragraph.spans if span.text]
    return {"type": "rich_text", "elements": [{"type": kind, "elements": elements}]}


def _element(span: Span, *, loud: bool) -> Block:
    styles = span.styles | {Style.BOLD} if loud else span.styles
    address = _address(span)
    element: Block = {"type": "link", "url": address, "text": span.text} if address else _text(span.text)
    if styles:
        element["style"] = {style.value: True for style in sorted(styles)}
    return element


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _address(span: Span) -> str | None:
    """The link if Slack takes it; without it the words still arrive."""
    link = span.link
    if link is None or len(link) > LONGEST_LINK or not link.lower().startswith(("http://", "https://")):
        return None
    return link


def _actions(message: Message, thread: str) -> Iterator[Block]:
    number = 0
    for row in message.buttons:
        usable = [button for button in row if button.label.strip() and len(button.action) <= LONGEST_VALUE]
        for start in range(0, len(usable), BUTTONS_A_ROW):
            elements: list[Block] = []
            for button in usable[start : start + BUTTONS_A_ROW]:
                number += 1
                shown = _plain(button.label[:LONGEST_LABEL])
                elements.append({"type": "button", "action_id": f"b{number}", "text": shown, "value": button.action})
            yield {"type": "actions", "block_id": block_id(thread, number), "elements": elements}


def block_id(thread: str, number: int) -> str:
    return f"{thread or '-'}|{number}"


def thread_of(block: str) -> str:
    """The thread that `block_id` packed; "" for none, or for a block of somebody else's making."""
    thread, bar, _ = block.partition("|")
    return thread if bar and thread != "-" else ""


def shown_text(made: Sequence[Block]) -> str:
    """The words of rendered blocks, paragraphs separated by a blank line, buttons left out."""
    return "\n\n".join(_words(block) for block in made if block["type"] != "actions")


def _words(block: Block) -> str:
    if block["type"] == "header":
        return str(block["text"]["text"])
    if block["type"] == "context":
        return "".join(element["text"] for element in block["elements"])
    return "".join(element["text"] for section in block["elements"] for element in section["elements"])
