"""Workspaces that let the bot in by themselves, take it away, and let it in again."""

from __future__ import annotations

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.channel import Channel, User
from bot.domain.errors import ChannelGone, OutcomeUnknown, PlatformUnavailable
from bot.domain.message import say
from bot.platforms.slack.adapter import Slack
from bot.platforms.slack.manifest import SCOPES
from tests.adapters.fake_slack import CLIENT_ID, FakeSlack, Place, Room
from tests.adapters.slack_bench import NEWS, Book, Ledger, Talk, Watch, install, listening, running, visit

BACK = "/slack/oauth_redirect"
BETA = Place("T2BETA", "Beta & <Co>", "U0BETA", "B0BETA")
GAMMA = Place("T3GAMMA", "Gamma", "U0GAMMA", "B0GAMMA")
THERE = Channel(platform="slack", address="T2BETA/C2BETA0")
ELSEWHERE = Channel(platform="slack", address="T3GAMMA/C3GAMMA")
EVERYTHING = Channel(platform="slack", address="T2BETA/*")


def world() -> FakeSlack:
    """Two more workspaces, each with a channel #news."""
    slack = FakeSlack()
    for place, channel in ((BETA, THERE), (GAMMA, ELSEWHERE)):
        slack.rooms[channel.address.split("/")[1]] = Room("news", team=place.team)
        slack.rooms[f"D{place.team}"] = Room("", team=place.team, people=["U1ANNA"])
    return slack


def shared(slack: FakeSlack, ledger: Ledger, **more: Any) -> AbstractAsyncContextManager[tuple[Slack, Talk, Book]]:
    """A bot that belongs to no workspace of its own."""
    return listening(slack, bot_token=None, installations=ledger, **more)


# --- letting in ---


async def test_a_workspace_lets_the_bot_in() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        begun = await visit(platform, "/slack/install")
        assert begun.status == 302
        where = begun.headers["Location"]
        assert where.startswith(slack.base_url.replace("/api/", "/oauth/v2/authorize?"))
        assert f"client_id={CLIENT_ID}" in where
        assert "scope=" + "%2C".join(scope.replace(":", "%3A") for scope in SCOPES) in where
        assert "redirect_uri=https%3A%2F%2Fkabar.example%2Fslack%2Foauth_redirect" in where
        done = await visit(platform, BACK, slack.allow(where, BETA))
        assert (done.status, done.media_type) == (200, "text/html; charset=utf-8")
        assert "Beta &amp; &lt;Co&gt;" in done.body.decode()
        row = ledger.rows["T2BETA"]
        assert (row.platform, row.name, row.bot_user, row.installed_by) == ("slack", BETA.name, "U0BETA", "U1ANNA")
        assert row.token.startswith("xoxb-T2BETA")
        assert row.token not in done.body.decode() + repr(row)
        assert talk.found == [EVERYTHING]
        assert (await platform.check()).place == BETA.name


async def test_each_workspace_is_served_with_its_own_token() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        await install(slack, platform, BETA)
        await install(slack, platform, GAMMA)
        for count, (channel, place) in enumerate(((THERE, BETA), (ELSEWHERE, GAMMA))):
            channel_id = channel.address.split("/")[1]
            await platform.send(channel, say("Alert"), key=place.team)
            assert (slack.messages[-1].user, slack.messages[-1].channel) == (place.bot, channel_id)
            await slack.command("/kabar", "latest", channel=channel_id)
            request, _, _ = await talk.answered(2 * count + 1)
            assert request.channel == channel
            await slack.mention("2", channel=channel_id)
            request, _, _ = await talk.answered(2 * count + 2)
            assert (request.text, request.channel) == ("2", channel)
            assert slack.messages[-1].user == place.bot
        since = platform._clock() - timedelta(hours=1)
        assert await platform.was_delivered(THERE, "T2BETA", since) is not None
        assert await platform.was_delivered(THERE, "T3GAMMA", since) == ()


async def test_a_name_is_looked_for_in_the_workspace_it_was_typed_in() -> None:
    ledger = Ledger()
    found: list[Channel | None] = []

    async def script(_request: object) -> None:
        found.append(await platform.find_channel("#news"))
        await talk.notice()

    async with world() as slack, shared(slack, ledger, script=script) as (platform, talk, _book):
        await install(slack, platform, BETA)
        assert await platform.find_channel("#news") == THERE  # there is no other
        await install(slack, platform, GAMMA)
        for place in (BETA, GAMMA):
            await slack.direct_message("subscribe @news", channel=f"D{place.team}")
        await talk.until(lambda: len(found) == 2)
        assert found == [THERE, ELSEWHERE]
        assert await platform.find_channel("#news") is None  # nobody asked from anywhere


