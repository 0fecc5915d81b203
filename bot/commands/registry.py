"""Which chat commands there are; /help, Telegram's menu and Slack's manifest are made from this list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from bot.commands.command import Command
from bot.ports import MenuEntry

MODULES = (
    "start",
    "help",
    "latest",
    "digest",
    "more",
    "why",
    "subscribe",
    "unsubscribe",
    "settings",
    "language",
    "feeds",
    "health",
)


@cache
def commands() -> Mapping[str, Command]:
    """Every command by its name, in the order of /help."""
    found = [import_module(f"bot.commands.{module}").COMMAND for module in MODULES]
    return {command.name: command for command in found}


@cache
def by_word() -> Mapping[str, Command]:
    """Every command by its name and by each of its aliases."""
    return {word: command for command in commands().values() for word in (command.name, *command.aliases)}


def menu() -> tuple[MenuEntry, ...]:
    return tuple(command.menu_entry() for command in commands().values())
