"""What a chat hears, tapped: the panel that edits itself, the dialog, the first three taps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from bot.domain.channel import Channel
from bot.domain.story import Language, Topic
from bot.domain.subscription import Mode, Preferences, Quiet, Style
from bot.domain.verdict import Level
from bot.texts import Texts
from tests.unit.chatroom import (
    ADMIN,
    GROUP,
    HERE,
    LANGUAGES,
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


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("private", [True, False])
async def test_every_setting_can_be_tapped(room: Chatroom, language: str, private: bool) -> None:
    """From the panel through every choice of every setting and back: each press edits the panel and does something."""
    here = {"language": Language(language), "private": private, "user": ADMIN, "channel": HERE if private else GROUP}
    channel = here["channel"]
    panel = await room.say("/settings", **here)
    assert panel.in_place is False, "asked for, it is a message of its own"
    seen = set()
    for opener in buttons(panel):
        before = await room.prefs(channel)
        answer = await room.say(opener.action, pressed=True, **here)
        assert answer.in_place
        if await room.prefs(channel) != before:  # a switch
            continue
        for choice in [button for button in buttons(answer) if "panel" not in button.action]:
            after = await room.say(choice.action, pressed=True, **here)
            assert after.in_place
            seen.add(choice.action.split()[1])
        headings = {Texts(spoken).say("settings.heading") for spoken in LANGUAGES}
        assert (await room.press("‹", answer, **here)).paragraphs[0].text in headings
    assert seen == {"topics", "mode", "level", "language", "zone", "digest", "quiet", "break", "style"}
    assert ("open" in [button.action.split()[1] for button in buttons(panel)]) is not private


async def test_topics_stay_open_until_all_are_chosen(room: Chatroom) -> None:
    answer = await room.press("Topics", await room.say("/settings"))
    answer = await room.press("AI", answer)
    answer = await room.press("Layoffs", answer)
    assert (await room.prefs()).topics == {Topic.AI, Topic.LAYOFFS}
    stale = await room.say("/settings topics +ai", pressed=True)
    assert (await room.prefs()).topics == {Topic.AI, Topic.LAYOFFS}, "pressed twice is pressed once"
    await room.press("✓ AI", stale)
    assert (await room.prefs()).topics == {Topic.LAYOFFS}


async def test_the_dialog_holds_every_setting_and_saves_them_at_once(room: Chatroom) -> None:
    await room.say("/subscribe ai")
    form = (await room.say("/settings")).form
    assert form is not None
    assert form.action == "/settings"
    assert (await room.say("/settings panel", pressed=True)).form is None, "a press changes the panel that is there"
    assert (await room.say("/settings mode alert", pressed=True)).form is None
    assert [field.key for field in form.fields] == [
        "topics", "mode", "level", "language", "zone", "digest", "quiet", "break", "style", "preview", "silent"
    ]  # fmt: skip
    for field in form.fields:
        assert field.label
        assert set(field.chosen) <= {value for value, _label in field.options} or not field.options
    unchanged = " ".join(f"{field.key}={','.join(field.chosen)}" for field in form.fields)
    before = await room.prefs()
    await room.say(f"{form.action} {unchanged}")
    assert await room.prefs() == replace(before, zone="Asia/Jakarta", language=Language.EN), "sent as it came"
    await room.say(
        "/settings topics=ai,layoffs mode=digest level=high language=id zone=New York digest=07.15 "
        "quiet=22:30-06.45 break=1.000 style=compact preview=on silent=on"
    )
    assert await room.prefs() == Preferences(
        topics=frozenset({Topic.AI, Topic.LAYOFFS}),
        mode=Mode.DIGEST,
        level=Level.HIGH,
        language=Language.ID,
        zone="America/New_York",
        digest_at=time(7, 15),
        quiet=Quiet(start=time(22, 30), end=time(6, 45)),
        break_through=1000,
        style=Style.COMPACT,
        preview=True,
        silent=True,
    )
    await room.say("/settings topics= quiet= break= mode=alert digest=09:00")
    prefs = await room.prefs()
    assert (prefs.topics, prefs.quiet, prefs.break_through) == (frozenset(), None, None)
    assert (prefs.mode, prefs.digest_at) == (Mode.ALERT, time(9)), "the mode has the last word"


@pytest.mark.parametrize("language", list(Language))
async def test_where_sound_is_each_readers_own_it_is_no_setting(room: Chatroom, language: Language) -> None:
    there = Channel(platform="slack", address="T1/D1")
    slack: dict[str, object] = {"channel": there, "language": language}
    answer = await room.say("/settings", **slack)
    assert answer.form is not None
    assert "silent" not in [field.key for field in answer.form.fields]
    assert not [action for action in actions(answer) if "silent" in action]
    assert Texts(language).say("settings.silent") not in answer.text
    for typed in ("/settings silent on", "/pengaturan senyap ya", "/settings mode=both silent=on"):
        assert "Slack" in (await room.say(typed, **slack)).text
    assert (await room.chat(there)).preferences == Preferences()
    assert "silent" in str(actions(await room.say("/settings", language=language))), "elsewhere it is one"


async def test_a_dialog_with_one_wrong_value_changes_nothing(room: Chatroom) -> None:
    await room.say("/subscribe ai")
    before = await room.prefs()
    assert "Which time zone" not in (await room.say("/settings mode=both zone=Mars")).text
    assert await room.prefs() == before


# --- being set up -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_three_taps_and_it_is_set_up(room: Chatroom, language: str) -> None:
    say, here = Texts(language).say, {"language": Language(language)}
    first = await room.say("/start", **here)
    second = await room.press(say("start.button.all"), first, **here)
    third = await room.press(say("mode_button.both"), second, **here)
    done = await room.press(Texts(language).say(f"language.{language}"), third, **here)
    prefs = await room.prefs()
    assert (prefs.topics, prefs.mode, prefs.language) == (frozenset(Topic), Mode.BOTH, Language(language))
    assert [answer.in_place for answer in (first, second, third, done)] == [False, True, True, True]
    assert say("start.done") in done.text
    assert actions(done) == ["/latest", "/settings"]


async def test_topics_one_by_one_then_on(room: Chatroom) -> None:
    first = await room.say("/start")
    assert "/start mode" not in actions(first), "nothing is chosen yet"
    some = await room.press("AI", first)
    some = await room.press("Layoffs", some)
    some = await room.press("✓ AI", some)
    await room.press("Right away", await room.press("Next", some))
    assert ((await room.prefs()).topics, (await room.prefs()).mode) == ({Topic.LAYOFFS}, Mode.ALERT)


async def test_start_again_shows_where_things_stand(room: Chatroom) -> None:
    await room.say("/subscribe ai both")
    again = await room.say("/start")
    assert again.text.startswith("Welcome back.")
    assert "Delivery: right away, plus a daily digest" in again.text
    assert "/settings mode" in actions(again)


@pytest.mark.parametrize("word", ["story_3", "story-3", "s3", "STORY_3"])
async def test_a_shared_link_opens_its_story(room: Chatroom, word: str) -> None:
    assert (await room.say(f"/start {word}")).text.startswith("Headline n3 about robots")
    assert "too old" in (await room.say("/start story_999")).text
    assert (await room.say("/start who-knows")).text.startswith("Hello, this is Kabar")


async def test_the_zone_the_platform_knows_is_taken_at_the_first_tap(room: Chatroom) -> None:
    await room.press("AI", await room.say("/start"), zone="Europe/Berlin")
    assert (await room.prefs()).zone == "Europe/Berlin"
