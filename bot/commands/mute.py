"""/mute COMPANY or WORDS [7d]: hear no more of it; /mute 3: of what story 3 is about; /mute alone lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.commands.asking import coverage_named
from bot.commands.clocks import length_in
from bot.commands.command import TOPIC_WORDS, Command, Context
from bot.commands.interest import BY_WORDS, PAGE, Meant, add, fitting, listed, meaning, undo
from bot.domain.coverage import Coverage
from bot.domain.message import Button, Message, paragraph, say
from bot.domain.story import Topic
from bot.domain.subscription import InterestKind
from bot.editorial.rules.company import Companies
from bot.services.questions import named_in, phrases_of

STORY = re.compile(r"(?:s[0-9]{1,15}|#?[0-9]{1,4})", re.IGNORECASE)
COMPANY, WORDS, CANCEL = "company", "words", "cancel"
CHOICES: Mapping[str, str] = {
    **dict.fromkeys(("company", "employer", "perusahaan"), COMPANY),
    **dict.fromkeys(BY_WORDS, WORDS),
    **dict.fromkeys(("cancel", "batal"), CANCEL),
}
A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What `/mute s123 words 2 7d` says: the story, which of the things it is about, and for how long."""

    coverage: Coverage
    choice: str | None
    which: int
    length: timedelta | None


async def run(words: list[str], context: Context) -> Message:
    if shows_only(words):
        return await listed(InterestKind.MUTE, words, context)
    length, text = length_in(" ".join(words))
    rest = text.split()
    if not rest or length == timedelta():
        raise context.refuse("mute.what")
    if STORY.fullmatch(rest[0]) and all(word.lower() in CHOICES or word.isdigit() for word in rest[1:]):
        return await _story(rest, length, context)
    return await _done(await meaning(InterestKind.MUTE, rest, context), length, context)


def shows_only(words: list[str]) -> bool:
    return not words or (len(words) == 1 and PAGE.fullmatch(words[0]) is not None)


async def _story(words: list[str], length: timedelta | None, context: Context) -> Message:
    """A number stands for the story's employer; by the button of an alert, or where there is none, it is asked what is
    meant."""
    choice = next((CHOICES[word.lower()] for word in words if word.lower() in CHOICES), None)
    which = next((int(word) for word in words[1:] if word.isdigit()), 1)
    coverage = await coverage_named(words[:1], context, "mute")
    asked = Story(coverage=coverage, choice=choice, which=which, length=length)
    card = await card_of(coverage, context)
    if choice == CANCEL:
        return card if context.request.pressed else say(context.texts.say("mute.nothing"))
    employer = _employer(coverage, context.kit.rules().companies)
    phrases = [one for one in phrases_of(coverage.lead.title, but=TOPIC_WORDS) if one != employer]
    if choice is None and (words[0].lower().startswith("s") or employer is None):
        return _question(asked, employer, phrases, card, context)
    if choice == WORDS and not 1 <= which <= len(phrases):
        raise context.refuse("mute.what")
    if choice != WORDS and employer is None:
        raise context.refuse("mute.no_company")
    words = ["words", phrases[which - 1]] if choice == WORDS else [str(employer)]
    meant = await meaning(InterestKind.MUTE, words, context)
    done = await _done(meant, length, context, f"s{coverage.id}" if context.request.pressed else "")
    if not context.request.pressed:
        return done
    return replace(card, paragraphs=(*card.paragraphs, *done.paragraphs), buttons=done.buttons)


def _question(asked: Story, employer: str | None, phrases: list[str], card: Message, context: Context) -> Message:
    """Under the alert itself, which stays readable and comes back as it was when nothing is muted."""
    texts, story = context.texts, f"/mute s{asked.coverage.id}"
    given = _spelt(asked.length)
    buttons: list[Button] = []
    if employer is not None:
        week = texts.say("mute.week", name=employer)
        buttons.append(context.button(employer, f"{story} {COMPANY} {given}"))
        if not given:
            buttons.append(context.button(week, f"{story} {COMPANY} {_spelt(A_WEEK)}"))
    for n, phrase in enumerate(phrases, start=1):
        buttons.append(context.button(f"“{phrase}”", f"{story} {WORDS} {n} {given}"))
    buttons.append(context.button(texts.say("mute.cancel"), f"{story} {CANCEL}"))
    question = paragraph(texts.say("mute.which"))
    parts = (*card.paragraphs, question) if context.request.pressed else (*card.paragraphs[:2], question)
    return replace(card, paragraphs=parts, buttons=tuple((button,) for button in fitting(buttons)))


async def _done(meant: Meant, length: timedelta | None, context: Context, story: str = "") -> Message:
    until = context.now + length if length else None
    interest = await add(InterestKind.MUTE, meant, until, context)
    if until is None:
        text = context.texts.say("mute.done", name=meant.name)
    else:
        text = context.texts.say("mute.done_until", name=meant.name, when=context.presenter.when(until))
    buttons = [undo(interest, context, story)]
    if meant.others:
        label = context.texts.say("interest.only_words", phrase=meant.phrase)
        buttons.append(context.button(label, f"/mute words {meant.phrase} {_spelt(length)}".strip()))
    buttons.append(context.button(context.texts.say("interest.all.mute"), "/mute"))
    return Message(paragraphs=(paragraph(text),), buttons=tuple((button,) for button in fitting(buttons)))


async def card_of(coverage: Coverage, context: Context) -> Message:
    """The alert as it stands in this chat."""
    prefs, stories = context.chat.preferences, context.kit.stories
    levels = await stories.levels(coverage.id)
    topics = [topic for topic in Topic if topic in levels and topic in prefs.topics]
    changes = await stories.changes(coverage.id)
    card = context.presenter.alert(coverage, topics, changes=changes, style=prefs.style, preview=prefs.preview)
    return replace(card, in_place=True)


def _employer(coverage: Coverage, companies: Companies) -> str | None:
    """The company of its facts, else the first one that the title names."""
    if coverage.event is not None and coverage.event.company:
        return coverage.event.company
    return next(iter(named_in(coverage.lead.title, companies)), None)


def _spelt(length: timedelta | None) -> str:
    if length is None:
        return ""
    hours = int(length.total_seconds()) // 3600
    return f"{hours // 24}d" if hours % 24 == 0 else f"{hours}h"


COMMAND = Command(name="mute", run=run, aliases=("bisukan",), changes=True, only_shows=shows_only)
