"""How words of a feed are kept from acting by themselves in Telegram.

Telegram makes `/command`, `@name`, `#tag` and `$TAG` tappable wherever they stand outside of links and code, whatever
entities a bot gives; tapping `/unsubscribe` in a headline would unsubscribe. An invisible word joiner behind the sign
ends that. Not the zero-width non-joiner: Telegram counts it as a letter of a hashtag."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from bot.domain.message import Paragraph, Role, Span, Style

JOINER = "\u2060"
SIGN = re.compile(
    r"(?<![A-Za-z0-9_/<>])/(?=[A-Za-z0-9_])"
    r"|(?<![A-Za-z0-9_])(?:@(?=[A-Za-z0-9_])"
    r"|#(?=[\d_\u200c\u00b7\u0d80-\u0dff]*[^\W\d_])"
    r"|\$(?=[A-Z1]))"
)
"""A little wider than Telegram's own rules: a joiner too many is not seen."""

RING = "\u030a"
TAKEN_OUT = f"\0\u202a\u202b\u202c\u202d\u202e\u0333\u033f{RING}"
SPACES = "".join(chr(code) for code in range(1, 32) if chr(code) != "\n")
AS_KEPT = str.maketrans(SPACES + "\u2028\u2029", " " * len(SPACES) + "\n\n", TAKEN_OUT)
"""Characters that Telegram takes out or makes spaces of. Done here, so that what is measured and made inert is what
arrives: `/` and `start` with a dropped character between them would become one again."""


def clean(text: str) -> str:
    """Text as Telegram keeps it: halves of surrogate pairs joined or replaced, no control characters, no overrides of
    the writing direction. A ring written as a character of its own becomes part of its letter, lest it be lost."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if RING in whole:
        whole = unicodedata.normalize("NFC", whole)
    return whole.replace("\r\n", "\n").replace("\r", "\n").translate(AS_KEPT)


def inert(paragraph: Paragraph) -> Paragraph:
    """The paragraph with nothing tappable in somebody else's words, except what carries a link."""
    if paragraph.role is Role.TABLE or not any(_may_act(span) for span in paragraph.spans):
        return paragraph
    text = paragraph.text
    doubtful = [_may_act(span) for span in paragraph.spans for _ in span.text]
    signs = {at for at in (found.start() for found in SIGN.finditer(text)) if doubtful[at] or doubtful[at + 1]}
    if not signs:
        return paragraph
    spans: list[Span] = []
    start = 0
    for span in paragraph.spans:
        marked = (c + JOINER if start + n in signs else c for n, c in enumerate(span.text))
        spans.append(replace(span, text="".join(marked)))
        start += len(span.text)
    return replace(paragraph, spans=tuple(spans))


def has_web_link(span: Span) -> bool:
    return bool(span.link) and str(span.link).lower().startswith(("http://", "https://"))


def _may_act(span: Span) -> bool:
    return span.data and Style.CODE not in span.styles and not has_web_link(span)
