"""What a feed says is printed, and never acts, on a terminal."""

from __future__ import annotations

import io
import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, say, span
from bot.platforms.terminal import Terminal, channel, render
from tests.builders import a_story, patient

# What rich itself writes: colours, and links as OSC 8.
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;(?:id=[0-9]+)?;([^\x1b]*)\x1b\\")
ACTING = ("\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)))
NASTY = ["\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\", "\x9b31m", "\x07", "\x08", "\r", "\t",
         "\u202e", "\u2066", "\x00", "\x7f", "\x85", "[bold]", "[link=x]", ":smile:", "\ud800", "\u2028"]  # fmt: skip


def printed(message: Message, *, terminal: bool = True, width: int = 80) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        force_terminal=terminal,
        color_system="truecolor" if terminal else None,
        width=width,
        legacy_windows=False,
    )
    Terminal(console).show(message)
    return out.getvalue()


def words(message: Message, **how: bool) -> str:
    return OURS.sub("", printed(message, **how))


pieces = st.one_of(st.text(st.characters(codec=None), max_size=12), st.sampled_from(NASTY))
wild = st.lists(pieces, max_size=5).map("".join)
spans = st.builds(
    Span,
    text=wild,
    styles=st.frozensets(st.sampled_from(Style)),
    link=st.none() | wild.map("https://wire.example/".__add__),
)
paragraphs = st.builds(Paragraph, spans=st.lists(spans, max_size=3).map(tuple), role=st.sampled_from(Role))
buttons = st.builds(Button, label=wild, action=wild)
messages = st.builds(
    Message,
    paragraphs=st.lists(paragraphs, max_size=3).map(tuple),
    buttons=st.lists(st.lists(buttons, max_size=2).map(tuple), max_size=2).map(tuple),
    preview=st.booleans(),
)


@patient
@given(messages, st.booleans())
@example(say("".join(NASTY)), True)
@example(Message(paragraphs=(paragraph(span("x", link="https://a.example/\n\x1b[2J")),), preview=True), True)
def test_no_control_character_reaches_the_terminal(message: Message, terminal: bool) -> None:
    out = printed(message, terminal=terminal)
    left = OURS.sub(r"\1", out) if terminal else out
    bad = [c for c in left if (unicodedata.category(c) == "Cc" and c != "\n") or c in ACTING]
    assert bad == []
    assert not [link for link in OURS.findall(out) if any(c.isspace() for c in link)]
    out.encode("utf-8")


@patient
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_every_other_character_does(text: str) -> None:
    assert text in words(say(text), terminal=False)


def test_markup_and_emoji_codes_are_words() -> None:
    assert words(say("[bold]x[/bold] :smile: [link=https://a.example]y[/link]"), terminal=False).strip() == (
        "[bold]x[/bold] :smile: [link=https://a.example]y[/link]"
    )


def test_a_title_is_a_link_where_the_terminal_can_show_one() -> None:
    message = Message(paragraphs=(paragraph(span("Title", Style.BOLD, link="https://wire.example/1")),))
    assert [found for found in OURS.findall(printed(message)) if found] == ["https://wire.example/1"]
    assert printed(message, terminal=False).strip() == "Title"


def test_an_opened_story_shows_its_address_below_the_title() -> None:
    story = a_story()
    message = Message(paragraphs=(paragraph(span(story.title, link=story.url)), paragraph("Text.")), preview=True)
    assert words(message, terminal=False).strip() == f"{story.title}\n\n{story.url}\n\nText."


def test_buttons_are_lines_to_type_and_number_buttons_need_none() -> None:
    rows = (
        (Button(label="1", action="/more s1"), Button(label="2", action="/more s2")),
        (Button(label="Older", action="/latest +5"),),
        (Button(label="More", action="/more s1"), Button(label="Why?", action="/why s1")),
    )
    message = Message(paragraphs=(paragraph("List"),), buttons=rows)
    assert render(message).plain == "List\n\n› /latest +5  Older\n› /more s1  More   › /why s1  Why?"


def test_a_long_line_is_not_broken_where_nobody_looks() -> None:
    assert words(say("word " * 60), terminal=False).strip().count("\n") == 0
    assert words(say("word " * 60), terminal=True).strip().count("\n") > 2


async def test_every_message_has_its_own_name() -> None:
    terminal = Terminal(Console(file=io.StringIO()))
    first = await terminal.send(channel("you"), say("a"), key="k")
    second = await terminal.send(channel("you"), say("a"), key="k")
    assert len({first, second}) == 2
    other = Terminal(Console(file=io.StringIO()))
    assert await other.send(channel("you"), say("a"), key="k") not in (first, second)
