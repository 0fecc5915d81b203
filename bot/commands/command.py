"""What a chat command is, what it gets, and how its arguments are read."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.access import Access
from bot.domain.chart import Chart
from bot.domain.errors import CommandError
from bot.domain.message import Button, Message
from bot.domain.request import Request
from bot.domain.story import Language, Topic
from bot.domain.subscription import Chat
from bot.editorial.score import Rulebook
from bot.ports import Chats, Clock, Feeds, Judge, MenuEntry, Outbox, Platform, Stories, Thumbs
from bot.services.digests import Digests
from bot.services.health import Health
from bot.services.operator import Operator
from bot.services.present import Presenter
from bot.texts import Texts

LONGEST_ARGUMENTS = 400


Draw = Callable[[Chart], Awaitable[bytes | None]]
"""A chart as a PNG picture, None when it cannot be drawn now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What commands work with. `rules` loads the rules when they are first asked for."""

    stories: Stories
    chats: Chats
    feeds: Feeds
    outbox: Outbox
    thumbs: Thumbs
    judge: Judge
    rules: Callable[[], Rulebook]
    draw: Draw
    access: Access
    operator: Operator
    digests: Digests
    health: Health
    platforms: Mapping[str, Platform]
    clock: Clock
    language: Language
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One request on its way: who, where, in which language, at what time. `chat` is the one that is acted on: where
    the request was made, or a channel that it names; then `place` is what to call it and `directed` what every further
    line that is meant for it has to carry."""

    request: Request
    chat: Chat
    kit: Kit
    texts: Texts
    now: datetime
    place: str = ""
    directed: str = ""

    @property
    def zone(self) -> str:
        return self.chat.preferences.zone or self.kit.zone

    @property
    def presenter(self) -> Presenter:
        return Presenter(self.texts, self.zone, self.now)

    @property
    def in_group(self) -> bool:
        """Whether the chat that is acted on has members and admins."""
        return bool(self.directed) or not self.request.private

    def action(self, line: str) -> str:
        """A line for a button, meant for the chat that is acted on."""
        return f"{line} {self.directed}".strip()

    def button(self, label: str, line: str) -> Button:
        return Button(label=label, action=self.action(line))

    def refuse(self, key: str, **values: object) -> CommandError:
        return CommandError(self.texts.say(key, **values))


def never(_words: list[str]) -> bool:
    return False


def without_words(words: list[str]) -> bool:
    return not words


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A chat command. Its summary, usage and examples are the texts `command.<name>.*`. `changes`: it changes the
    chat's settings, which in a group only its admins may, except with words for which `only_shows` holds; such a
    command can also be said privately for a channel (`@channel` among its words). `alone`: it takes no words, so that
    without a slash a sentence that begins with its name is none. `hidden`: in no menu and no help. `operator`: for the
    operator's chat and the terminal only, and in no menu either."""

    name: str
    run: Callable[[list[str], Context], Awaitable[Message]]
    aliases: tuple[str, ...] = ()
    changes: bool = False
    only_shows: Callable[[list[str]], bool] = never
    alone: bool = False
    hidden: bool = False
    operator: bool = False

    def is_change(self, words: list[str]) -> bool:
        return self.changes and not self.only_shows(words)

    def menu_entry(self) -> MenuEntry:
        summary = {language: Texts(language).say(f"command.{self.name}.summary") for language in Language}
        usage = Texts("en").say(f"command.{self.name}.usage")
        return MenuEntry(name=self.name, summary=summary, usage=usage, aliases=self.aliases)

    def name_in(self, language: str) -> str:
        """The name to tell a reader: in Indonesian the first alias."""
        return self.aliases[0] if language == Language.ID and self.aliases else self.name


TOPIC_WORDS: Mapping[str, tuple[Topic, ...]] = {
    "ai": (Topic.AI,),
    "akal-imitasi": (Topic.AI,),
    "layoffs": (Topic.LAYOFFS,),
    "layoff": (Topic.LAYOFFS,),
    "phk": (Topic.LAYOFFS,),
    "tech-layoffs": (Topic.TECH_LAYOFFS,),
    "tech-layoff": (Topic.TECH_LAYOFFS,),
    "techlayoffs": (Topic.TECH_LAYOFFS,),
    "tech_layoffs": (Topic.TECH_LAYOFFS,),
    "phk-teknologi": (Topic.TECH_LAYOFFS,),
    "phk-tek": (Topic.TECH_LAYOFFS,),
    "all": (Topic.AI, Topic.TECH_LAYOFFS, Topic.LAYOFFS),
    "everything": (Topic.AI, Topic.TECH_LAYOFFS, Topic.LAYOFFS),
    "semua": (Topic.AI, Topic.TECH_LAYOFFS, Topic.LAYOFFS),
}
TWO_WORDS = {
    ("tech", "layoffs"): "tech-layoffs",
    ("tech", "layoff"): "tech-layoffs",
    ("phk", "teknologi"): "phk-teknologi",
    ("job", "cuts"): "layoffs",
}


def words_of(text: str) -> list[str]:
    """The arguments as words; `ai,layoffs` and `ai, layoffs` are two, `tech layoffs` is one."""
    words = [word for word in re.split(r"[\s,]+", text[:LONGEST_ARGUMENTS]) if word]
    joined: list[str] = []
    for word in words:
        pair = (joined[-1].lower(), word.lower()) if joined else ("", "")
        if pair in TWO_WORDS:
            joined[-1] = TWO_WORDS[pair]
        else:
            joined.append(word)
    return joined


def topics_in(words: list[str]) -> tuple[list[Topic], list[str]]:
    """The topics named, in order and once each, and the words that name none."""
    topics: list[Topic] = []
    rest: list[str] = []
    for word in words:
        named = TOPIC_WORDS.get(word.lower().strip("#"))
        if named is None:
            rest.append(word)
        else:
            topics += [topic for topic in named if topic not in topics]
    return topics, rest


async def id_named(words: list[str], context: Context, command: str) -> int:
    """The id a number means: `s123` is one, `3` counts in the message replied to or the newest list of this chat; no
    number is enough when only one story can be meant. CommandError says what to do otherwise."""
    word = words[0].lower().lstrip("#") if words else ""
    kit, request, command = context.kit, context.request, _called(command, context)
    if re.fullmatch(r"s[0-9]{1,15}", word):
        return int(word[1:])
    if word and not re.fullmatch(r"[0-9]{1,6}", word):
        raise context.refuse("number.not_a_number", word=words[0][:40], command=command)
    ids = await kit.chats.numbered(request.channel, request.reply_to) if request.reply_to else None
    if not ids:
        ids = await kit.chats.numbered(request.channel, None)
    if not ids:
        raise context.refuse("number.no_list")
    if not word and len(ids) > 1:
        raise context.refuse("number.which", command=command, last=len(ids))
    number = int(word or 1)
    if not 1 <= number <= len(ids):
        raise context.refuse("number.out_of_range", number=number, last=len(ids))
    return ids[number - 1]


def _called(command: str, context: Context) -> str:
    """Its name for this reader."""
    from bot.commands.registry import commands

    return commands()[command].name_in(context.texts.language)
