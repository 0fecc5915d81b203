"""How questions are read: the words as they were typed, the page that is asked for, what may be shown of them again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.command import LONGEST_ARGUMENTS, Context, id_named, words_of
from bot.domain.coverage import Coverage
from bot.domain.message import Button, Message, Paragraph
from bot.services.present import BUTTONS_A_ROW
from bot.texts import Texts

LONGEST_ACTION = 56  # bytes
LAST_PAGE = 20
_PAGE = re.compile(r"(?:^|\s)\+(\d{1,9})\s*$")
_QUOTES = "\"“”„«»‘’'`"


def typed(words: list[str], context: Context) -> str:
    """What stands behind the command's name as it was typed; `words` alone where the line was another one."""
    parts = context.request.text.strip().split(maxsplit=1)
    rest = parts[1] if len(parts) > 1 else ""
    return rest[:LONGEST_ARGUMENTS].strip() if words_of(rest) == words else " ".join(words)


def echoed(text: str, length: int = 60) -> str:
    """What somebody typed, fit to be shown again: on one line, without what cannot be seen."""
    seen = "".join(letter if letter.isprintable() else " " for letter in text)
    clean = " ".join(seen.split())
    return clean if len(clean) <= length else clean[: length - 1].rstrip() + "…"


def unquoted(text: str) -> str:
    return " ".join("".join(" " if letter in _QUOTES[:-2] else letter for letter in text).split())


async def coverage_named(words: list[str], context: Context, command: str) -> Coverage:
    """The event that a number or `s123` means. CommandError says what to do when it means none."""
    named = [echoed(word, 40) for word in words[:1]]
    coverage = await context.kit.stories.coverage(await id_named(named, context, command))
    if coverage is None:
        raise context.refuse("number.forgotten")
    return coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`size` entries a page; `turned`: somebody pressed the button of another page."""

    number: int
    size: int
    turned: bool = False

    @property
    def first(self) -> int:
        """How many entries come before this page."""
        return (self.number - 1) * self.size

    @property
    def end(self) -> int:
        return self.number * self.size


def page_in(text: str, size: int) -> tuple[str, Page]:
    """`robots +2` is the second page of `robots`."""
    match = _PAGE.search(text)
    if match is None:
        return text.strip(), Page(number=1, size=size)
    number = min(max(int(match[1]), 1), LAST_PAGE)
    return text[: match.start()].strip(), Page(number=number, size=size, turned=True)


def listed(
    parts: Sequence[Paragraph], ids: Sequence[int], page: Page, *, action: str, more: bool, context: Context
) -> Message:
    """A page of a long list. `ids` are those of all entries up to its end, so that every number that was ever shown
    still opens its story; `action` typed with `+2` behind it shows page two."""
    numbers = [
        Button(label=str(page.first + n), action=f"/more s{one}") for n, one in enumerate(ids[page.first :], start=1)
    ]
    rows = [tuple(numbers[at : at + BUTTONS_A_ROW]) for at in range(0, len(numbers), BUTTONS_A_ROW)]
    return Message(
        paragraphs=tuple(parts),
        buttons=(*rows, *_turns(action, page, more and page.number < LAST_PAGE, context.texts)),
        stories=tuple(ids),
        numbered=True,
        in_place=page.turned and context.request.pressed,
    )


def _turns(action: str, page: Page, more: bool, texts: Texts) -> tuple[tuple[Button, ...], ...]:
    turns: list[Button] = []
    if page.number > 1:
        before = page.number - 1
        turns.append(Button(label=texts.say("page.earlier", page=before), action=f"{action} +{before}"))
    if more:
        after = page.number + 1
        turns.append(Button(label=texts.say("page.later", page=after), action=f"{action} +{after}"))
    fit = all(len(button.action.encode()) <= LONGEST_ACTION for button in turns)
    return (tuple(turns),) if turns and fit else ()


def fits(action: str) -> bool:
    """Whether a button can type this."""
    return len(action.encode()) <= LONGEST_ACTION
