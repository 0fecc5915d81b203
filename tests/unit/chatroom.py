"""A room to chat in: a conversation over a real store, where every answer is also sent, so that its numbers count."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.commands.command import Kit
from bot.commands.conversation import Conversation
from bot.commands.registry import by_word
from bot.domain.access import Access
from bot.domain.channel import Channel, User
from bot.domain.message import Button, Message, Role
from bot.domain.story import Topic
from bot.domain.subscription import Chat, Preferences
from bot.services.health import Health
from bot.services.operator import Operator
from bot.store.store import Store
from bot.texts import Texts
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    ScriptedPlatform,
    Timepiece,
    a_request,
    a_spec,
    an_item,
    filled,
    put,
    some_items,
)
from tests.unit.askroom import Room, a_room

HERE = Channel(platform="chat", address="me")
GROUP = Channel(platform="chat", address="-100", thread="7")
NEWS = Channel(platform="chat", address="-100200300")
DESK = Channel(platform="chat", address="-100999")
ADMIN, MEMBER = User(id="1", name="Ani"), User(id="2", name="Budi")
LANGUAGES = ("en", "id")


@dataclass
class Chatroom:
    store: Store
    clock: Timepiece
    platform: ScriptedPlatform
    kit: Kit
    conversation: Conversation
    asking: Room
    sent: list[Message] = field(default_factory=list)

    async def hear(self, text: str, **request: object) -> Message | None:
        asked = a_request(text, **({"channel": HERE, "user": MEMBER} | request))
        message = await self.conversation.answer(asked)
        if message is not None:
            self.sent.append(message)
            await self.conversation.sent(asked, message, [f"b{len(self.sent)}"])
        return message

    async def say(self, text: str, **request: object) -> Message:
        message = await self.hear(text, **request)
        assert message is not None, f"no answer to {text!r}"
        return well(message, text)

    async def press(self, label: str, message: Message, **request: object) -> Message:
        """The answer to the button that begins with `label`."""
        found = [button for button in buttons(message) if button.label.startswith(label)]
        assert found, f"no button {label!r} among {[button.label for button in buttons(message)]}"
        return await self.say(found[0].action, pressed=True, **request)

    async def chat(self, channel: Channel = HERE) -> Chat:
        found = await self.store.chats.find(channel)
        assert found is not None
        return found

    async def prefs(self, channel: Channel = HERE) -> Preferences:
        return (await self.chat(channel)).preferences

    def restarted(self, **kit: object) -> Conversation:
        return Conversation(replace(self.kit, **kit), self.store.outbox)  # type: ignore[arg-type]

    def open_to(self, access: Access) -> None:
        self.conversation = self.restarted(access=access)


def well(message: Message, text: str) -> Message:
    """An answer that says something, that is no excuse, and whose buttons can be pressed."""
    assert message.text.strip(), f"an empty answer to {text!r}"
    for language in LANGUAGES:
        for excuse in ("trouble.other", "trouble.database"):
            assert Texts(language).say(excuse) not in message.text, f"an excuse to {text!r}"
    for button in buttons(message):
        assert len(button.action.encode()) <= 56, button
        assert button.label.strip()
        assert button.action.removeprefix("/").split()[0] in by_word(), f"{button.action} is no command"
    for part in message.paragraphs:
        assert part.role is not Role.TABLE or all(len(line) <= 34 for line in part.text.splitlines()), part.text
    return message


def buttons(message: Message) -> list[Button]:
    return [button for row in message.buttons for button in row]


def actions(message: Message) -> list[str]:
    return [button.action for button in buttons(message)]


@asynccontextmanager
async def an_empty_room(directory: Path) -> AsyncIterator[Chatroom]:
    """Nothing read yet; ADMIN is the admin of every group and of @news, and there is an operator's chat."""
    async with a_room(directory, access=Access(operator=DESK)) as asking:
        platform = ScriptedPlatform(admins={ADMIN.id}, channels={"@news": NEWS})
        health = Health(
            feeds=asking.store.feeds,
            outbox=asking.store.outbox,
            beats=asking.store.beats,
            housekeeping=asking.store.housekeeping,
            clock=asking.clock,
            platforms=("telegram",),
        )
        operator = Operator(
            chats=asking.store.chats,
            outbox=asking.store.outbox,
            notices=asking.store.notices,
            clock=asking.clock,
            channel=DESK,
        )
        kit = replace(asking.kit, platforms={"chat": platform}, health=health, operator=operator)
        conversation = Conversation(kit, asking.store.outbox)
        yield Chatroom(asking.store, asking.clock, platform, kit, conversation, asking)


async def furnished(room: Chatroom) -> Chatroom:
    """With twelve AI stories (1 is the newest) and two on layoffs, all of today."""
    await filled(room.asking.file, "furnished", lambda: _furnish(room))
    return room


async def _furnish(room: Chatroom) -> None:
    await room.store.feeds.synchronise([a_spec("wire"), a_spec("satu")], NOW - DAY)
    await put(room.store, *some_items(12))
    layoffs = [an_item(f"Acme cuts jobs {n}", id=f"l{n}", published=NOW - n * HOUR) for n in (1, 2)]
    await put(room.store, *layoffs, feed_id="satu", scores={Topic.LAYOFFS: 9.0, Topic.TECH_LAYOFFS: 6.0})
