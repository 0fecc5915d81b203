"""What the Bot API does to a message we send, and which of our errors it becomes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.errors import (
    ChannelGone,
    ChannelMoved,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
)
from bot.domain.message import Attachment, Button, Message, Style, paragraph, say, span
from bot.platforms.telegram import Telegram, connect
from bot.platforms.telegram.inert import clean
from tests.adapters.fake_telegram import FakeTelegram, Refusal, Trouble, flood
from tests.adapters.fake_telegram_talk import Hands, bot_of, channel

LONG = say(*("x" * 3000 for _ in range(3)))  # three parts


@pytest.fixture
async def tg() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram() as server:
        server.chat(42)
        yield server


@pytest.fixture
async def bot(tg: FakeTelegram) -> AsyncIterator[Telegram]:
    async with bot_of(tg) as one:
        yield one


async def test_a_message_arrives_with_styles_buttons_and_switches(tg: FakeTelegram, bot: Telegram) -> None:
    message = Message(
        paragraphs=(paragraph("see ", span("this <b>", Style.BOLD, link="https://a.example/")),),
        buttons=((Button(label="More", action="/more s1"), Button(label="Why", action="/why s1")),),
        silent=True,
        preview=True,
    )
    ids = await bot.send(channel(42), message, key="kabar-1")
    (sent,) = tg.sent
    assert ids == (str(sent.message_id),)
    assert sent.text == "see this <b>"
    assert [(e["type"], e["offset"], e["length"], e.get("url")) for e in sent.entities] == [
        ("bold", 4, 8, None),
        ("text_link", 4, 8, "https://a.example/"),
    ]
    assert [[label for label, _ in row] for row in sent.buttons] == [["More", "Why"]]
    assert [data.partition("~")[0] for _, data in sent.buttons[0]] == ["/more s1", "/why s1"]
    assert (sent.silent, sent.preview, sent.thread, sent.reply_to) == (True, True, None, None)
    assert "parse_mode" not in sent.params


async def test_without_a_wish_there_is_sound_and_no_preview(tg: FakeTelegram, bot: Telegram) -> None:
    await bot.send(channel(42), say("https://a.example"), key="k")
    assert (tg.sent[0].silent, tg.sent[0].preview) == (False, False)


async def test_a_topic_of_a_forum(tg: FakeTelegram, bot: Telegram) -> None:
    tg.chat(-100, topics={7, 8}, closed_topics={8})
    await bot.send(channel(-100, 7), say("a"), key="k")
    assert tg.sent[0].thread == 7
    for thread, reason in ((8, "topic_closed"), (9, "topic_deleted"), ("x", "topic_deleted")):
        with pytest.raises(ChannelGone, match=reason):
            await bot.send(channel(-100, thread), say("a"), key="k")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(categories=None), min_size=1))
async def test_any_text_arrives(tg: FakeTelegram, bot: Telegram, text: str) -> None:
    tg.sent.clear()
    message = Message(paragraphs=(paragraph("! ", span(text, Style.BOLD)),))
    await bot.send(channel(42), message, key="k")
    assert [sent.text for sent in tg.sent] == [clean("! " + text)]


async def test_parts_go_out_in_order(tg: FakeTelegram, bot: Telegram) -> None:
    ids = await bot.send(channel(42), LONG, key="k")
    assert [str(sent.message_id) for sent in tg.sent] == list(ids)
    assert len(ids) == 3


CHART = Attachment(name="chart.png", media_type="image/png", content=b"\x89PNG", caption="Job cuts")
EXPORT = Attachment(name="kabar.csv", media_type="text/csv", content="id;title\n1;é\n".encode())


@pytest.mark.parametrize(("file", "kind"), [(CHART, "photo"), (EXPORT, "document")])
async def test_a_file_goes_along(tg: FakeTelegram, bot: Telegram, file: Attachment, kind: str) -> None:
    tg.chat(-100, topics={7})
    words = Message(
        paragraphs=(paragraph("see ", span("this", Style.BOLD)),),
        buttons=((Button(label="More", action="/more s1"),),),
        attachment=file,
        silent=True,
    )
    ids = await bot.send(channel(-100, 7), words, key="k")
    (sent,) = tg.sent
    assert ids == (str(sent.message_id),)
    assert (sent.kind, sent.text, sent.thread, sent.silent) == (kind, "see this", 7, True)
    assert [(e["type"], e["offset"], e["length"]) for e in sent.entities] == [("bold", 4, 4)]
    assert (sent.file.name, sent.file.content) == (file.name, file.content)
    assert sent.buttons[0][0][0] == "More"


async def test_long_words_come_before_their_picture_and_only_once(tg: FakeTelegram, bot: Telegram) -> None:
    message = replace(LONG, attachment=CHART)
    tg.fail("sendPhoto", Refusal(code=500, description="Internal Server Error"))
    with pytest.raises(OutcomeUnknown, match="3 of 4"):
        await bot.send(channel(42), message, key="k")
    await bot.send(channel(42), message, key="k")
    assert [sent.kind for sent in tg.sent] == ["message"] * 3 + ["photo"]
    assert tg.sent[-1].text == "Job cuts"


async def test_a_chat_that_takes_no_files_is_not_gone(tg: FakeTelegram, bot: Telegram) -> None:
    tg.chat(-100, no_files=True)
    message = replace(say("words"), attachment=CHART)
    with pytest.raises(MessageRejected):
        await bot.send(channel(-100), message, key="k")
    await bot.send(channel(-100), message.plain(), key="k")
    assert [sent.text for sent in tg.sent] == ["words"]


async def test_a_reply_stands_under_what_it_answers(tg: FakeTelegram, bot: Telegram) -> None:
    (first,) = await bot.send(channel(42), say("an alert"), key="k1")
    await bot.send(channel(42), replace(LONG, replies_to=(first,)), key="k2")
    await bot.send(channel(42), replace(say("its alert was deleted"), replies_to=("4711",)), key="k3")
    assert [sent.reply_to for sent in tg.sent] == [None, int(first), None, None, None]


async def test_nothing_to_say_is_refused(bot: Telegram) -> None:
    with pytest.raises(MessageRejected):
        await bot.send(channel(42), say(" "), key="k")


def bad(words: str, **parameters: int) -> Refusal:
    return Refusal(code=400, description=f"Bad Request: {words}", parameters=parameters or None)


def forbidden(words: str) -> Refusal:
    return Refusal(code=403, description=f"Forbidden: {words}")


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (flood(7), RateLimited(timedelta(seconds=7))),
        (flood(43_837), RateLimited(timedelta(seconds=43_837))),
        (flood(), RateLimited(timedelta(seconds=30))),
        (bad("group chat was upgraded", migrate_to_chat_id=-1009), ChannelMoved(channel(-1009))),
        (bad("group chat was upgraded to a supergroup chat"), ChannelGone("upgraded")),
        (bad("chat not found"), ChannelGone("not_found")),
        (bad("PEER_ID_INVALID"), ChannelGone("not_found")),
        (bad("group chat was deactivated"), ChannelGone("deleted")),
        (bad("have no rights to send a message"), ChannelGone("no_rights")),
        (bad("not enough rights to send text messages to the chat"), ChannelGone("no_rights")),
        (bad("need administrator rights in the channel chat"), ChannelGone("no_rights")),
        (bad("CHAT_WRITE_FORBIDDEN"), ChannelGone("no_rights")),
        (bad("TOPIC_CLOSED"), ChannelGone("topic_closed")),
        (bad("message thread not found"), ChannelGone("topic_deleted")),
        (bad("can't parse entities: what"), MessageRejected("Can't parse entities: what")),
        (forbidden("bot was blocked by the user"), ChannelGone("blocked")),
        (forbidden("user is deactivated"), ChannelGone("deactivated")),
        (forbidden("bot was kicked from the supergroup chat"), ChannelGone("kicked")),
        (forbidden("bot is not a member of the channel chat"), ChannelGone("not_a_member")),
        (forbidden("bot can't initiate conversation with a user"), ChannelGone("not_started")),
        (forbidden("something new"), ChannelGone("forbidden")),
        (Refusal(code=401, description="Unauthorized"), PlatformUnavailable("")),
        (Refusal(code=404, description="Not Found"), PlatformUnavailable("")),
        (Refusal(code=409, description="Conflict: x"), PlatformUnavailable("")),
        (Refusal(code=500, description="Internal Server Error"), OutcomeUnknown("")),
        (Trouble.BAD_GATEWAY, OutcomeUnknown("")),
        (Trouble.GIBBERISH, OutcomeUnknown("")),
        (Trouble.RESET, OutcomeUnknown("")),
        (Trouble.DROPPED, OutcomeUnknown("")),
        (Trouble.HANG, OutcomeUnknown("")),
    ],
    ids=str,
)
async def test_what_an_answer_means(
    tg: FakeTelegram, bot: Telegram, answer: Refusal | Trouble, meaning: DeliveryError
) -> None:
    tg.fail("sendMessage", answer)
    with pytest.raises(type(meaning)) as caught:
        await bot.send(channel(42), say("a"), key="k")
    wanted = {name: value for name, value in vars(meaning).items() if not name.startswith("_")}
    assert {name: getattr(caught.value, name) for name in wanted} == wanted
    assert len(tg.called("sendMessage")) == 1


async def test_a_chat_that_is_not_there(bot: Telegram) -> None:
    for address in ("4711", "-5", "", "nobody"):
        with pytest.raises(ChannelGone, match="not_found"):
            await bot.send(channel(address), say("a"), key="k")


async def test_the_thread_of_a_moved_chat_is_kept(tg: FakeTelegram, bot: Telegram) -> None:
    tg.fail("sendMessage", bad("group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1009))
    with pytest.raises(ChannelMoved) as moved:
        await bot.send(channel(-9, 3), say("a"), key="k")
    assert moved.value.new == channel(-1009, 3)


async def test_nobody_listening_means_surely_not_delivered(tg: FakeTelegram, bot: Telegram) -> None:
    await tg.down()
    with pytest.raises(PlatformUnavailable):
        await bot.send(channel(42), say("a"), key="k")


async def test_after_stop_nothing_is_sent(bot: Telegram) -> None:
    await bot.stop()
    with pytest.raises(PlatformUnavailable):
        await bot.send(channel(42), say("a"), key="k")


async def test_later_parts_wait_out_a_short_rate_limit(tg: FakeTelegram, bot: Telegram) -> None:
    tg.fail("sendMessage", flood(0.01))
    with pytest.raises(RateLimited):
        await bot.send(channel(42), LONG, key="k")
    assert len(tg.sent) == 0
    tg.after("sendMessage", 1, flood(0.01), flood(0.01))
    assert len(await bot.send(channel(42), LONG, key="k")) == 3
    assert len(tg.sent) == 3


async def test_a_message_of_which_only_a_part_arrived_goes_on_there(tg: FakeTelegram, bot: Telegram) -> None:
    tg.after("sendMessage", 1, flood(600))
    with pytest.raises(OutcomeUnknown, match="1 of 3 parts"):
        await bot.send(channel(42), LONG, key="k")
    tg.fail("sendMessage", forbidden("bot was blocked by the user"))
    with pytest.raises(ChannelGone):  # nothing more arrived: this failure is the plain truth
        await bot.send(channel(42), LONG, key="k")
    ids = await bot.send(channel(42), LONG, key="k")
    assert [str(sent.message_id) for sent in tg.sent] == list(ids)
    assert len(tg.sent) == 3


async def test_a_changed_message_does_not_go_on_where_another_stopped(tg: FakeTelegram, bot: Telegram) -> None:
    tg.after("sendMessage", 1, flood(600))
    with pytest.raises(OutcomeUnknown):
        await bot.send(channel(42), LONG, key="k")
    await bot.send(channel(42), say("other"), key="k")
    assert [len(sent.text) for sent in tg.sent] == [3000, 5]


async def test_a_bot_never_knows_what_it_delivered(bot: Telegram) -> None:
    assert await bot.was_delivered(channel(42), "k", datetime(2026, 1, 1, tzinfo=UTC)) is None


async def test_check_tells_the_name(bot: Telegram) -> None:
    assert (await bot.check()).name == "@kabar_bot"


@pytest.mark.parametrize("token", ["1:wrong", "nonsense", "with space", "with\ttab", "with\u00a0é", " "])
async def test_check_of_a_wrong_token(tg: FakeTelegram, token: str) -> None:
    async with bot_of(tg, token) as bot:
        with pytest.raises(PlatformRefused, match="BotFather") as refused:
            await bot.check()
    assert refused.value.reason == "invalid_token"
    assert token == " " or token not in str(refused.value)


async def test_check_without_a_connection(tg: FakeTelegram, bot: Telegram) -> None:
    await tg.down()
    with pytest.raises(PlatformRefused) as refused:
        await bot.check()
    assert refused.value.reason == "unreachable"


async def test_no_log_line_has_the_token(tg: FakeTelegram, bot: Telegram, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await bot.send(channel(42), say("a"), key="k")
        tg.fail("sendMessage", Trouble.GIBBERISH, Trouble.RESET, bad("x"))
        for _ in range(3):
            with pytest.raises(DeliveryError):
                await bot.send(channel(42), say("a"), key="k")
        tg.token = "1:other"
        with pytest.raises(PlatformRefused):
            await bot.check()
    assert "FAKE-token" not in caplog.text


def test_addresses_as_the_library_takes_them() -> None:
    def addresses(base: str | None, files: str | None = None) -> tuple[str, str]:
        client = connect(token="1:a", base_url=base, base_file_url=files, menu=(), clock=Hands())._client
        return client.base_url, client.base_file_url

    assert addresses(None) == ("https://api.telegram.org/bot1:a", "https://api.telegram.org/file/bot1:a")
    assert addresses("http://h:1/x/bot") == ("http://h:1/x/bot1:a", "http://h:1/x/file/bot1:a")
    assert addresses("http://h/bot/") == ("http://h/bot1:a", "http://h/file/bot1:a")
    assert addresses("http://h/bot", "http://f/bot") == ("http://h/bot1:a", "http://f/bot1:a")


async def test_pauses_keep_within_the_limits_of_each_kind_of_chat(bot: Telegram) -> None:
    assert bot.pause(channel(42)) >= timedelta(seconds=1)
    assert bot.pause(channel(-100)) * 20 >= timedelta(minutes=1)
