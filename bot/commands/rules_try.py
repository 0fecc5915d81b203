"""/rules try and /rules from: how a rule is typed, tried on the stored month, and made of somebody's text."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from bot.commands.asking import echoed, fits
from bot.commands.command import TOPIC_WORDS, Context
from bot.domain.message import Button, Message, Style, paragraph, span
from bot.domain.story import Topic
from bot.editorial.rules.notation import BadPhrase, read_phrase
from bot.services.present_rules import described, tried
from bot.services.rule_from import likely_topic, telling_phrase, without_addresses
from bot.services.trial import (
    LOOK_BACK,
    OWN_FILE,
    Draft,
    Look,
    NotARule,
    alone,
    block,
    examples,
    free_id,
    try_out,
    with_block,
)
from bot.texts import LANGUAGES, Texts

NEAR = frozenset({"near", "dekat", "within"})
NOT = frozenset({"not", "bukan", "kecuali", "without"})
MOST_POINTS, FARTHEST, USUALLY_NEAR = 50.0, 30, 5
LONGEST_PHRASE = 120
MOST_CHOICES = 6  # brackets or slashes of a phrase: each doubles what it stands for
_TOKEN = re.compile(r"[\"“„«]([^\"”“«»]*)[\"”“»]|(\S+)")
_POINTS = re.compile(r"[+−-]?\d{1,3}(?:[.,]\d)?")
_turn = asyncio.Lock()  # one trial at a time: each costs seconds of one core


@dataclass(slots=True)
class _Typed:
    """What was said so far."""

    topic: Topic | None = None
    points: float | None = None
    quoted: list[str] | None = None
    bare: list[str] | None = None
    near: str | None = None
    within: int = USUALLY_NEAR
    but_not: str | None = None


async def try_rule(asked: str, context: Context) -> Message:
    """CommandError says what is missing or wrong."""
    draft = draft_of(asked, context)
    if _turn.locked():
        raise context.refuse("rules.busy")
    async with _turn:
        try:
            return await _tried(draft, context)
        except NotARule as error:
            raise context.refuse("rules.not_a_rule", why=echoed(str(error), 300)) from error


async def _tried(draft: Draft, context: Context) -> Message:
    kit = context.kit
    book = kit.rules()
    identity, why = free_id(draft, book), why_of(draft)
    text = block(draft, why, identity=identity)
    rule, vocabulary = alone(text, book)
    new = await with_block(book, text)
    look = Look(rule, vocabulary, draft)
    outcome = await try_out(kit.stories, context.now - LOOK_BACK, draft.topic, old=book, new=new, seen=look)
    speaks, silent = examples(new, identity, draft, look)
    whole = block(draft, why, identity=identity, speaks=speaks, silent=silent)
    return tried(draft, outcome, whole, context.presenter, context.texts)


def why_of(draft: Draft) -> dict[str, str]:
    """The reason that /why will give, in both languages."""
    phrase = f"“{draft.phrase}”" if draft.near is None else f"“{draft.phrase}” … “{draft.near}”"
    return {language: Texts(language).say("rules.why", phrase=phrase) for language in LANGUAGES}


def draft_of(asked: str, context: Context) -> Draft:
    """Topic, points and phrases in any order: `ai 5 "robot taxi" near 3 "launch" not "toy"`."""
    typed = _read(asked)
    quoted, bare = typed.quoted or [], typed.bare or []
    phrase = quoted[0] if quoted else " ".join(bare)
    if typed.topic is None or typed.points is None or not phrase:
        missing = "topic" if typed.topic is None else "points" if typed.points is None else "phrase"
        raise context.refuse("rules.try_how", missing=context.texts.say(f"rules.missing.{missing}"))
    if quoted and bare:
        raise context.refuse("rules.try_word", word=echoed(bare[0], 40))
    if not 0 < abs(typed.points) <= MOST_POINTS:
        raise context.refuse("rules.bad_points", most=int(MOST_POINTS))
    for one in (phrase, typed.near, typed.but_not):
        _check(one, context)
    return Draft(
        topic=typed.topic,
        points=typed.points,
        phrase=phrase,
        near=typed.near,
        within=typed.within,
        but_not=typed.but_not,
    )


def _check(phrase: str | None, context: Context) -> None:
    """What is too long, or stands for too much, is no rule to try in chat."""
    if phrase is not None and (len(phrase) > LONGEST_PHRASE or phrase.count("(") + phrase.count("/") > MOST_CHOICES):
        raise context.refuse("rules.too_long", most=LONGEST_PHRASE)
    if phrase is not None:
        try:
            read_phrase(phrase)
        except BadPhrase as error:
            raise context.refuse("rules.bad_phrase", phrase=echoed(phrase)) from error


def _read(asked: str) -> _Typed:
    tokens = [
        (match[1] is not None, match[1] if match[1] is not None else match[2]) for match in _TOKEN.finditer(asked)
    ]
    typed = _Typed(quoted=[], bare=[])
    assert typed.quoted is not None
    assert typed.bare is not None
    waiting = ""
    for is_quoted, token in tokens:
        low, clean = token.lower(), " ".join(token.split())
        if is_quoted:
            if waiting == "near":
                typed.near = clean
            elif waiting == "not":
                typed.but_not = clean
            elif clean:
                typed.quoted.append(clean)
            waiting = ""
        elif low in NEAR:
            waiting = "near"
        elif low in NOT:
            waiting = "not"
        elif waiting == "near" and low.isdecimal():
            typed.within = min(int(low[:4]), FARTHEST)
        elif low in TOPIC_WORDS and len(TOPIC_WORDS[low]) == 1 and typed.topic is None:
            typed.topic = TOPIC_WORDS[low][0]
        elif _POINTS.fullmatch(low) and typed.points is None:
            typed.points = float(low.replace("−", "-").replace(",", "."))
        else:
            typed.bare.append(clean)
    return typed


async def from_text(asked: str, context: Context) -> Message:
    """A rule out of the text of a message (a shortcut on it), of a story that is replied to, or of what is typed."""
    kit = context.kit
    text = asked or context.request.subject or await _replied_to(context)
    text = without_addresses(text)
    if not text:
        raise context.refuse("rules.from_what")
    book = kit.rules()
    phrase = await telling_phrase(text, stories=kit.stories, judge=kit.judge, book=book, language=kit.language)
    if phrase is None:
        raise context.refuse("rules.from_nothing", text=echoed(text))
    topic = likely_topic(text, book) or next(iter(sorted(context.chat.preferences.topics)), Topic.AI)
    draft = Draft(topic=topic, points=book.topics[topic].thresholds[context.chat.preferences.level], phrase=phrase)
    action = f'/rules try {topic.value} {draft.points:g} "{phrase}"'
    identity, why = free_id(draft, book), why_of(draft)
    bare = block(draft, why, identity=identity)
    look = Look(*alone(bare, book), draft)
    look.found.append(text)
    speaks, silent = examples(await with_block(book, bare), identity, draft, look)
    whole = block(draft, why, identity=identity, speaks=speaks, silent=silent)
    said = context.texts.say("rules.from", topic=context.presenter.topic(topic), phrase=described(draft, context.texts))
    parts = (
        paragraph(said),
        paragraph(context.texts.say("rules.save", file=f"config/rules/{OWN_FILE}")),
        paragraph(span(whole.rstrip(), Style.CODE, data=True)),
    )
    buttons = ((Button(label=context.texts.say("rules.try_it"), action=action),),) if fits(action) else ()
    return Message(paragraphs=parts, buttons=buttons)


async def _replied_to(context: Context) -> str:
    """The headline of the story that the message replied to shows."""
    request, kit = context.request, context.kit
    ids = await kit.chats.numbered(request.channel, request.reply_to) if request.reply_to else None
    story = await kit.stories.coverage(ids[0]) if ids else None
    return story.lead.title if story is not None else ""
