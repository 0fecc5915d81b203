"""Telegram, by long polling or by a webhook. connect() gives the Platform; every other module holds one decision."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.delivery import is_late
from bot.domain.errors import PlatformUnavailable
from bot.platforms.telegram.adapter import Telegram
from bot.platforms.telegram.client import Timeouts, build
from bot.platforms.telegram.tempo import Tempo
from bot.platforms.telegram.webhook import Webhook
from bot.ports import Clock, Duty, MenuEntry, Platform

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
    duty: Duty | None = None,
) -> Platform:
    """A bot account, not connected yet. `base_url` ends in `/bot`, the token is appended; files come from `/file/bot`
    of the same host unless `base_file_url` says otherwise. Updates are asked for while it is this process's `duty`;
    None: always. With `webhook_url` (https, public) updates are brought to
    `routes()`; they carry `webhook_secret`, or one made of the token."""
    times = timeouts or Timeouts()
    tempo = Tempo()

    def leaves() -> None:
        if is_late(clock()):
            raise PlatformUnavailable("its time ran out before it could leave")
        tempo.leaves()

    client = build(token, base_url, base_file_url, times, leaves)
    webhook = Webhook(client, webhook_url, webhook_secret, clock=clock, timeouts=times) if webhook_url else None
    return Telegram(client, menu=menu, clock=clock, timeouts=times, webhook=webhook, tempo=tempo, duty=duty)
