"""A message that was sent can be made to say something else, in as many parts as that takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import (
    ChannelGone,
    ChannelMoved,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    PlatformUnavailable,
    RateLimited,
)
from bot.domain.message import Attachment, Button, Message, Style, paragraph, say, span
from bot.platforms.telegram import Telegram
from tests.adapters.fake_telegram import FakeTelegram, Refusal, Trouble, flood
from tests.adapters.fake_telegram_talk import bot_of, channel

CHART = Attachment(name="chart.png", media_type="image/png", content=b"\x89PNG 1", caption="Job cuts")
NEXT = ((Button(label="Next", action="/latest 2"),),)


def long(*letters: str) -> Message:
    """As many parts as letters."""
    return say(*(letter * 3000 for letter in letters))


def held(tg: FakeTelegram, chat_id: int = 42) -> list[str]:
    """What the chat shows, each message by its first letter."""
    return [sent.text[:1] for (chat, _), sent in sorted(tg.shown.items()) if chat == chat_id]


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        server.chat(42)
        yield server


@pytest.fixture
async def bot(tg: FakeTelegram) -> AsyncIterator[Telegram]:
    async with bot_of(tg) as one:
        yield one


async def test_a_message_says_something_else_in_its_place(tg: FakeTelegram, bot: Telegram) -> None:
    ids = await bot.send(channel(42), Message(paragraphs=(paragraph("300 jobs"),), buttons=NEXT), key="k")
    new = Message(
        paragraphs=(paragraph(span("500", Style.BOLD), " jobs"),), buttons=((Button(label="Why", action="/why s1"),),)
    )
    assert await bot.edit(channel(42), ids, new) == ids
    (shown,) = tg.shown.values()
    assert (shown.text, [e["type"] for e in shown.entities], shown.buttons[0][0][0]) == ("500 jobs", ["bold"], "Why")
    assert len(tg.sent) == 1
    assert await bot.edit(channel(42), ids, say("500 jobs")) == ids
    assert next(iter(tg.shown.values())).buttons == ()


async def test_one_that_says_so_already_is_no_error(tg: FakeTelegram, bot: Telegram) -> None:
    message = Message(paragraphs=(paragraph("300 jobs"),), buttons=NEXT)
    ids = await bot.send(channel(42), message, key="k")
    assert await bot.edit(channel(42), ids, message) == ids
    assert (tg.edits, len(tg.called("editMessageText"))) == ([], 1)


@pytest.mark.parametrize(("old", "new"), [("a", "xyz"), ("ab", "xyz"), ("abc", "xyz"), ("abc", "x"), ("abc", "abx")])
async def test_parts_that_come_and_go(tg: FakeTelegram, bot: Telegram, old: str, new: str) -> None:
    ids = await bot.send(channel(42), long(*old), key="k")
    after = await bot.edit(channel(42), ids, replace(long(*new), buttons=NEXT))
    assert held(tg) == list(new)
    assert [str(message_id) for _, message_id in sorted(tg.shown)] == list(after)
    assert after[: len(ids)] == ids[: len(after)]
    assert [bool(sent.buttons) for _, sent in sorted(tg.shown.items())] == [False] * (len(new) - 1) + [True]


async def test_an_edit_that_broke_off_is_made_again_without_harm(tg: FakeTelegram, bot: Telegram) -> None:
    ids = await bot.send(channel(42), long("a", "b"), key="k")
    tg.after("editMessageText", 1, flood(9))
    with pytest.raises(RateLimited):
        await bot.edit(channel(42), ids, long("x", "y", "z", "w"))
    tg.after("sendMessage", 1, flood(900))
    with pytest.raises(OutcomeUnknown, match="1 of 2"):
        await bot.edit(channel(42), ids, long("x", "y", "z", "w"))
    assert len(await bot.edit(channel(42), ids, long("x", "y", "z", "w"))) == 4
    assert held(tg) == ["x", "y", "z", "w"]


async def test_parts_too_old_to_be_removed_stay(tg: FakeTelegram, bot: Telegram) -> None:
    ids = await bot.send(channel(42), long("a", "b"), key="k")
    tg.fail("deleteMessages", Refusal(code=400, description="Bad Request: message can't be deleted for everyone"))
    assert await bot.edit(channel(42), ids, say("x")) == ids[:1]
    assert held(tg) == ["x", "b"]


async def test_under_a_picture_the_words_change(tg: FakeTelegram, bot: Telegram) -> None:
    ids = await bot.send(channel(42), replace(say("May"), attachment=CHART), key="k")
    assert await bot.edit(channel(42), ids, Message(paragraphs=(paragraph("June"),), buttons=NEXT)) == ids
    assert await bot.edit(channel(42), ids, Message(paragraphs=(paragraph("June"),), buttons=NEXT)) == ids
    (shown,) = tg.shown.values()
    assert (shown.kind, shown.text, shown.buttons[0][0][0]) == ("photo", "June", "Next")
    with pytest.raises(MessageRejected):
        await bot.edit(channel(42), ids, say("x" * 1025))


async def test_a_picture_comes_to_a_text_and_changes(tg: FakeTelegram, bot: Telegram) -> None:
    ids = await bot.send(channel(42), say("May"), key="k")
    for content in (b"\x89PNG 1", b"\x89PNG 2"):
        picture = replace(CHART, content=content)
        message = Message(paragraphs=(paragraph(span("May", Style.BOLD)),), attachment=picture, buttons=NEXT)
        assert await bot.edit(channel(42), ids, message) == ids
        (shown,) = tg.shown.values()
        assert (shown.kind, shown.file.content, shown.entities[0]["type"]) == ("photo", content, "bold")


def bad(words: str, **parameters: int) -> Refusal:
    return Refusal(code=400, description=f"Bad Request: {words}", parameters=parameters or None)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (bad("message can't be edited"), MessageRejected),
        (bad("message to edit not found"), MessageRejected),
        (bad("MESSAGE_ID_INVALID"), MessageRejected),
        (bad("group chat was upgraded", migrate_to_chat_id=-1009), ChannelMoved),
        (bad("chat not found"), ChannelGone),
        (flood(7), RateLimited),
        (Refusal(code=403, description="Forbidden: bot was blocked by the user"), ChannelGone),
        (Refusal(code=401, description="Unauthorized"), PlatformUnavailable),
        (Trouble.BAD_GATEWAY, OutcomeUnknown),
        (Trouble.RESET, OutcomeUnknown),
    ],
    ids=str,
)
async def test_what_an_answer_means(
    tg: FakeTelegram, bot: Telegram, answer: Refusal | Trouble, meaning: type[DeliveryError]
) -> None:
    ids = await bot.send(channel(42), say("a"), key="k")
    tg.fail("editMessageText", answer)
    with pytest.raises(meaning) as caught:
        await bot.edit(channel(42), ids, say("b"))
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == timedelta(seconds=7)


async def test_what_is_not_there_or_not_ours(tg: FakeTelegram, bot: Telegram) -> None:
    tg.say(42, "somebody's words")
    (gone,) = await bot.send(channel(42), say("a"), key="k")
    tg.shown.clear()
    for ids in (("1",), (gone,), ("4711",), ("no number",), ()):
        with pytest.raises(MessageRejected):
            await bot.edit(channel(42), ids, say("b"))
    with pytest.raises(MessageRejected):
        await bot.edit(channel(42), (gone,), say(" "))
