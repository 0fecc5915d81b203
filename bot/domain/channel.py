"""Where a conversation happens: a chat, group, channel, topic or thread on one platform."""

from __future__ import annotations

from dataclasses import dataclass

EVERY_CHAT = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """`address` and `thread` are the platform's own ids as text: Telegram chat id and topic id, Slack `TEAM/CHANNEL`
    and thread timestamp, the terminal's chat name. `TEAM/*` (EVERY_CHAT) means every chat of a workspace."""

    platform: str
    address: str
    thread: str = ""

    @property
    def is_workspace(self) -> bool:
        return self.address.endswith(f"/{EVERY_CHAT}")

    def __str__(self) -> str:
        place = f"{self.platform}:{self.address}"
        return f"{place}/{self.thread}" if self.thread else place


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who typed: the platform's id and a name for people."""

    id: str
    name: str = ""
