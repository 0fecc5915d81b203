"""What the operator is told in the chat named in the settings: every trouble once when it begins, once when it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.domain.channel import Channel
from bot.ports import Chats, Clock, Notices, Outbox


class Operator:
    """Tells the operator's chat; with no such chat it only keeps what is going on."""

    def __init__(
        self, *, chats: Chats, outbox: Outbox, notices: Notices, clock: Clock, channel: Channel | None
    ) -> None:
        self._chats = chats
        self._outbox = outbox
        self._notices = notices
        self._clock = clock
        self._channel = channel

    @property
    def channel(self) -> Channel | None:
        return self._channel

    async def tell(self, code: str, values: Mapping[str, str | int]) -> bool:
        """A message of its own each time; False when there is nobody to tell. `code` is the key of a text under
        `notice.`, `values` fill it in."""
        if self._channel is None:
            return False
        chat = await self._chats.meet(self._channel)
        payload = json.dumps({"code": code, "values": dict(values)}, ensure_ascii=False)
        await self._outbox.notify(chat.id, payload, self._clock())
        return True

    async def begins(self, key: str, code: str, values: Mapping[str, str | int]) -> None:
        """Tells of a trouble unless it was going on already."""
        if await self._notices.begins(key, self._clock()):
            await self.tell(code, values)

    async def ends(self, key: str, code: str, values: Mapping[str, str | int]) -> None:
        """Tells that it is over, if it was going on."""
        if await self._notices.ends(key, self._clock()):
            await self.tell(code, values)

    async def going_on(self) -> list[str]:
        """The keys of the troubles that have begun and not ended."""
        return await self._notices.going_on("")
