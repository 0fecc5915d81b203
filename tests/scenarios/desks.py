"""The same person at three desks: a terminal, a Telegram account, a Slack workspace; each types, presses and reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import StringIO
from typing import Protocol

from rich.console import Console

from bot.commands.conversation import Conversation
from bot.commands.registry import menu
from bot.domain.channel import Channel, User
from bot.domain.message import Message
from bot.domain.request import Request
from bot.domain.story import Language
from bot.platforms.slack import connect as connect_slack
from bot.platforms.telegram import connect as connect_telegram
from bot.platforms.terminal import Terminal
from bot.platforms.terminal import channel as terminal_channel
from bot.ports import Beat, Clock, Offer, Platform
from tests.adapters.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack, Posted
from tests.adapters.fake_slack_rules import paragraphs
from tests.adapters.fake_telegram import FakeTelegram, Sent

PERSON = 42
PATIENCE = 20.0
SLACK_PEOPLE = {"en": "U1ANNA", "id": "U2BUDI"}


class Heard:
    """The conversation, and how many of its answers have arrived."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._changed = asyncio.Condition()
        self.answers = 0

    async def answer(self, request: Request) -> Message | None:
        return await self._conversation.answer(request)

    async def sent(self, request: Request, message: Message, message_ids: Sequence[str]) -> None:
        await self._conversation.sent(request, message, message_ids)
        async with self._changed:
            self.answers += 1
            self._changed.notify_all()

    async def offers(self, request: Request) -> Sequence[Offer]:
        return await self._conversation.offers(request)

    async def moved(self, old: Channel, new: Channel) -> None:
        await self._conversation.moved(old, new)

    async def gone(self, channel: Channel, reason: str) -> None:
        await self._conversation.gone(channel, reason)

    async def back(self, channel: Channel) -> None:
        await self._conversation.back(channel)

    async def wait(self, answers: int) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: self.answers >= answers)


class Desk(Protocol):
    platform: Platform
    channel: Channel

    async def say(self, text: str) -> None:
        """Types it, and waits for the answer."""

    async def press(self, label: str) -> None:
        """Presses the newest button that begins with `label`, and waits for the answer."""

    def news(self) -> list[str]:
        """What has appeared or changed since the last look, as somebody sees it."""


