"""How hard a message is tried, and what a message of several parts is when only some of them arrived."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from bot.domain.channel import Channel
from bot.domain.errors import DeliveryError, MessageRejected, OutcomeUnknown, PlatformUnavailable, RateLimited
from bot.domain.message import Message
from bot.platforms.telegram.buttons import Seal
from bot.platforms.telegram.client import Timeouts
from bot.platforms.telegram.render import Part, render
from bot.platforms.telegram.wire import Wire

TRIES = 3
UNFINISHED_REMEMBERED = 100
FAMILIES_REMEMBERED = 2000

Arrived = list[tuple[Part, str]]
"""Parts in their order, each with Telegram's id of it."""

T = TypeVar("T")

log = logging.getLogger("kabar.telegram")


class Outgoing:
    """Sends and changes messages."""

    def __init__(self, wire: Wire, seal: Seal, timeouts: Timeouts) -> None:
        self._wire = wire
        self._seal = seal
        self._timeouts = timeouts
        self._unfinished: dict[str, Arrived] = {}
        self._families: dict[tuple[str, str], tuple[str, ...]] = {}

    async def deliver(self, channel: Channel, message: Message, key: str) -> tuple[str, ...]:
        """Sends all parts, returns their ids.

        When a part fails after others arrived, the whole is neither delivered nor surely undelivered: OutcomeUnknown,
        whatever the failure was, because every other error would let the caller send the first parts again. A further
        try under the same key goes on after the last part that arrived, as long as this process lives; if it fails
        before anything more arrived, its error is raised as it is. Later parts wait out short rate limits."""
        parts = self._render(channel, message)
        if not parts:
            raise MessageRejected("message has no text")
        return self._family(channel, await self._parts(channel, parts, key, _first_id(message.replies_to)))

    async def edit(self, channel: Channel, ids: Sequence[str], message: Message, *, tries: int = 1) -> tuple[str, ...]:
        """Part by part into the messages that are there; what the new text has more is sent, what it has less is
        removed. Making it again after a failure does no harm: a part that says the same already is no error."""
        parts = self._render(channel, message)
        if not parts or not ids:
            raise MessageRejected("there is nothing to edit" if parts else "message has no text")
        for message_id, part in zip(ids, parts, strict=False):
            await self._try(partial(self._wire.change, channel, message_id, part), tries)
        kept, more = tuple(ids[: len(parts)]), parts[len(ids) :]
        if more:
            kept += await self._parts(channel, more, f"{channel} {' '.join(ids)}", None)
        if ids[len(parts) :]:
            await self._wire.remove(channel, ids[len(parts) :])
        return self._family(channel, kept)

    async def reply(self, channel: Channel, message: Message, answer_to: int | None) -> tuple[str, ...]:
        """Sends an answer that somebody waits for; refused because of its looks it goes out as plain text."""
        try:
            return await self._parts_of_reply(channel, message, answer_to)
        except MessageRejected as error:
            log.warning("reply in %s refused (%s); sent as plain text", channel, error)
            return await self._parts_of_reply(channel, message.plain(), answer_to)

    async def put_in_place(self, channel: Channel, message_id: str, message: Message) -> tuple[str, ...]:
        """An answer in the place of the message whose button was pressed; below it where that cannot be changed."""
        ids = self._families.get((channel.address, message_id), (message_id,))
        try:
            return await self.edit(channel, ids, message, tries=TRIES)
        except MessageRejected as error:
            log.info("message %s in %s cannot be changed (%s): answered below it", message_id, channel, error)
            return await self.reply(channel, message, None)

    def _render(self, channel: Channel, message: Message) -> list[Part]:
        return render(message, partial(self._seal.closed, channel))

    async def _parts(self, channel: Channel, parts: Sequence[Part], key: str, answer_to: int | None) -> tuple[str, ...]:
        arrived = self._arrived_before(key, parts)
        before = len(arrived)
        for number, part in enumerate(parts[before:], start=before):
            if number > before:
                await asyncio.sleep(self._timeouts.part)
            call = partial(self._wire.send, channel, part, None if number else answer_to)
            try:
                arrived.append((part, await self._try(call, TRIES if arrived else 1)))
            except DeliveryError as error:
                if len(arrived) == before:
                    raise
                self._remember(key, arrived)
                raise OutcomeUnknown(f"{len(arrived)} of {len(parts)} parts arrived, then: {error}") from error
        self._unfinished.pop(key, None)
        return tuple(message_id for _, message_id in arrived)

    async def _parts_of_reply(self, channel: Channel, message: Message, answer_to: int | None) -> tuple[str, ...]:
        ids: list[str] = []
        first = answer_to if answer_to is not None else _first_id(message.replies_to)
        for part in self._render(channel, message):
            if ids:
                await asyncio.sleep(self._timeouts.part)
            call = partial(self._wire.send, channel, part, None if ids else first)
            ids.append(await self._try(call, TRIES))
        return self._family(channel, tuple(ids))

    def _family(self, channel: Channel, ids: tuple[str, ...]) -> tuple[str, ...]:
        """Buttons stand under the last part: a press there is about all of them."""
        if len(ids) > 1:
            self._families[channel.address, ids[-1]] = ids
            while len(self._families) > FAMILIES_REMEMBERED:
                del self._families[next(iter(self._families))]
        return ids

    def _arrived_before(self, key: str, parts: Sequence[Part]) -> Arrived:
        arrived = self._unfinished.get(key, [])
        return list(arrived) if [part for part, _ in arrived] == list(parts[: len(arrived)]) else []

    def _remember(self, key: str, arrived: Arrived) -> None:
        self._unfinished[key] = arrived
        while len(self._unfinished) > UNFINISHED_REMEMBERED:
            del self._unfinished[next(iter(self._unfinished))]

    async def _try(self, call: Callable[[], Awaitable[T]], tries: int) -> T:
        """All tries but the last wait for what surely did not arrive and may soon work."""
        for _ in range(tries - 1):
            try:
                return await call()
            except RateLimited as limit:
                pause = limit.retry_after.total_seconds()
                if pause > self._timeouts.reply_wait:
                    raise
            except PlatformUnavailable:
                pause = self._timeouts.reply_retry
            await asyncio.sleep(pause)
        return await call()


def _first_id(ids: Sequence[str]) -> int | None:
    return int(ids[0]) if ids and ids[0].isdecimal() else None
