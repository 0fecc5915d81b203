"""Typing the bot's name and some words in any chat offers stories to share there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.message import Attachment, Button, Message, Style, paragraph, say, span
from bot.domain.story import Language
from bot.ports import Offer
from tests.adapters.fake_telegram import FakeTelegram, Refusal
from tests.adapters.fake_telegram_talk import Talk, running

STORY = Message(
    paragraphs=(
        paragraph(span("Wire cuts 300 jobs", Style.BOLD, link="https://wire.example/1", data=True)),
        paragraph(span("Call @everyone", data=True)),
    ),
    buttons=((Button(label="More", action="/more s12"),),),
    stories=(12,),
)
OFFER = Offer(id="s12", title="Wire cuts 300 jobs", description="The Wire · 14.30", message=STORY)


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        yield server


async def test_a_story_to_share(tg: FakeTelegram) -> None:
    talk = Talk()
    talk.to_offer = [OFFER]
    async with running(tg, talk):
        query = tg.seek(7, "ai", "id")
        await tg.wait_for(lambda: tg.offered)
    (request,) = talk.requests
    assert (request.text, request.user.id, request.language, request.private) == ("ai", "7", Language.ID, True)
    assert request.key == f"telegram:update:{query}"
    ((result,),) = tg.offered.values()
    content = result["input_message_content"]
    assert (result["type"], result["id"], result["title"]) == ("article", "s12", "Wire cuts 300 jobs")
    assert result["description"] == "The Wire · 14.30"
    assert content["message_text"] == "Wire cuts 300 jobs\n\nCall @\u2060everyone"
    assert [(e["type"], e["offset"], e["length"]) for e in content["entities"]] == [
        ("bold", 0, 18),
        ("text_link", 0, 18),
    ]
    assert result["reply_markup"]["inline_keyboard"] == [
        [{"text": "Selengkapnya di Kabar", "url": "https://t.me/kabar_bot?start=story_12"}]
    ]
    (answer,) = tg.inline_answers
    assert answer["is_personal"]
    assert 0 < answer["cache_time"] <= 60


async def test_nothing_found_says_so(tg: FakeTelegram) -> None:
    async with running(tg, Talk()):
        tg.seek(7, "zzz")
        await tg.wait_for(lambda: tg.offered)
    assert list(tg.offered.values()) == [[]]
    assert tg.inline_answers[0]["button"] == {"text": "No story found. Open Kabar", "start_parameter": "inline"}


async def test_what_telegram_would_refuse_is_not_offered(tg: FakeTelegram) -> None:
    talk = Talk()
    talk.to_offer = [
        replace(OFFER, id=""),
        replace(OFFER, id="x" * 65),
        replace(OFFER, title=" "),
        replace(OFFER, message=say(" ")),
        replace(
            OFFER, id="file", message=replace(say(""), attachment=Attachment(name="a", media_type="b", content=b"c"))
        ),
        OFFER,
        OFFER,
        replace(OFFER, id="long", title="t" * 999, description="d" * 999, message=say("x " * 5000)),
        *(replace(OFFER, id=f"n{number}") for number in range(60)),
    ]
    async with running(tg, talk):
        tg.seek(7, "ai")
        await tg.wait_for(lambda: tg.offered)
    (results,) = tg.offered.values()
    assert [result["id"] for result in results][:3] == ["s12", "long", "n0"]
    assert len(results) <= 50
    assert "reply_markup" not in results[1]


async def test_a_query_that_is_too_old_stops_nothing(tg: FakeTelegram) -> None:
    words = "query is too old and response timeout expired or query ID is invalid"
    tg.fail("answerInlineQuery", Refusal(code=400, description=f"Bad Request: {words}"))
    talk = Talk()
    async with running(tg, talk):
        tg.seek(7, "a")
        tg.seek(7, "ai")
        await tg.wait_for(lambda: tg.offered)
        tg.say(42, "/latest")
        await talk.until(lambda: talk.replies)
