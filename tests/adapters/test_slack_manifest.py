"""The app manifest: complete, within Slack's limits, and readable by any YAML parser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.registry import menu
from bot.domain.story import Language
from bot.platforms.slack.interactions import SHORTCUTS as ANSWERED
from bot.platforms.slack.manifest import BUILT_IN, EVENTS, EVERYDAY, SCOPES, manifest, slash_commands
from bot.ports import MenuEntry


def entry(name: str, summary: str = "what it does", usage: str = "") -> MenuEntry:
    return MenuEntry(name=name, summary={Language.EN: summary}, usage=usage)


def read(text: str) -> Any:
    """The small part of YAML that a manifest needs: maps, lists, JSON scalars."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    value, rest = _read(lines, 0)
    assert not rest
    return value


def _read(lines: list[str], indent: int) -> tuple[Any, list[str]]:
    if lines[0][indent:].startswith("- "):
        found: list[Any] = []
        while lines and _indent(lines[0]) == indent and lines[0][indent:].startswith("- "):
            rest = lines[0][indent + 2 :]
            if rest.startswith('"'):
                found.append(json.loads(rest))
                lines = lines[1:]
            else:
                item, lines = _read([" " * (indent + 2) + rest, *lines[1:]], indent + 2)
                found.append(item)
        return found, lines
    mapping: dict[str, Any] = {}
    while lines and _indent(lines[0]) == indent:
        key, _, value = lines[0].strip().partition(":")
        assert key not in mapping
        if value.strip():
            mapping[key], lines = json.loads(value), lines[1:]
        else:
            mapping[key], lines = _read(lines[1:], _indent(lines[1]))
    return mapping, lines


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def commands(entries: Sequence[MenuEntry]) -> list[dict[str, Any]]:
    return read(manifest(entries))["features"]["slash_commands"]


NEEDED = {  # which permission an event asks for; app_home_opened, app_uninstalled and tokens_revoked ask for none
    "app_mention": "app_mentions:read", "message.channels": "channels:history", "message.groups": "groups:history",
    "message.im": "im:history", "message.mpim": "mpim:history", "channel_": "channels:read", "group_": "groups:read",
    "member_": "channels:read",
}  # fmt: skip


def scope_of(event: str) -> str:
    return next((scope for start, scope in NEEDED.items() if event.startswith(start)), "")


def test_the_app_as_a_whole() -> None:
    made = read(manifest([entry("latest")]))
    assert made["display_information"]["name"] == "Kabar"
    assert len(made["display_information"]["description"]) <= 140
    assert made["features"]["bot_user"] == {"display_name": "Kabar", "always_online": True}
    assert made["features"]["app_home"]["messages_tab_read_only_enabled"] is False
    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert {"chat:write", "commands", "im:history", "app_mentions:read", "channels:history"} <= set(SCOPES)
    assert made["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)
    assert {"app_mention", "message.im", "app_uninstalled", "tokens_revoked"} <= set(EVENTS)
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["settings"]["interactivity"] == {"is_enabled": True}
    assert made["features"]["app_home"]["home_tab_enabled"] is True
    assert {"files:write", "users:read", "im:write"} <= set(SCOPES)
    assert {scope_of(event) for event in EVENTS} <= {"", *SCOPES}
    assert {"app_home_opened", "channel_unarchive", "member_joined_channel", "message.channels"} <= set(EVENTS)
    assert "redirect_urls" not in made["oauth_config"]


def test_the_shortcuts_are_those_that_are_answered() -> None:
    made = read(manifest([entry("latest")]))["features"]["shortcuts"]
    assert {shortcut["callback_id"] for shortcut in made} == set(ANSWERED)
    for shortcut in made:
        assert shortcut.keys() == {"name", "type", "callback_id", "description"}
        assert shortcut["type"] == "message"
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150


@pytest.mark.parametrize("url", ["https://kabar.example", "https://kabar.example/"])
def test_with_an_address_it_is_for_http(url: str) -> None:
    made = read(manifest([entry("latest")], url))
    events = "https://kabar.example/slack/events"
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == events
    assert made["settings"]["interactivity"] == {"is_enabled": True, "request_url": events}
    assert made["oauth_config"]["redirect_urls"] == ["https://kabar.example/slack/oauth_redirect"]
    assert [command["url"] for command in made["features"]["slash_commands"]] == [events, events]
    assert "url" not in read(manifest([entry("latest")]))["features"]["slash_commands"][0]


def test_everyday_commands_have_their_indonesian_name_before_the_room_ends() -> None:
    words = [MenuEntry(name=f"c{n}", summary={Language.EN: "x"}, aliases=(f"p{n}",)) for n in range(27)]
    why = MenuEntry(name="why", summary={Language.EN: "x"}, aliases=("kenapa",))
    names = [e.name for e in slash_commands([*words, why])]
    assert len(names) == 49
    assert names[28:30] == ["kenapa", "p0"]


def test_every_name_of_a_day_is_a_command() -> None:
    assert set(EVERYDAY) <= {e.name for e in menu()}


def test_a_command_of_its_own_for_every_entry() -> None:
    menu = [
        MenuEntry(
            name="latest", summary={Language.EN: "the newest", Language.ID: "terbaru"}, usage="/latest [topic] [n]"
        ),
        entry("help"),
    ]
    made = commands(menu)
    assert [command["command"] for command in made] == ["/kabar", "/latest", "/help"]
    assert made[1] == {
        "command": "/latest",
        "description": "the newest · terbaru",
        "usage_hint": "[topic] [n]",
        "should_escape": False,
    }
    assert "usage_hint" not in made[2]


def test_what_slack_has_itself_is_left_to_kabar() -> None:
    names = [e.name for e in slash_commands([entry("search"), entry("mute"), entry("latest"), entry("kabar")])]
    assert names == ["latest"]
    assert not {"latest", "help", "settings", "subscribe", "feeds"} & BUILT_IN


def test_not_more_than_slack_takes() -> None:
    assert len(commands([entry(f"c{n}") for n in range(80)])) == 50


def test_a_line_stays_a_line_for_yaml_too() -> None:
    [_, command] = commands([entry("latest", "one\u2028two\x85three\x7f", "/latest\ttopic")])
    assert (command["description"], command["usage_hint"]) == ("one two three ", "topic")


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=80), st.text(max_size=80)), max_size=8))
def test_any_words_stay_words(rows: list[tuple[str, str, str]]) -> None:
    menu = [entry(name, summary, usage) for name, summary, usage in rows]
    for command in commands(menu):
        assert command.keys() <= {"command", "description", "usage_hint", "should_escape"}
        assert command["description"]
        assert 2 <= len(command["command"]) <= 32
