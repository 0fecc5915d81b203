"""Going on in a thread without naming the bot, files that come along, and who may change what where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.channel import Channel, User
from bot.domain.message import Button, Message, paragraph, say
from bot.domain.request import Request
from tests.adapters.fake_slack import BOT, TEAM, FakeSlack, Room
from tests.adapters.slack_bench import NEWS, Watch, opened, running

ANNA, BUDI = User(id="U1ANNA"), User(id="U2BUDI")
OPML = b"<opml version='2.0'/>"


# --- threads ---


async def test_a_reply_below_our_message_is_overheard_and_answered_there() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        [alert] = await platform.send(NEWS, say("Alert"), key="k")
        await slack.overheard("why 1", thread_ts=alert)
        request, _, ids = await talk.answered()
        assert (request.text, request.reply_to, request.channel) == ("why 1", alert, NEWS)
        assert (request.addressed, request.private) == (False, False)
        assert slack.messages[-1].thread_ts == alert
        assert alert not in ids


async def test_below_an_answer_of_ours_one_can_go_on_as_well() -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        await slack.mention("latest")
        await talk.answered()
        asked = slack.history[0].ts
        await slack.overheard("2", thread_ts=asked)
        request, _, ids = await talk.answered(2)
        assert (request.text, request.reply_to, request.addressed) == ("2", asked, False)
        assert ids == (slack.messages[-1].ts, asked)


async def test_below_a_pressed_button_too() -> None:
    message = Message(paragraphs=(paragraph("x"),), buttons=((Button(label="More", action="/more s1"),),))
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        [alert] = await platform.send(NEWS, message, key="k")
        await slack.press(slack.messages[0], "More")
        await talk.answered()
        await slack.overheard("sources", thread_ts=alert)
        assert (await talk.asked(2)).reply_to == alert


async def test_what_people_say_elsewhere_is_not_listened_to() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        [alert] = await platform.send(NEWS, say("Alert"), key="k")
        theirs = slack.said("lunch?")["ts"]
        await slack.overheard("2")  # no thread
        await slack.overheard("2", thread_ts=theirs)
        await slack.overheard(f"<@{BOT}> 2", thread_ts=alert)  # comes as an app_mention too
        await slack.overheard("", thread_ts=alert)
        await slack.command("/kabar", "help")
        assert (await talk.asked()).text == "/help"
        assert slack.count("conversations.replies") == 0


async def test_a_mention_that_arrives_as_two_events_is_one_request() -> None:
    async with FakeSlack() as slack, running(slack) as (platform, talk, _book):
        [alert] = await platform.send(NEWS, say("Alert"), key="k")
        event = slack.said(f"<@{BOT}> 2", thread_ts=alert)
        await slack.event(event)
        await slack.event({**event, "type": "message", "channel_type": "channel", "parent_user_id": BOT})
        await slack.command("/kabar", "help")
        await talk.asked(2)
        assert sorted(request.text for request in talk.requests) == ["/help", "2"]


# --- files ---


@pytest.mark.parametrize(("words", "typed"), [("", "/import"), ("import", "import")])
async def test_a_document_comes_along(words: str, typed: str) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        file = slack.share("feeds.opml", OPML)
        await slack.direct_message(words, subtype="file_share", files=[file])
        request = await talk.asked()
        assert request.text == typed
        assert request.file is not None
        assert (request.file.name, request.file.content, request.file.media_type) == ("feeds.opml", OPML, "text/xml")


@pytest.mark.parametrize("how", ["elsewhere", "too big", "gone", "no address"])
async def test_a_document_that_cannot_be_read(how: str) -> None:
    async with FakeSlack() as slack, running(slack) as (_, talk, _book):
        file = slack.share("feeds.opml", b"x" * 2_000_000 if how == "too big" else OPML)
        if how == "elsewhere":  # the token must not leave Slack
            file["url_private_download"] = file["url_private_download"].replace("127.0.0.1", "127.0.0.2")
        elif how == "gone":
            slack.shared.clear()
        elif how == "no address":
            del file["url_private_download"]
        await slack.direct_message("import", subtype="file_share", files=[file])
        request = await talk.asked()
        assert (request.text, request.file) == ("import", None)


# --- who may change settings ---


async def test_members_may_unless_only_admins_may() -> None:
    async with FakeSlack() as slack, opened(slack) as anybody, opened(slack, admins_only=True) as admins:
        slack.users["U2BUDI"]["is_owner"] = True
        direct = Channel(platform="slack", address=f"{TEAM}/D1DIRECT")
        assert [await anybody.is_admin(NEWS, who) for who in (ANNA, BUDI)] == [True, True]
        assert [await admins.is_admin(NEWS, who) for who in (ANNA, BUDI)] == [False, True]
        assert await admins.is_admin(direct, ANNA)


async def test_power_is_a_minute_old_at_most() -> None:
    async with FakeSlack() as slack, opened(slack, admins_only=True, watch=(watch := Watch())) as platform:
        slack.users["U1ANNA"]["is_admin"] = True
        assert await platform.is_admin(NEWS, ANNA)
        slack.users["U1ANNA"]["is_admin"] = False
        watch.forward(timedelta(seconds=59))
        assert await platform.is_admin(NEWS, ANNA)
        watch.forward(timedelta(seconds=1))
        assert not await platform.is_admin(NEWS, ANNA)
        assert slack.count("users.info") == 2
        watch.forward(timedelta(seconds=60))
        slack.fail_next("users.info", "internal_error")
        assert not await platform.is_admin(NEWS, ANNA)  # who cannot be asked for has none


async def test_a_channel_elsewhere_belongs_to_its_members() -> None:
    """From a chat of their own people can name another channel."""
    secret = Channel(platform="slack", address=f"{TEAM}/C3SECRET")
    allowed: dict[str, bool] = {}

    async def script(request: Request) -> None:
        place = secret if request.text == "secret" else NEWS
        allowed[f"{request.user.id} {request.text}"] = await platform.is_admin(place, request.user)
        await talk.notice()

    async with FakeSlack(page=1) as slack, running(slack, script) as (platform, talk, _book):
        slack.rooms["C3SECRET"] = Room("secret", private=True, people=["U9", "U2BUDI"])
        for user in ("U1ANNA", "U2BUDI"):
            for text in ("secret", "news"):
                await slack.direct_message(text, user=user)
        await talk.until(lambda: len(allowed) == 4)
        assert allowed == {"U1ANNA secret": False, "U2BUDI secret": True, "U1ANNA news": True, "U2BUDI news": True}
        assert not await platform.is_admin(replace(secret, address="T9/C3SECRET"), BUDI)