async def test_the_same_channel_id_in_two_workspaces_does_not_mix() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, _talk, _book):
        await install(slack, platform, BETA)
        await install(slack, platform, GAMMA)
        with pytest.raises(ChannelGone):
            await platform.send(Channel(platform="slack", address="T3GAMMA/C2BETA0"), say("x"), key="k")
        with pytest.raises(ChannelGone) as caught:
            await platform.send(NEWS, say("x"), key="k")
        assert caught.value.reason == "app_uninstalled"
        assert slack.messages == []


async def test_our_own_workspace_stays_beside_them() -> None:
    ledger = Ledger()
    async with world() as slack, running(slack, installations=ledger) as (platform, talk, _book):
        await install(slack, platform, BETA)
        await platform.send(NEWS, say("ours"), key="k1")
        await platform.send(THERE, say("theirs"), key="k2")
        await slack.command("/kabar", "help", channel="C2BETA0")
        request, _, _ = await talk.answered()
        assert request.channel == THERE
        await slack.command("/kabar", "help")
        request, _, _ = await talk.answered(2)
        assert request.channel == NEWS
        assert [m.user for m in slack.messages] == ["U0KABAR", "U0BETA", "U0BETA", "U0KABAR"]


# --- what can go wrong ---


async def test_a_page_works_once_and_for_ten_minutes() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger, watch=(watch := Watch())) as (platform, _talk, _book):
        begun = await visit(platform, "/slack/install")
        back = slack.allow(begun.headers["Location"], BETA)
        assert (await visit(platform, BACK, back)).status == 200
        assert (await visit(platform, BACK, back)).status == 400
        begun = await visit(platform, "/slack/install")
        watch.forward(timedelta(minutes=10, seconds=1))
        late = await visit(platform, BACK, slack.allow(begun.headers["Location"], GAMMA))
        assert late.status == 400
        assert list(ledger.rows) == ["T2BETA"]


@pytest.mark.parametrize(
    "query", [{}, {"code": "x"}, {"state": "x"}, {"code": "x", "state": "made-up"}, {"code": "", "state": ""}]
)
async def test_nobody_comes_back_who_did_not_begin(query: dict[str, str]) -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, _talk, _book):
        assert (await visit(platform, BACK, query)).status == 400
        assert slack.count("oauth.v2.access") == 0


async def test_somebody_changes_their_mind() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, _talk, _book):
        begun = await visit(platform, "/slack/install", language="id-ID,en;q=0.5")
        page = await visit(platform, BACK, slack.allow(begun.headers["Location"], None), language="id-ID,en;q=0.5")
        assert (page.status, ledger.rows) == (200, {})
        assert 'lang="id"' in page.body.decode()
        assert '<a href="/slack/install">Mulai lagi</a>' in page.body.decode()


@pytest.mark.parametrize("more", [{"is_enterprise_install": True, "team": None}, {"team": None}, {"team": {}}])
async def test_an_answer_that_names_no_place_installs_nothing(more: dict[str, Any]) -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, _talk, _book):
        begun = await visit(platform, "/slack/install")
        page = await visit(platform, BACK, slack.allow(begun.headers["Location"], BETA, **more))
        assert (page.status, ledger.rows) == (502, {})
        assert "/slack/install" in page.body.decode()


async def test_slack_or_the_database_fails() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, _talk, _book):
        begun = await visit(platform, "/slack/install")
        slack.fail_next("oauth.v2.access", "invalid_code")
        assert (await visit(platform, BACK, slack.allow(begun.headers["Location"], BETA))).status == 502
        ledger.broken = True
        page = await visit(platform, "/slack/install")
        assert (page.status, bool(re.search("<script|style=", page.body.decode()))) == (503, False)
        with pytest.raises(PlatformUnavailable):
            await platform.send(THERE, say("x"), key="k")
        with pytest.raises(OutcomeUnknown):
            await platform.was_delivered(THERE, "k", platform._clock())
        assert not await platform.is_admin(THERE, User(id="U1ANNA"))
        assert await platform.find_channel("#news") is None


async def test_without_a_database_there_is_no_page() -> None:
    async with world() as slack, listening(slack) as (platform, _talk, _book):
        assert list(platform.routes()) == [("POST", "/slack/events")]


# --- taken away, and back ---


