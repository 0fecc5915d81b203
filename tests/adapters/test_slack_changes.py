"""Channels and workspaces that close and open: who is told, and what other people's comings and goings are."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.channel import Channel
from tests.adapters.fake_slack import BOT, FakeSlack
from tests.adapters.slack_bench import NEWS, running

WORKSPACE = Channel(platform="slack", address="T1TEAM/*")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"type": "channel_archive", "channel": "C1NEWS0", "user": "U1ANNA"}, "is_archived"),
        ({"type": "channel_left", "channel": "C1NEWS0"}, "not_in_channel"),
        ({"type": "member_left_channel", "channel": "C1NEWS0", "user": BOT}, "not_in_channel"),
        ({"type": "channel_deleted", "channel": "C1NEWS0"}, "channel_not_found"),
    ],
)
async def test_a_channel_is_lost(event: dict[str, Any], reason: str) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        await slack.event(event)
        await talk.until(lambda: talk.lost)
        assert talk.lost == [(NEWS, reason)]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "channel_unarchive", "channel": "C1NEWS0", "user": "U1ANNA"},
        {"type": "group_unarchive", "channel": "C1NEWS0", "user": "U1ANNA"},
        {"type": "member_joined_channel", "channel": "C1NEWS0", "user": BOT, "inviter": "U1ANNA"},
    ],
)
async def test_a_channel_is_there_again(event: dict[str, Any]) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        talk.found.clear()
        await slack.event(event)
        await talk.until(lambda: talk.found)
        assert (talk.found, talk.lost) == ([NEWS], [])


@pytest.mark.parametrize(
    "event",
    [
        {"type": "member_left_channel", "channel": "C1NEWS0", "user": "U1ANNA"},
        {"type": "member_joined_channel", "channel": "C1NEWS0", "user": "U2BUDI"},
        {"type": "channel_rename", "channel": {"id": "C1NEWS0", "name": "ai-news"}},
        {"type": "channel_archive"},
    ],
)
async def test_what_changes_nothing_for_the_bot(event: dict[str, Any]) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        talk.found.clear()
        assert (await slack.event(event, team="T1TEAM")).acknowledged.is_set()
        await slack.command("/kabar", "help")
        await talk.answered()
        assert (talk.found, talk.lost) == ([], [])


async def test_the_workspace_of_the_settings_takes_the_bot_away() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, book):
        assert talk.found == [WORKSPACE]  # it let the bot in at the start
        await slack.event({"type": "app_uninstalled"})
        await slack.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT]}})
        await book.says("failing", "revoked")
        await talk.until(lambda: len(talk.lost) == 2)
        assert set(talk.lost) == {(WORKSPACE, "app_uninstalled")}
