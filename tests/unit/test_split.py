"""Long messages are cut where a reader would cut them, and nothing but white space is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, say, span
from bot.platforms.split import split, utf16_length

texts = st.text(alphabet=st.one_of(st.sampled_from("ab \n\t&\u0301\u200d😀🇮🇩\u00a0"), st.characters()), max_size=60)
spans = st.builds(Span, text=texts, styles=st.frozensets(st.sampled_from(Style)))
paragraphs = st.builds(Paragraph, spans=st.lists(spans, max_size=4).map(tuple), role=st.sampled_from(Role))
messages = st.builds(
    Message,
    paragraphs=st.lists(paragraphs, max_size=6).map(tuple),
    buttons=st.just(((Button(label="More", action="/more 1"),),)),
    stories=st.just((3, 1)),
    silent=st.booleans(),
    preview=st.booleans(),
)


def cut(text: str, limit: int) -> list[str]:
    return [part.text for part in split(say(text), limit=limit, measure=len)]


def escaped_length(text: str) -> int:
    return len(text.replace("&", "&amp;"))


def visible(message: Message) -> list[tuple[str, frozenset[Style], Role]]:
    return [
        (character, piece.styles, one.role)
        for one in message.paragraphs
        for piece in one.spans
        for character in piece.text
        if not character.isspace()
    ]


@given(messages, st.integers(5, 80), st.sampled_from([len, utf16_length, escaped_length]))
def test_parts_fit_and_lose_nothing_but_white_space(message: Message, limit: int, measure) -> None:
    parts = split(message, limit=limit, measure=measure)
    assert all(0 < measure(part.text) <= limit and part.text.strip() for part in parts)
    assert [sign for part in parts for sign in visible(part)] == visible(message)
    assert [bool(part.buttons) for part in parts] == [False] * (len(parts) - 1) + [True] * bool(parts)
    assert [part.preview for part in parts[1:]] == [False] * len(parts[1:])
    for part in parts:
        assert part.stories == (3, 1)
        assert part.silent is message.silent
    if parts:
        assert parts[0].preview is message.preview


@given(messages)
def test_what_fits_stays_as_it_is(message: Message) -> None:
    parts = split(message, limit=10_000, measure=utf16_length)
    assert parts == ([message] if message.text.strip() else [])


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u2003"])
def test_nothing_to_read_gives_no_part(text: str) -> None:
    assert split(say(text, text), limit=10, measure=len) == []
    assert split(Message(paragraphs=()), limit=10, measure=len) == []


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("one two\nthree four", 12, ["one two", "three four"]),
        ("one two three", 8, ["one two", "three"]),
        ("one two three", 7, ["one two", "three"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("one\n\n\n   two", 5, ["one", "two"]),
        ("  abcdef  ", 4, ["abcd", "ef"]),
        ("x 1\u00a0000", 6, ["x", "1\u00a0000"]),
        ("aae\u0301aa", 3, ["aa", "e\u0301a", "a"]),
        ("a\U0001f1ee\U0001f1e9\U0001f1ee\U0001f1e9", 4, ["a\U0001f1ee\U0001f1e9", "\U0001f1ee\U0001f1e9"]),
        ("aa👩\u200d💻b", 4, ["aa", "👩\u200d💻b"]),
        ("aa👍\U0001f3fd", 3, ["aa", "👍\U0001f3fd"]),
        ("aa\ud83d\ude00", 3, ["aa", "\ud83d\ude00"]),
        ("aa\r\nbb", 3, ["aa", "bb"]),
    ],
)
def test_where_a_paragraph_is_cut(text: str, limit: int, parts: list[str]) -> None:
    assert cut(text, limit) == parts


def test_paragraphs_stay_whole_where_they_fit() -> None:
    parts = split(say("one two", "three", "four"), limit=14, measure=len)
    assert [part.text for part in parts] == ["one two\n\nthree", "four"]


def test_a_heading_goes_with_what_it_heads() -> None:
    message = Message(paragraphs=(paragraph("before"), paragraph("AI", role=Role.HEADING), paragraph("a story")))
    assert [part.text for part in split(message, limit=14, measure=len)] == ["before", "AI\n\na story"]
    assert [part.text for part in split(message, limit=10, measure=len)] == ["before", "AI", "a story"]


def test_styles_and_links_survive_the_cut() -> None:
    long = paragraph(
        "see ", span("the very long title", Style.BOLD, link="https://a.example/"), " here", role=Role.QUOTE
    )
    parts = split(Message(paragraphs=(long,)), limit=12, measure=len)
    assert [part.text for part in parts] == ["see the very", "long title", "here"]
    assert [p.spans[-1].link for part in parts for p in part.paragraphs] == ["https://a.example/"] * 2 + [None]
    assert {p.role for part in parts for p in part.paragraphs} == {Role.QUOTE}


def test_a_limit_below_one_character_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="fits into 1"):
        split(say("a😀"), limit=1, measure=utf16_length)


def test_endless_combining_marks_are_cut_anyway() -> None:
    assert "".join(cut("e" + "\u0301" * 500, 100)) == "e" + "\u0301" * 500


def test_utf16_length() -> None:
    assert [utf16_length(text) for text in ("", "a", "é", "😀", "\ud800", "a😀")] == [0, 1, 1, 2, 1, 3]
