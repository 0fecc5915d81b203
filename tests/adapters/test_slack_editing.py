"""A message of ours that changes, hangs on another, or brings a file along."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, MessageRejected, OutcomeUnknown, PlatformUnavailable, RateLimited
from bot.domain.message import Attachment, Button, Message, paragraph, say
from tests.adapters.fake_slack import TEAM, FakeSlack
from tests.adapters.slack_bench import NEWS, opened, running

PNG = Attachment(name="cuts.png", media_type="image/png", content=b"\x89PNG...", caption="Cuts by week, 12 bars")
OPML = Attachment(name="feeds.opml", media_type="text/x-opml", content=b"<opml/>", caption="Your feeds")


def long(words: str, paragraphs: int = 40) -> Message:
    made = tuple(paragraph(f"{n} " + f"{words} " * 120) for n in range(paragraphs))
    return Message(paragraphs=made, buttons=((Button(label="Next", action="/latest 2"),),))


# --- edits ---


async def test_a_message_is_changed_where_it_stands() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        ids = await platform.send(NEWS, say("Reported by 2 <b>"), key="kabar-1")
        assert await platform.edit(NEWS, ids, say("Reported by 3 <b>")) == ids
        [posted] = slack.messages
        assert (posted.shown, posted.text, posted.edits) == ("Reported by 3 <b>", "Reported by 3 &lt;b&gt;", 1)
        assert posted.metadata is not None  # it can still be found after an unknown outcome
        assert await platform.edit(NEWS, ids, say("Reported by 3 <b>")) == ids  # saying the same is no error


@pytest.mark.parametrize(("before", "after"), [(40, 8), (8, 40), (40, 40), (40, 1), (1, 40)])
async def test_parts_come_and_go(before: int, after: int) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        old = await platform.send(NEWS, long("word", before), key="k")
        new = await platform.edit(NEWS, old, long("other", after))
        assert list(new) == [m.ts for m in slack.messages]
        assert new[: len(old)] == old[: len(new)]
        assert [m.ts for m in slack.deleted] == list(old[len(new) :])
        shown = " ".join(m.shown for m in slack.messages).split()
        assert shown == " ".join(p.text for p in long("other", after).paragraphs).split()
        assert [m.ts for m in slack.messages if any(b["type"] == "actions" for b in m.blocks)] == [new[-1]]


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_what_cannot_be_changed_any_more(code: str) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        ids = await platform.send(NEWS, say("x"), key="k")
        slack.fail_next("chat.update", code)
        with pytest.raises(MessageRejected) as caught:
            await platform.edit(NEWS, ids, say("y"))
        assert caught.value.detail == code


async def test_a_message_of_somebody_else_is_refused() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        theirs = slack.said("hello")["ts"]
        for ids in ((theirs,), ("1722.000001",)):
            with pytest.raises(MessageRejected):
                await platform.edit(NEWS, ids, say("y"))
        with pytest.raises(MessageRejected):
            await platform.edit(NEWS, (theirs,), say(" "))


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ({"error": "ratelimited", "status": 429, "headers": {"Retry-After": "3"}}, RateLimited),
        ({"error": "is_archived"}, ChannelGone),
        ({"error": "is_inactive"}, ChannelGone),
        ({"reset": True}, OutcomeUnknown),
        ({"error": "something_new"}, PlatformUnavailable),
    ],
)
async def test_trouble_with_an_edit_has_its_word(trouble: dict[str, Any], expected: type[Exception]) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        ids = await platform.send(NEWS, say("x"), key="k")
        slack.fail_next("chat.update", **trouble)
        with pytest.raises(expected):
            await platform.edit(NEWS, ids, say("y"))
        assert await platform.edit(NEWS, ids, say("y")) == ids
        assert slack.messages[0].shown == "y"


async def test_an_edit_that_stopped_half_way_adds_nothing_twice() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        old = await platform.send(NEWS, long("word", 8), key="k")
        slack.fail_next("chat.postMessage", "ratelimited", status=429, pass_first=1)
        with pytest.raises(RateLimited):
            await platform.edit(NEWS, old, long("other"))
        new = await platform.edit(NEWS, old, long("other"))
        assert list(new) == [m.ts for m in slack.messages]
        assert len(new) > len(old) + 1


async def test_a_part_that_cannot_be_deleted_stays() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        old = await platform.send(NEWS, long("word"), key="k")
        slack.fail_next("chat.delete", "cant_delete_message")
        assert await platform.edit(NEWS, old, say("short")) == old[:1]


# --- replies ---


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


async def test_a_reply_hangs_on_its_message_and_is_seen_in_the_channel() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        alert = await platform.send(NEWS, say("1,300 jobs"), key="k1")
        ids = await platform.send(NEWS, replace(say("now 2,000"), replies_to=alert), key="k2")
        change = slack.messages[-1]
        assert (change.thread_ts, change.body["reply_broadcast"]) == (alert[0], True)
        assert await platform.was_delivered(NEWS, "k2", an_hour_ago()) == ids


async def test_a_reply_to_a_message_that_was_deleted_stands_alone() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        await platform.send(NEWS, replace(say("now 2,000"), replies_to=("1722.000001",)), key="k2")
        assert (slack.messages[-1].thread_ts, slack.messages[-1].shown) == ("", "now 2,000")


async def test_a_chat_that_lives_in_a_thread_has_its_replies_there() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        root = slack.said("start")["ts"]
        channel = Channel(platform="slack", address=NEWS.address, thread=root)
        alert = await platform.send(channel, say("1,300 jobs"), key="k1")
        await platform.send(channel, replace(say("now 2,000"), replies_to=alert), key="k2")
        assert [m.thread_ts for m in slack.messages] == [root, root]
        assert "reply_broadcast" not in slack.messages[-1].body
        with pytest.raises(ChannelGone):
            await platform.send(replace(channel, thread="1722.000001"), say("x"), key="k3")


# --- files ---


@pytest.mark.parametrize("thread", [False, True])
async def test_a_picture_comes_after_the_words(thread: bool) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        root = slack.said("start")["ts"] if thread else ""
        channel = Channel(platform="slack", address=f"{TEAM}/C1NEWS0", thread=root)
        ids = await platform.send(channel, replace(say("Cuts"), attachment=PNG), key="k")
        assert ids == (slack.messages[0].ts,)
        [file] = slack.files.values()
        assert (file.name, file.content, file.alt) == (PNG.name, PNG.content, PNG.caption)
        assert (file.channel, file.thread_ts, file.title) == ("C1NEWS0", root, PNG.caption)


async def test_a_document_needs_no_words_for_the_blind() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        await platform.send(NEWS, replace(say("Here"), attachment=replace(OPML, caption="")), key="k")
        [file] = slack.files.values()
        assert (file.alt, file.title) == ("", "feeds.opml")


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
async def test_a_file_that_fails_loses_no_words(step: str) -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.fail_next(step, "missing_scope")
        ids = await platform.send(NEWS, replace(say("Cuts"), attachment=PNG), key="k")
        assert [m.ts for m in slack.messages] == list(ids)
        assert not any(file.channel for file in slack.files.values())


async def test_a_message_of_several_parts_has_its_file_once() -> None:
    async with FakeSlack() as slack, opened(slack) as platform:
        slack.fail_next("chat.postMessage", "ratelimited", status=429, pass_first=1)
        message = replace(long("word"), attachment=PNG)
        with pytest.raises(RateLimited):
            await platform.send(NEWS, message, key="k")
        assert slack.files == {}
        await platform.send(NEWS, message, key="k")
        assert len(slack.files) == 1


async def test_an_answer_brings_its_file_and_a_whisper_hands_it_over() -> None:
    async with FakeSlack() as slack, running(slack, replace(say("Yours"), attachment=OPML)) as (_, talk, _book):
        await slack.command("/kabar", "export opml")
        await talk.answered()
        await slack.command("/kabar", "export opml", channel="C2OTHER")
        await talk.answered(2)
        first, second = slack.files.values()
        assert (first.channel, second.content) == ("C1NEWS0", OPML.content)
        assert slack.rooms[second.channel].people == ["U1ANNA"]  # the person's own chat with the bot
