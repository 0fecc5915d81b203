"""What is said, held back or left out when a delivery is about to go, by how the chat is set at that moment."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from bot.domain.channel import Channel
from bot.domain.coverage import ChangeKind
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.errors import MessageRejected, RateLimited
from bot.domain.event import EventKind
from bot.domain.story import Topic
from bot.domain.subscription import Chat, Interest, InterestKind, Mode, Quiet
from bot.services.compose import Composer
from bot.services.deliver import Deliverer
from bot.services.holds import Holds
from bot.store.store import Store
from tests.builders import (
    HOUR,
    MINUTE,
    NOW,
    ScriptedPlatform,
    TagGrouping,
    Timepiece,
    a_store,
    an_event,
    an_item,
    put,
    subscribe,
)

VALUES = {"feed": "The Wire", "cause": "No answer", "fix": "wait", "since": "14:00", "count": 6}
NIGHT = Quiet(start=time(16, 0), end=time(18, 0))  # it is 16:30 in Jakarta


class Newsroom:
    """A store, a platform and the services between them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Timepiece()
        self.platform = ScriptedPlatform()
        self.grouping = TagGrouping()
        composer = Composer(
            stories=store.stories, chats=store.chats, clock=self.clock, language="en", zone="Asia/Jakarta"
        )
        self.deliverer = Deliverer(
            outbox=store.outbox,
            composer=composer,
            platforms={"chat": self.platform},
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        self.holds = Holds(outbox=store.outbox, composer=composer, clock=self.clock)

    async def news(
        self,
        *titles: str,
        feed: str = "wire",
        headcount: int | None = None,
        kind: EventKind | None = None,
        **more: object,
    ) -> None:
        """A feed brings titles; with a headcount or kind they report job cuts at Acme."""
        event = None
        if headcount is not None or kind is not None:
            event = an_event("Acme", headcount, kind=kind or EventKind.LAYOFF)
        items = [an_item(title, id=title, link=f"https://{feed}.example/{hash(title)}") for title in titles]
        await put(
            self.store,
            *items,
            feed_id=feed,
            at=self.clock(),
            grouping=self.grouping,
            event=event,
            employer="acme" if event else None,
            **more,
        )
        await self.deliverer.drain()

    async def later(self, minutes: float = 30) -> None:
        self.clock.tick(minutes * MINUTE)
        await self.holds.release_due()
        await self.deliverer.drain()

    async def ledger(self, chat: Chat) -> list[tuple[DeliveryKind, DeliveryState, str | None]]:
        entries = await self.store.outbox.ledger(chat.id, since=NOW - HOUR)
        return [(entry.kind, entry.state, entry.reason) for entry in reversed(entries)]

    async def set(self, chat: Chat, **preferences: object) -> Chat:
        changed = replace(chat, preferences=replace(chat.preferences, **preferences))  # type: ignore[arg-type]
        await self.store.chats.save(changed)
        return changed


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with a_store(tmp_path) as store:
        yield Newsroom(store)


async def test_quiet_hours_hold_stories_and_give_one_list_after(room: Newsroom) -> None:
    chat = await room.set(await subscribe(room.store), quiet=NIGHT)
    await room.news("A robot", "B robot")
    assert room.platform.said == []
    assert await room.ledger(chat) == [(DeliveryKind.ALERT, DeliveryState.HELD, "quiet_hours")] * 2
    await room.later(80)
    assert room.platform.said == []
    await room.later(20)
    [text] = room.platform.heard()
    assert text.startswith("2 stories in one go\n\n1. ")
    await room.news("C robot")
    assert "C robot" in room.platform.heard()[-1]
    assert len(room.platform.said) == 2


async def test_one_story_held_back_comes_as_itself(room: Newsroom) -> None:
    await room.set(await subscribe(room.store), quiet=NIGHT)
    await room.news("A robot")
    await room.later(100)
    [text] = room.platform.heard()
    assert text.startswith("AI\n\nA robot")


@pytest.mark.parametrize(("headcount", "told"), [(999, 0), (1000, 1)])
async def test_large_cuts_break_through_quiet_hours(room: Newsroom, headcount: int, told: int) -> None:
    await room.set(await subscribe(room.store), quiet=NIGHT, break_through=1000)
    await room.news("A robot", headcount=headcount)
    assert len(room.platform.said) == told


async def test_a_pause_ends_in_one_list_instead_of_a_flood(room: Newsroom) -> None:
    chat = await room.set(await subscribe(room.store), paused=True)
    for n in range(4):
        await room.news(f"Robot {n}")
    await room.later(600)
    assert room.platform.said == []
    await room.set(chat, paused=False)
    await room.later(1)
    assert [text.splitlines()[0] for text in room.platform.heard()] == ["4 stories in one go"]


async def test_a_pause_with_an_end_is_over_by_itself_with_one_list(room: Newsroom) -> None:
    await room.set(await subscribe(room.store), paused=True, paused_until=NOW + 2 * HOUR)
    for n in range(3):
        await room.news(f"Robot {n}")
    await room.later(60)
    assert room.platform.said == []
    await room.later(61)
    assert [text.splitlines()[0] for text in room.platform.heard()] == ["3 stories in one go"]
    await room.news("Robot 4")
    assert len(room.platform.said) == 2, "what happens from now on comes at once"
    await room.later(60)
    assert len(room.platform.said) == 2


async def test_what_is_muted_stays_unsaid_and_the_ledger_says_why(room: Newsroom) -> None:
    chat = await subscribe(room.store)
    await room.store.chats.add_interest(
        Interest(chat_id=chat.id, kind=InterestKind.MUTE, phrase="Acme", key="employer:acme", until=NOW + HOUR)
    )
    await room.news("A robot", headcount=10)
    assert await room.ledger(chat) == [(DeliveryKind.ALERT, DeliveryState.EXPIRED, "muted")]
    room.clock.tick(2 * HOUR)
    await room.news("B robot", headcount=20)
    assert len(room.platform.said) == 1, "a mute ends"


async def test_a_watched_name_is_told_whatever_the_topic(room: Newsroom) -> None:
    chat = await subscribe(room.store, topics=(), mode=Mode.DIGEST)
    await room.store.chats.add_interest(
        Interest(chat_id=chat.id, kind=InterestKind.WATCH, phrase="Acme Corp", key="employer:acme")
    )
    [watch] = await room.store.chats.watches()
    await room.news("Acme sponsors a race", scores={Topic.AI: 0.0}, watched=(watch.id,))
    [text] = room.platform.heard()
    assert text.startswith("You watch “Acme Corp”\n\nAcme sponsors a race")


async def test_later_outlets_edit_the_alert_instead_of_repeating_it(room: Newsroom) -> None:
    await subscribe(room.store)
    await room.news("A robot #one")
    await room.news("The robot, again #one", feed="post")
    assert len(room.platform.said) == 1
    await room.later(2)
    assert len(room.platform.said) == 1
    [edit] = room.platform.edited
    assert edit.key == "m1"
    assert "Reported by 2 outlets" in edit.message.text
    await room.news("A third robot #one", feed="echo")
    await room.later(2)
    assert "Reported by 3 outlets" in room.platform.edited[-1].message.text
    assert len(room.platform.edited) == 2


async def test_a_new_number_is_a_reply_under_the_alert(room: Newsroom) -> None:
    await subscribe(room.store)
    await room.news("Acme robot layoffs #one", headcount=1000)
    await room.news("Acme robot layoffs grow #one", feed="post", headcount=1600)
    first, second = room.platform.said
    assert second.message.replies_to == ("m1",)
    assert "Update: " in second.message.text
    assert "Post: now 1,600 people (1,000 people before)" in second.message.text
    await room.news("Acme robot layoffs told late #one", feed="echo", headcount=1000)
    await room.later(2)
    assert len(room.platform.said) == 2, "a straggler's old number is no news"
    assert "1,600 people" in room.platform.edited[-1].message.text
    assert first.message.replies_to == ()


async def test_a_denial_by_a_later_story_is_seen_in_the_first_alert(room: Newsroom) -> None:
    await subscribe(room.store)
    await room.news("Acme may cut robot jobs #one", kind=EventKind.RUMOUR, headcount=500)
    room.clock.tick(HOUR)
    await room.news("Acme denies robot layoffs #two", feed="post", kind=EventKind.DENIED)
    await room.later(2)
    assert len(room.platform.said) == 2, "it is a story of its own"
    assert "Post: the cuts are denied" in room.platform.edited[-1].message.text
    coverage = await room.store.stories.coverage(1)
    assert coverage is not None
    assert coverage.event is not None
    assert coverage.event.kind is EventKind.DENIED
    [change] = await room.store.stories.changes(1)
    assert (change.kind, change.source) == (ChangeKind.DENIED, "Post")


async def test_an_edit_that_cannot_be_made_harms_nobody(room: Newsroom) -> None:
    chat = await subscribe(room.store)
    await room.news("A robot #one")
    room.platform.script["edit 1"] = [MessageRejected("too old to edit")]
    await room.news("The robot, again #one", feed="post")
    await room.later(2)
    states = {one.kind: state for one, state in await room.store.outbox.of_chat(chat.id)}
    assert states == {DeliveryKind.ALERT: DeliveryState.SENT, DeliveryKind.EDIT: DeliveryState.EXPIRED}
    await room.news("B robot")
    assert len(room.platform.said) == 2


async def test_an_edit_that_has_to_wait_is_made_later(room: Newsroom) -> None:
    await subscribe(room.store)
    await room.news("A robot #one")
    room.platform.script["edit 1"] = [RateLimited(HOUR)]
    await room.news("The robot, again #one", feed="post")
    await room.later(2)
    assert room.platform.edited == []
    await room.later(61)
    assert len(room.platform.edited) == 1


async def test_a_change_of_mind_before_an_edit_is_respected(room: Newsroom) -> None:
    chat = await subscribe(room.store)
    await room.news("A robot #one")
    await room.store.chats.add_interest(
        Interest(chat_id=chat.id, kind=InterestKind.MUTE, phrase="robot", key="words:robot")
    )
    await room.news("The robot, again #one", feed="post")
    await room.later(2)
    assert room.platform.edited == []


async def test_silent_chats_are_written_to_silently(room: Newsroom) -> None:
    await room.set(await subscribe(room.store), silent=True, preview=True)
    await room.news("A robot")
    [said] = room.platform.said
    assert (said.message.silent, said.message.preview) == (True, True)


async def test_the_operator_is_told_in_words(room: Newsroom) -> None:
    chat = await room.store.chats.meet(Channel(platform="chat", address="ops"))
    payload = json.dumps({"code": "feed_failing", "values": VALUES})
    await room.store.outbox.notify(chat.id, payload, NOW)
    await room.deliverer.drain()
    [text] = room.platform.heard("ops")
    assert text.startswith("A feed has trouble: The Wire\n\n")
