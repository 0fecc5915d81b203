"""What somebody gets to choose from who types the bot's name and some words in any chat."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
)

from bot.domain.errors import DeliveryError, PlatformRefused
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.errors import translating
from bot.platforms.telegram.events import Sought
from bot.platforms.telegram.inert import clean
from bot.platforms.telegram.render import render
from bot.ports import Offer
from bot.texts import Texts

MOST_RESULTS = 50
ID_LIMIT = 64  # bytes
TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 300
KEPT_FOR = timedelta(seconds=10)

log = logging.getLogger("kabar.telegram")


async def offer(client: Client, sought: Sought, offers: Sequence[Offer], username: str) -> None:
    """Answers an inline query. A shared story has no buttons of ours, for they would act in a chat we do not know, but
    a link that opens it in a private chat with the bot."""
    texts = Texts(sought.request.language or "en")
    shown = {result.id: result for one in offers[:MOST_RESULTS] if (result := _result(one, username, texts))}
    found_nothing = InlineQueryResultsButton(texts.say("telegram.inline.nothing"), start_parameter="inline")
    try:
        with translating():
            await client.answer_inline_query(
                sought.query,
                list(shown.values()),
                cache_time=KEPT_FOR,
                is_personal=True,
                button=None if shown else found_nothing,
            )
    except (DeliveryError, PlatformRefused) as error:  # most often: the next letter was typed meanwhile
        log.info("could not answer an inline query: %s", error)


def _result(offer: Offer, username: str, texts: Texts) -> InlineQueryResultArticle | None:
    parts = render(replace(offer.message, buttons=(), attachment=None), str)
    title = clean(offer.title).strip()
    if not parts or not title or not 0 < len(offer.id.encode()) <= ID_LIMIT:
        return None
    content = InputTextMessageContent(
        parts[0].text,
        entities=parts[0].entities,
        link_preview_options=LinkPreviewOptions(is_disabled=not parts[0].preview),
    )
    stories = offer.message.stories
    link = f"https://t.me/{username}?start=story_{stories[0]}" if stories and username else ""
    button = InlineKeyboardButton(texts.say("telegram.inline.open"), url=link)
    return InlineQueryResultArticle(
        id=offer.id,
        title=title[:TITLE_LIMIT],
        description=clean(offer.description)[:DESCRIPTION_LIMIT] or None,
        input_message_content=content,
        reply_markup=InlineKeyboardMarkup([[button]]) if link else None,
    )
