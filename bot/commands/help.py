"""/help: every command in a line; /help COMMAND: how to use that one."""

from __future__ import annotations

from difflib import get_close_matches

from bot.commands.command import Command, Context
from bot.domain.message import Message, Role, Span, Style, paragraph, span


async def run(words: list[str], context: Context) -> Message:
    from bot.commands.registry import by_word, commands

    say = context.texts.say
    if words:
        word = words[0].lower().lstrip("/")
        command = by_word().get(word)
        if command is None:
            close = get_close_matches(word, by_word(), n=1)
            raise context.refuse(
                "unknown.close" if close else "unknown.command", word=f"/{word[:40]}", close="".join(close)
            )
        return about(command, context)
    lines: list[Span] = []
    for command in commands().values():
        lines += [Span(text="\n" if lines else ""), span(f"/{command.name_in(context.texts.language)}", Style.BOLD)]
        lines.append(Span(text=f" – {say(f'command.{command.name}.summary')}"))
    return Message(
        paragraphs=(
            paragraph(say("help.heading"), role=Role.HEADING),
            paragraph(*lines),
            paragraph(say("help.footer"), role=Role.FOOTER),
        )
    )


def about(command: Command, context: Context) -> Message:
    say = context.texts.say
    parts = [
        paragraph(f"/{command.name}", role=Role.HEADING),
        paragraph(say(f"command.{command.name}.summary")),
        paragraph(span(say(f"command.{command.name}.usage"), Style.CODE)),
    ]
    examples = say(f"command.{command.name}.examples")
    if examples:
        parts.append(paragraph(say("help.examples", examples=examples)))
    if command.aliases:
        names = ", ".join(f"/{alias}" for alias in command.aliases)
        parts.append(paragraph(say("help.aliases", names=names), role=Role.FOOTER))
    return Message(paragraphs=tuple(parts))


COMMAND = Command(name="help", run=run, aliases=("bantuan", "tolong"))
