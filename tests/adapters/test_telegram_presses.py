"""A pressed button does what it says, where it was put, and its spinner always goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.channel import Channel
from bot.domain.message import Button, Message, paragraph, say
from bot.domain.request import Request
from bot.domain.story import Language
from bot.platforms.telegram import Telegram
from tests.adapters.fake_telegram import FakeTelegram, Refusal, Sent
from tests.adapters.fake_telegram_talk import QUICK, Talk, channel, nothing, running

HASTY = replace(QUICK, press=0.02)
CARD = Message(paragraphs=(paragraph("a card"),), buttons=((Button(label="More", action="/more s1"),),))


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        server.chat(42)
        server.chat(-5)
        yield server


def told(**looks: object) -> Talk:
    """Answers with the card in these looks."""

    async def answer(request: Request) -> Message:
        return replace(CARD, **looks)

    return Talk(answer)


async def put(bot: Telegram, tg: FakeTelegram, where: Channel, message: Message = CARD) -> Sent:
    await bot.send(where, message, key="k")
    return tg.sent[-1]


@pytest.mark.parametrize("where", [channel(42), channel(-5), channel(-6, 7)], ids=str)
async def test_a_press_types_its_action(tg: FakeTelegram, where: Channel) -> None:
    tg.chat(-6, topics={7})
    talk = Talk()
    async with running(tg, talk) as bot:
        card = await put(bot, tg, where)
        tg.press_button(card, "More", user=7, language="in")
        await talk.until(lambda: talk.replies)
        await tg.wait_for(lambda: tg.answered)
    (request,) = talk.requests
    assert (request.text, request.channel, request.reply_to) == ("/more s1", where, str(card.message_id))
    assert (request.user.id, request.language, request.private) == ("7", Language.ID, where == channel(42))
    assert (request.key, request.pressed, request.addressed) == (f"telegram:callback:{tg.answered[0]}", True, True)
    assert (tg.sent[-1].text, tg.sent[-1].reply_to, tg.notices) == ("re: /more s1", None, {})


async def test_a_short_notice_is_shown_over_the_chat(tg: FakeTelegram) -> None:
    talk = told(paragraphs=(paragraph("Muted."),), toast=True)
    async with running(tg, talk) as bot:
        tg.press_button(await put(bot, tg, channel(42)), "More")
        await tg.wait_for(lambda: tg.notices)
    assert (list(tg.notices.values()), len(tg.sent), talk.replies) == (["Muted."], 1, [])


async def test_a_notice_too_long_is_a_message(tg: FakeTelegram) -> None:
    talk = told(paragraphs=(paragraph("x" * 201),), toast=True)
    async with running(tg, talk) as bot:
        tg.press_button(await put(bot, tg, channel(42)), "More")
        await talk.until(lambda: talk.replies)
        await tg.wait_for(lambda: tg.answered)
    assert (tg.notices, tg.sent[-1].text) == ({}, "x" * 201)


async def test_a_notice_that_comes_too_late_is_a_message(tg: FakeTelegram) -> None:
    async def slow(request: Request) -> Message:
        await tg.wait_for(lambda: tg.answered)
        return replace(say("Muted."), toast=True)

    talk = Talk(slow)
    async with running(tg, talk, times=HASTY) as bot:
        tg.press_button(await put(bot, tg, channel(42)), "More")
        await talk.until(lambda: talk.replies)
    assert (tg.notices, tg.sent[-1].text, len(tg.answered)) == ({}, "Muted.", 1)


async def test_an_answer_in_place(tg: FakeTelegram) -> None:
    talk = told(paragraphs=(paragraph("page 2"),), in_place=True)
    async with running(tg, talk) as bot:
        card = await put(bot, tg, channel(-5))
        tg.press_button(card, "More")
        await talk.until(lambda: talk.replies)
        await tg.wait_for(lambda: tg.answered)
    assert [sent.text for sent in tg.shown.values()] == ["page 2"]
    assert talk.replies[0][2] == (str(card.message_id),)


async def test_in_place_of_a_message_in_several_parts(tg: FakeTelegram) -> None:
    async def page(request: Request) -> Message:
        letters = "yzw" if len(talk.requests) == 1 else "e"
        return replace(CARD, paragraphs=tuple(paragraph(letter * 4000) for letter in letters), in_place=True)

    talk = Talk(page)
    async with running(tg, talk) as bot:
        old = replace(CARD, paragraphs=(paragraph("a" * 4000), paragraph("b" * 4000)))
        tg.press_button(await put(bot, tg, channel(42), old), "More")
        await talk.until(lambda: len(talk.replies) == 1)
        assert [sent.text[0] for _, sent in sorted(tg.shown.items())] == ["y", "z", "w"]
        tg.press_button(tg.shown[max(tg.shown)], "More")
        await talk.until(lambda: len(talk.replies) == 2)
    assert [sent.text[0] for _, sent in sorted(tg.shown.items())] == ["e"]


@pytest.mark.parametrize("words", ["message can't be edited", "message to edit not found", "there is no text"])
async def test_where_it_cannot_be_in_place_the_answer_comes_below(tg: FakeTelegram, words: str) -> None:
    tg.fail("editMessageText", Refusal(code=400, description=f"Bad Request: {words}"))
    talk = told(paragraphs=(paragraph("page 2"),), in_place=True)
    async with running(tg, talk) as bot:
        tg.press_button(await put(bot, tg, channel(42)), "More")
        await talk.until(lambda: talk.replies)
    assert [sent.text for sent in tg.sent] == ["a card", "page 2"]
    assert talk.replies[0][2] == (str(tg.sent[-1].message_id),)


async def test_in_place_is_for_buttons_only(tg: FakeTelegram) -> None:
    talk = told(in_place=True, toast=True)
    async with running(tg, talk):
        tg.say(42, "/settings")
        await talk.until(lambda: talk.replies)
    assert [sent.text for sent in tg.sent] == ["a card"]


async def test_a_button_under_a_message_telegram_does_not_show_any_more(tg: FakeTelegram) -> None:
    talk = Talk()
    async with running(tg, talk) as bot:
        tg.press_button(await put(bot, tg, channel(42)), "More", forgotten=True)
        await talk.until(lambda: talk.replies)


@pytest.mark.parametrize("language", ["en", "id"])
async def test_a_forged_button_is_refused_in_words(tg: FakeTelegram, language: str) -> None:
    tg.chat(-6, topics={7, 8})
    talk = Talk()
    async with running(tg, talk) as bot:
        card, topic = await put(bot, tg, channel(42)), await put(bot, tg, channel(-6, 7))
        data = card.buttons[0][0][1]
        tg.press(-5, 1, data, language=language)  # carried into another chat
        tg.press(-6, topic.message_id, data, language=language)
        tg.press(42, card.message_id, data.replace("s1", "s2"), user=42, language=language)
        tg.press(42, card.message_id, "/unsubscribe", user=42, language=language)
        tg.press(42, card.message_id, "~", user=42, language=language)
        tg.press(-6, topic.message_id, topic.buttons[0][0][1], language=language, forgotten=True)  # topic unknown
        await tg.wait_for(lambda: len(tg.answered) == 6)
    assert talk.requests == []
    expected = "This button is too old" if language == "en" else "Tombol ini sudah lama"
    assert [text.startswith(expected) for text in tg.notices.values()] == [True] * 6


async def test_the_spinner_goes_away_while_the_answer_takes_its_time(tg: FakeTelegram) -> None:
    release = asyncio.Event()

    async def slow(request: Request) -> Message:
        await release.wait()
        return say("done")

    talk = Talk(slow)
    async with running(tg, talk, times=HASTY) as bot:
        card = await put(bot, tg, channel(42))
        tg.say(42, "/latest")  # the chat is busy already
        tg.press_button(card, "More")
        tg.press_button(card, "More")
        await tg.wait_for(lambda: len(tg.answered) == 2)
        assert talk.replies == []
        release.set()
        await talk.until(lambda: len(talk.replies) == 3)


async def test_a_press_that_needs_no_answer_still_loses_its_spinner(tg: FakeTelegram) -> None:
    async with running(tg, Talk(nothing), times=replace(QUICK, press=60)) as bot:
        tg.press_button(await put(bot, tg, channel(42)), "More")
        await tg.wait_for(lambda: tg.answered)


async def test_at_the_end_no_spinner_is_left(tg: FakeTelegram) -> None:
    async def never(request: Request) -> None:
        await asyncio.Event().wait()

    talk = Talk(never)
    async with running(tg, talk, times=replace(QUICK, press=60, stop=0.5, patience=0)) as bot:
        tg.press_button(await put(bot, tg, channel(42)), "More")
        await talk.until(lambda: talk.requests)
    assert len(tg.answered) == 1


async def test_a_button_pressed_long_ago_still_works(tg: FakeTelegram) -> None:
    tg.fail("answerCallbackQuery", Refusal(code=400, description="Bad Request: query is too old"))
    talk = Talk()
    async with running(tg, talk) as bot:
        tg.press_button(await put(bot, tg, channel(42)), "More")
        await talk.until(lambda: talk.replies)
