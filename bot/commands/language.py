"""/language en|id: the language the bot speaks here; stories keep their own."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.asking import echoed
from bot.commands.command import Command, Context, without_words
from bot.commands.options import OPTIONS
from bot.commands.preferences import LANGUAGES, save
from bot.commands.settings import question
from bot.domain.message import Message, say
from bot.texts import Texts


async def run(words: list[str], context: Context) -> Message:
    if not words:
        return question(OPTIONS["language"], context, line="/language", back=False)
    language = LANGUAGES.get("-".join(words).lower()) or LANGUAGES.get(words[0].lower())
    if language is None:
        raise context.refuse("language.unknown", word=echoed(words[0], 40))
    await save(context.chat, replace(context.chat.preferences, language=language), context)
    if context.directed:
        label = context.texts.say(f"language.{language}")
        return say(context.texts.say("language.changed_there", place=context.place, language=label))
    return replace(say(Texts(language).say("language.changed")), in_place=True)


COMMAND = Command(name="language", run=run, aliases=("bahasa", "lang"), changes=True, only_shows=without_words)
