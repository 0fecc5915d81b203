"""What Slack gets to see, whatever a feed wrote."""

from __future__ import annotations

import html
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph, say, span
from bot.platforms.slack.buttons import earlier_of, thread_of
from bot.platforms.slack.render import HEAVIEST, MOST_BLOCKS, blocks, fallback, parts
from tests.adapters.fake_slack import problem
from tests.adapters.fake_slack_rules import acts
from tests.adapters.fake_slack_rules import paragraphs as seen

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
LABELS = st.text(st.characters(exclude_categories=["C"]), max_size=50)
buttons = st.lists(
    st.lists(st.builds(lambda n: Button(label=n, action=f"/more {n}"), LABELS), max_size=7).map(tuple),
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
        assert len(json.dumps(blocks(piece), ensure_ascii=False)) <= HEAVIEST
        assert seen(blocks(piece)) == [p.text for p in piece.paragraphs if p.text.strip()]
    arrived = visible("".join(text for piece in pieces for text in seen(blocks(piece))))
    assert arrived == visible(message.text)


@given(messages)
@settings(max_examples=150, deadline=None)
def test_nothing_a_feed_writes_can_act(message: Message) -> None:
    for piece in parts(message):
        made = json.dumps(blocks(piece))
        assert '"type": "mrkdwn"' not in made
        kinds = {element["type"] for block in blocks(piece) for element in _leaves(block)}
        assert kinds <= {"text", "link", "plain_text", "button", "static_select", "overflow"}
        assert acts({"text": fallback(piece), "mrkdwn": False, "blocks": blocks(piece)}) == []
        assert all(e["url"].startswith("http") for b in blocks(piece) for e in _leaves(b) if e["type"] == "link")
        words = fallback(piece)
        assert "<" not in words
        assert ">" not in words
        assert not re.search(r":[\w+'-]+:", words)


def actions_in(rows: list[dict]) -> list[str]:
    """What can be pressed or chosen there."""
    found = []
    for element in (element for row in rows for element in row["elements"]):
        found += [option["value"] for option in element["options"]] if "options" in element else [element["value"]]
    return found


def _leaves(block: dict) -> list[dict]:
    if block["type"] == "header":
        return [block["text"]]
    if block["type"] == "rich_text":
        return [element for section in block["elements"] for element in section["elements"]]
    return list(block["elements"])


@given(messages)
@settings(max_examples=30, deadline=None)
def test_buttons_stand_once_under_the_last_part(message: Message) -> None:
    pieces = parts(message)
    rows = [block for piece in pieces for block in blocks(piece) if block["type"] == "actions"]
    wanted = [b.action for row in message.buttons for b in row if b.label.strip()] if pieces else []
    is_heavy = any(len(span.link or "") > 1_000 for part in message.paragraphs for span in part.spans)
    assert set(actions_in(rows)) <= set(wanted)
    assert is_heavy or set(actions_in(rows)) == set(wanted)  # beside absurd links some of many buttons give way
    assert len(actions_in(rows)) <= len(wanted)
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
    assert seen(blocks(message)) == ["here"]
    assert "link" not in json.dumps(blocks(message))


def test_absurdly_heavy_links_lose_the_links_only() -> None:
    heavy = tuple(span("x", link=f"https://a.example/{n}/" + "y" * 2_900) for n in range(8))
    message = Message(paragraphs=(Paragraph(spans=heavy),), buttons=((Button(label="Go", action="/go"),),))
    pieces = parts(message)
    assert visible("".join(text for piece in pieces for text in seen(blocks(piece)))) == "x" * 8
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


# --- tables, menus, block ids ---


def test_a_table_keeps_its_columns() -> None:
    table = paragraph("week   cuts\n", span("32    1,300", Style.BOLD), role=Role.TABLE)
    [made] = blocks(Message(paragraphs=(table,)))
    inner = [{"type": "text", "text": "week   cuts\n"}, {"type": "text", "text": "32    1,300"}]
    assert made == {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": inner}]}


@pytest.mark.parametrize("role", [Role.HEADING, Role.FOOTER])
@pytest.mark.parametrize("text", ["R&amp;D", "a &lt; b", "&lt;!channel&gt;"])
def test_what_reads_like_an_escaped_sign_stays_as_it_is(role: Role, text: str) -> None:
    [made] = blocks(Message(paragraphs=(paragraph(text, role=role),)))
    assert made["type"] == "rich_text"
    assert seen([made]) == [text]


def numbered(most: int, a_row: int = 5) -> tuple[tuple[Button, ...], ...]:
    made = [Button(label=str(n), action=f"/more s{n}") for n in range(1, most + 1)]
    return tuple(tuple(made[i : i + a_row]) for i in range(0, most, a_row))


def kinds_of(message: Message) -> list[list[str]]:
    return [[e["type"] for e in block["elements"]] for block in blocks(message) if block["type"] == "actions"]


def test_five_numbers_are_buttons_and_more_are_one_menu() -> None:
    later = ((Button(label="Later", action="/latest 2"),),)
    text = (paragraph("x"),)
    assert kinds_of(Message(paragraphs=text, buttons=numbered(5) + later)) == [["button"] * 5, ["button"]]
    made = blocks(Message(paragraphs=text, buttons=numbered(15) + later))
    menu = made[1]["elements"][0]
    assert [(o["text"]["text"], o["value"]) for o in menu["options"]] == [(str(n), f"/more s{n}") for n in range(1, 16)]
    assert menu["placeholder"]["text"] == "Open story … · Buka berita …"
    assert kinds_of(Message(paragraphs=text, buttons=numbered(15) + later)) == [["static_select"], ["button"]]
    assert problem({"text": "x", "blocks": made}) == ""


def test_a_long_row_ends_in_an_overflow_menu() -> None:
    row = tuple(Button(label=f"Word {n}", action=f"/word {n}") for n in range(8))
    made = blocks(Message(paragraphs=(paragraph("x"),), buttons=(row,)))
    assert [e["type"] for e in made[1]["elements"]] == ["button"] * 4 + ["overflow"]
    assert actions_in(made[1:]) == [button.action for button in row]
    long = tuple(Button(label=f"Word {n}", action="/word " + "x" * 200) for n in range(8))
    assert kinds_of(Message(paragraphs=(paragraph("x"),), buttons=(long,))) == [["button"] * 5, ["button"] * 3]


def test_a_label_shows_its_signs() -> None:
    [_, made] = blocks(Message(paragraphs=(paragraph("x"),), buttons=((Button(label="Mute AT&amp;T", action="/m"),),)))
    assert made["elements"][0]["text"]["text"] == "Mute AT&\u200bamp;T"


def test_many_buttons_and_paragraphs_stay_within_the_limits() -> None:
    rows = tuple((Button(label=f"Row {n}", action=f"/row {n}"),) for n in range(20))
    message = Message(paragraphs=tuple(paragraph(f"{n} words") for n in range(60)), buttons=rows)
    pieces = parts(message)
    assert max(len(blocks(piece)) for piece in pieces) <= MOST_BLOCKS
    assert sorted(actions_in([b for p in pieces for b in blocks(p) if b["type"] == "actions"])) == sorted(
        button.action for row in rows for button in row
    )


def test_a_button_knows_the_parts_above_it() -> None:
    message = Message(paragraphs=(paragraph("x"),), buttons=((Button(label="Go", action="/go"),),))
    parts_above = [f"1722.{n:06d}" for n in range(20)]
    block = blocks(message, thread="1722.000100", earlier=parts_above)[-1]["block_id"]
    assert len(block) <= 255
    assert (thread_of(block), earlier_of(block)) == ("1722.000100", tuple(parts_above[-12:]))
    assert earlier_of(blocks(message)[-1]["block_id"]) == earlier_of("somebody-elses") == ()
