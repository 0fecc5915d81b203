"""How the bot gets into Slack, and which HTTP paths that asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.platforms.slack.api import Api
from bot.platforms.slack.http import Doorway, Payload
from bot.platforms.slack.install import INSTALL, Installer
from bot.platforms.slack.manifest import EVENTS_PATH, REDIRECT_PATH
from bot.platforms.slack.tokens import Tokens
from bot.platforms.slack.workspaces import Workspaces
from bot.ports import Clock, Handler, Installations, Routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """`bot_token` is for the one workspace of the settings; `installations`, with the client's id and secret and the
    public address, let further ones in. `app_token` is for Socket Mode, `signing_secret` for HTTP; without either it
    can only send."""

    bot_token: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    public_url: str | None = None
    installations: Installations | None = None


def routes(
    credentials: Credentials,
    *,
    api: Api,
    workspaces: Workspaces,
    tokens: Tokens,
    clock: Clock,
    take: Callable[[Payload], bool],
    arrived: Callable[[str], Awaitable[None]],
) -> Routes:
    """Events, commands and interactions at one path; the two pages of an installation."""
    found: dict[tuple[str, str], Handler] = {}
    if credentials.signing_secret:
        found["POST", EVENTS_PATH] = Doorway(credentials.signing_secret, clock, take)
    installations, public_url = credentials.installations, credentials.public_url
    if installations and public_url and credentials.client_id and credentials.client_secret:
        installer = Installer(
            api=api,
            workspaces=workspaces,
            tokens=tokens,
            installations=installations,
            client_id=credentials.client_id,
            public_url=public_url,
            clock=clock,
            arrived=arrived,
        )
        found["GET", INSTALL], found["GET", REDIRECT_PATH] = installer.begin, installer.end
    return found
