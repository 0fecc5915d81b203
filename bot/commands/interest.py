"""What /watch and /mute have in common: which employer or words somebody means, adding, listing, taking away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches

from bot.commands.asking import echoed, fits, unquoted
from bot.commands.command import TOPIC_WORDS, Context
from bot.domain.message import Button, Message, Role, paragraph
from bot.domain.subscription import Interest, InterestKind
from bot.editorial.text import tokenise
from bot.services.interests import employer_key, has_ended, shown, words_key
from bot.services.questions import SMALL

MOST = 50
A_PAGE = 10
LONGEST_PHRASE = 60
OTHER_NAMES = 4
BY_WORDS = frozenset({"words", "word", "kata"})
BY_ID = re.compile(r"i[0-9]{1,15}")
PAGE = re.compile(r"\+[0-9]{1,4}")
ALL = frozenset({"all", "everything", "semua", "semuanya"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """`name` as it is shown; `others`: further names by which stories on the employer are found."""

    phrase: str
    key: str
    name: str
    others: tuple[str, ...] = ()


async def meaning(kind: InterestKind, words: Sequence[str], context: Context) -> Meant:
    """The employer of that name, if the company table or a stored story knows it, else the words. CommandError where
    they say too little."""
    as_words = len(words) > 1 and words[0].lower() in BY_WORDS
    phrase = echoed(unquoted(" ".join(words[1:] if as_words else words)), LONGEST_PHRASE * 2)
    if len(phrase) > LONGEST_PHRASE:
        raise context.refuse("interest.too_long", most=LONGEST_PHRASE)
    if phrase.lower() in TOPIC_WORDS:
        raise context.refuse(f"interest.topic.{kind.value}", topic=phrase.lower())
    key = words_key(phrase)
    if (
        key is None
        or phrase.lower() in BY_WORDS
        or all(word in SMALL or len(word) < 2 for word in tokenise(phrase).words)
    ):
        raise context.refuse("interest.says_little", phrase=phrase)
    if as_words:
        return Meant(phrase=phrase, key=key, name=f"“{phrase}”")
    return await _employer(phrase, context) or Meant(phrase=phrase, key=key, name=f"“{phrase}”")


async def add(kind: InterestKind, meant: Meant, until: datetime | None, context: Context) -> Interest:
    """Adds it, or sets the end of a mute anew. CommandError when there are too many."""
    chats, chat = context.kit.chats, context.chat
    there = [one for one in await chats.interests(chat.id) if one.kind is kind and not has_ended(one, context.now)]
    if len(there) >= MOST and all(one.key != meant.key for one in there):
        raise context.refuse(f"interest.too_many.{kind.value}", most=MOST)
    for one in there:  # the same name, meant another way now
        if one.key != meant.key and one.phrase.casefold() == meant.phrase.casefold():
            await chats.drop_interest(chat.id, kind, one.key)
    await chats.add_interest(Interest(chat_id=chat.id, kind=kind, phrase=meant.phrase, key=meant.key, until=until))
    return next(one for one in await chats.interests(chat.id) if (one.kind, one.key) == (kind, meant.key))


async def listed(kind: InterestKind, words: Sequence[str], context: Context) -> Message:
    """What this chat watches or mutes, a page at a time, with a button to take each away."""
    say, name = context.texts.say, kind.value
    held = [one for one in await context.kit.chats.interests(context.chat.id) if one.kind is kind]
    held = [one for one in held if not has_ended(one, context.now)]
    if not held:
        return Message(paragraphs=(paragraph(say(f"interest.none.{name}")),), in_place=bool(words))
    start = min(int(words[0]) if words else 0, (len(held) - 1) // A_PAGE * A_PAGE)
    page = held[start : start + A_PAGE]
    lines = [f"• {shown(one)}" + _until(one, context) for one in page]
    parts = (
        paragraph(say(f"interest.list.{name}", count=len(held)), role=Role.HEADING),
        paragraph("\n".join(lines)),
        paragraph(say(f"interest.how.{name}"), role=Role.FOOTER),
    )
    rows = [(context.button(say("interest.drop", phrase=shown(one)), f"/un{name} i{one.id}"),) for one in page]
    turns = [(start - A_PAGE, "page.earlier"), (start + A_PAGE, "page.later")]
    row = tuple(
        context.button(say(key, page=at // A_PAGE + 1), f"/{name} +{at}") for at, key in turns if 0 <= at < len(held)
    )
    return Message(paragraphs=parts, buttons=(*rows, row) if row else tuple(rows), in_place=bool(words))


async def dropped(kind: InterestKind, words: list[str], context: Context) -> Message:
    """One taken away by its id, its name or its words; or all of them."""
    chats, say = context.kit.chats, context.texts.say
    held = [one for one in await chats.interests(context.chat.id) if one.kind is kind]
    if not words or not held:
        return await listed(kind, (), context)
    gone = held if words[0].lower() in ALL else _named(words, held, context)
    for one in gone:
        await chats.drop_interest(context.chat.id, kind, one.key)
    if context.request.pressed:
        return replace(await listed(kind, (), context), in_place=True)
    names = context.texts.listed([shown(one) for one in gone])
    return Message(paragraphs=(paragraph(say(f"interest.dropped.{kind.value}", names=names)),))


def undo(interest: Interest, context: Context, story: str = "") -> Button:
    """Takes it back; with a `story` (s123) the alert stands there again as it was."""
    label = context.texts.say("interest.undo")
    return context.button(label, f"/un{interest.kind.value} i{interest.id} {story}".strip())


def fitting(buttons: Sequence[Button]) -> tuple[Button, ...]:
    """Those that can be typed at all; a long name is left to the keyboard."""
    return tuple(button for button in buttons if fits(button.action))


async def _employer(phrase: str, context: Context) -> Meant | None:
    key = context.kit.judge.employer(phrase)
    if key is None:
        return None
    company = context.kit.rules().companies.named(key)
    if company is not None:
        others = tuple(name for name in company.names if name != company.name)
        return Meant(phrase=phrase, key=employer_key(company.name), name=company.name, others=others)
    if await context.kit.stories.of_employer(key, limit=1):
        return Meant(phrase=phrase, key=employer_key(key), name=phrase)
    return None


def _named(words: list[str], held: Sequence[Interest], context: Context) -> list[Interest]:
    if BY_ID.fullmatch(words[0].lower()):
        return [one for one in held if one.id == int(words[0][1:])]
    phrase = unquoted(" ".join(words))
    keys = {words_key(phrase), employer_key(context.kit.judge.employer(phrase) or "")}
    found = [one for one in held if one.key in keys or one.phrase.casefold() == phrase.casefold()]
    if not found:
        phrases = {one.phrase.casefold(): one.phrase for one in held}
        close = get_close_matches(phrase.casefold(), phrases, n=1, cutoff=0.5)
        raise context.refuse(
            "interest.not_there", phrase=echoed(phrase, 40), close=phrases[close[0]] if close else held[-1].phrase
        )
    return found


def _until(interest: Interest, context: Context) -> str:
    if interest.until is None:
        return ""
    return " – " + context.texts.say("interest.until", when=context.presenter.when(interest.until))
