"""A pause with an end: how it is read in both languages, what comes meanwhile, and that it ends by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.ends import end_in
from bot.domain.story import Language
from bot.domain.subscription import Mode
from tests.builders import DAY, HOUR, MINUTE, NOW, patient
from tests.unit.chatroom import ADMIN, GROUP, MEMBER, NEWS, Chatroom, actions, an_empty_room, furnished

JAKARTA = "Asia/Jakarta"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Chatroom]:
    async with an_empty_room(tmp_path) as empty:
        yield await furnished(empty)


def local(text: str) -> datetime:
    """A moment on the wall in Jakarta, where it is Saturday 14 March, 16:30."""
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=ZoneInfo(JAKARTA))


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2h", NOW + 2 * HOUR),
        ("for 2 hours", NOW + 2 * HOUR),
        ("2 jam", NOW + 2 * HOUR),
        ("selama 2 jam", NOW + 2 * HOUR),
        ("30 menit", NOW + 30 * MINUTE),
        ("30m", NOW + 30 * MINUTE),
        ("90 min", NOW + 90 * MINUTE),
        ("half an hour", NOW + 30 * MINUTE),
        ("sejam", NOW + HOUR),
        ("3d", NOW + 3 * DAY),
        ("3 hari", NOW + 3 * DAY),
        ("seminggu", NOW + 7 * DAY),
        ("2 minggu", NOW + 14 * DAY),
        ("999w", NOW + 366 * DAY),
        ("until 17:45", local("14 17:45")),
        ("sampai jam 8 malam", local("14 20:00")),
        ("8 am", local("15 08:00")),
        ("until 08:00", local("15 08:00")),
        ("16:30", local("15 16:30")),
        ("tomorrow", local("15 08:00")),
        ("until tomorrow 9 am", local("15 09:00")),
        ("sampai besok", local("15 08:00")),
        ("besok jam 7", local("15 07:00")),
        ("besok sore", local("15 16:00")),
        ("lusa", local("16 08:00")),
        ("tonight", local("14 19:00")),
        ("nanti malam", local("14 19:00")),
        ("Monday", local("16 08:00")),
        ("sampai hari Senin", local("16 08:00")),
        ("saturday 10:00", local("21 10:00")),
        ("jum'at", local("20 08:00")),
        ("next week", local("21 08:00")),
        ("minggu depan", local("21 08:00")),
    ],
)
def test_an_end_is_read_as_people_say_it(text: str, end: datetime) -> None:
    assert end_in(text, NOW, JAKARTA) == end


@pytest.mark.parametrize(
    "text",
    ["", "please", "0h", "0 menit", "2 whiles", "25:00", "until", "sampai", "today 8:00", "besoknya lagi", "2h 30",
     "-2h", "monday monday", "99999999999h", "1.5h", "٣h"],
)  # fmt: skip
def test_what_says_no_end_gives_none(text: str) -> None:
    assert end_in(text, NOW, JAKARTA) is None


def test_an_hour_that_a_country_skips_or_has_twice_is_an_end_all_the_same() -> None:
    before = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert end_in("2:30", before, "Europe/Berlin") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    before = datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert end_in("until 2:30", before, "Europe/Berlin") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@patient
@given(st.text(max_size=40), st.integers(0, 20_000))
def test_an_end_is_always_ahead_and_never_beyond_a_year(text: str, hours: int) -> None:
    now = NOW + hours * HOUR
    end = end_in(text, now, "Europe/Berlin")
    assert end is None or now < end <= now + timedelta(days=366)


@pytest.mark.parametrize(
    ("text", "language", "told"),
    [
        ("/pause 2h", "en", "Paused until 18:30 WIB."),
        ("/jeda 2 jam", "id", "Kiriman dijeda sampai 18.30 WIB."),
        ("/jeda sampai besok", "id", "Kiriman dijeda sampai 15 Mar, 08.00 WIB."),
        ("pause until tomorrow", "en", "Paused until 15 Mar, 08:00 WIB."),
    ],
)
async def test_a_pause_says_when_it_ends(room: Chatroom, text: str, language: str, told: str) -> None:
    answer = await room.say(text, language=Language(language))
    assert answer.text.startswith(told)
    assert actions(answer) == ["/resume"]
    prefs = await room.prefs()
    assert prefs.paused_until is not None
    assert prefs.is_paused(prefs.paused_until - MINUTE)
    assert not prefs.is_paused(prefs.paused_until)
    panel = (await room.say("/settings", language=Language(language))).text
    assert told.split(" WIB", maxsplit=1)[0].rsplit(maxsplit=1)[-1] in panel


@pytest.mark.parametrize("text", ["/pause please", "/jeda entah", "/pause 0h", "/pause " + "x" * 500, "/pause {0} %s"])
async def test_an_end_that_is_not_understood_pauses_nothing(room: Chatroom, text: str) -> None:
    answer = await room.say(text)
    assert "/pause 2h" in answer.text
    assert not (await room.prefs()).paused


@pytest.mark.parametrize(("text", "told"), [("/pause 2", "/pause 2d"), ("/jeda 3", "/jeda 3 hari")])
async def test_a_bare_number_is_asked_back(room: Chatroom, text: str, told: str) -> None:
    language = Language.ID if text.startswith("/jeda") else Language.EN
    assert told in (await room.say(text, language=language)).text
    assert not (await room.prefs()).paused


async def test_a_pause_without_an_end_offers_two_ends(room: Chatroom) -> None:
    answer = await room.say("/pause")
    assert "until you /resume" in answer.text
    assert (await room.prefs()).paused_until is None
    shorter = await room.press("Only 2 hours", answer)
    assert shorter.in_place
    assert shorter.text.startswith("Paused until 18:30 WIB")
    assert "until you /resume" in (await room.say("/pause now")).text, "for good after all"
    assert "Already paused" in (await room.say("/pause on")).text
    assert "pause is over" in (await room.say("/pause off")).text
    assert not (await room.prefs()).paused


async def test_a_pause_that_is_over_is_none(room: Chatroom) -> None:
    await room.say("/pause 2h")
    room.clock.tick(2 * HOUR)
    assert "Nothing was paused" in (await room.say("/resume")).text
    assert "Paused" not in (await room.say("/settings")).text
    assert "until you /resume" in (await room.say("/pause")).text


async def test_a_channels_admin_pauses_it_from_afar_and_members_pause_no_group(room: Chatroom) -> None:
    await room.say("/pause 2h @news", user=ADMIN)
    assert (await room.prefs(NEWS)).is_paused(room.clock())
    assert not (await room.prefs()).paused
    await room.say("/pause 2h", user=MEMBER, channel=GROUP, private=False)
    assert not (await room.prefs(GROUP)).paused


async def test_no_digest_comes_in_a_pause_and_the_next_one_tells_of_all(room: Chatroom) -> None:
    await room.say("/digest 08:00")
    await room.say("/pause 3d")
    room.clock.tick(DAY)  # Sunday, 16:30
    assert await room.kit.digests.plan_due() == 0
    room.clock.tick(2 * DAY + 16 * HOUR)  # Wednesday, 08:30
    assert await room.kit.digests.plan_due() == 1
    chat = await room.chat()
    assert chat.preferences.mode is Mode.DIGEST
    [(digest, _state)] = await room.store.outbox.of_chat(chat.id)
    assert "robots" not in (digest.payload or "")
    assert '"items"' in (digest.payload or "")
