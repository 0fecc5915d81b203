"""Which button presses are ours: the data of a button ends in a short MAC over its chat, its topic and what it types.

Telegram hands on whatever a client sends as a press, also data that was never in that chat. So data is worth something
only where the bot itself put it; who may do what it asks is decided by rights when it is pressed."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import blake2b

from bot.domain.channel import Channel

SIGN = "~"
DIGEST = 6  # bytes
MARK = 7  # characters of base64: 42 bits, which nobody guesses at the pace of pressing buttons
ACTION_LIMIT = 64 - len(SIGN) - MARK  # bytes; Telegram's limit for all together is 64


class Seal:
    """Signs with a key made of the bot's token."""

    def __init__(self, token: str) -> None:
        self._key = blake2b(token.encode("utf-8", "replace"), person=b"kabar buttons").digest()

    def closed(self, channel: Channel, action: str) -> str:
        """The data of a button: at most 64 bytes for an action of at most 56."""
        return f"{action}{SIGN}{self._mark(channel, action)}"

    def opened(self, channel: Channel, data: str) -> str | None:
        """The action of a pressed button; None when this bot put no such button into that chat."""
        action, _, mark = data.rpartition(SIGN)
        genuine = hmac.compare_digest(self._mark(channel, action).encode(), mark.encode("utf-8", "replace"))
        return action if action and genuine else None

    def _mark(self, channel: Channel, action: str) -> str:
        signed = "\n".join((channel.address, channel.thread, action)).encode("utf-8", "replace")
        return urlsafe_b64encode(blake2b(signed, key=self._key, digest_size=DIGEST).digest()).decode()[:MARK]
