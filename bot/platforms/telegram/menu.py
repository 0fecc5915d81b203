"""What Telegram's command menu shows: every command in English, and under Indonesian names to Indonesian readers; in
groups, what a chat gets is chosen in the menu of its admins only."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from bot.domain.errors import DeliveryError, PlatformRefused
from bot.domain.story import Language
from bot.platforms.telegram.client import Client
from bot.platforms.telegram.errors import translating
from bot.ports import MenuEntry

COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}")
DESCRIPTION_LIMIT = 256
LANGUAGES = ((Language.EN, None), (Language.ID, "id"))
MEMBERS = BotCommandScopeAllGroupChats()
SCOPES: tuple[BotCommandScope, ...] = (
    BotCommandScopeDefault(),
    BotCommandScopeAllPrivateChats(),
    MEMBERS,
    BotCommandScopeAllChatAdministrators(),
)
"""The narrower scopes are set as well: a menu made by hand in one of them would hide ours."""

log = logging.getLogger("kabar.telegram")


async def publish(client: Client, menu: Sequence[MenuEntry]) -> None:
    """Without a menu everything still works, so a failure is only told."""
    for language, code in LANGUAGES:
        for scope in SCOPES:
            some = [entry for entry in menu if not (entry.chooses and scope is MEMBERS)]
            commands = [BotCommand(name, text) for name, text in shown(some, language)]
            try:
                with translating():
                    await client.set_my_commands(commands, scope=scope, language_code=code)
            except (DeliveryError, PlatformRefused) as error:
                log.warning("could not set the command menu: %s", error)
                return


def names(menu: Sequence[MenuEntry]) -> frozenset[str]:
    """Every word that is a command of ours."""
    return frozenset(word.lower() for entry in menu for word in (entry.name, *entry.aliases))


def shown(menu: Sequence[MenuEntry], language: Language) -> list[tuple[str, str]]:
    """Name and summary of each command. Telegram takes small Latin letters, digits and `_` in a name."""
    found: dict[str, str] = {}
    for entry in menu:
        wanted = (*entry.aliases[:1], entry.name) if language is Language.ID else (entry.name,)
        name = next((n for word in wanted if COMMAND_NAME.fullmatch(n := word.lower()) and n not in found), None)
        summary = entry.summary.get(language) or entry.summary.get(Language.EN) or ""
        if name and summary:
            found[name] = summary[:DESCRIPTION_LIMIT]
        else:
            log.warning("the command %r cannot be in Telegram's menu", entry.name)
    return list(found.items())
