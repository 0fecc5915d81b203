"""What somebody means by a line: a command, a story of the last list, a topic, a greeting, or a question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands.command import Command, topics_in, words_of
from bot.commands.registry import by_word
from bot.domain.request import Request

# What people say of a story of the last list, by the command it stands for: `why 2`, `lebih lanjut 2`; a bare `why` as
# a reply to an alert.
FOLLOW_UPS: Mapping[str, tuple[str, ...]] = {
    "why": ("why", "kenapa", "mengapa"),
    "more": (
        *("more", "open", "read", "read more", "tell me more", "details", "story"),
        *("lebih lanjut", "lanjut", "selengkapnya", "buka", "baca", "detail", "berita"),
    ),
    "sources": ("sources", "source", "sumber", "sumbernya"),
}
PHRASES = {phrase: command for command, phrases in FOLLOW_UPS.items() for phrase in phrases}
_PHRASE = "|".join(sorted(PHRASES, key=len, reverse=True))
NUMBERED = re.compile(
    rf"(?:({_PHRASE})\s*)?(?:#|no\.?\s*|nomor\s*|number\s*)?([0-9]{{1,4}})(?:\s+({_PHRASE}))?[\s.)!?]*", re.IGNORECASE
)
TYPED = re.compile(r"/([^\s@]+)(?:@\S+)?\s*(.*)", re.DOTALL)
_HELLO = "hi hello hey hai halo hallo pagi siang sore malam selamat morning good evening test tes"
_THANKS = "thanks thank you thx terima kasih makasih trims nuhun ok oke okay great mantap"
GREETINGS, THANKS = frozenset(_HELLO.split()), frozenset(_THANKS.split())
FEED_LIST = (".opml", ".xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A command and its words; without a command, free words. `sure`: it was typed with its slash, pressed, or could
    mean nothing else. Otherwise words that do not fit the command were a question all along."""

    command: Command | None = None
    words: tuple[str, ...] = ()
    sure: bool = True


def understood(request: Request, *, right_after: bool) -> Meant | None:
    """None for words that are not for the bot. `right_after`: a list was shown there a moment ago."""
    text = request.text.strip()
    listens = request.addressed or right_after
    numbered = NUMBERED.fullmatch(text)
    if numbered and listens:
        phrase = (numbered[1] or numbered[3] or "more").lower()
        return Meant(command=by_word()[PHRASES[phrase]], words=(numbered[2],))
    bare = text.strip(" ?!.").lower()
    if bare in PHRASES and request.reply_to and request.addressed:
        return Meant(command=by_word()[PHRASES[bare]])
    typed = TYPED.match(text)
    if typed:
        command = by_word().get(typed[1].lower())
        return Meant(command=command, words=tuple(words_of(typed[2]))) if command or request.addressed else None
    return _addressed(text, request) if request.addressed else None


def _addressed(text: str, request: Request) -> Meant:
    words = words_of(text)
    if not words:
        is_list = request.file is not None and request.file.name.lower().endswith(FEED_LIST)
        return Meant(command=by_word()["import" if is_list else "help"])
    command = by_word().get(words[0].lower().rstrip("?!.,:"))
    asks = text.rstrip().endswith("?")
    if command and (len(words) == 1 or not (asks or command.alone or command.hidden)):
        return Meant(command=command, words=tuple(words[1:]), sure=False)
    if not topics_in(words)[1]:
        return Meant(command=by_word()["latest"], words=tuple(words), sure=False)
    return Meant(words=tuple(words), sure=False)


def is_greeting(words: tuple[str, ...]) -> bool:
    return all(word.lower().strip("!.,?") in GREETINGS for word in words)


def is_thanks(words: tuple[str, ...]) -> bool:
    return all(word.lower().strip("!.,?") in THANKS for word in words)
