"""A message keeps its words whatever shape it takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, join, paragraph, say, span

spans = st.builds(
    Span,
    text=st.text(max_size=20),
    styles=st.frozensets(st.sampled_from(Style)),
    link=st.sampled_from([None, "https://wire.example/1"]),
)
paragraphs = st.builds(Paragraph, spans=st.lists(spans, max_size=4).map(tuple), role=st.sampled_from(Role))
buttons = st.just(((Button(label="More", action="/more s1"),),))
messages = st.builds(
    Message, paragraphs=st.lists(paragraphs, max_size=4).map(tuple), buttons=buttons, stories=st.just((4, 2))
)


@given(messages)
def test_plain_keeps_words_and_numbers_and_drops_the_rest(message: Message) -> None:
    plain = message.plain()
    assert plain.text == message.text
    assert plain.stories == message.stories
    assert plain.buttons == ()
    assert all(s.link is None and not s.styles for p in plain.paragraphs for s in p.spans)
    assert [p.role for p in plain.paragraphs] == [p.role for p in message.paragraphs]


@given(st.lists(messages, min_size=1, max_size=3))
def test_joined_messages_say_everything_in_order(parts: list[Message]) -> None:
    whole = join(iter(parts))
    assert whole.paragraphs == tuple(p for part in parts for p in part.paragraphs)
    assert whole.buttons == parts[-1].buttons


def test_paragraphs_take_strings_and_spans_and_leave_out_empty_strings() -> None:
    made = paragraph("a ", span("b", Style.BOLD, link="https://wire.example"), "", role=Role.QUOTE)
    assert made.text == "a b"
    assert len(made.spans) == 2
    assert made.spans[1] == Span(text="b", styles=frozenset({Style.BOLD}), link="https://wire.example")


def test_say_makes_a_paragraph_of_each_text() -> None:
    assert say("one", "two").text == "one\n\ntwo"
