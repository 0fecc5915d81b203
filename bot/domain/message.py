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
    """A run of text in one style. `text` is never markup; `link` is an http(s) address or None. `data`: somebody else's
    words (a feed's, a reader's): a `/command`, `@name` or `#tag` in them must not act on platforms that make these act
    by themselves."""

    text: str
    styles: frozenset[Style] = frozenset()
    link: str | None = None
    data: bool = False


class Role(StrEnum):
    """What a paragraph is for; a platform may show each in its own way."""

    HEADING = "heading"
    BODY = "body"
    QUOTE = "quote"
    FOOTER = "footer"
    TABLE = "table"  # lines of equal width; shown in letters of equal width


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
    """`action` is what pressing it types for the user (`/more s123`), at most 56 bytes."""

    label: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file: a picture to look at (`image/png`, with `caption` as its words for those who cannot see it) or a
    document to keep."""

    name: str
    media_type: str
    content: bytes
    caption: str = ""

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")


class FieldKind(StrEnum):
    ONE = "one"
    SEVERAL = "several"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A question of a form: `options` are (value, label), `chosen` the values that hold now."""

    key: str
    label: str
    kind: FieldKind
    options: tuple[tuple[str, str], ...] = ()
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Several settings at once, for platforms that have dialogs. Submitting it types `action` followed by
    `key=value,value` for every field."""

    title: str
    submit: str
    action: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`stories` are the ids of the stories that this message shows; `numbered`: they stand in it under 1, 2, 3 …, even
    where it is a single one. `preview` asks for a link preview. `in_place`: as the answer to a button it takes the
    place of the message the button belongs to. `toast`: as the answer to a button it is a short notice and no message.
    `form`: the same as a dialog, where the platform has one and the gesture allows it. `replies_to`: ids of the
    message it is a reply to."""

    paragraphs: tuple[Paragraph, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    stories: tuple[int, ...] = ()
    numbered: bool = False
    silent: bool = False
    preview: bool = False
    in_place: bool = False
    toast: bool = False
    attachment: Attachment | None = None
    form: Form | None = None
    replies_to: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words alone, paragraphs separated by a blank line."""
        return "\n\n".join(paragraph.text for paragraph in self.paragraphs)

    def plain(self) -> Message:
        """The same words without styles, links, buttons or file: for a platform that refuses the real one."""
        bare = tuple(
            replace(p, spans=(Span(text=p.text, data=any(s.data or s.link for s in p.spans)),)) for p in self.paragraphs
        )
        return replace(self, paragraphs=bare, buttons=(), attachment=None)


def span(text: str, *styles: Style, link: str | None = None, data: bool = False) -> Span:
    return Span(text=text, styles=frozenset(styles), link=link, data=data)


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
