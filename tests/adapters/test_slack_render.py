"""What Slack gets to see, whatever a feed wrote."""

from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, say, span
from bot.platforms.slack.render import HEAVIEST, blocks, fallback, parts, shown_text, thread_of
from tests.adapters.fake_slack import problem

HOSTILE = [
    "<!channel>", "<!here|here>", "<@U1ANNA>", "<#C1NEWS0|news>", "<https://evil.example|bank.example>", "*bold*",
    "_it_", "~no~", "`code`", "```block```", "> quote", ":tada:", ":+1:", "a & b", "&lt;!channel&gt;", "@here @channel",
    "• point", "1. one", "\u202eright to left", "<!date^1392734382^{date}|x>",
]  # fmt: skip

texts = st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE))
links = st.one_of(
    st.none(),
    st.just("https://news.example/a?b=1&c=<2>"),
    st.just("javascript:alert(1)"),
    st.integers(1, 4_000).map(lambda n: "http://long.example/" + "x" * n),
)
spans = st.builds(
    lambda t, s, link: Span(text=t, styles=frozenset(s), link=link), texts, st.sets(st.sampled_from(Style)), links
)
paragraphs = st.builds(
    lambda s, role: Paragraph(spans=tuple(s), role=role), st.lists(spans, max_size=6), st.sampled_from(Role)
)
buttons = st.lists(
    st.lists(st.builds(lambda n: Button(label=n, action=f"/more {n}"), st.text(max_size=90)), max_size=7).map(tuple),
    max_size=4,
).map(tuple)
messages = st.builds(lambda p, b: Message(paragraphs=tuple(p), buttons=b), st.lists(paragraphs, max_size=70), buttons)


def visible(text: str) -> str:
    return "".join(text.split())


@given(messages)
@settings(max_examples=150, deadline=None)
def test_any_message_is_taken_and_arrives_whole(message: Message) -> None:
    pieces = parts(message)
    assert bool(pieces) == bool(message.text.strip())
    for piece in pieces:
        assert problem({"text": fallback(piece), "blocks": blocks(piece)}) == ""
    arrived = visible("".join(shown_text(blocks(piece)) for piece in pieces))
    assert arrived == visible(message.text)


@given(messages)
@settings(max_examples=150, deadline=None)
def test_nothing_a_feed_writes_can_act(message: Message) -> None:
    for piece in parts(message):
        made = json.dumps(blocks(piece))
        assert "mrkdwn" not in made
        kinds = {element["type"] for block in blocks(piece) for element in _leaves(block)}
        assert kinds <= {"text", "link", "plain_text", "button"}
        assert all(e["url"].startswith("http") for b in blocks(piece) for e in _leaves(b) if e["type"] == "link")
        words = fallback(piece)
        assert "<" not in words
        assert ">" not in words
        assert not re.search(r":[\w+'-]+:", words)


def _leaves(block: dict) -> list[dict]:
    if block["type"] == "header":
        return [block["text"]]
    if block["type"] == "rich_text":
        return [element for section in block["elements"] for element in section["elements"]]
    return list(block["elements"])


@given(messages)
@settings(max_examples=60, deadline=None)
def test_buttons_stand_once_under_the_last_part(message: Message) -> None:
    pieces = parts(message)
    rows = [block for piece in pieces for block in blocks(piece) if block["type"] == "actions"]
    wanted = [b.action for row in message.buttons for b in row if b.label.strip()] if pieces else []
    assert [element["value"] for row in rows for element in row["elements"]] == wanted
    assert not any(block["type"] == "actions" for piece in pieces[:-1] for block in blocks(piece))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_literal(text: str) -> None:
    made = blocks(say(text))
    assert made == [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}]}
    ]
    assert html.unescape(fallback(say(text))).replace("\u200b", "") == text


