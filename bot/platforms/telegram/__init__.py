"""Telegram, by long polling or by a webhook. connect() gives the Platform; every other module holds one decision."""

from __future__ import annotations

from collections.abc import Sequence

from bot.platforms.telegram.adapter import Telegram
from bot.platforms.telegram.client import Timeouts, build
from bot.platforms.telegram.webhook import Webhook
from bot.ports import Clock, MenuEntry, Platform

__all__ = ["Telegram", "Timeouts", "connect"]


def connect(
    *,
    token: str,
    base_url: str | None = None,
    base_file_url: str | None = None,
    menu: Sequence[MenuEntry],
    clock: Clock,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    timeouts: Timeouts | None = None,
) -> Platform:
    """A bot account, not connected yet. `base_url` ends in `/bot`, the token is appended; files come from `/file/bot`
    of the same host unless `base_file_url` says otherwise. With `webhook_url` (https, public) updates are brought to
    `routes()`; they carry `webhook_secret`, or one made of the token."""
    times = timeouts or Timeouts()
    client = build(token, base_url, base_file_url, times)
    webhook = Webhook(client, webhook_url, webhook_secret, clock=clock, timeouts=times) if webhook_url else None
    return Telegram(client, menu=menu, clock=clock, timeouts=times, webhook=webhook)
