"""Where a message that is too long for a platform is cut: between paragraphs, then lines, then words, then anywhere;
through a link or a style only where it is too long itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from bot.domain.message import Message, Paragraph, Role, Span

BLANK_LINE = "\n\n"
LOOK_BACK = 64  # characters: a longer chain of combining marks is no writing, it may be cut anywhere
NO_BREAK_SPACES = "\u00a0\u2007\u202f"
ZERO_WIDTH_JOINER = "\u200d"


def utf16_length(text: str) -> int:
    """How Telegram counts: UTF-16 code units, so most emoji are 2."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(message: Message, *, limit: int, measure: Callable[[str], int]) -> list[Message]:
    """The message as parts whose `text` (paragraphs and the blank lines between them) measures at most `limit`; [] for
    a message without a visible character. No character is lost but the white space at a cut. Buttons stand under the
    last part; `stories` and `silent` are on all parts, `preview` on the first. `measure` must not shrink as text grows.
    ValueError when a single character measures more than `limit`."""
    if not message.text.strip():
        return []
    if measure(message.text) <= limit:
        return [message]
    packed = list(_pack(message.paragraphs, limit, measure))
    last = len(packed) - 1
    return [
        replace(
            message,
            paragraphs=paragraphs,
            buttons=message.buttons if number == last else (),
            preview=message.preview and number == 0,
        )
        for number, paragraphs in enumerate(packed)
    ]


def _pack(
    paragraphs: Iterable[Paragraph], limit: int, measure: Callable[[str], int]
) -> Iterator[tuple[Paragraph, ...]]:
    """As many paragraphs a part as fit. A heading never stands alone at the end of a part if it can be helped."""
    part: list[Paragraph] = []
    for whole in paragraphs:
        for piece in _pieces(whole, limit, measure):
            if part and measure(_text([*part, piece])) > limit:
                heading = part.pop() if len(part) > 1 and part[-1].role is Role.HEADING else None
                yield tuple(part)
                part = []
                if heading is not None and measure(_text([heading, piece])) <= limit:
                    part = [heading]
                elif heading is not None:
                    yield (heading,)
            part.append(piece)
    if part:
        yield tuple(part)


def _text(paragraphs: Iterable[Paragraph]) -> str:
    return BLANK_LINE.join(paragraph.text for paragraph in paragraphs)


def _pieces(paragraph: Paragraph, limit: int, measure: Callable[[str], int]) -> Iterator[Paragraph]:
    """The paragraph in pieces that fit one by one; a blank one gives none."""
    text = paragraph.text
    if not text.strip():
        return
    if measure(text) <= limit:
        yield paragraph
        return
    start, stop = len(text) - len(text.lstrip()), len(text.rstrip())
    runs = [(a, b) for a, b in _styled_runs(paragraph.spans) if measure(text[a:b]) <= limit]
    while start < stop:
        end = _cut(text, start, _farthest(text, start, stop, limit, measure), stop, runs)
        shown = start + len(text[start:end].rstrip())
        yield replace(paragraph, spans=tuple(_slice(paragraph.spans, start, shown)))
        start = end + len(text[end:stop]) - len(text[end:stop].lstrip())


def _farthest(text: str, start: int, stop: int, limit: int, measure: Callable[[str], int]) -> int:
    """The last position up to which the text from `start` fits."""
    if measure(text[start : start + 1]) > limit:
        raise ValueError(f"no single character fits into {limit}")
    fits, too_far = start + 1, stop + 1
    while too_far - fits > 1:
        middle = (fits + too_far) // 2
        if measure(text[start:middle]) <= limit:
            fits = middle
        else:
            too_far = middle
    return fits


def _styled_runs(spans: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """Where in the paragraph each link, and each style, begins and ends."""
    end = 0
    for looks, run in groupby(spans, key=lambda span: (span.link, span.styles)):
        start, end = end, end + sum(len(span.text) for span in run)
        if looks != (None, frozenset()):
            yield start, end


def _cut(text: str, start: int, farthest: int, stop: int, runs: Sequence[tuple[int, int]]) -> int:
    """The best place in (start, farthest] to end a piece."""
    if farthest >= stop:
        return stop
    for first, last in reversed(runs):
        if start < first < farthest < last:
            farthest = first
    inside = {place for first, last in runs for place in range(first + 1, last)}
    for ends in (_ends_line, _ends_word):
        for place in range(farthest, start, -1):
            if ends(text[place]) and place not in inside and not _belong_together(text, place + 1):
                return place
    for place in range(farthest, max(start, farthest - LOOK_BACK), -1):
        if not _belong_together(text, place):
            return place
    return farthest


def _ends_line(character: str) -> bool:
    return character in "\n\r\u2028\u2029"


def _ends_word(character: str) -> bool:
    return character.isspace() and character not in NO_BREAK_SPACES


def _belong_together(text: str, place: int) -> bool:
    """Whether a cut before text[place] would tear what a reader sees as one sign."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if ZERO_WIDTH_JOINER in (before, after) or (before, after) == ("\r", "\n"):
        return True
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or _is_modifier(after):
        return True
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return True
    return _is_flag_half(after) and _flag_halves_before(text, place) % 2 == 1


def _is_modifier(character: str) -> bool:
    """Skin tones and the tags of flags such as Scotland's."""
    return "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f"


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, place: int) -> int:
    first = place
    while first > max(0, place - LOOK_BACK) and _is_flag_half(text[first - 1]):
        first -= 1
    return place - first


def _slice(spans: Iterable[Span], start: int, end: int) -> Iterator[Span]:
    """The characters [start, end) of a paragraph, each in its own style."""
    offset = 0
    for span in spans:
        text = span.text[max(0, start - offset) : max(0, end - offset)]
        if text:
            yield replace(span, text=text)
        offset += len(span.text)
