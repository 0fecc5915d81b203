"""Which call of the Bot API puts one part of a message into a chat, changes it there or takes it away."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from telegram import Bot, InputFile, InputMediaDocument, InputMediaPhoto, LinkPreviewOptions, ReplyParameters

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, MessageRejected, PlatformRefused, PlatformUnavailable
from bot.domain.message import Attachment
from bot.platforms.split import utf16_length
from bot.platforms.telegram.errors import translating
from bot.platforms.telegram.render import CAPTION_LIMIT, Part
from bot.platforms.telegram.tempo import Tempo

SAME = "message is not modified"
IS_A_FILE = "no text in the message to edit"

log = logging.getLogger("kabar.telegram")


class Wire:
    """One call, one part; raises DeliveryError only. `refused` is told when Telegram does not accept the token."""

    def __init__(self, client: Bot, tempo: Tempo, refused: Callable[[PlatformRefused], Awaitable[None]]) -> None:
        self._client = client
        self._tempo = tempo
        self._refused = refused
        self._closed = False

    def close(self) -> None:
        self._closed = True

    async def send(self, channel: Channel, part: Part, answer_to: int | None) -> str:
        """The id of the new message."""
        if channel.thread and not channel.thread.isdecimal():
            raise ChannelGone("topic_deleted")
        common: dict[str, Any] = {
            "chat_id": channel.address,
            "reply_markup": part.keyboard,
            "disable_notification": part.silent,
            "message_thread_id": int(channel.thread) if channel.thread else None,
            "reply_parameters": _answering(answer_to),
        }
        try:
            async with self._calling(channel):
                return await self._post(part, common)
        except ChannelGone as gone:
            if gone.reason == "no_rights" and part.attachment is not None:
                raise MessageRejected("no right to send files") from gone  # words may be allowed all the same
            raise

    async def _post(self, part: Part, common: dict[str, Any]) -> str:
        if part.attachment is None:
            sent = await self._client.send_message(
                text=part.text, entities=part.entities, link_preview_options=_preview(part), **common
            )
        else:
            captioned = {"caption": part.text or None, "caption_entities": part.entities, **common}
            file = InputFile(part.attachment.content, filename=part.attachment.name)
            if part.attachment.is_picture:
                sent = await self._client.send_photo(photo=file, **captioned)
            else:
                sent = await self._client.send_document(document=file, **captioned)
        return str(sent.message_id)

    async def change(self, channel: Channel, message_id: str, part: Part) -> None:
        """The message says what `part` says. A text can get a file; a file stays where `part` has none, and its caption
        changes: Telegram knows no way back. MessageRejected when it cannot be changed."""
        place: dict[str, Any] = {"chat_id": channel.address, "message_id": _id(message_id)}
        try:
            async with self._calling(channel):
                if part.attachment is None:
                    await self._client.edit_message_text(
                        part.text,
                        entities=part.entities,
                        link_preview_options=_preview(part),
                        reply_markup=part.keyboard,
                        **place,
                    )
                else:
                    media = _media(part.attachment, part)
                    await self._client.edit_message_media(media, reply_markup=part.keyboard, **place)
        except MessageRejected as rejected:
            if IS_A_FILE in rejected.detail.lower() and utf16_length(part.text) <= CAPTION_LIMIT:
                await self._change_caption(channel, place, part)
            elif SAME not in rejected.detail.lower():
                raise

    async def _change_caption(self, channel: Channel, place: dict[str, Any], part: Part) -> None:
        try:
            async with self._calling(channel):
                await self._client.edit_message_caption(
                    caption=part.text, caption_entities=part.entities, reply_markup=part.keyboard, **place
                )
        except MessageRejected as rejected:
            if SAME not in rejected.detail.lower():
                raise

    async def remove(self, channel: Channel, message_ids: Sequence[str]) -> None:
        """What cannot be removed any more (after 48 hours) stays."""
        try:
            async with self._calling(channel):
                await self._client.delete_messages(channel.address, [_id(one) for one in message_ids])
        except MessageRejected as rejected:
            log.info("could not remove %d messages in %s: %s", len(message_ids), channel, rejected)

    @asynccontextmanager
    async def _calling(self, channel: Channel) -> AsyncIterator[None]:
        if self._closed:
            raise PlatformUnavailable("the bot is stopping")
        await self._tempo.turn(channel)
        try:
            with translating(channel):
                yield
                self._tempo.answered()
        except PlatformRefused as refused:
            # It is the token that went bad, not the chat: the message stays queued and the operator is told.
            await self._refused(refused)
            raise PlatformUnavailable(refused.detail) from refused


def _id(message_id: str) -> int:
    if not message_id.isdecimal():
        raise MessageRejected("message to edit not found")
    return int(message_id)


def _preview(part: Part) -> LinkPreviewOptions:
    return LinkPreviewOptions(is_disabled=not part.preview)


def _answering(message_id: int | None) -> ReplyParameters | None:
    """A message that was deleted meanwhile is answered all the same."""
    return ReplyParameters(message_id, allow_sending_without_reply=True) if message_id is not None else None


def _media(file: Attachment, part: Part) -> InputMediaPhoto | InputMediaDocument:
    kind = InputMediaPhoto if file.is_picture else InputMediaDocument
    return kind(file.content, caption=part.text or None, caption_entities=part.entities, filename=file.name)
