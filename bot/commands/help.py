"""/help: every command in a line, by what it is for; /help COMMAND: how to use that one."""

from __future__ import annotations

from difflib import get_close_matches

from bot.commands.asking import echoed
from bot.commands.command import Command, Context
from bot.domain.message import Message, Role, Span, Style, paragraph, span


async def run(words: list[str], context: Context) -> Message:
    from bot.commands.registry import by_word, groups

    say = context.texts.say
    if words:
        word = words[0].lower().lstrip("/")
        command = by_word().get(word)
        if command is None:
            close = get_close_matches(word, by_word(), n=1)
            key = "unknown.close" if close else "unknown.command"
            raise context.refuse(key, word=f"/{echoed(word, 40)}", close="".join(close))
        return about(command, context)
    operator = context.kit.access.is_operator(context.request.channel)
    parts = [paragraph(say("help.heading"), role=Role.HEADING)]
    for group, commands in groups().items():
        shown = [one for one in commands if not one.hidden and (operator or not one.operator)]
        lines = [span(say(f"help.group.{group}"), Style.BOLD)]
        for command in shown:
            name = command.name_in(context.texts.language)
            lines += [Span(text="\n"), Span(text=f"/{name} – {say(f'command.{command.name}.summary')}")]
        parts.append(paragraph(*lines))
    parts.append(paragraph(say("help.footer"), role=Role.FOOTER))
    return Message(paragraphs=tuple(parts))


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