LEAVING = ({"type": "tokens_revoked", "tokens": {"oauth": ["U9"], "bot": ["U0BETA"]}}, {"type": "app_uninstalled"})


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0,), (1,)])
async def test_a_workspace_takes_the_bot_away_and_lets_it_in_again(order: tuple[int, ...]) -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, book):
        await install(slack, platform, BETA)
        await install(slack, platform, GAMMA)
        await platform.send(THERE, say("before"), key="k1")
        slack.uninstall("T2BETA")
        for number in order:
            await slack.event(dict(LEAVING[number]), team="T2BETA")
        await talk.until(lambda: len(talk.lost) == len(order))
        assert set(talk.lost) == {(EVERYTHING, "app_uninstalled")}
        assert (ledger.rows["T2BETA"].revoked, ledger.rows["T2BETA"].token) == (True, "")
        with pytest.raises(ChannelGone) as caught:
            await platform.send(THERE, say("x"), key="k2")
        assert caught.value.reason == "app_uninstalled"
        await platform.send(ELSEWHERE, say("the others go on"), key="k3")
        assert all(beat.state == "ok" for beat in book.beats)

        talk.found.clear()
        await install(slack, platform, BETA)
        assert talk.found == [EVERYTHING]
        await platform.send(THERE, say("after"), key="k4")
        assert [m.shown for m in slack.messages if m.channel == "C2BETA0"] == ["before", "after"]


async def test_somebodys_own_token_is_nothing_to_the_bot() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        await install(slack, platform, BETA)
        for tokens in ({"oauth": ["U9"], "bot": []}, {"oauth": ["U9"]}, {"bot": ["U0OTHER"]}):
            await slack.event({"type": "tokens_revoked", "tokens": tokens}, team="T2BETA")
        await platform.send(THERE, say("x"), key="k")
        assert talk.lost == []


async def test_old_news_of_an_installation_that_was_renewed() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger, watch=(watch := Watch())) as (platform, talk, _book):
        left = watch().timestamp()
        watch.forward(timedelta(minutes=1))
        await install(slack, platform, BETA)
        await slack.event({"type": "app_uninstalled"}, team="T2BETA", event_time=left)
        await slack.command("/kabar", "help", channel="C2BETA0")
        await talk.answered()
        assert (talk.lost, ledger.rows["T2BETA"].revoked) == ([], False)


async def test_a_token_that_is_found_revoked_while_sending() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, _talk, book):
        await install(slack, platform, BETA)
        await platform.send(THERE, say("x"), key="k0")
        slack.uninstall("T2BETA")
        with pytest.raises(ChannelGone):
            await platform.send(THERE, say("x"), key="k1")
        assert ledger.rows["T2BETA"].revoked
        assert all(beat.state == "ok" for beat in book.beats)


async def test_another_process_installed_it_again() -> None:
    """Two replicas share the database; the one that did not see the installation has the old token."""
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, _talk, _book):
        await install(slack, platform, BETA)
        await platform.send(THERE, say("x"), key="k0")
        slack.uninstall("T2BETA")
        slack.places["xoxb-new"] = BETA
        ledger.rows["T2BETA"] = replace(ledger.rows["T2BETA"], token="xoxb-new")
        with pytest.raises(PlatformUnavailable):  # to be tried again
            await platform.send(THERE, say("x"), key="k1")
        await platform.send(THERE, say("x"), key="k1")
        assert not ledger.rows["T2BETA"].revoked


async def test_a_missing_permission_takes_nothing_away() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, _talk, _book):
        await install(slack, platform, BETA)
        slack.fail_next("chat.postMessage", "missing_scope")
        with pytest.raises(PlatformUnavailable):
            await platform.send(THERE, say("x"), key="k")
        assert not ledger.rows["T2BETA"].revoked


async def test_a_gesture_from_a_workspace_that_is_gone_is_passed_over() -> None:
    ledger = Ledger()
    async with world() as slack, shared(slack, ledger) as (platform, talk, _book):
        await slack.command("/kabar", "help", channel="C2BETA0")
        await install(slack, platform, GAMMA)
        await slack.command("/kabar", "help", channel="C3GAMMA")
        request, _, _ = await talk.answered()
        assert request.channel == ELSEWHERE
        slack.fail_next("chat.postMessage", "account_inactive")
        await slack.command("/kabar", "help", channel="C3GAMMA")
        async with asyncio.timeout(20):
            while not ledger.rows["T3GAMMA"].revoked:
                await asyncio.sleep(0)
        assert len(talk.outcomes) == 1
