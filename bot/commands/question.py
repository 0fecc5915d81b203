"""Free words: stories found by them, with who told them; never a sentence of the bot's own on what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches

from bot.commands.asking import echoed, fits
from bot.commands.command import Context, topics_in
from bot.commands.registry import by_word
from bot.commands.understanding import is_greeting, is_thanks
from bot.domain.coverage import Coverage
from bot.domain.message import Button, Message, paragraph
from bot.domain.story import Topic
from bot.editorial.text import tokenise
from bot.services.questions import answers, telling

SHOWN, LOOKED_AT = 5, 10
_JOB_CUTS = """
    layoff layoffs lay lays laid laying off job jobs cut cuts cutting fire fires fired firing redundancy redundancies
    phk pecat memecat dipecat pemecatan merumahkan dirumahkan pemutusan hubungan
"""
JOB_CUTS = frozenset(_JOB_CUTS.split())
CLOSE = 0.7


async def found(words: Sequence[str], context: Context) -> Message | None:
    """Stories that have the telling words of a question; None where there are none."""
    say = context.texts.say
    asked = " ".join(telling(" ".join(words)))
    stories = await _stories(words, context)
    if not stories:
        return None
    heading = say("question.found", words=echoed(asked))
    message = context.presenter.numbered(heading, stories[:SHOWN], footer=say("question.footer"))
    more = Button(label=say("question.more"), action=f"/search {asked}")
    fit = len(stories) > SHOWN and fits(more.action)
    return replace(message, buttons=(*message.buttons, (more,))) if fit else message


async def _stories(words: Sequence[str], context: Context) -> list[Coverage]:
    """A headline seldom says `layoffs`: who asks for the layoffs at Acme means stories on Acme, those that are about
    layoffs if there are any."""
    kit, stories = context.kit, context.kit.stories
    cuts = [word for word in words if tokenise(word).words and set(tokenise(word).words) <= JOB_CUTS]
    topics, rest = topics_in([word for word in words if word not in cuts])
    if cuts:
        topics += [Topic.LAYOFFS, Topic.TECH_LAYOFFS]
    text = " ".join(rest if topics and telling(" ".join(rest)) else words)
    ids = await answers(text, stories=stories, judge=kit.judge, language=kit.language, limit=LOOKED_AT)
    if topics and telling(" ".join(rest)):
        ids = [one for one in ids if not set(topics).isdisjoint(await stories.levels(one))] or ids
    return await stories.coverages(ids[: SHOWN + 1])


async def reply_to_words(words: Sequence[str], context: Context) -> Message:
    """Always something: stories, a greeting, the command that was nearly typed, or that there is nothing."""
    say, typed = context.texts.say, tuple(words)
    if is_greeting(typed) or is_thanks(typed):
        key = "question.hello" if is_greeting(typed) else "question.thanks"
        return Message(paragraphs=(paragraph(say(key)),), buttons=_ways_on(context))
    message = await found(words, context)
    if message is not None:
        return message
    if len(words) == 1 and (close := nearly(words[0])):
        return did_you_mean(words[0], close, context)
    text = say("question.nothing", words=echoed(" ".join(words)))
    return Message(paragraphs=(paragraph(text),), buttons=_ways_on(context))


def reply_to_unknown(context: Context) -> Message:
    """A command that there is not: the one that was nearly typed, or the way to all of them."""
    word = context.request.text.split()[0].partition("@")[0]
    if close := nearly(word):
        return did_you_mean(word, close, context)
    return Message(paragraphs=(paragraph(context.texts.say("unknown.command", word=echoed(word, 40))),))


def nearly(word: str) -> str | None:
    """The command that a slip of the finger may have meant, of those that everybody is shown."""
    known = [name for name, command in by_word().items() if not (command.hidden or command.operator)]
    close = get_close_matches(word.lstrip("/").lower(), known, n=1, cutoff=CLOSE)
    return close[0] if close else None


def did_you_mean(word: str, close: str, context: Context) -> Message:
    text = context.texts.say("unknown.close", word=echoed(word, 40), close=close)
    return Message(paragraphs=(paragraph(text),), buttons=((Button(label=f"/{close}", action=f"/{close}"),),))


def _ways_on(context: Context) -> tuple[tuple[Button, ...], ...]:
    say = context.texts.say
    latest = Button(label=say("button.latest"), action="/latest")
    return ((latest, Button(label=say("button.help"), action="/help")),)
