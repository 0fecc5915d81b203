"""Which chat commands there are; /help, Telegram's menu and Slack's manifest are made from this list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module

from bot.commands.command import Command
from bot.ports import MenuEntry

CHOOSE = "choose"
MODULES: Mapping[str, tuple[str, ...]] = {
    "read": ("latest", "digest", "catchup", "missed", "more", "sources", "search", "company", "layoffs", "export"),
    CHOOSE: (
        "start",
        "subscribe",
        "unsubscribe",
        "topics",
        "watch",
        "unwatch",
        "mute",
        "unmute",
        "settings",
        "language",
        "timezone",
        "quiet",
        "pause",
        "resume",
    ),
    "ask": ("why", "whynot", "rules", "good", "bad", "help"),
    "run": ("home", "feeds", "suggest", "health", "import_", "admin"),
}
"""The modules with a COMMAND each, by what they are for, in the order of /help."""


@cache
def commands() -> Mapping[str, Command]:
    """Every command by its name, in the order of /help."""
    found = [command for group in groups().values() for command in group]
    return {command.name: command for command in found}


@cache
def groups() -> Mapping[str, tuple[Command, ...]]:
    """The commands by what they are for (the texts `help.group.*`)."""
    return {
        group: tuple(import_module(f"bot.commands.{module}").COMMAND for module in modules)
        for group, modules in MODULES.items()
    }


@cache
def by_word() -> Mapping[str, Command]:
    """Every command by its name and by each of its aliases."""
    return {word: command for command in commands().values() for word in (command.name, *command.aliases)}


def menu() -> tuple[MenuEntry, ...]:
    """What menus show everywhere: neither what is hidden nor what is for the operator."""
    return tuple(
        replace(command.menu_entry(), chooses=group == CHOOSE)
        for group, some in groups().items()
        for command in some
        if not (command.hidden or command.operator)
    )
