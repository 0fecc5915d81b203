"""How a Message looks in Telegram: plain text beside a list of entities, so that no character of a feed is ever markup.

Entities instead of a parse mode: what stands in the text cannot start or end a style. Offsets count UTF-16 units. A
message with a file is one Telegram message where the words fit under it; else the words come first, in full."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity

from bot.domain.message import Attachment, Button, Message, Paragraph, Role, Span, Style, say
from bot.platforms.split import BLANK_LINE, split, utf16_length
from bot.platforms.telegram.buttons import ACTION_LIMIT
from bot.platforms.telegram.inert import clean, has_web_link, inert

TEXT_LIMIT = 4096  # UTF-16 units
CAPTION_LIMIT = 1024
ENTITY_LIMIT = 100  # Telegram ignores the rest
BUTTON_LIMIT = 100
CUT_RESERVE = 1  # a cut may bare a sign at the start of the next part, which then needs its joiner

Sign = Callable[[str], str]
"""Makes the data of a button out of its action."""

LINK = MessageEntity.TEXT_LINK
RANKS = {LINK: 0, MessageEntity.PRE: 1, MessageEntity.CODE: 2}
KINDS = {Style.BOLD: MessageEntity.BOLD, Style.ITALIC: MessageEntity.ITALIC, Style.CODE: MessageEntity.CODE}
ROLES = {Role.HEADING: MessageEntity.BOLD, Role.FOOTER: MessageEntity.ITALIC, Role.QUOTE: MessageEntity.BLOCKQUOTE}

log = logging.getLogger("kabar.telegram")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Telegram message, ready to be sent; with an attachment the text is its caption."""

    text: str
    entities: tuple[MessageEntity, ...] = ()
    keyboard: InlineKeyboardMarkup | None = None
    silent: bool = False
    preview: bool = False
    attachment: Attachment | None = None


def render(message: Message, sign: Sign) -> list[Part]:
    """The message as one or more Telegram messages; [] when there is nothing to see."""
    whole = replace(message, paragraphs=tuple(inert(_clean(paragraph)) for paragraph in message.paragraphs))
    file = whole.attachment
    if file is None:
        return _texts(whole, sign)
    if utf16_length(whole.text) <= CAPTION_LIMIT:
        return [_part(whole, sign)]
    words = _texts(replace(whole, attachment=None, buttons=()), sign)
    captions = split(say(clean(file.caption)), limit=CAPTION_LIMIT, measure=utf16_length)
    below = replace(whole, paragraphs=captions[0].paragraphs if captions else (), preview=False)
    return [*words, _part(below, sign)]


def _texts(message: Message, sign: Sign) -> list[Part]:
    parts = split(message, limit=TEXT_LIMIT - CUT_RESERVE, measure=utf16_length)
    if len(parts) > 1:
        parts = [replace(part, paragraphs=tuple(inert(paragraph) for paragraph in part.paragraphs)) for part in parts]
    return [_part(small, sign) for part in parts for small in _few_links(part)]


def _clean(paragraph: Paragraph) -> Paragraph:
    return replace(paragraph, spans=tuple(replace(span, text=clean(span.text)) for span in paragraph.spans))


def _part(message: Message, sign: Sign) -> Part:
    return Part(
        text=message.text,
        entities=tuple(_most_useful(list(_entities(message)))),
        keyboard=_keyboard(message.buttons, sign),
        silent=message.silent,
        preview=message.preview,
        attachment=message.attachment,
    )


def _few_links(message: Message) -> Iterator[Message]:
    """Halves a part until its links are few enough to be shown; styles give way instead, see _most_useful."""
    middle = len(message.paragraphs) // 2
    if middle == 0 or sum(entity.type == LINK for entity in _entities(message)) <= ENTITY_LIMIT:
        yield message
        return
    first, second = message.paragraphs[:middle], message.paragraphs[middle:]
    yield from _few_links(replace(message, paragraphs=first, buttons=()))
    yield from _few_links(replace(message, paragraphs=second, preview=False))


def _most_useful(entities: list[MessageEntity]) -> list[MessageEntity]:
    """At most as many as Telegram shows: links before everything else, then what keeps its words from acting."""
    if len(entities) <= ENTITY_LIMIT:
        return entities
    kept = sorted(entities, key=lambda entity: RANKS.get(entity.type, len(RANKS)))[:ENTITY_LIMIT]
    return [entity for entity in entities if entity in kept]


def _entities(message: Message) -> Iterator[MessageEntity]:
    offset = 0
    for paragraph in message.paragraphs:
        yield from _entities_of(paragraph, offset)
        offset += utf16_length(paragraph.text) + len(BLANK_LINE)


def _entities_of(paragraph: Paragraph, offset: int) -> Iterator[MessageEntity]:
    """Runs of one kind, joined over neighbouring spans. An entity begins before those that lie inside it."""
    open_runs: dict[tuple[str, str | None], int] = {}
    found: list[MessageEntity] = []
    here = offset
    for span in (*paragraph.spans, None):
        wanted = _kinds(span, paragraph.role) if span and span.text else set()
        if span is not None and not span.text:
            continue
        for kind, url in [run for run in open_runs if run not in wanted]:
            start = open_runs.pop((kind, url))
            found.append(MessageEntity(type=kind, offset=start, length=here - start, url=url))
        for run in wanted:
            open_runs.setdefault(run, here)
        here += utf16_length(span.text) if span else 0
    yield from sorted(found, key=lambda entity: (entity.offset, -entity.length, entity.type))


def _kinds(span: Span, role: Role) -> set[tuple[str, str | None]]:
    """What a run of text wears. Telegram lets code stand in no other style and in no link: code gives way to a link,
    bold and italic give way to code, and everything to a table."""
    if role is Role.TABLE:
        return {(MessageEntity.PRE, None)}
    kinds = {KINDS[style] for style in span.styles}
    if role in ROLES:
        kinds.add(ROLES[role])
    link = clean(span.link) if span.link and has_web_link(span) else ""
    if link:
        kinds.discard(MessageEntity.CODE)
    if MessageEntity.CODE in kinds:
        kinds -= {MessageEntity.BOLD, MessageEntity.ITALIC}
    runs: set[tuple[str, str | None]] = {(kind, None) for kind in kinds}
    return runs | {(LINK, link)} if link else runs


def _keyboard(rows: Iterable[Iterable[Button]], sign: Sign) -> InlineKeyboardMarkup | None:
    """Buttons that Telegram would refuse are left out: one bad button would cost the whole message."""
    shown = [[key for button in row if (key := _key(button, sign))] for row in rows]
    if sum(map(len, shown)) > BUTTON_LIMIT:
        log.warning("a message had more than %d buttons; it goes out without them", BUTTON_LIMIT)
        return None
    shown = [row for row in shown if row]
    return InlineKeyboardMarkup(shown) if shown else None


def _key(button: Button, sign: Sign) -> InlineKeyboardButton | None:
    label, action = clean(button.label).strip(), clean(button.action)
    if not label or not 0 < len(action.encode()) <= ACTION_LIMIT:
        log.warning("left out the button %r: its action %r is empty or above %d bytes", label, action, ACTION_LIMIT)
        return None
    return InlineKeyboardButton(label, callback_data=sign(action))
