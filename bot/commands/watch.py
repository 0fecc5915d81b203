"""/watch COMPANY or WORDS: every story that names it, whatever the topic; /watch alone lists them."""

from __future__ import annotations

from bot.commands.command import Command, Context
from bot.commands.interest import BY_WORDS, OTHER_NAMES, PAGE, Meant, add, fitting, listed, meaning, undo
from bot.domain.message import Message, Role, paragraph
from bot.domain.subscription import Interest, InterestKind


async def run(words: list[str], context: Context) -> Message:
    if shows_only(words):
        return await listed(InterestKind.WATCH, words, context)
    meant = await meaning(InterestKind.WATCH, words, context)
    interest = await add(InterestKind.WATCH, meant, None, context)
    return _added(interest, meant, context, in_place=words[0].lower() in BY_WORDS)


def shows_only(words: list[str]) -> bool:
    return not words or (len(words) == 1 and PAGE.fullmatch(words[0]) is not None)


def _added(interest: Interest, meant: Meant, context: Context, *, in_place: bool) -> Message:
    say = context.texts.say
    parts = [paragraph(say("watch.added", name=meant.name))]
    if meant.others:
        names = ", ".join(meant.others[:OTHER_NAMES]) + (" …" if len(meant.others) > OTHER_NAMES else "")
        parts.append(paragraph(say("watch.also", names=names), role=Role.FOOTER))
    buttons = [undo(interest, context)]
    if meant.others:
        label = say("interest.only_words", phrase=meant.phrase)
        buttons.append(context.button(label, f"/watch words {meant.phrase}"))
    buttons.append(context.button(say("interest.all.watch"), "/watch"))
    rows = tuple((button,) for button in fitting(buttons))
    return Message(paragraphs=tuple(parts), buttons=rows, in_place=in_place)


COMMAND = Command(name="watch", run=run, aliases=("pantau",), changes=True, only_shows=shows_only)