def _rows(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(" ".join(f"[{label}]" for label in row) for row in rows if row)


class TerminalDesk:
    """Buttons are lines to type; nothing that was printed ever changes."""

    def __init__(self, conversation: Conversation, language: str) -> None:
        self.channel = terminal_channel("you")
        self._page = StringIO()
        self._terminal = Terminal(Console(file=self._page, width=200))
        self.platform: Platform = self._terminal
        self._conversation = conversation
        self._language = Language(language)
        self._read = 0

    async def say(self, text: str) -> None:
        user = User(id="you", name="you")
        request = Request(channel=self.channel, user=user, text=text, key="", language=self._language)
        message = await self._conversation.answer(request)
        assert message is not None, text
        await self._conversation.sent(request, message, self._terminal.show(message))

    async def press(self, label: str) -> None:
        typed = [line for line in self._seen().split("\n") if f"  {label}" in line and "› " in line]
        for line in reversed(typed):
            for hint in line.split("› ")[1:]:
                action, _, name = hint.strip().partition("  ")
                if name.startswith(label):
                    return await self.say(action)
        raise AssertionError(f"nothing to type for {label!r}")

    def news(self) -> list[str]:
        seen = self._seen()
        new, self._read = seen[self._read :], len(seen)
        return [new.strip()] if new.strip() else []

    def _seen(self) -> str:
        return self._page.getvalue()


class TelegramDesk:
    def __init__(self, server: FakeTelegram, platform: Platform, heard: Heard, language: str) -> None:
        self.platform = platform
        self.channel = Channel(platform="telegram", address=str(PERSON))
        self._server = server
        self._heard = heard
        self._language = language
        self._seen: dict[tuple[int, int], Sent] = {}

    async def say(self, text: str) -> None:
        answers = self._heard.answers
        self._server.say(PERSON, text, language=self._language)
        await self._heard.wait(answers + 1)

    async def press(self, label: str) -> None:
        answers = self._heard.answers
        sent, name = self._newest(label)
        self._server.press_button(sent, name, user=PERSON, language=self._language)
        await self._heard.wait(answers + 1)

    def news(self) -> list[str]:
        now = dict(self._server.shown)
        changed = [sent for place, sent in now.items() if self._seen.get(place) != sent]
        self._seen = now
        return ["\n\n".join(filter(None, (sent.text, _rows(_labels(sent))))) for sent in changed]

    def _newest(self, label: str) -> tuple[Sent, str]:
        for sent in reversed(self._server.shown.values()):
            for name in (name for row in _labels(sent) for name in row):
                if name.startswith(label):
                    return sent, name
        raise AssertionError(f"no button {label!r}")


def _labels(sent: Sent) -> list[list[str]]:
    return [[label for label, _data in row] for row in sent.buttons]


class SlackDesk:
    def __init__(self, server: FakeSlack, platform: Platform, heard: Heard, language: str) -> None:
        self.platform = platform
        self.channel = Channel(platform="slack", address="T1TEAM/D1DIRECT")
        self._server = server
        self._heard = heard
        self._user = SLACK_PEOPLE[language]
        self._seen: dict[str, str] = {}

    async def say(self, text: str) -> None:
        """A line with a slash is a command, which Slack takes as `/kabar …` whatever it is called."""
        answers = self._heard.answers
        if text.startswith("/"):
            await self._server.command("/kabar", text[1:], channel="D1DIRECT", user=self._user)
        else:
            await self._server.direct_message(text, user=self._user)
        await self._heard.wait(answers + 1)

    async def press(self, label: str) -> None:
        answers = self._heard.answers
        for posted in reversed(self._server.messages):
            for name in (name for row in _elements(posted) for name in row):
                if name.startswith(label):
                    await self._server.press(posted, name, user=self._user)
                    return await self._heard.wait(answers + 1)
        raise AssertionError(f"no button {label!r}")

    def news(self) -> list[str]:
        now = {posted.ts: _read(posted) for posted in self._server.messages}
        changed = [text for ts, text in now.items() if self._seen.get(ts) != text]
        self._seen = now
        return changed


def _elements(posted: Posted) -> list[list[str]]:
    rows = [block["elements"] for block in posted.blocks if block["type"] == "actions"]
    return [[element["text"]["text"] for element in row if element["type"] == "button"] for row in rows]


def _read(posted: Posted) -> str:
    menus = [
        [option["text"]["text"] for option in element.get("options", [])]
        for block in posted.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    return "\n\n".join(filter(None, (*paragraphs(posted.blocks), _rows([*menus, *_elements(posted)]))))


async def _nothing(beat: Beat) -> None:
    """Beats are for the operator."""


@asynccontextmanager
async def a_desk(name: str, conversation: Conversation, clock: Clock, language: str) -> AsyncIterator[Desk]:
    """A started adapter over its local server, and somebody in a private chat with the bot."""
    if name == "terminal":
        yield TerminalDesk(conversation, language)
        return
    heard = Heard(conversation)
    if name == "telegram":
        async with FakeTelegram() as telegram:
            bot = connect_telegram(token=telegram.token, base_url=telegram.base_url, menu=menu(), clock=clock)
            await bot.start(heard, _nothing)
            try:
                yield TelegramDesk(telegram, bot, heard, language)
            finally:
                await bot.stop()
        return
    async with FakeSlack() as slack:
        bot = connect_slack(bot_token=BOT_TOKEN, app_token=APP_TOKEN, base_url=slack.base_url, menu=menu(), clock=clock)
        await bot.start(heard, _nothing)
        try:
            await slack.wait_for_socket()
            yield SlackDesk(slack, bot, heard, language)
        finally:
            await bot.stop()
