"""Telegram by long polling. connect() gives the Platform; every other module here holds one decision."""

from __future__ import annotations

from collections.abc import Sequence

from bot.platforms.telegram.adapter import Telegram
from bot.platforms.telegram.client import Timeouts, build
from bot.ports import Clock, MenuEntry, Platform

__all__ = ["Telegram", "Timeouts", "connect"]


def connect(
    *,
    token: str,
    base_url: str | None = None,
    base_file_url: str | None = None,
    menu: Sequence[MenuEntry],
    clock: Clock,
    timeouts: Timeouts | None = None,
) -> Platform:
    """A bot account, not connected yet. `base_url` ends in `/bot`, the token is appended; files come from `/file/bot`
    of the same host unless `base_file_url` says otherwise."""
    times = timeouts or Timeouts()
    return Telegram(build(token, base_url, base_file_url, times), menu=menu, clock=clock, timeouts=times)
