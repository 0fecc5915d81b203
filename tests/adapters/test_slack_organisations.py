"""Whole organisations that let the bot in, and tokens that end and are followed by others."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, PlatformUnavailable
from bot.domain.message import Button, Message, paragraph, say
from bot.platforms.slack.adapter import Slack
from bot.platforms.slack.workspaces import asked_in
from tests.adapters.fake_slack import FakeSlack, Place, Room
from tests.adapters.slack_bench import Book, Ledger, Talk, Watch, listening, visit

BACK = "/slack/oauth_redirect"
WHOLE = Place("E9GROUP", "The Group", "U0GROUP", "B0GROUP", teams=("T5SALES", "T6NEWS"))
ALONE = Place("T2BETA", "Beta", "U0BETA", "B0BETA")
SALES = Channel(platform="slack", address="T5SALES/C5SALES")
NEWSROOM = Channel(platform="slack", address="T6NEWS/C6NEWS0")
BETA = Channel(platform="slack", address="T2BETA/C2BETA0")
AS_A_WHOLE = {"is_enterprise_install": True, "team": None, "enterprise": {"id": "E9GROUP", "name": "The Group"}}
ROTATING = {"refresh_token": "xoxe-first", "expires_in": 43_200}
HOUR = timedelta(hours=1)


def world() -> FakeSlack:
    slack = FakeSlack()
    for channel in (SALES, NEWSROOM, BETA):
        team, channel_id = channel.address.split("/")
        slack.rooms[channel_id] = Room("news", team=team)
    return slack


def shared(slack: FakeSlack, ledger: Ledger, **more: Any) -> AbstractAsyncContextManager[tuple[Slack, Talk, Book]]:
    return listening(slack, bot_token=None, installations=ledger, **more)


async def let_in(slack: FakeSlack, platform: Slack, place: Place, **more: Any) -> int:
    begun = await visit(platform, "/slack/install")
    return (await visit(platform, BACK, slack.allow(begun.headers["Location"], place, **more))).status


def everything(team: str) -> Channel:
    return Channel(platform="slack", address=f"{team}/*")


# --- organisations -----------------------------------------------------------------------------------------------


async def test_an_organisation_lets_the_bot_into_all_its_workspaces() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        assert await let_in(slack, platform, WHOLE, **AS_A_WHOLE) == 200
        assert (await platform.check()).place == "The Group"
        for count, channel in enumerate((SALES, NEWSROOM), start=1):
            await slack.command("/kabar", "latest", channel=channel.address.split("/")[1])
            request, _, _ = await talk.answered(count)
            assert request.channel == channel, "an address names the workspace, as it does where that installed it"
            await platform.send(channel, say("Alert"), key=f"k{count}")
        assert {message.user for message in slack.messages} == {"U0GROUP"}
        assert (await platform.check()).place == "The Group"
        row = ledger.rows["T5SALES"]
        assert (row.token, row.organisation, row.bot_user) == ("", "E9GROUP", "U0GROUP")


async def test_a_workspace_of_an_organisation_is_spoken_to_after_a_restart() -> None:
    ledger = Ledger()
    async with world() as slack:
        async with shared(slack, ledger) as (platform, talk, _book):
            await let_in(slack, platform, WHOLE, **AS_A_WHOLE)
            await slack.mention("latest", channel="C5SALES")
            await talk.answered()
        async with shared(slack, ledger) as (platform, _talk, _book):
            await platform.send(SALES, say("after"), key="k")
            assert slack.messages[-1].shown == "after"
            with pytest.raises(ChannelGone):  # nobody was heard there yet
                await platform.send(NEWSROOM, say("x"), key="k2")


async def test_a_button_pressed_where_slack_names_no_team_is_answered() -> None:
    ledger = Ledger()
    button = Button(label="More", action="/more 1")
    script = lambda request: Message(paragraphs=(paragraph(request.text),), buttons=((button,),))  # noqa: E731
    async with world() as slack, shared(slack, ledger, script=script) as (platform, talk, _book):
        await let_in(slack, platform, WHOLE, **AS_A_WHOLE)
        await slack.mention("latest", channel="C5SALES")
        await talk.answered()
        await slack.press(slack.messages[-1], "More")
        request, _, _ = await talk.answered(2)
        assert (request.text, request.channel.address) == ("/more 1", SALES.address)


async def test_a_name_is_looked_for_in_the_workspace_of_the_organisation_it_was_typed_in() -> None:
    async with world() as slack, shared(slack, Ledger()) as (platform, talk, _book):
        await let_in(slack, platform, WHOLE, **AS_A_WHOLE)
        for count, channel in enumerate((NEWSROOM, SALES), start=1):
            await slack.command("/kabar", "help", channel=channel.address.split("/")[1])
            await talk.answered(count)
        for channel in (NEWSROOM, SALES):
            asked_in.set(channel)
            assert await platform.find_channel("#news") == channel


async def test_an_organisation_takes_the_bot_away_and_lets_it_in_again() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, book):
        await let_in(slack, platform, WHOLE, **AS_A_WHOLE)
        await let_in(slack, platform, ALONE)
        for channel in (SALES, NEWSROOM):
            await slack.command("/kabar", "help", channel=channel.address.split("/")[1])
        await talk.answered(2)
        slack.uninstall("E9GROUP")
        await slack.event({"type": "app_uninstalled"}, team="T5SALES")
        await talk.until(lambda: len(talk.lost) == 2)
        assert set(talk.lost) == {(everything(team), "app_uninstalled") for team in WHOLE.teams}
        with pytest.raises(ChannelGone):
            await platform.send(SALES, say("x"), key="k1")
        await platform.send(BETA, say("the others go on"), key="k2")
        talk.found.clear()
        await let_in(slack, platform, WHOLE, **AS_A_WHOLE)
        assert set(talk.found) == {everything(team) for team in WHOLE.teams}
        await platform.send(SALES, say("back"), key="k3")
        assert all(beat.state == "ok" for beat in book.beats)


async def test_an_organisations_token_that_is_found_revoked_while_sending() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        await let_in(slack, platform, WHOLE, **AS_A_WHOLE)
        await slack.command("/kabar", "help", channel="C5SALES")
        await talk.answered()
        slack.uninstall("E9GROUP")
        with pytest.raises(ChannelGone):
            await platform.send(SALES, say("x"), key="k")
        assert ledger.rows["E9GROUP"].revoked


@pytest.mark.parametrize(
    ("kind", "lost", "found"),
    [("team_access_granted", 0, 1), ("team_access_revoked", 1, 0), ("team_access_lent", 0, 0)],
)
async def test_an_organisation_opens_and_closes_its_workspaces(kind: str, lost: int, found: int) -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        await let_in(slack, platform, WHOLE, **AS_A_WHOLE)
        before = len(talk.found)
        await slack.event({"type": kind, "team_ids": ["T6NEWS"]}, team="T5SALES")
        await slack.command("/kabar", "help", channel="C5SALES")
        await talk.answered()
        await talk.until(lambda: (len(talk.lost), len(talk.found) - before) == (lost, found))
        assert talk.lost in ([], [(everything("T6NEWS"), "app_uninstalled")])


async def test_a_workspace_of_its_own_becomes_one_of_an_organisation_and_keeps_its_address() -> None:
    ledger, sales = Ledger(), Place("T5SALES", "Sales", "U0SALES", "B0SALES")
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        await let_in(slack, platform, sales)
        await platform.send(SALES, say("alone"), key="k1")
        slack.uninstall("T5SALES")
        await slack.event({"type": "app_uninstalled"}, team="T5SALES")
        await talk.until(lambda: talk.lost)
        await let_in(slack, platform, WHOLE, **AS_A_WHOLE)
        await slack.command("/kabar", "help", channel="C5SALES")
        request, _, _ = await talk.answered()
        assert request.channel == SALES
        await platform.send(SALES, say("together"), key="k2")
        said = [message.user for message in slack.history if message.shown in ("alone", "together")]
        assert said == ["U0SALES", "U0GROUP"]


# --- tokens that end -----------------------------------------------------------------------------------------------


async def test_a_token_is_renewed_before_it_ends_and_once() -> None:
    ledger, watch = Ledger(), Watch()
    async with world() as slack, shared(slack, ledger, watch=watch) as (platform, _talk, _book):
        await let_in(slack, platform, ALONE, **ROTATING)
        first = ledger.rows["T2BETA"]
        assert (first.refresh_token, first.expires_at) == ("xoxe-first", watch() + 12 * HOUR)
        await platform.send(BETA, say("fresh"), key="k1")
        watch.forward(11 * HOUR)
        await asyncio.gather(*(platform.send(BETA, say(f"late {n}"), key=f"l{n}") for n in range(5)))
        second = ledger.rows["T2BETA"]
        assert second.token.startswith("xoxe.xoxb-T2BETA")
        assert second.refresh_token not in ("", "xoxe-first")
        assert second.expires_at == watch() + 12 * HOUR
        assert slack.count("oauth.v2.access") == 2
        assert len(slack.messages) == 6
        del slack.places[first.token]  # Slack takes the first one no more
        await platform.send(BETA, say("after"), key="k2")
        assert not ledger.rows["T2BETA"].revoked


async def test_while_slack_cannot_renew_it_the_old_token_is_used_as_long_as_it_lasts() -> None:
    ledger, watch = Ledger(), Watch()
    async with world() as slack, shared(slack, ledger, watch=watch) as (platform, _talk, _book):
        await let_in(slack, platform, ALONE, **ROTATING)
        watch.forward(11 * HOUR)
        slack.fail_next("oauth.v2.access", status=503)
        await platform.send(BETA, say("with the old one"), key="k1")
        watch.forward(2 * HOUR)
        slack.fail_next("oauth.v2.access", "internal_error")
        with pytest.raises(PlatformUnavailable, match="internal_error"):  # surely not delivered: it is tried again
            await platform.send(BETA, say("x"), key="k2")
        await platform.send(BETA, say("x"), key="k2")
        assert [message.shown for message in slack.messages] == ["with the old one", "x"]


async def test_a_token_that_ended_unnoticed_is_renewed_when_slack_says_so() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        await let_in(slack, platform, ALONE, **ROTATING)
        slack.fail_next("chat.postMessage", "token_expired")
        with pytest.raises(PlatformUnavailable):
            await platform.send(BETA, say("x"), key="k")
        await platform.send(BETA, say("x"), key="k")
        assert ledger.rows["T2BETA"].token.startswith("xoxe.")
        assert talk.lost == []


async def test_another_process_renewed_it_first() -> None:
    ledger, watch = Ledger(), Watch()
    async with world() as slack, shared(slack, ledger, watch=watch) as (platform, _talk, _book):
        await let_in(slack, platform, ALONE, **ROTATING)
        await platform.send(BETA, say("x"), key="k1")
        slack.refresh_tokens.clear()  # used up over there, where the answer is being written down
        watch.forward(11 * HOUR)
        slack.places["xoxe.xoxb-other"] = ALONE
        ledger.rows["T2BETA"] = replace(
            ledger.rows["T2BETA"], token="xoxe.xoxb-other", refresh_token="xoxe-other", expires_at=watch() + 12 * HOUR
        )
        await platform.send(BETA, say("x"), key="k2")
        assert ledger.rows["T2BETA"].token == "xoxe.xoxb-other"
        assert slack.count("oauth.v2.access") == 1


async def test_a_refresh_token_that_slack_refuses_ends_the_installation_with_the_token() -> None:
    ledger, watch = Ledger(), Watch()
    async with world() as slack, shared(slack, ledger, watch=watch) as (platform, _talk, _book):
        await let_in(slack, platform, ALONE, **ROTATING)
        slack.refresh_tokens.clear()
        watch.forward(11 * HOUR)
        await platform.send(BETA, say("the token still holds"), key="k1")
        watch.forward(2 * HOUR)
        slack.uninstall("T2BETA")
        with pytest.raises(ChannelGone) as caught:
            await platform.send(BETA, say("x"), key="k2")
        assert caught.value.reason == "app_uninstalled"
        assert ledger.rows["T2BETA"].revoked


async def test_a_database_that_keeps_no_renewed_token_is_trouble_for_later() -> None:
    ledger, watch = Ledger(), Watch()
    async with world() as slack, shared(slack, ledger, watch=watch) as (platform, _talk, _book):
        await let_in(slack, platform, ALONE, **ROTATING)
        watch.forward(13 * HOUR)
        ledger.broken = True
        with pytest.raises(PlatformUnavailable):
            await platform.send(BETA, say("x"), key="k")
        ledger.broken = False
        await platform.send(BETA, say("x"), key="k")
