"""What a hostile feed could write: everything that would act in Slack, in every role and style."""

from __future__ import annotations

import random

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, paragraph

HOSTILE = (
    "<!channel>", "<!here|here>", "<@U1ANNA>", "<#C1NEWS0|news>", "<https://evil.example|bank.example>", "*bold*",
    "_it_", "~no~", "`code`", "```", "> ", ":tada:", ":+1:", "&", "&lt;!channel&gt;", "&amp;amp;", "@here", "@channel",
    "\u202e", "<!date^1392734382^{date}|x>", "<!subteam^S1>", "mailto:a@b.example", "http://a.example", "\n", " ", "é",
    "PHK 1.300 orang", "AI", "🎉", "\u200b", "|", "\\", "</a>", "<a href='x'>",
)  # fmt: skip


def hostile_message(chance: random.Random) -> Message:
    """A message out of everything that could act in Slack, in every role and style, with links and buttons."""

    def text(most: int) -> str:
        return "".join(chance.choices(HOSTILE, k=chance.randint(1, most)))

    def part() -> Span:
        styles = frozenset(chance.sample(list(Style), chance.randint(0, 2)))
        return Span(text=text(6), styles=styles, link=chance.choice((None, None, "https://n.example/?a=<b>&c", "x:y")))

    rows = tuple(
        tuple(Button(label=text(3)[:40] or "x", action=f"/more s{n}") for n in range(chance.randint(1, 7)))
        for _ in range(chance.randint(0, 2))
    )
    roles = chance.choices(list(Role), k=chance.randint(1, 12))
    return Message(
        paragraphs=(
            paragraph("Kabar"),
            *(Paragraph(spans=tuple(part() for _ in range(chance.randint(1, 4))), role=role) for role in roles),
        ),
        buttons=rows,
    )
