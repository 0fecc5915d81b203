"""The terminal as a chat platform: what is typed is a request, what is answered is printed with rich."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from rich.console import Console
from rich.style import Style as RichStyle
from rich.text import Text

from bot.domain.channel import Channel, User
from bot.domain.delivery import Turn
from bot.domain.errors import MessageRejected
from bot.domain.message import Attachment, Button, Message, Paragraph, Role, Span, Style
from bot.ports import Beat, Conversation, Identity, Routes

NAME = "terminal"
# Escape sequences, other controls and direction overrides in a feed's text must not act on a terminal.
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
STYLES = {Style.BOLD: RichStyle(bold=True), Style.ITALIC: RichStyle(italic=True), Style.CODE: RichStyle(color="cyan")}
ROLES = {
    Role.HEADING: RichStyle(bold=True, color="green"),
    Role.BODY: RichStyle(),
    Role.QUOTE: RichStyle(italic=True),
    Role.FOOTER: RichStyle(dim=True),
    Role.TABLE: RichStyle(),
}


def channel(chat: str) -> Channel:
    return Channel(platform=NAME, address=chat)


def render(message: Message) -> Text:
    """The message as styled text: titles are links where the terminal can show links; an opened story (`preview`)
    shows its address as well; buttons are the lines to type; of a picture there are
    the words, of a document its text."""
    blocks = [_paragraph(part) for part in message.paragraphs]
    if message.preview:
        links = [span.link for part in message.paragraphs for span in part.spans if span.link]
        blocks[1:1] = [Text(_address(link), style=RichStyle(color="blue")) for link in links[:1]]
    if message.attachment is not None:
        blocks.append(_attached(message.attachment))
    rows = [[button for button in row if not button.label.isdigit()] for row in message.buttons]
    hints = [Text("   ").join(map(_hint, row)) for row in rows if row]
    if hints:
        blocks.append(Text("\n").join(hints))
    return Text("\n\n").join(blocks)


def _paragraph(part: Paragraph) -> Text:
    text = Text(style=ROLES[part.role])
    for span in part.spans:
        text.append(_clean(span.text), style=_style(span))
    return text


def _style(span: Span) -> RichStyle:
    style = RichStyle(link=_address(span.link)) if span.link else RichStyle()
    for one in sorted(span.styles):
        style += STYLES[one]
    return style


def _hint(button: Button) -> Text:
    return Text.assemble(("› ", "dim"), (_clean(button.action), "cyan"), (f"  {_clean(button.label)}", "dim"))


def _attached(file: Attachment) -> Text:
    if file.is_picture:
        return Text(f"[{_clean(file.caption or file.name)}]", style=RichStyle(dim=True))
    return Text(_clean(file.content.decode("utf-8-sig", "replace")))


def _clean(text: str) -> str:
    return CONTROLS.sub("", text)


def _address(link: str) -> str:
    return "".join(_clean(link).split())


class Terminal:
    """Prints messages to one console; fits ports.Platform. Its reader is `kabar try` and `kabar say`."""

    name = NAME

    def __init__(self, console: Console) -> None:
        self._console = console
        self._count = 0

    def show(self, message: Message) -> tuple[str, ...]:
        self._count += 1
        self._console.print(render(message), soft_wrap=not self._console.is_terminal, highlight=False)
        self._console.print()
        return (f"{id(self)}-{self._count}",)

    async def check(self) -> Identity:
        return Identity(name="terminal")

    async def start(self, conversation: Conversation, report: Callable[[Beat], Awaitable[None]]) -> None:
        """Nothing to connect: lines are handed in by the command that reads them."""

    async def stop(self) -> None:
        """Nothing to disconnect."""

    async def send(self, channel: Channel, message: Message, *, key: str) -> tuple[str, ...]:
        return self.show(message)

    async def edit(self, channel: Channel, message_ids: Sequence[str], message: Message) -> tuple[str, ...]:
        raise MessageRejected("what a terminal has printed stays")

    def routes(self) -> Routes:
        return {}

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        return None

    def pause(self, channel: Channel) -> timedelta:
        return timedelta(0)

    def turn(self, channel: Channel) -> Turn | None:
        return None

    async def is_admin(self, channel: Channel, user: User) -> bool:
        return True

    async def find_channel(self, name: str) -> Channel | None:
        """Other terminal chats can be named; they have no admins of their own."""
        return Channel(platform=NAME, address=name.lstrip("@#"))
