"""Any text arrives in Telegram as it was, in the styles it had, and nothing in it acts."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, say, span
from bot.platforms.split import utf16_length
from bot.platforms.telegram.render import ENTITY_LIMIT, TEXT_LIMIT, Part, clean, render

LINK = "https://a.example/?q=1&b=<2>"
texts = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab *_`[]()<>&@/#\n\0\u0301\u200d\ud800\udc00😀👍🇮"),
        st.characters(categories=None),
    ),
    max_size=40,
)
links = st.sampled_from([None, LINK, "HTTP://b.example", "javascript:alert(1)", "tg://user?id=1", ""])
spans = st.builds(Span, text=texts, styles=st.frozensets(st.sampled_from(Style)), link=links)
paragraphs = st.builds(Paragraph, spans=st.lists(spans, max_size=5).map(tuple), role=st.sampled_from(Role))
messages = st.builds(Message, paragraphs=st.lists(paragraphs, max_size=5).map(tuple))


def units(text: str) -> list[bytes]:
    raw = text.encode("utf-16-le")
    return [raw[place : place + 2] for place in range(0, len(raw), 2)]


def as_telegram_shows(part: Part) -> Iterator[tuple[str, frozenset[tuple[str, str | None]]]]:
    """Each UTF-16 unit of the text with the entities that cover it, put together again to runs of text."""
    covered = [
        frozenset((str(e.type), e.url) for e in part.entities if e.offset <= place < e.offset + e.length)
        for place in range(utf16_length(part.text))
    ]
    for wears, run in groupby(zip(units(part.text), covered, strict=True), key=lambda pair: pair[1]):
        yield b"".join(unit for unit, _ in run).decode("utf-16-le"), wears


def as_meant(message: Message) -> Iterator[tuple[str, frozenset[tuple[str, str | None]]]]:
    """The same, worked out from the message by Telegram's rules for what may stand inside what."""
    runs: list[tuple[str, frozenset[tuple[str, str | None]]]] = []
    for number, one in enumerate(message.paragraphs):
        if number:
            runs.append(("\n\n", frozenset()))
        for piece in one.spans:
            http = bool(piece.link) and piece.link.lower().startswith(("http://", "https://"))
            code = Style.CODE in piece.styles and not http
            wears = {("text_link", piece.link)} if http else set()
            if one.role is Role.QUOTE:
                wears.add(("blockquote", None))
            if code:
                wears.add(("code", None))
            else:
                bold = Style.BOLD in piece.styles or one.role is Role.HEADING
                italic = Style.ITALIC in piece.styles or one.role is Role.FOOTER
                wears |= {("bold", None)} if bold else set()
                wears |= {("italic", None)} if italic else set()
            runs.append((clean(piece.text), frozenset(wears)))
    for wears, run in groupby([run for run in runs if run[0]], key=lambda pair: pair[1]):
        yield "".join(text for text, _ in run), wears


@given(messages)
def test_text_and_styles_arrive_as_they_were_meant(message: Message) -> None:
    parts = render(message)
    if not clean(message.text).strip():
        assert parts == []
    else:
        assert list(as_telegram_shows(parts[0])) == list(as_meant(message))


@given(st.text(alphabet=st.one_of(st.sampled_from("a\0\ud83d\ude00"), st.characters(categories=None))))
def test_clean_text_can_be_sent_and_keeps_every_real_character(text: str) -> None:
    sendable = clean(text)
    assert sendable.encode().decode() == sendable
    halves = re.sub("[\ud800-\udbff][\udc00-\udfff]", "", text)
    assert len(sendable) == len(text) - (len(text) - len(halves)) // 2 - text.count("\0")
    assert re.sub("[^a-z]", "", sendable) == re.sub("[^a-z]", "", text)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a\0b", "ab"),
        ("\ud83d", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("x\udc00y", "x\ufffdy"),
        ("e\u0301😀", "e\u0301😀"),
    ],
)
def test_clean(text: str, sent: str) -> None:
    assert clean(text) == sent


def test_markup_from_a_feed_is_only_text() -> None:
    (part,) = render(say("<b>x</b> *y* _z_ [a](https://b) `c` &amp; </blockquote>"))
    assert part.text == "<b>x</b> *y* _z_ [a](https://b) `c` &amp; </blockquote>"
    assert part.entities == ()


def test_offsets_count_utf16_units() -> None:
    (part,) = render(Message(paragraphs=(paragraph("😀😀"), paragraph("é ", span("bold", Style.BOLD)))))
    assert part.entities == (MessageEntity(type="bold", offset=8, length=4),)


def test_a_style_over_several_spans_is_one_entity() -> None:
    heading = paragraph("AI ", span("today", Style.ITALIC), " news", role=Role.HEADING)
    (part,) = render(Message(paragraphs=(heading,)))
    assert [(e.type, e.offset, e.length) for e in part.entities] == [("bold", 0, 13), ("italic", 3, 5)]


def test_a_message_too_long_is_several_with_buttons_under_the_last() -> None:
    long = Message(
        paragraphs=tuple(paragraph("😀 word " * 200, role=Role.QUOTE) for _ in range(10)),
        buttons=((Button(label="More", action="/more 1"),),),
        silent=True,
        preview=True,
    )
    parts = render(long)
    assert len(parts) > 1
    assert all(utf16_length(part.text) <= TEXT_LIMIT and part.silent for part in parts)
    assert [part.keyboard is not None for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [part.preview for part in parts] == [True] + [False] * (len(parts) - 1)


def test_links_are_kept_before_styles() -> None:
    line = [span(f"story {number}", Style.BOLD, link=f"https://a.example/{number}") for number in range(90)]
    (part,) = render(Message(paragraphs=tuple(paragraph(one) for one in line)))
    assert len(part.entities) == ENTITY_LIMIT
    assert sum(entity.type == "text_link" for entity in part.entities) == 90


def test_more_links_than_telegram_shows_go_into_another_message() -> None:
    line = [span(str(number), link=f"https://a.example/{number}") for number in range(250)]
    parts = render(
        Message(paragraphs=tuple(paragraph(one) for one in line), buttons=((Button(label="b", action="a"),),))
    )
    assert sum(len(part.entities) for part in parts) == 250
    assert max(len(part.entities) for part in parts) <= ENTITY_LIMIT
    assert [part.keyboard is not None for part in parts].count(True) == 1
    assert parts[-1].keyboard is not None


def test_buttons_that_telegram_would_refuse_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    rows = (
        (Button(label="ok", action="x" * 64), Button(label="long", action="é" * 33)),
        (Button(label=" ", action="a"), Button(label="empty", action="")),
    )
    with caplog.at_level(logging.WARNING):
        (part,) = render(Message(paragraphs=(paragraph("t"),), buttons=rows))
    assert part.keyboard is not None
    assert [[button.text for button in row] for row in part.keyboard.inline_keyboard] == [["ok"]]
    assert len(caplog.records) == 3


def test_too_many_buttons_do_not_cost_the_message() -> None:
    rows = tuple((Button(label=str(n), action=str(n)),) for n in range(101))
    (part,) = render(Message(paragraphs=(paragraph("t"),), buttons=rows))
    assert part.keyboard is None
