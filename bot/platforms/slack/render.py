"""What a message looks like in Slack.

Running text goes into `rich_text` blocks, not mrkdwn: their text elements are literal, so nothing a feed writes
(`<!channel>`, `*bold*`, `:tada:`) can ever act and nothing has to be escaped, yet they carry bold, italic, code, links,
quotes and tables. Headings and footers are `plain_text` (`emoji` off) where they fit; with a link, or with something
that could be read as an escaped sign (`&lt;`), rich text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style
from bot.platforms.slack.buttons import ENTITY, MOST_EARLIER, Block, plain, rows_of
from bot.platforms.split import split

MOST_BLOCKS = 50
LONGEST_HEADER = 150
LONGEST_CONTEXT = 2_000
LONGEST_LINK = 3_000
LONGEST_FALLBACK = 3_000
FEW_BUTTONS = 5
# Slack refuses blocks near 11-13 thousand characters in all, and rich text costs more of it than it shows: the limit is
# undocumented, so the JSON itself is what is counted.
HEAVIEST = 10_000
SMALLEST_PART = 100
LONGEST_TS = "1700000000.000000"

EMOJI_NAME = re.compile(r":(?=[\w+'-]+:)")
KINDS = {
    Role.HEADING: "rich_text_section",
    Role.BODY: "rich_text_section",
    Role.QUOTE: "rich_text_quote",
    Role.FOOTER: "rich_text_section",
    Role.TABLE: "rich_text_preformatted",
}
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
        yield replace(message.plain(), buttons=_few(message))
        return
    for piece in split(message, limit=size // 2 + 1, measure=len):
        yield from _fitting(piece)


def _fits(message: Message) -> bool:
    made = blocks(message, thread=LONGEST_TS, earlier=[LONGEST_TS] * MOST_EARLIER)
    return len(made) <= MOST_BLOCKS and len(json.dumps(made, ensure_ascii=False)) <= HEAVIEST


def _few(message: Message) -> tuple[tuple[Button, ...], ...]:
    return tuple(row[:FEW_BUTTONS] for row in message.buttons[:FEW_BUTTONS])


def blocks(message: Message, *, thread: str = "", earlier: Sequence[str] = ()) -> list[Block]:
    """One block a paragraph, then the buttons. `thread` is the thread the chat lives in, `earlier` the ids of the parts
    before this one: they ride in the block ids, so that a button knows its chat and its message when it is pressed."""
    made = [_block(paragraph) for paragraph in message.paragraphs if paragraph.text.strip()]
    return [*made, *rows_of(message, thread, earlier)]


def fallback(message: Message) -> str:
    """What notifications and screen readers get: the words alone. Sent with mrkdwn off; the rest of what could act in
    it (entities, emoji names) is taken apart here."""
    text = message.text
    if len(text) > LONGEST_FALLBACK:
        text = text[: LONGEST_FALLBACK - 1] + "…"
    return EMOJI_NAME.sub(":\u200b", text).translate(ESCAPES)


def _block(paragraph: Paragraph) -> Block:
    text = paragraph.text
    bare = not any(_address(span) for span in paragraph.spans) and not ENTITY.search(text)
    if paragraph.role is Role.HEADING and bare and len(text) <= LONGEST_HEADER and "\n" not in text:
        return {"type": "header", "text": plain(text)}
    if paragraph.role is Role.FOOTER and bare and len(text) <= LONGEST_CONTEXT:
        return {"type": "context", "elements": [plain(text)]}
    elements = [_element(span, paragraph.role) for span in paragraph.spans if span.text]
    return {"type": "rich_text", "elements": [{"type": KINDS[paragraph.role], "elements": elements}]}


def _element(span: Span, role: Role) -> Block:
    styles = span.styles | {Style.BOLD} if role is Role.HEADING else span.styles
    if role is Role.TABLE:  # preformatted: letters of one width and one weight
        styles = frozenset()
    address = _address(span)
    element: Block = {"type": "link", "url": address, "text": span.text} if address else _text(span.text)
    if styles:
        element["style"] = {style.value: True for style in sorted(styles)}
    return element


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _address(span: Span) -> str | None:
    """The link if Slack takes it; without it the words still arrive."""
    link = span.link
    if link is None or len(link) > LONGEST_LINK or not link.lower().startswith(("http://", "https://")):
        return None
    return link