def test_an_alert_looks_like_this() -> None:
    message = Message(
        paragraphs=(
            paragraph("AI", role=Role.FOOTER),
            paragraph(span("Model & more", Style.BOLD, link="https://news.example/1")),
            paragraph("Said ", span("x", Style.CODE), span(" ok", Style.ITALIC), role=Role.QUOTE),
        ),
        buttons=((Button(label="More", action="/more s1"), Button(label="Why", action="/why s1")),),
    )
    link = {"type": "link", "url": "https://news.example/1", "text": "Model & more", "style": {"bold": True}}
    quoted = [
        {"type": "text", "text": "Said "},
        {"type": "text", "text": "x", "style": {"code": True}},
        {"type": "text", "text": " ok", "style": {"italic": True}},
    ]

    def button(number: int, label: str, value: str) -> dict:
        text = {"type": "plain_text", "text": label, "emoji": False}
        return {"type": "button", "action_id": f"b{number}", "text": text, "value": value}

    assert blocks(message) == [
        {"type": "context", "elements": [{"type": "plain_text", "text": "AI", "emoji": False}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [link]}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": quoted}]},
        {
            "type": "actions",
            "block_id": "-|2",
            "elements": [button(1, "More", "/more s1"), button(2, "Why", "/why s1")],
        },
    ]
    assert fallback(message) == "AI\n\nModel &amp; more\n\nSaid x ok"


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        (paragraph("Today", role=Role.HEADING), "header"),
        (paragraph("x" * 150, role=Role.HEADING), "header"),
        (paragraph("x" * 151, role=Role.HEADING), "rich_text"),
        (paragraph("two\nlines", role=Role.HEADING), "rich_text"),
        (paragraph(span("linked", link="https://a.example"), role=Role.HEADING), "rich_text"),
        (paragraph(span("linked", link="https://a.example"), role=Role.FOOTER), "rich_text"),
        (paragraph("small", role=Role.FOOTER), "context"),
    ],
)
def test_headings_and_footers(heading: Paragraph, kind: str) -> None:
    made = blocks(Message(paragraphs=(heading,)))
    assert made[0]["type"] == kind
    if heading.role is Role.HEADING and kind == "rich_text":
        assert made[0]["elements"][0]["elements"][0]["style"] == {"bold": True}


def test_a_long_digest_is_cut_between_stories() -> None:
    stories = tuple(
        Paragraph(
            spans=(span(f"{n}. Story {n} " + "word " * 10, Style.BOLD, link=f"https://n.example/{n}/" + "p" * 200),)
        )
        for n in range(80)
    )
    pieces = parts(Message(paragraphs=stories, stories=(1, 2), preview=True))
    assert len(pieces) > 1
    assert [p for piece in pieces for p in piece.paragraphs] == list(stories)
    assert all(len(json.dumps(blocks(piece), ensure_ascii=False)) <= HEAVIEST for piece in pieces)
    assert [piece.preview for piece in pieces] == [True] + [False] * (len(pieces) - 1)
    assert all(piece.stories == (1, 2) for piece in pieces)


def test_a_link_that_slack_would_refuse_leaves_its_words() -> None:
    message = Message(paragraphs=(paragraph(span("here", link="https://a.example/" + "x" * 3_000)),))
    assert shown_text(blocks(message)) == "here"
    assert "link" not in json.dumps(blocks(message))


def test_absurdly_heavy_links_lose_the_links_only() -> None:
    heavy = tuple(span("x", link=f"https://a.example/{n}/" + "y" * 2_900) for n in range(8))
    message = Message(paragraphs=(Paragraph(spans=heavy),), buttons=((Button(label="Go", action="/go"),),))
    pieces = parts(message)
    assert visible("".join(shown_text(blocks(piece)) for piece in pieces)) == "x" * 8
    assert all(problem({"text": "x", "blocks": blocks(piece)}) == "" for piece in pieces)
    assert blocks(pieces[-1])[-1]["type"] == "actions"


def test_the_fallback_is_short() -> None:
    assert len(html.unescape(fallback(say("word " * 5_000)))) == 3_000


@pytest.mark.parametrize(("thread", "back"), [("", ""), ("1722.000100", "1722.000100")])
def test_a_button_knows_its_chat(thread: str, back: str) -> None:
    message = Message(paragraphs=(paragraph("x"),), buttons=((Button(label="Go", action="/go"),),))
    assert thread_of(blocks(message, thread=thread)[-1]["block_id"]) == back
    assert thread_of("somebody-elses") == ""


def test_nothing_to_see_is_no_message() -> None:
    assert parts(Message(paragraphs=(paragraph(" \n "),))) == []
    assert parts(Message(paragraphs=())) == []
