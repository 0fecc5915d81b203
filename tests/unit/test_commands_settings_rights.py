"""Who may change what a chat hears: admins in a group, and from a private chat those of a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from bot.domain.channel import Channel, User
from bot.domain.errors import PlatformUnavailable
from bot.domain.story import Language, Topic
from bot.domain.subscription import Mode, Quiet
from bot.texts import Texts
from tests.builders import ScriptedPlatform
from tests.unit.chatroom import (
    ADMIN,
    GROUP,
    HERE,
    MEMBER,
    NEWS,
    Chatroom,
    actions,
    an_empty_room,
    buttons,
    furnished,
)


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Chatroom]:
    async with an_empty_room(tmp_path) as room:
        yield room


@pytest.fixture
async def room(empty: Chatroom) -> Chatroom:
    return await furnished(empty)


# --- who may ----------------------------------------------------------------------------------------------------------


async def test_an_open_group_is_everybodys_but_only_admins_open_and_close_it(room: Chatroom) -> None:
    member = {"channel": GROUP, "private": False, "user": MEMBER}
    admin = member | {"user": ADMIN}
    admins_only = Texts("en").say("group.admins_only")
    assert (await room.say("/settings open on", **member)).text == admins_only
    await room.say("/settings open on", **admin)
    await room.say("/subscribe ai", **member)
    assert (await room.prefs(GROUP)).topics == {Topic.AI}
    assert (await room.say("/settings open off", **member)).text == admins_only
    assert (await room.say("/settings mode=both open=off", **member)).text == admins_only
    assert (await room.prefs(GROUP)).mode is Mode.ALERT
    await room.say("/settings open off", **admin)
    assert (await room.say("/unsubscribe", **member)).text == admins_only


async def test_a_button_asks_for_the_right_to_press_it(room: Chatroom) -> None:
    """A panel opened by an admin can be pressed by anyone, also by an admin who is one no more."""
    group = {"channel": GROUP, "private": False}
    panel = await room.say("/settings mode", user=ADMIN, **group)
    refused = await room.press("Daily digest", panel, user=MEMBER, **group)
    assert (refused.text, refused.toast) == (Texts("en").say("group.admins_only"), True)
    room.platform.admins.clear()
    assert (await room.press("Daily digest", panel, user=ADMIN, **group)).toast
    assert (await room.prefs(GROUP)).mode is Mode.ALERT


async def test_a_platform_that_cannot_be_asked_is_no_yes(room: Chatroom) -> None:
    class Mute(ScriptedPlatform):
        async def is_admin(self, channel: Channel, user: User) -> bool:
            raise PlatformUnavailable("no network")

        async def find_channel(self, name: str) -> Channel | None:
            raise PlatformUnavailable("no network")

    room.conversation = room.restarted(platforms={"chat": Mute()})
    for text, where in (("/subscribe ai", {"channel": GROUP, "private": False}), ("/subscribe ai @news", {})):
        answer = await room.say(text, user=ADMIN, **where)
        assert answer.text == Texts("en").say("channel.cannot_check")
    assert not (await room.chat(GROUP)).is_subscribed


# --- a channel, from a private chat -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", list(Language))
async def test_what_to_type_for_a_channel_names_it(room: Chatroom, language: Language) -> None:
    answer = await room.say("/subscribe ai @news", user=ADMIN, language=language)
    assert f"/{'settings' if language is Language.EN else 'pengaturan'} @news." in answer.text
    assert "@" not in (await room.say("/subscribe ai", language=language)).text


async def test_a_private_chat_keeps_the_language_of_its_person_and_a_group_does_not(room: Chatroom) -> None:
    await room.say("/subscribe ai", language=Language.ID)
    await room.say("/subscribe ai", user=ADMIN, language=Language.ID, channel=GROUP, private=False)
    await room.say("/subscribe ai @news", user=ADMIN, language=Language.ID, channel=replace(HERE, address="afar"))
    assert (await room.prefs()).language is Language.ID, "what comes by itself is in Indonesian too"
    assert (await room.prefs(GROUP)).language is (await room.prefs(NEWS)).language is None
    await room.say("/language en", language=Language.ID)
    await room.say("/subscribe phk", language=Language.ID)
    assert (await room.prefs()).language is Language.EN, "what was chosen stays"


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("/settings @news mode digest", "mode", Mode.DIGEST),
        ("/settings mode digest @news", "mode", Mode.DIGEST),
        ("/digest 09:15 @news", "digest_at", time(9, 15)),
        ("/topics ai @news", "topics", frozenset({Topic.AI})),
        ("/quiet @news 22-07", "quiet", Quiet(start=time(22), end=time(7))),
        ("/timezone @news berlin", "zone", "Europe/Berlin"),
        ("/pause @news", "paused", True),
        ("/language id @news", "language", Language.ID),
    ],
)
async def test_every_setting_can_be_made_for_a_channel(room: Chatroom, text: str, name: str, value: object) -> None:
    assert "Only admins of @news" in (await room.say(text, user=MEMBER)).text
    assert await room.store.chats.find(NEWS) is None
    before = await room.store.chats.meet(HERE)
    await room.say(text, user=ADMIN)
    assert getattr(await room.prefs(NEWS), name) == value
    assert (await room.chat()).preferences == before.preferences


async def test_the_panel_of_a_channel_stays_the_channels(room: Chatroom) -> None:
    panel = await room.say("/settings @news", user=ADMIN)
    assert panel.text.startswith("Settings for @news")
    assert panel.form is not None
    assert panel.form.action == "/settings @news"
    assert all(button.action.endswith(" @news") for button in buttons(panel))
    modes = await room.press("Delivery", panel, user=ADMIN)
    panel = await room.press("Both", modes, user=ADMIN)
    assert (await room.prefs(NEWS)).mode is Mode.BOTH
    room.platform.admins.clear()
    assert "Only admins" in (await room.press("Filter", panel, user=ADMIN)).text, "asked again at every press"


async def test_a_forwarded_post_leads_to_the_settings_of_its_channel(room: Chatroom) -> None:
    far = Channel(platform="chat", address="-1001234567890")
    assert "Only admins of that channel" in (await room.say("News!", about=far, user=MEMBER)).text
    assert await room.store.chats.find(far) is None
    offer = await room.say("Some post of the channel?", about=far, user=ADMIN)
    assert actions(offer) == ["/start @-1001234567890", "/topics @-1001234567890", "/settings @-1001234567890"]
    topics = await room.press("Topics", offer, user=ADMIN)
    await room.press("Tech layoffs", topics, user=ADMIN)
    assert (await room.prefs(far)).topics == {Topic.TECH_LAYOFFS}
    assert "Only admins" in (await room.press("AI", topics, user=MEMBER)).text
    setup = await room.say("/start language id @-1001234567890", user=ADMIN)
    assert "that channel" in setup.text, "in the admin's own language"


@pytest.mark.parametrize("typed", ["@123456789", "@D0123456", "@me", "@-12", "@T2/C0123456"])
async def test_no_stranger_names_a_private_chat_by_its_number(room: Chatroom, typed: str) -> None:
    """Everybody is an admin of their own private chat, so another's must not be reachable at all."""
    victim = Channel(platform="chat", address=typed.lstrip("@"))
    await room.store.chats.meet(victim)
    await room.say(f"/subscribe ai {typed}", user=ADMIN)
    assert not (await room.chat(victim)).is_subscribed


async def test_a_channel_of_another_workspace_is_out_of_reach(room: Chatroom) -> None:
    mine, here = Channel(platform="chat", address="T1/C7654321"), Channel(platform="chat", address="T1/D1")
    room.platform.channels["@other"] = Channel(platform="chat", address="T2/C7654321")
    await room.say("/subscribe ai @C7654321", user=ADMIN, channel=here)
    assert (await room.chat(mine)).is_subscribed
    assert "I can’t see @other" in (await room.say("/subscribe ai @other", user=ADMIN, channel=here)).text
