"""Which files a chat may hand in (lists of feeds, settings), and what becomes of a request when one cannot be had.

A file of another kind, above 1 MB, or that could not be fetched leaves `file` empty and its name in `subject`: whoever
answers the request says what can be read."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import PurePosixPath

from telegram import Document

from bot.domain.errors import DeliveryError, PlatformRefused
from bot.domain.message import Attachment
from bot.domain.request import Request
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.errors import translating
from bot.platforms.telegram.inert import clean

LARGEST = 1_000_000  # bytes
WITHIN = 15.0  # seconds, for the whole of it
UNNAMED = "file"
KINDS = {
    "text/x-opml": ".opml",
    "text/x-opml+xml": ".opml",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "application/json": ".json",
    "text/plain": ".txt",
}
"""Media types, and the ending that a file of that type would have. Clients name the type as they like, so the ending
counts first."""

log = logging.getLogger("kabar.telegram")


async def with_file(client: Client, request: Request, document: Document) -> Request:
    name = clean(document.file_name or "").strip() or UNNAMED
    media_type = (document.mime_type or "").lower()
    content = None
    if _is_read(name, media_type) and (document.file_size or 0) <= LARGEST:
        content = await _fetched(client, document.file_id)
    if content is None:
        return replace(request, subject=name)
    return replace(request, file=Attachment(name=name, media_type=media_type, content=content))


def _is_read(name: str, media_type: str) -> bool:
    ending = PurePosixPath(name).suffix.lower()
    return ending in KINDS.values() or (not ending and media_type in KINDS)


async def _fetched(client: Client, file_id: str) -> bytes | None:
    try:
        async with asyncio.timeout(WITHIN):
            with translating():
                return await client.download(file_id, LARGEST)
    except (DeliveryError, PlatformRefused, TimeoutError) as error:
        log.warning("could not fetch a file: %s", str(error) or "too slow")
        return None
