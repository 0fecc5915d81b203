"""The Slack app as Slack wants it described: made from the command registry, so that it installs without edits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.domain.story import Language
from bot.ports import MenuEntry

NAME = "Kabar"
DESCRIPTION = "AI and tech-layoff news, in English and Indonesian, from your own machine"
SCOPES = (
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "groups:history", "groups:read",
    "im:history", "im:write", "mpim:history", "users:read",
)  # fmt: skip
EVENTS = (
    "app_mention", "app_uninstalled", "channel_archive", "channel_deleted", "channel_left", "group_archive",
    "group_deleted", "group_left", "message.im", "tokens_revoked",
)  # fmt: skip
# Slack refuses a whole manifest for one command that is built in; those stay reachable as `/kabar NAME`.
# https://slack.com/help/articles/201259356-Use-built-in-slash-commands
BUILT_IN = frozenset(
    {
        "active", "apps", "archive", "away", "call", "collapse", "dm", "dnd", "expand", "feed", "feedback", "invite",
        "join", "kick", "leave", "me", "msg", "mute", "open", "part", "prefs", "pro", "remind", "remove", "rename",
        "search", "shortcuts", "shrug", "star", "status", "topic", "unarchive", "who",
    }
)  # fmt: skip
MOST_COMMANDS = 50
COMMAND_NAME = re.compile(r"[a-z0-9_-]{1,31}")
LONGEST_SUMMARY = 2_000
LONGEST_USAGE = 1_000


def manifest(menu: Sequence[MenuEntry]) -> str:
    """The YAML to paste at api.slack.com/apps, "From an app manifest". Strings are JSON strings, which are YAML too."""
    lines = [
        "# Written by `kabar manifest` from the commands Kabar knows; paste it at https://api.slack.com/apps.",
        "display_information:",
        f"  name: {_quoted(NAME)}",
        f"  description: {_quoted(DESCRIPTION)}",
        "features:",
        "  app_home:",
        "    home_tab_enabled: false",
        "    messages_tab_enabled: true",
        "    messages_tab_read_only_enabled: false",
        "  bot_user:",
        f"    display_name: {_quoted(NAME)}",
        "    always_online: true",
        "  slash_commands:",
        *_command("kabar", "Everything Kabar can do", "[command]"),
        *(line for entry in slash_commands(menu) for line in _command(entry.name, _summary(entry), entry.usage)),
        "oauth_config:",
        "  scopes:",
        "    bot:",
        *(f"      - {_quoted(scope)}" for scope in SCOPES),
        "settings:",
        "  event_subscriptions:",
        "    bot_events:",
        *(f"      - {_quoted(event)}" for event in EVENTS),
        "  interactivity:",
        "    is_enabled: true",
        "  org_deploy_enabled: false",
        "  socket_mode_enabled: true",
        "  token_rotation_enabled: false",
    ]
    return "\n".join(lines) + "\n"


def slash_commands(menu: Sequence[MenuEntry]) -> list[MenuEntry]:
    """The entries that can have a slash command of their own beside /kabar, at most 49: all by name, then by their
    Indonesian name."""
    names: set[str] = {"kabar"} | BUILT_IN
    usable: list[MenuEntry] = []
    indonesian = [replace(entry, name=entry.aliases[0], usage="") for entry in menu if entry.aliases]
    for entry in (*menu, *indonesian):
        if entry.name not in names and COMMAND_NAME.fullmatch(entry.name):
            names.add(entry.name)
            usable.append(entry)
    return usable[: MOST_COMMANDS - 1]


def _command(name: str, summary: str, usage: str) -> Iterator[str]:
    yield f"    - command: {_quoted('/' + name)}"
    yield f"      description: {_quoted(summary[:LONGEST_SUMMARY])}"
    hint = usage.removeprefix(f"/{name}").strip()
    if hint:
        yield f"      usage_hint: {_quoted(hint[:LONGEST_USAGE])}"
    yield "      should_escape: false"


def _summary(entry: MenuEntry) -> str:
    """A manifest has one language: English, with the Indonesian beside it when there is one."""
    words = [entry.summary.get(Language.EN, ""), entry.summary.get(Language.ID, "")]
    return " · ".join(dict.fromkeys(word for word in words if word.strip())) or entry.name


def _quoted(text: str) -> str:
    """One line: YAML, unlike JSON, ends a line at U+2028 and its like, and takes no control characters at all."""
    return json.dumps("".join(sign if sign.isprintable() else " " for sign in text), ensure_ascii=False)
