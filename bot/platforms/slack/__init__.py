"""Slack, in one place: messages as blocks, trouble as our own errors, gestures over Socket Mode or HTTP as requests.

`connect` imports the libraries only when it is called, so that `manifest` stays pure and quick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.story import Language
from bot.ports import Clock, Installations, MenuEntry, Platform


def connect(
    *,
    bot_token: str | None = None,
    app_token: str | None = None,
    signing_secret: str | None = None,
    base_url: str | None = None,
    menu: Sequence[MenuEntry],
    clock: Clock,
    invite_text: Mapping[Language, str] | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    installations: Installations | None = None,
    public_url: str | None = None,
    admins_only: bool = False,
) -> Platform:
    """The platform `slack`; nothing is sent before it is used. `bot_token` is for one workspace. With `installations`
    (and `client_id`, `client_secret`, `public_url`, from which `/slack/install` is made) further ones let the bot in
    themselves. It hears over Socket Mode with `app_token`, over HTTP with `signing_secret`; without either it can only
    send. `base_url` ends in `/api/`. `invite_text` is added to an answer that only one person can see because the bot
    is not in the channel. `admins_only`: members of a channel may not change its settings, admins of the workspace
    may."""
    from bot.platforms.slack.adapter import Slack
    from bot.platforms.slack.api import Api
    from bot.platforms.slack.routes import Credentials

    return Slack(
        api=Api(base_url=base_url, clock=clock),
        credentials=Credentials(
            bot_token=bot_token or None,
            app_token=app_token or None,
            signing_secret=signing_secret or None,
            client_id=client_id or None,
            client_secret=client_secret or None,
            public_url=public_url or None,
            installations=installations,
        ),
        menu=menu,
        clock=clock,
        invite_text=invite_text or {},
        admins_only=admins_only,
    )
