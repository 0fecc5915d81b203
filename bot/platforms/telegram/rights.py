"""Who may change settings in a chat, which channel a name means, and for how long such an answer holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from telegram import Chat, ChatMember, Update

from bot.domain.channel import Channel, User
from bot.domain.errors import ChannelGone, MessageRejected
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.errors import translating
from bot.platforms.telegram.events import NAME
from bot.ports import Clock

ADMIN_FOR = timedelta(seconds=60)  # how long a demoted admin may still act where Telegram does not tell us at once
ADMINS_REMEMBERED = 1000
CHANNEL_NAME = re.compile(r"(?:(?:https?://)?t\.me/)?@?(\w{4,32})/?", re.ASCII)
CHANNEL_ID = re.compile(r"-[0-9]{1,20}")


class Rights:
    """Asks Telegram, and remembers the answer for a minute at most."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[datetime, bool]] = {}

    async def is_admin(self, channel: Channel, user: User) -> bool:
        """Anonymous admins act as the chat itself; another channel that speaks in a group is no admin. A failure to
        reach Telegram is raised (DeliveryError): "no" would be a false answer."""
        if is_private(channel) or user.id == channel.address:
            return True
        now, asked = self._clock(), (channel.address, user.id)
        since, answer = self._known.get(asked, (None, False))
        if since is not None and timedelta(0) <= now - since < ADMIN_FOR:
            return answer
        answer = await self._ask(channel, user)
        if len(self._known) >= ADMINS_REMEMBERED:
            self._known.clear()
        self._known[asked] = (now, answer)
        return answer

    def heed(self, update: Update) -> None:
        """Somebody's standing changed, or the bot's own: what was known of it does not hold any more."""
        if update.chat_member is not None:
            user = update.chat_member.new_chat_member.user
            self._known.pop((str(update.chat_member.chat.id), str(user.id)), None)
        elif update.my_chat_member is not None:
            chat = str(update.my_chat_member.chat.id)
            self._known = {asked: known for asked, known in self._known.items() if asked[0] != chat}

    async def find(self, name: str) -> Channel | None:
        """The channel or group called `@name`, by its t.me address or by its id, where the bot can post."""
        wanted = name.strip()
        named = CHANNEL_NAME.fullmatch(wanted)
        if named is None and CHANNEL_ID.fullmatch(wanted) is None:
            return None
        try:
            with translating():
                chat = await self._client.chat(f"@{named[1]}" if named else wanted)
                address, is_private_chat = str(chat["id"]), chat["type"] == Chat.PRIVATE
                posts = not is_private_chat and _may_post(await self._client.member(address, self._client.own_id))
        except (ChannelGone, MessageRejected):
            return None
        return Channel(platform=NAME, address=address) if posts else None

    async def _ask(self, channel: Channel, user: User) -> bool:
        if not user.id.isdecimal():  # a chat (negative) or nobody
            return False
        try:
            with translating(channel):
                member = await self._client.member(channel.address, int(user.id))
                return member["status"] in (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
        except (ChannelGone, MessageRejected):
            return False


def is_private(channel: Channel) -> bool:
    """Ids of groups and channels are negative."""
    return not channel.address.startswith(("-", "@"))


def _may_post(member: Mapping[str, Any]) -> bool:
    match member["status"]:
        case ChatMember.ADMINISTRATOR:
            return member.get("can_post_messages") is not False  # not named in groups, where it needs no right
        case ChatMember.RESTRICTED:
            return bool(member.get("is_member") and member.get("can_send_messages"))
        case status:
            return status not in (ChatMember.LEFT, ChatMember.BANNED)
