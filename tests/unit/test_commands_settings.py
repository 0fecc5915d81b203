"""What a chat hears, typed: topics, mode, level, hours, zone, quiet hours, pauses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from bot.domain.channel import Channel
from bot.domain.delivery import DeliveryKind, DeliveryState, Settled
from bot.domain.story import Language, Topic
from bot.domain.subscription import Mode, Preferences, Quiet
from bot.domain.verdict import Level
from tests.builders import HOUR, NOW, an_item, put
from tests.unit.chatroom import (
    Chatroom,
    actions,
    an_empty_room,
    furnished,
)


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Chatroom]:
    async with an_empty_room(tmp_path) as room:
        yield room


@pytest.fixture
async def room(empty: Chatroom) -> Chatroom:
    return await furnished(empty)


async def test_subscribing_and_unsubscribing(room: Chatroom) -> None:
    assert "New stories on AI and Tech layoffs go to this chat" in (await room.say("/subscribe")).text
    assert (await room.chat()).preferences.topics == {Topic.AI, Topic.TECH_LAYOFFS}
    assert "Stories on AI and Tech layoffs already go to this chat" in (await room.say("/subscribe ai")).text
    await room.say("/subscribe phk")
    assert (await room.chat()).preferences.topics == set(Topic)
    assert "No more stories on AI" in (await room.say("/unsubscribe ai")).text
    assert (await room.chat()).preferences.topics == {Topic.LAYOFFS, Topic.TECH_LAYOFFS}
    assert "You aren’t subscribed to AI" in (await room.say("/unsubscribe ai")).text
    await room.say("/settings threshold high")
    assert "Nothing more from me" in (await room.say("/unsubscribe")).text
    assert (await room.chat()).preferences.topics == set()
    assert "aren’t subscribed to anything" in (await room.say("/stop")).text
    await room.say("/subscribe ai")
    assert (await room.chat()).preferences.level is Level.HIGH, "settings are kept"


async def test_subscribing_all_in_one_line(room: Chatroom) -> None:
    await room.say("/subscribe ai, tech layoffs both high 07:30 Europe/Berlin")
    prefs = (await room.chat()).preferences
    assert prefs.topics == {Topic.AI, Topic.TECH_LAYOFFS}
    assert (prefs.mode, prefs.level, prefs.digest_at, prefs.zone) == (
        Mode.BOTH,
        Level.HIGH,
        time(7, 30),
        "Europe/Berlin",
    )


@pytest.mark.parametrize(("zone", "kept"), [("Europe/Berlin", "Europe/Berlin"), ("Mars/Base", None), (None, None)])
async def test_the_zone_the_platform_knows_is_taken_when_it_is_one(
    room: Chatroom, zone: str | None, kept: str | None
) -> None:
    for text in ("/subscribe ai", "/digest 08:00"):
        channel = Channel(platform="chat", address=text)
        await room.say(text, channel=channel, zone=zone)
        assert (await room.chat(channel)).preferences.zone == kept


async def test_what_is_not_understood_changes_nothing(room: Chatroom) -> None:
    await room.say("/subscribe ai")
    before = await room.chat()
    for text in ("/subscribe sport", "/subscribe layoffs Mars/Base", "/unsubscribe sport", "/settings mode never",
                 "/settings zone Mars", "/settings topics ai sport", "/language fr", "/digest 25:00"):  # fmt: skip
        await room.say(text)
        assert await room.chat() == before, text


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("/settings mode digest", "mode", Mode.DIGEST),
        ("/settings mode = ringkasan", "mode", Mode.DIGEST),
        ("/pengaturan ambang tinggi", "level", Level.HIGH),
        ("/settings threshold low", "level", Level.LOW),
        ("/settings digest 21:05", "digest_at", time(21, 5)),
        ("/settings jam 9.15", "digest_at", time(9, 15)),
        ("/settings zone wit", "zone", "Asia/Jayapura"),
        ("/settings zone europe/berlin", "zone", "Europe/Berlin"),
        ("/settings zone New York", "zone", "America/New_York"),
        ("/settings language id", "language", Language.ID),
        ("/bahasa indonesia", "language", Language.ID),
        ("/settings topics layoffs", "topics", frozenset({Topic.LAYOFFS})),
    ],
)
async def test_one_setting_changed(room: Chatroom, text: str, name: str, value: object) -> None:
    await room.say("/subscribe ai")
    before = (await room.chat()).preferences
    await room.say(text)
    after = (await room.chat()).preferences
    assert getattr(after, name) == value
    also = {"mode": after.mode} if name == "digest_at" else {}
    assert after == replace(before, **{name: value}, **also)


async def test_a_digest_hour_switches_the_digest_on(room: Chatroom) -> None:
    await room.say("/digest 08:00")
    chat = await room.chat()
    assert (chat.preferences.mode, chat.preferences.digest_at, chat.since) == (Mode.DIGEST, time(8), NOW)
    assert chat.is_subscribed
    other = Channel(platform="chat", address="alerts")
    await room.say("/subscribe ai", channel=other)
    await room.say("/settings digest 09:00", channel=other)
    assert (await room.chat(other)).preferences.mode is Mode.BOTH


async def test_moving_the_hour_starts_the_count_anew_and_the_threshold_does_not(room: Chatroom) -> None:
    await room.say("/subscribe ai digest 08:00")
    room.clock.tick(HOUR)
    await room.say("/settings threshold high")
    assert (await room.chat()).since == NOW
    await room.say("/settings digest 10:00")
    assert (await room.chat()).since == NOW + HOUR


async def test_the_language_chosen_is_over_the_platforms(room: Chatroom) -> None:
    assert "Perintah" in (await room.say("/zzz", language=Language.ID)).text
    assert (await room.say("/language en", language=Language.ID)).text.startswith("Done. I speak English")
    assert "I don’t know /zzz" in (await room.say("/zzz", language=Language.ID)).text
    assert (await room.say("/language id")).text.startswith("Siap, mulai sekarang")
    assert "Digest" not in (await room.say("/settings")).text


async def test_settings_show_what_is_set(room: Chatroom) -> None:
    await room.say("/subscribe ai layoffs digest high 07:30 wita")
    assert (await room.say("/settings")).paragraphs[1].text == (
        "Topics: AI and Layoffs\nDelivery: daily digest\nFilter: strict – only the clearest stories\n"
        "Language: English\nTime zone: Asia/Makassar (17:30 WITA now)\nDaily digest: 07:30\nQuiet hours: none\n"
        "Alerts: with summary\nLink preview: not shown\nSound: on"
    )


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("/quiet 22-07", Quiet(start=time(22), end=time(7))),
        ("/tenang 22:30-06.45", Quiet(start=time(22, 30), end=time(6, 45))),
        ("/quiet 10 pm to 7 am", Quiet(start=time(22), end=time(7))),
        ("/tenang jam 10 malam sampai 6.30", Quiet(start=time(22), end=time(6, 30))),
        ("/settings quiet 1-5", Quiet(start=time(1), end=time(5))),
    ],
)
async def test_quiet_hours_are_read_as_people_write_them(room: Chatroom, text: str, quiet: Quiet) -> None:
    await room.say(text)
    assert (await room.prefs()).quiet == quiet
    await room.say("/quiet off")
    assert (await room.prefs()).quiet is None


@pytest.mark.parametrize("text", ["/quiet 9-9", "/quiet later", "/quiet 22", "/quiet 25-30", "/quiet break many"])
async def test_quiet_hours_that_are_none_change_nothing(room: Chatroom, text: str) -> None:
    await room.say("/quiet 22-07")
    before = await room.prefs()
    await room.say(text)
    assert await room.prefs() == before


async def test_big_cuts_may_break_through(room: Chatroom) -> None:
    await room.say("/quiet break 1,000")
    assert (await room.prefs()).break_through == 1000
    await room.say("/tenang tembus 2.500")
    assert (await room.prefs()).break_through == 2500
    await room.say("/quiet break off")
    assert (await room.prefs()).break_through is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("/timezone berlin", "Europe/Berlin"),
        ("/zona wita", "Asia/Makassar"),
        ("/timezone san francisco", "America/Los_Angeles"),
        ("/zona Bandung", "Asia/Jakarta"),
        ("/tz europe/london", "Europe/London"),
    ],
)
async def test_a_city_is_zone_enough(room: Chatroom, text: str, zone: str) -> None:
    await room.say(text)
    assert (await room.prefs()).zone == zone


@pytest.mark.parametrize(
    ("typed", "places"), [("utc+7", "Asia/Jakarta"), ("GMT+7", "Asia/Jakarta"), ("+5:30", "Asia/Kolkata")]
)
async def test_a_difference_from_utc_is_asked_back(room: Chatroom, typed: str, places: str) -> None:
    """`Etc/GMT+7` lies seven hours the other way, so it must never be what `GMT+7` comes to."""
    answer = await room.say(f"/timezone {typed}")
    assert (await room.prefs()).zone is None
    assert actions(answer)[0] == f"/timezone {places}"
    await room.say(actions(answer)[0], pressed=True)
    assert (await room.prefs()).zone == places


async def test_a_pause_keeps_what_happens_until_it_ends(room: Chatroom) -> None:
    await room.say("/subscribe ai")
    await room.say("/pause")
    assert (await room.prefs()).paused
    assert "Paused" in (await room.say("/settings")).text
    chat = await room.chat()
    await put(room.store, an_item("Robot one", id="p1"), an_item("Robot two", id="p2"))
    for delivery in await room.store.outbox.claim(room.clock(), room.clock() + HOUR, 9, ["chat"]):
        held = Settled(delivery_id=delivery.id, fence=delivery.fence, state=DeliveryState.HELD, at=room.clock())
        await room.store.outbox.settle(held)
        room.clock.tick(HOUR)
    for delivery in await room.store.outbox.claim(room.clock(), room.clock() + HOUR, 9, ["chat"]):
        held = Settled(delivery_id=delivery.id, fence=delivery.fence, state=DeliveryState.HELD, at=room.clock())
        await room.store.outbox.settle(held)
    assert "2 stories were kept" in (await room.say("/resume")).text
    assert not (await room.prefs()).paused
    kinds = [(one.kind, state) for one, state in await room.store.outbox.of_chat(chat.id)]
    assert (DeliveryKind.CATCH_UP, DeliveryState.QUEUED) in kinds
    assert "Nothing was paused" in (await room.say("/lanjutkan")).text


async def test_a_pause_that_ends_at_night_waits_for_the_morning(room: Chatroom) -> None:
    await room.say("/pause")
    await room.say("/quiet 16-18")  # it is 16:30
    assert "at 18:00" in (await room.say("/resume")).text


@pytest.mark.parametrize(
    ("text", "at", "zone"),
    [
        ("/digest 8", time(8), None),
        ("/digest 8.30", time(8, 30), None),
        ("/ringkasan jam 7 malam", time(19), None),
        ("/digest at 7 pm", time(19), None),
        ("/digest 06:45 WITA", time(6, 45), "Asia/Makassar"),
        ("/digest every day 9", time(9), None),
    ],
)
async def test_the_digest_hour_is_read_forgivingly(room: Chatroom, text: str, at: time, zone: str | None) -> None:
    await room.say(text)
    prefs = await room.prefs()
    assert (prefs.digest_at, prefs.mode, prefs.zone) == (at, Mode.DIGEST, zone)
    await room.say("/digest off")
    assert (await room.prefs()).mode is Mode.ALERT


async def test_the_pages_of_a_digest_that_was_sent_stay_what_they_were(room: Chatroom) -> None:
    await room.say("/digest 08:00")
    chat, day = await room.chat(), NOW.date()
    digest = await room.kit.digests.compose(replace(chat, preferences=Preferences(topics=frozenset(Topic))), day, NOW)
    assert await room.store.outbox.plan_digest(chat.id, day, digest.to_json(), NOW, NOW)
    await put(room.store, an_item("Robot of the afternoon", id="late"))
    second = await room.say(f"/digest {day.isoformat()} 2", pressed=True)
    assert second.in_place
    assert len(second.stories) == 4
    assert "Robot of the afternoon" not in second.text
    assert "Robot of the afternoon" in (await room.say("/digest")).text
