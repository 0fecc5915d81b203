"""Whatever a feed writes arrives at Slack letter by letter, and none of it acts: alerts, answers, edits, dialogs."""

from __future__ import annotations

import random
from dataclasses import replace

from bot.domain.message import Button, Message, Paragraph, Role, Span, Style, say
from tests.adapters.fake_slack import FakeSlack, problem
from tests.adapters.fake_slack_rules import acts, decoded, paragraphs
from tests.adapters.fake_slack_words import hostile_message
from tests.adapters.slack_bench import NEWS, opened, running

SENT = 120


def words(message: Message) -> list[str]:
    return [paragraph.text for paragraph in message.paragraphs if paragraph.text.strip()]


async def test_what_slack_receives_is_what_was_meant() -> None:
    chance = random.Random(4)
    async with FakeSlack() as slack, opened(slack) as platform:
        for number in range(SENT):
            message = hostile_message(chance)
            before = len(slack.messages)
            ids = await platform.send(NEWS, message, key=f"k{number}")
            other = hostile_message(chance)
            arrived = slack.messages[before:]
            assert [text for posted in arrived for text in paragraphs(posted.blocks)] == words(message)
            assert not any(acts(posted.body) for posted in arrived)
            await platform.edit(NEWS, ids, other)
            arrived = slack.messages[before:]
            assert [text for posted in arrived for text in paragraphs(posted.blocks)] == words(other)
            heard = decoded(arrived[0].text).replace("\u200b", "")  # by screen readers, and in notifications
            assert "\n\n".join(words(other)).replace("\u200b", "").startswith(heard)
        sent = [body for method, body in slack.calls if method in ("chat.postMessage", "chat.update")]
        assert len(sent) >= 2 * SENT
        assert not any(acts(body) or problem(body) for body in sent)


async def test_a_whisper_is_as_literal() -> None:
    chance = random.Random(5)
    message = hostile_message(chance)
    async with FakeSlack() as slack, running(slack, message) as (_, talk, _book):
        await slack.command("/kabar", "latest", channel="C2OTHER")
        await talk.answered()
        [whisper] = slack.whispers
        assert paragraphs(whisper.blocks)[:-1] == words(message)
        assert acts(whisper.body) == []


async def test_a_home_and_a_notice_are_as_literal() -> None:
    pressed = replace(say("<!channel> &lt;b&gt; *x* :tada:"), toast=True)
    home = replace(hostile_message(random.Random(6)), buttons=((Button(label="Go", action="/go"),),))
    async with FakeSlack() as slack, running(slack, lambda r: pressed if r.pressed else home) as (_, talk, _book):
        await slack.open_home()
        await talk.answered()
        await slack.press_at_home("U1ANNA", "Go")
        await talk.answered(2)
        assert slack.dialogs[0].shown == pressed.text
        views = [slack.dialogs[0].view, slack.homes["U1ANNA"].view]
        assert not any(acts({"blocks": view["blocks"]}) for view in views)


def test_the_reader_of_this_test_sees_what_would_act() -> None:
    """The judge is awake: everything it should find, it finds."""
    plain = {"type": "plain_text", "text": ":tada:"}
    for body in (
        {"text": "<!channel>"}, {"text": "<@U1>", "mrkdwn": False}, {"text": ":tada:", "mrkdwn": False},
        {"text": "*bold*"}, {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}]},
        {"blocks": [{"type": "header", "text": plain}]}, {"parse": "full"}, {"link_names": True},
        {"blocks": [{"type": "rich_text", "elements": [{"elements": [{"type": "broadcast", "range": "channel"}]}]}]},
        {"blocks": [{"elements": [{"type": "link", "url": "javascript:alert(1)", "text": "x"}]}]},
    ):  # fmt: skip
        assert acts(body), body
    quiet = Paragraph(spans=(Span(text="<!channel>", styles=frozenset({Style.BOLD})),), role=Role.QUOTE)
    assert acts({"blocks": [{"elements": [{"type": "text", "text": quiet.text}]}]}) == []
