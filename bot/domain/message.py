"""What the bot says, before any platform has shaped it: paragraphs of styled spans, buttons, numbered stories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Style(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of text in one style. `text` is data, never markup; `link` is an http(s) address or None."""

    text: str
    styles: frozenset[Style] = frozenset()
    link: str | None = None


class Role(StrEnum):
    """What a paragraph is for; a platform may show each in its own way."""

    HEADING = "heading"
    BODY = "body"
    QUOTE = "quote"
    FOOTER = "footer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Lines that belong together; a blank line (or a block's gap) stands between two paragraphs."""

    spans: tuple[Span, ...]
    role: Role = Role.BODY

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`action` is what pressing it types for the user (`/more s123`), at most 60 bytes."""

    label: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`stories` are the ids of the stories that this message shows; `numbered`: they stand in it under 1, 2, 3 …, even
    where it is a single one. `preview` asks for a link preview."""

    paragraphs: tuple[Paragraph, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    stories: tuple[int, ...] = ()
    numbered: bool = False
    silent: bool = False
    preview: bool = False

    @property
    def text(self) -> str:
        """The words alone, paragraphs separated by a blank line."""
        return "\n\n".join(paragraph.text for paragraph in self.paragraphs)

    def plain(self) -> Message:
        """The same words without styles, links or buttons: for a platform that refuses the real one."""
        bare = tuple(replace(p, spans=(Span(text=p.text),)) for p in self.paragraphs)
        return replace(self, paragraphs=bare, buttons=())


def span(text: str, *styles: Style, link: str | None = None) -> Span:
    return Span(text=text, styles=frozenset(styles), link=link)


def paragraph(*parts: Span | str, role: Role = Role.BODY) -> Paragraph:
    """A paragraph out of spans and bare strings."""
    return Paragraph(spans=tuple(Span(text=p) if isinstance(p, str) else p for p in parts if p), role=role)


def say(*texts: str) -> Message:
    """A message of plain paragraphs."""
    return Message(paragraphs=tuple(paragraph(text) for text in texts))


def join(messages: Iterable[Message]) -> Message:
    """Several messages as one; buttons of the last stay."""
    parts = list(messages)
    return replace(parts[-1], paragraphs=tuple(p for m in parts for p in m.paragraphs))
