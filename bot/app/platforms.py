"""Which chat platforms there are and what each is connected with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from bot.commands.registry import menu
from bot.domain.story import Language
from bot.ports import Clock, Duty, Installations, Platform
from bot.texts import Texts

if TYPE_CHECKING:
    from bot.settings import Settings

PLATFORMS: Mapping[str, str] = {"telegram": "bot.platforms.telegram:connect", "slack": "bot.platforms.slack:connect"}


def connect(name: str, settings: Settings, *, clock: Clock, installations: Installations, duty: Duty) -> Platform:
    """The adapter of a platform, not yet connected; its library is imported now."""
    module, _, function = PLATFORMS[name].partition(":")
    adapter: Callable[..., Platform] = getattr(import_module(module), function)
    if name == "telegram":
        return adapter(
            token=settings.telegram_token,
            base_url=settings.telegram_base_url,
            base_file_url=settings.telegram_base_file_url,
            webhook_url=settings.telegram_webhook_url,
            webhook_secret=settings.telegram_webhook_secret,
            menu=menu(),
            clock=clock,
            duty=duty,
        )
    return adapter(
        bot_token=settings.slack_bot_token,
        app_token=settings.slack_app_token,
        signing_secret=settings.slack_signing_secret,
        base_url=settings.slack_base_url,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        installations=installations if settings.slack_client_id else None,
        public_url=settings.public_url,
        admins_only=settings.slack_admins_only,
        menu=menu(),
        clock=clock,
        invite_text={language: Texts(language).say("slack.invite_me") for language in Language},
    )
