"""/start: hello, and three taps to be set up."""

from __future__ import annotations

from bot.commands.command import Command, Context
from bot.domain.message import Button, Message, Role, paragraph


async def run(words: list[str], context: Context) -> Message:
    say = context.texts.say
    topics = (
        Button(label=say("start.button.ai"), action="/subscribe ai"),
        Button(label=say("start.button.tech_layoffs"), action="/subscribe tech-layoffs"),
        Button(label=say("start.button.all"), action="/subscribe all"),
    )
    other = Button(label=say("start.button.language"), action=f"/language {say('start.other_language')}")
    look = Button(label=say("start.button.latest"), action="/latest")
    return Message(
        paragraphs=(
            paragraph(say("start.heading"), role=Role.HEADING),
            paragraph(say("start.what")),
            paragraph(say("start.how")),
            paragraph(say("start.numbers"), role=Role.FOOTER),
        ),
        buttons=(topics, (look, other)),
    )


COMMAND = Command(name="start", run=run, aliases=("mulai",))
