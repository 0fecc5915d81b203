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
    "app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:read", "files:write",
    "groups:history", "groups:read", "im:history", "im:write", "mpim:history", "users:read",
)  # fmt: skip
EVENTS = (
    "app_home_opened", "app_mention", "app_uninstalled", "channel_archive", "channel_deleted", "channel_left",
    "channel_unarchive", "group_archive", "group_deleted", "group_left", "group_unarchive", "member_joined_channel",
    "member_left_channel", "message.channels", "message.groups", "message.im", "message.mpim", "tokens_revoked",
)  # fmt: skip
# Only apps that whole organisations may install know these.
ORGANISATION_EVENTS = ("team_access_granted", "team_access_revoked")
EVENTS_PATH = "/slack/events"
REDIRECT_PATH = "/slack/oauth_redirect"
SHORTCUTS = (  # callback id, name (24 characters at most), description (150)
    ("kabar_why", "Why this?", "Why Kabar chose this story"),
    ("kabar_rule", "Save as rule", "Make a rule for Kabar out of this message"),
)
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
# Slack has no room for all Indonesian names: these come first, the rest stays reachable as `/kabar NAME`.
EVERYDAY = (
    "start", "help", "latest", "digest", "more", "why", "search", "layoffs", "company", "subscribe", "unsubscribe",
    "topics", "watch", "mute", "settings", "language", "catchup", "missed", "pause", "resume", "quiet", "feeds",
)  # fmt: skip
COMMAND_NAME = re.compile(r"[a-z0-9_-]{1,31}")
LONGEST_SUMMARY = 2_000
LONGEST_USAGE = 1_000


def manifest(menu: Sequence[MenuEntry], url: str | None = None) -> str:
    """The YAML to paste at api.slack.com/apps, "From an app manifest". Strings are JSON strings, which are YAML too.
    Without `url` for Socket Mode; with it, the bot's public https address, for HTTP and installation in many
    workspaces."""
    address = f"{url.rstrip('/')}{EVENTS_PATH}" if url else ""
    lines = [
        "# Written by `kabar manifest` from the commands Kabar knows; paste it at https://api.slack.com/apps.",
        "display_information:",
        f"  name: {_quoted(NAME)}",
        f"  description: {_quoted(DESCRIPTION)}",
        "features:",
        "  app_home:",
        "    home_tab_enabled: true",
        "    messages_tab_enabled: true",
        "    messages_tab_read_only_enabled: false",
        "  bot_user:",
        f"    display_name: {_quoted(NAME)}",
        "    always_online: true",
        "  shortcuts:",
        *(line for shortcut in SHORTCUTS for line in _shortcut(*shortcut)),
        "  slash_commands:",
        *_command("kabar", "Everything Kabar can do", "[command]", address),
        *(line for e in slash_commands(menu) for line in _command(e.name, _summary(e), e.usage, address)),
        "oauth_config:",
        *(["  redirect_urls:", f"    - {_quoted(url.rstrip('/') + REDIRECT_PATH)}"] if url else []),
        "  scopes:",
        "    bot:",
        *(f"      - {_quoted(scope)}" for scope in SCOPES),
        "settings:",
        "  event_subscriptions:",
        *([f"    request_url: {_quoted(address)}"] if address else []),
        "    bot_events:",
        *(f"      - {_quoted(event)}" for event in sorted((*EVENTS, *(ORGANISATION_EVENTS if address else ())))),
        "  interactivity:",
        "    is_enabled: true",
        *([f"    request_url: {_quoted(address)}"] if address else []),
        f"  org_deploy_enabled: {'true' if address else 'false'}",
        f"  socket_mode_enabled: {'false' if address else 'true'}",
        "  token_rotation_enabled: false",
    ]
    return "\n".join(lines) + "\n"


def slash_commands(menu: Sequence[MenuEntry]) -> list[MenuEntry]:
    """The entries that can have a slash command of their own beside /kabar, at most 49: all by name, then by their
    Indonesian name, those of every day first."""
    names: set[str] = {"kabar"} | BUILT_IN
    usable: list[MenuEntry] = []
    often = sorted(menu, key=lambda entry: EVERYDAY.index(entry.name) if entry.name in EVERYDAY else len(EVERYDAY))
    indonesian = [replace(entry, name=entry.aliases[0], usage="") for entry in often if entry.aliases]
    for entry in (*menu, *indonesian):
        if entry.name not in names and COMMAND_NAME.fullmatch(entry.name):
            names.add(entry.name)
            usable.append(entry)
    return usable[: MOST_COMMANDS - 1]


def _shortcut(callback_id: str, name: str, description: str) -> Iterator[str]:
    yield f"    - name: {_quoted(name)}"
    yield '      type: "message"'
    yield f"      callback_id: {_quoted(callback_id)}"
    yield f"      description: {_quoted(description)}"


def _command(name: str, summary: str, usage: str, address: str) -> Iterator[str]:
    yield f"    - command: {_quoted('/' + name)}"
    if address:
        yield f"      url: {_quoted(address)}"
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
