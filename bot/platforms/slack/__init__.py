"""Slack, in one place: messages as blocks, trouble as our own errors, gestures over Socket Mode as requests.

`connect` imports the libraries only when it is called, so that `manifest` stays pure and quick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.story import Language
from bot.ports import Clock, MenuEntry, Platform


def connect(
    *,
    bot_token: str,
    app_token: str | None = None,
    signing_secret: str | None = None,
    base_url: str | None = None,
    menu: Sequence[MenuEntry],
    clock: Clock,
    invite_text: Mapping[Language, str] | None = None,
) -> Platform:
    """The platform `slack`; nothing is sent before it is used. Without `app_token` it can only send. `base_url` ends in
    `/api/`. `invite_text` is added to an answer that only one person can see because the bot is not in the channel."""
    from bot.platforms.slack.adapter import Slack
    from bot.platforms.slack.api import Api

    return Slack(
        api=Api(bot_token=bot_token, base_url=base_url),
        app_token=app_token or None,
        signing_secret=signing_secret or None,
        menu=menu,
        clock=clock,
        invite_text=invite_text or {},
    )
