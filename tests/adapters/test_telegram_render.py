"""Any text arrives in Telegram as it was, in the styles it had, and nothing in it acts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from bot.domain.channel import Channel
from bot.domain.message import Attachment, Button, Message, Paragraph, Role, Span, Style, paragraph, say, span
from bot.platforms.split import utf16_length
from bot.platforms.telegram.buttons import ACTION_LIMIT, Seal
from bot.platforms.telegram.inert import JOINER, clean
from bot.platforms.telegram.render import CAPTION_LIMIT, ENTITY_LIMIT, TEXT_LIMIT, Part, render
from tests.adapters.fake_telegram_rules import entities_of, kept, tappable

LINK = "https://a.example/?q=1&b=<2>"
SIGNS = ("/start", "@admin_bot", "#tag", "$AAPL", "/", "@", "#", "$", "a/b", "x@y.id", "C#", "<b>", "*_`[](", "&amp;")
ODD = (
    "\u200c",
    "\u200d",
    "\u202e",
    "\u2028",
    "\u2066",
    "\u00b7",
    "\u0d85",
    "\r",
    "\0",
    "\n\n",
    "A\u030a",
    "\u05d0\u05d1",
)
texts = st.lists(
    st.one_of(
        st.sampled_from(SIGNS + ODD + ("ab ", "\ud800", "\udc00", "😀👍🇮🇩", "½", "2")),
        st.text(alphabet=st.characters(categories=None), max_size=6),
    ),
    max_size=8,
).map("".join)
links = st.sampled_from([None, None, LINK, "HTTP://b.example", "javascript:alert(1)", "tg://user?id=1", ""])
spans = st.builds(
    Span,
    text=texts,
    styles=st.frozensets(st.sampled_from(Style)),
    link=links,
    data=st.sampled_from([True, True, False]),
)
feed_spans = st.builds(Span, text=texts, styles=st.frozensets(st.sampled_from(Style)), link=links, data=st.just(True))
paragraphs = st.builds(Paragraph, spans=st.lists(spans, max_size=5).map(tuple), role=st.sampled_from(Role))
feed_paragraphs = st.builds(Paragraph, spans=st.lists(feed_spans, max_size=5).map(tuple), role=st.sampled_from(Role))
messages = st.builds(Message, paragraphs=st.lists(paragraphs, max_size=5).map(tuple))
feed_messages = st.builds(Message, paragraphs=st.lists(feed_paragraphs, max_size=5).map(tuple))


def parts_of(message: Message) -> list[Part]:
    return render(message, str)


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
            if one.role is Role.TABLE:
                wears = {("pre", None)}
            elif code:
                wears.add(("code", None))
            else:
                bold = Style.BOLD in piece.styles or one.role is Role.HEADING
                italic = Style.ITALIC in piece.styles or one.role is Role.FOOTER
                wears |= {("bold", None)} if bold else set()
                wears |= {("italic", None)} if italic else set()
            runs.append((clean(piece.text), frozenset(wears)))
    for wears, run in groupby([run for run in runs if run[0]], key=lambda pair: pair[1]):
        yield "".join(text for text, _ in run), wears


def without_joiners(runs: Iterator[tuple[str, frozenset[tuple[str, str | None]]]]) -> list[object]:
    return [(text.replace(JOINER, ""), wears) for text, wears in runs]


@given(messages)
def test_text_and_styles_arrive_as_they_were_meant(message: Message) -> None:
    parts = parts_of(message)
    if not clean(message.text).strip():
        assert parts == []
    else:
        assert without_joiners(as_telegram_shows(parts[0])) == without_joiners(as_meant(message))


@given(messages)
def test_telegram_takes_everything_and_changes_nothing_of_it(message: Message) -> None:
    for part in parts_of(message):
        entities = tuple(entity.to_dict() for entity in part.entities)
        assert entities_of(entities, part.text) == entities
        assert kept(part.text) == part.text


@given(feed_messages)
def test_nothing_in_the_words_of_a_feed_can_be_tapped(message: Message) -> None:
    for part in parts_of(message):
        assert tappable(part.text, tuple(entity.to_dict() for entity in part.entities)) == ()


@given(st.lists(st.sampled_from(["/start", "@name", "#tag", "a", " ", "\n"]), min_size=1).map("".join))
def test_a_cut_bares_no_sign(tail: str) -> None:
    word = "x" * (TEXT_LIMIT - 3)
    for part in parts_of(Message(paragraphs=(paragraph(span(word + tail, data=True)),))):
        assert utf16_length(part.text) <= TEXT_LIMIT
        assert tappable(part.text, ()) == ()


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("tap /unsubscribe now", f"tap /{JOINER}unsubscribe now"),
        ("(@admin) #ai $NVDA", f"(@{JOINER}admin) #{JOINER}ai ${JOINER}NVDA"),
        ("/\u202estart", f"/{JOINER}start"),
        ("#\u200cai", f"#{JOINER}\u200cai"),
        ("½#ai", f"½#{JOINER}ai"),
        ("the #1 story, $5, and/or, me@mail.example, C# 7 @ 9", "the #1 story, $5, and/or, me@mail.example, C# 7 @ 9"),
    ],
)
def test_signs_in_the_words_of_a_feed(text: str, sent: str) -> None:
    (part,) = parts_of(Message(paragraphs=(paragraph(span(text, data=True)),)))
    assert part.text == sent


def test_hints_links_and_code_stay_as_they_are() -> None:
    own = "Try /latest or ask @kabar_bot"
    message = Message(
        paragraphs=(
            paragraph(own, " ", span("/start", link=LINK, data=True), " ", span("/x", Style.CODE, data=True)),
            paragraph(span("/ @a #b", data=True), role=Role.TABLE),
        )
    )
    (part,) = parts_of(message)
    assert part.text == f"{own} /start /x\n\n/ @a #b"


def test_a_sign_and_its_word_in_two_spans_are_seen_together() -> None:
    (part,) = parts_of(Message(paragraphs=(paragraph("see /", span("start", data=True)),)))
    assert part.text == f"see /{JOINER}start"


@given(st.text(alphabet=st.one_of(st.sampled_from("a\0\r\n\u202e\u030a\ud83d\ude00"), st.characters(categories=None))))
def test_clean_text_can_be_sent_and_is_clean_for_good(text: str) -> None:
    sendable = clean(text)
    assert sendable.encode().decode() == sendable
    assert clean(sendable) == sendable == kept(sendable)
    assert [c for c in sendable if c in "abcxyz"] == [c for c in text if c in "abcxyz"]


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a\0b", "ab"),
        ("a\tb\x07c", "a b c"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("\u202eabc\u202c", "abc"),
        ("A\u030angstro\u0308m", "Ångström"),
        ("\ud83d", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("x\udc00y", "x\ufffdy"),
        ("e\u0301😀", "e\u0301😀"),
    ],
)
def test_clean(text: str, sent: str) -> None:
    assert clean(text) == sent


def test_markup_from_a_feed_is_only_text() -> None:
    (part,) = parts_of(say("<b>x</b> *y* _z_ [a](https://b) `c` &amp; </blockquote>"))
    assert part.text == "<b>x</b> *y* _z_ [a](https://b) `c` &amp; </blockquote>"
    assert part.entities == ()


def test_offsets_count_utf16_units() -> None:
    (part,) = parts_of(Message(paragraphs=(paragraph("😀😀"), paragraph("é ", span("bold", Style.BOLD)))))
    assert part.entities == (MessageEntity(type="bold", offset=8, length=4),)


def test_a_style_over_several_spans_is_one_entity() -> None:
    heading = paragraph("AI ", span("today", Style.ITALIC), " news", role=Role.HEADING)
    (part,) = parts_of(Message(paragraphs=(heading,)))
    assert [(e.type, e.offset, e.length) for e in part.entities] == [("bold", 0, 13), ("italic", 3, 5)]


def test_a_message_too_long_is_several_with_buttons_under_the_last() -> None:
    long = Message(
        paragraphs=tuple(paragraph("😀 word " * 200, role=Role.QUOTE) for _ in range(10)),
        buttons=((Button(label="More", action="/more 1"),),),
        silent=True,
        preview=True,
    )
    parts = parts_of(long)
    assert len(parts) > 1
    assert all(utf16_length(part.text) <= TEXT_LIMIT and part.silent for part in parts)
    assert [part.keyboard is not None for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [part.preview for part in parts] == [True] + [False] * (len(parts) - 1)


def test_links_are_kept_before_styles() -> None:
    line = [span(f"story {number}", Style.BOLD, link=f"https://a.example/{number}") for number in range(90)]
    (part,) = parts_of(Message(paragraphs=tuple(paragraph(one) for one in line)))
    assert len(part.entities) == ENTITY_LIMIT
    assert sum(entity.type == "text_link" for entity in part.entities) == 90


def test_more_links_than_telegram_shows_go_into_another_message() -> None:
    line = [span(str(number), link=f"https://a.example/{number}") for number in range(250)]
    parts = parts_of(
        Message(paragraphs=tuple(paragraph(one) for one in line), buttons=((Button(label="b", action="a"),),))
    )
    assert sum(len(part.entities) for part in parts) == 250
    assert max(len(part.entities) for part in parts) <= ENTITY_LIMIT
    assert [part.keyboard is not None for part in parts].count(True) == 1
    assert parts[-1].keyboard is not None


def test_buttons_that_telegram_would_refuse_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    rows = (
        (Button(label="ok", action="x" * ACTION_LIMIT), Button(label="long", action="é" * 29)),
        (Button(label=" ", action="a"), Button(label="empty", action="")),
    )
    with caplog.at_level(logging.WARNING):
        (part,) = parts_of(Message(paragraphs=(paragraph("t"),), buttons=rows))
    assert part.keyboard is not None
    assert [[button.text for button in row] for row in part.keyboard.inline_keyboard] == [["ok"]]
    assert len(caplog.records) == 3


def test_too_many_buttons_do_not_cost_the_message() -> None:
    rows = tuple((Button(label=str(n), action=str(n)),) for n in range(101))
    (part,) = parts_of(Message(paragraphs=(paragraph("t"),), buttons=rows))
    assert part.keyboard is None


# --- files and tables

CHART = Attachment(name="chart.png", media_type="image/png", content=b"png", caption="Job cuts by week")
MORE = ((Button(label="More", action="/layoffs year"),),)


def test_a_table_has_letters_of_equal_width() -> None:
    table = paragraph("Company      Cuts\n", span("Wire", Style.BOLD, link=LINK), "          300", role=Role.TABLE)
    (part,) = parts_of(Message(paragraphs=(paragraph("Since May", role=Role.HEADING), table)))
    assert [(e.type, e.offset, e.length) for e in part.entities] == [("bold", 0, 9), ("pre", 11, 35)]


def test_words_that_fit_stand_under_the_picture() -> None:
    (part,) = parts_of(Message(paragraphs=(paragraph(span("Layoffs", Style.BOLD)),), attachment=CHART, buttons=MORE))
    assert (part.text, part.attachment) == ("Layoffs", CHART)
    assert [entity.type for entity in part.entities] == ["bold"]
    assert part.keyboard is not None


def test_words_that_do_not_fit_come_before_the_picture() -> None:
    words = "w " * CAPTION_LIMIT
    first, second = parts_of(Message(paragraphs=(paragraph(words),), attachment=CHART, buttons=MORE, preview=True))
    assert (first.text, first.attachment, first.keyboard) == (words, None, None)
    assert (second.text, second.attachment) == ("Job cuts by week", CHART)
    assert second.keyboard is not None


def test_a_picture_needs_no_words() -> None:
    (part,) = parts_of(Message(paragraphs=(), attachment=CHART))
    assert (part.text, part.attachment) == ("", CHART)


def test_a_link_is_not_cut_in_two() -> None:
    words = span("w " * (TEXT_LIMIT // 2 - 20))
    link = span("a link of several words, longer than the room that is left", link=LINK)
    parts = parts_of(Message(paragraphs=(paragraph(words, link, " and more"),)))
    assert [[e.length for e in part.entities] for part in parts] == [[], [len(link.text)]]


# --- buttons


@given(st.text(max_size=60), st.integers(), st.integers(0, 99), st.text(max_size=64))
def test_a_button_opens_only_where_it_was_put(action: str, chat: int, thread: int, forged: str) -> None:
    seal, other = Seal("1:a"), Seal("1:b")
    here = Channel(platform="telegram", address=str(chat), thread=str(thread or ""))
    data = seal.closed(here, action)
    assert seal.opened(here, data) == (action or None)
    assert len(data.encode("utf-8", "replace")) == len(action.encode("utf-8", "replace")) + 64 - ACTION_LIMIT
    there = Channel(platform="telegram", address=str(chat + 1), thread=here.thread)
    topic = Channel(platform="telegram", address=here.address, thread=str(thread + 100))
    assert [seal.opened(there, data), seal.opened(topic, data), other.opened(here, data)] == [None] * 3
    assert seal.opened(here, forged) is None
    assert seal.opened(here, "x" + data) is None
    assert seal.opened(here, action) is None
