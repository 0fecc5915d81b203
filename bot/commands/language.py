"""/language en|id: the language the bot speaks here; stories keep their own."""

from __future__ import annotations

from bot.commands.command import Command, Context
from bot.commands.preferences import LANGUAGES, Change, apply_change
from bot.domain.message import Button, Message, paragraph, say
from bot.domain.story import Language
from bot.texts import Texts


async def run(words: list[str], context: Context) -> Message:
    if not words:
        buttons = tuple(
            Button(label=Texts(language).say("language.name"), action=f"/language {language.value}")
            for language in Language
        )
        return Message(paragraphs=(paragraph(context.texts.say("language.which")),), buttons=(buttons,))
    language = LANGUAGES.get(words[0].lower())
    if language is None:
        raise context.refuse("language.unknown", word=words[0][:40])
    await apply_change(context.chat, Change(language=language), context)
    return say(Texts(language).say("language.changed"))


COMMAND = Command(name="language", run=run, aliases=("bahasa", "lang"), changes=True, shows=True)
