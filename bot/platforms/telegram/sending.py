"""How hard a message is tried, and what a message of several parts is when only some of them arrived."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from telegram import Bot, LinkPreviewOptions, ReplyParameters

from bot.domain.channel import Channel
from bot.domain.errors import (
    ChannelGone,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
)
from bot.domain.message import Message
from bot.platforms.telegram.client import Timeouts
from bot.platforms.telegram.errors import translating
from bot.platforms.telegram.render import Part, render

TRIES = 3
UNFINISHED_REMEMBERED = 100

Arrived = list[tuple[Part, str]]
"""Parts in their order, each with Telegram's id of it."""

log = logging.getLogger("kabar.telegram")


class Outgoing:
    """Sends messages. `refused` is told when Telegram does not accept the token any more."""

    def __init__(
        self, client: Bot, *, timeouts: Timeouts, refused: Callable[[PlatformRefused], Awaitable[None]]
    ) -> None:
        self._client = client
        self._timeouts = timeouts
        self._refused = refused
        self._closed = False
        self._unfinished: dict[str, Arrived] = {}

    def close(self) -> None:
        self._closed = True

    async def deliver(self, channel: Channel, message: Message, key: str) -> tuple[str, ...]:
        """Sends all parts, returns their ids.

        When a part fails after others arrived, the whole is neither delivered nor surely undelivered: OutcomeUnknown,
        whatever the failure was, because every other error would let the caller send the first parts again. A further
        try under the same key goes on after the last part that arrived, as long as this process lives; if it fails
        before anything more arrived, its error is raised as it is. Later parts wait out short rate limits."""
        parts = render(message)
        if not parts:
            raise MessageRejected("message has no text")
        arrived = self._arrived_before(key, parts)
        before = len(arrived)
        for part in parts[before:]:
            try:
                arrived.append((part, await self._try(channel, part, tries=TRIES if arrived else 1)))
            except DeliveryError as error:
                if len(arrived) == before:
                    raise
                self._remember(key, arrived)
                raise OutcomeUnknown(f"{len(arrived)} of {len(parts)} parts arrived, then: {error}") from error
        self._unfinished.pop(key, None)
        return tuple(message_id for _, message_id in arrived)

    async def reply(self, channel: Channel, message: Message, answer_to: int | None) -> list[str]:
        """Sends an answer that somebody waits for; refused because of its looks it goes out as plain text."""
        try:
            return await self._parts_of_reply(channel, message, answer_to)
        except MessageRejected as error:
            log.warning("reply in %s refused (%s); sent as plain text", channel, error)
            return await self._parts_of_reply(channel, message.plain(), answer_to)

    async def _parts_of_reply(self, channel: Channel, message: Message, answer_to: int | None) -> list[str]:
        ids: list[str] = []
        for part in render(message):
            ids.append(await self._try(channel, part, tries=TRIES, answer_to=None if ids else answer_to))
        return ids

    def _arrived_before(self, key: str, parts: Sequence[Part]) -> Arrived:
        arrived = self._unfinished.get(key, [])
        return list(arrived) if [part for part, _ in arrived] == list(parts[: len(arrived)]) else []

    def _remember(self, key: str, arrived: Arrived) -> None:
        self._unfinished[key] = arrived
        while len(self._unfinished) > UNFINISHED_REMEMBERED:
            del self._unfinished[next(iter(self._unfinished))]

    async def _try(self, channel: Channel, part: Part, *, tries: int, answer_to: int | None = None) -> str:
        """Sends one part. All tries but the last wait for what surely did not arrive and may soon work."""
        for _ in range(tries - 1):
            try:
                return await self._post(channel, part, answer_to)
            except RateLimited as limit:
                pause = limit.retry_after.total_seconds()
                if pause > self._timeouts.reply_wait:
                    raise
            except PlatformUnavailable:
                pause = self._timeouts.reply_retry
            await asyncio.sleep(pause)
        return await self._post(channel, part, answer_to)

    async def _post(self, channel: Channel, part: Part, answer_to: int | None) -> str:
        if self._closed:
            raise PlatformUnavailable("the bot is stopping")
        if channel.thread and not channel.thread.isdecimal():
            raise ChannelGone("topic_deleted")
        try:
            with translating(channel):
                sent = await self._client.send_message(
                    chat_id=channel.address,
                    text=part.text,
                    entities=part.entities,
                    reply_markup=part.keyboard,
                    link_preview_options=LinkPreviewOptions(is_disabled=not part.preview),
                    disable_notification=part.silent,
                    message_thread_id=int(channel.thread) if channel.thread else None,
                    reply_parameters=_answering(answer_to),
                )
                return str(sent.message_id)
        except PlatformRefused as refused:
            # It is the token that went bad, not the chat: the message stays queued and the operator is told.
            await self._refused(refused)
            raise PlatformUnavailable(refused.detail) from refused


def _answering(message_id: int | None) -> ReplyParameters | None:
    """A question that was deleted meanwhile is answered all the same."""
    return ReplyParameters(message_id, allow_sending_without_reply=True) if message_id is not None else None
