"""The same conversation in a terminal, on Telegram and on Slack, in both languages: it ends in the same state.

What each of them shows stands in approved/, for people to read. When a sentence or a layout changes on purpose:

    APPROVE=1 .venv/bin/python -m pytest tests/scenarios/test_same_script.py

writes the files anew; read what `git diff` shows before committing it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from bot.commands.conversation import Conversation
from bot.domain.access import Access
from bot.domain.story import Language, Topic
from bot.domain.subscription import Chat, Interest, InterestKind, Mode, Preferences, Quiet
from bot.domain.verdict import Level
from bot.services.compose import Composer
from bot.services.deliver import Deliverer
from tests.builders import NOW
from tests.scenarios.desks import Desk, a_desk
from tests.unit.askroom import Room, a_newsy_day, a_room, titled

APPROVED = Path(__file__).parent / "approved"
PLATFORMS = ("terminal", "telegram", "slack")
BREAKING = "Anthropic’s new AI model runs on a phone"
NEWS = "* a story breaks"
SCRIPTS: Mapping[str, str] = {
    "en": """
        /start
        [AI]
        [Next]
        [Both]
        [English]
        /subscribe tech layoffs
        * a story breaks
        [Mute]
        [Nothing]
        /latest 3
        2
        why 2
        sources 2
        who did Spotify lay off?
        /watch YouTube
        [Only the words]
        /mute Tesla 7d
        /timezone berlin
        /quiet 10 pm to 7 am
        /quiet break 1,000
        settings
        [Filter]
        [Strict]
        /digest 8.30
        /pause
        [Go on]
        /latst
        weather in Atlantis?
        /unsubscribe ai
        thanks
    """,
    "id": """
        /mulai
        [AI]
        [Lanjut]
        [Keduanya]
        [Bahasa Indonesia]
        /langganan phk teknologi
        * a story breaks
        [Bisukan]
        [Tidak jadi]
        /terbaru 3
        2
        kenapa 2
        sumber 2
        ada PHK di Spotify?
        /pantau YouTube
        [Hanya kata]
        /bisukan Tesla 7 hari
        /zona berlin
        /tenang jam 10 malam sampai jam 7 pagi
        /tenang tembus 1.000
        pengaturan
        [Saringan]
        [Ketat]
        /ringkasan 8.30
        /jeda
        [Lanjutkan]
        /terbar
        cuaca di Atlantis?
        /berhenti ai
        terima kasih
    """,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is left of a conversation: the chat's settings, what it watches and mutes."""

    preferences: Preferences
    interests: tuple[Interest, ...]


def the_end(language: str) -> Ending:
    settings = Preferences(
        topics=frozenset({Topic.TECH_LAYOFFS}),
        mode=Mode.BOTH,
        level=Level.HIGH,
        language=Language(language),
        zone="Europe/Berlin",
        digest_at=time(8, 30),
        quiet=Quiet(start=time(22), end=time(7)),
        break_through=1000,
    )
    watch = Interest(chat_id=0, kind=InterestKind.WATCH, phrase="YouTube", key="words:youtube")
    week = NOW + timedelta(days=7)
    mute = Interest(chat_id=0, kind=InterestKind.MUTE, phrase="Tesla", key="employer:Tesla", until=week)
    return Ending(preferences=settings, interests=(watch, mute))


async def held(room: Room, chat: Chat) -> Ending:
    interests = await room.store.chats.interests(chat.id)
    plain = tuple(replace(one, chat_id=0, id=0) for one in interests)
    return Ending(preferences=chat.preferences, interests=plain)


async def breaking_news(room: Room, desk: Desk) -> None:
    await room.publish("wire", titled(BREAKING, summary="It was built for artificial intelligence without a network."))
    composer = Composer(
        stories=room.store.stories, chats=room.store.chats, clock=room.clock, language="en", zone="Asia/Jakarta"
    )
    deliverer = Deliverer(
        outbox=room.store.outbox,
        composer=composer,
        platforms={desk.platform.name: desk.platform},
        clock=room.clock,
        sleep=room.clock.sleep,
    )
    assert (await deliverer.drain()).sent == 1


async def played(room: Room, desk: Desk, script: str) -> str:
    """Every line of the script with what it brought, as it looked on that platform."""
    told: list[str] = []
    for line in (line.strip() for line in script.strip().split("\n")):
        if line == NEWS:
            await breaking_news(room, desk)
        elif line.startswith("["):
            await desk.press(line.strip("[]"))
        else:
            await desk.say(line)
        told.append("\n\n".join([f"▶ {line}", *desk.news()]))
    rule = "─" * 60
    return f"\n\n{rule}\n".join(told) + "\n"


@pytest.mark.parametrize("language", SCRIPTS)
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_the_same_conversation_ends_the_same_everywhere(tmp_path: Path, platform: str, language: str) -> None:
    async with a_room(tmp_path, access=Access()) as room:
        await a_newsy_day(room)
        kit = replace(room.kit, language=Language(language), platforms={})
        conversation = Conversation(kit, room.store.outbox)
        async with a_desk(platform, conversation, room.clock, language) as desk:
            transcript = await played(room, desk, SCRIPTS[language])
            chat = await room.store.chats.find(desk.channel)
        assert chat is not None
        assert await held(room, chat) == the_end(language)
    approved = APPROVED / f"{platform}.{language}.txt"
    if os.environ.get("APPROVE"):
        approved.write_text(transcript, "utf-8")
    assert transcript == approved.read_text("utf-8"), "on purpose? The first lines of this file say what to do"
