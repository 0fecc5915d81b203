"""What a delivery says, decided when it is about to go out: as the chat is set now, or why it is not said (yet)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.coverage import Change, Coverage
from bot.domain.delivery import DeliveryKind, PendingDelivery
from bot.domain.digest import Digest
from bot.domain.message import Message, paragraph, say, span
from bot.domain.message import Style as Look
from bot.domain.story import Topic
from bot.domain.subscription import Chat, Interest
from bot.domain.verdict import Level
from bot.ports import Chats, Clock, Stories
from bot.services.interests import muted_by
from bot.services.present import Presenter
from bot.texts import Texts


class Unsaid(StrEnum):
    """Why a delivery is dropped instead of sent."""

    FORGOTTEN = "story_forgotten"
    UNWANTED = "unsubscribed"
    MUTED = "muted"
    NEVER_TOLD = "alert_not_sent"


class Held(StrEnum):
    """Why a delivery waits."""

    QUIET = "quiet_hours"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    coverage: Coverage
    levels: Mapping[Topic, Level]
    changes: Sequence[Change]


class Composer:
    def __init__(self, *, stories: Stories, chats: Chats, clock: Clock, language: str, zone: str) -> None:
        self._stories = stories
        self._chats = chats
        self._clock = clock
        self._language = language
        self._zone = zone
        self._known: dict[int, asyncio.Task[_Told | None]] = {}
        self._interests: Mapping[int, Sequence[Interest]] = {}

    async def look_again(self, taken_up: Sequence[PendingDelivery]) -> None:
        """Called when deliveries were taken up: what goes to many chats is read once for those that are taken up
        together, and never shown as it was before they were planned."""
        self._known.clear()
        self._interests = await self._chats.interests_of({delivery.chat.id for delivery in taken_up})

    async def compose(self, delivery: PendingDelivery) -> Message | Unsaid | Held:
        match delivery.kind:
            case DeliveryKind.NOTICE:
                return self._notice(delivery)
            case DeliveryKind.DIGEST:
                return await self._digest(delivery)
            case DeliveryKind.CATCH_UP:
                return await self._catch_up(delivery)
            case DeliveryKind.ALERT | DeliveryKind.CHANGE | DeliveryKind.EDIT:
                return await self._story(delivery)

    def is_quiet(self, chat: Chat) -> bool:
        quiet = chat.preferences.quiet
        zone = ZoneInfo(chat.preferences.zone or self._zone)
        return quiet is not None and quiet.covers(self._clock().astimezone(zone).time())

    async def _story(self, delivery: PendingDelivery) -> Message | Unsaid | Held:
        chat, prefs = delivery.chat, delivery.chat.preferences
        watch = str(json.loads(delivery.payload or "{}").get("watch", "")) if _is_alert(delivery) else ""
        told = await self._told(delivery.story_id or 0)
        if told is None:
            return Unsaid.FORGOTTEN
        reached = [t for t, level in told.levels.items() if t in prefs.topics and level.rank >= prefs.level.rank]
        if _is_alert(delivery) and not watch and (not reached or not prefs.mode.alerts):
            return Unsaid.UNWANTED
        if not _is_alert(delivery) and not delivery.answers:
            return Unsaid.NEVER_TOLD
        now = self._clock()
        if muted_by(await self._interests_of(chat), told.coverage, now) is not None:
            return Unsaid.MUTED
        held = None if delivery.kind is DeliveryKind.EDIT else self._held(chat, told.coverage)
        if held is not None:
            return held
        presenter = self._presenter(chat)
        if delivery.kind is DeliveryKind.CHANGE:
            message = presenter.changed(told.coverage, _of(told.changes, delivery), silent=prefs.silent)
            return replace(message, replies_to=delivery.answers)
        return presenter.alert(
            told.coverage,
            reached,
            changes=told.changes,
            watch=watch,
            style=prefs.style,
            preview=prefs.preview,
            silent=prefs.silent,
        )

    async def _digest(self, delivery: PendingDelivery) -> Message | Unsaid | Held:
        prefs = delivery.chat.preferences
        if not prefs.topics or not prefs.mode.digests:
            return Unsaid.UNWANTED
        if prefs.is_paused(self._clock()):
            return Held.PAUSED
        digest = Digest.from_json(delivery.payload or "{}")
        ids = [i for _topic, group in digest.groups for i in group]
        found = {coverage.id: coverage for coverage in await self._stories.coverages(ids)}
        return replace(self._presenter(delivery.chat).digest(digest, found), silent=prefs.silent)

    async def _catch_up(self, delivery: PendingDelivery) -> Message | Unsaid | Held:
        chat = delivery.chat
        held = self._held(chat, None)
        if held is not None:
            return held
        ids = [int(one) for one in json.loads(delivery.payload or "[]")]
        interests, now = await self._interests_of(chat), self._clock()
        found = [one for one in await self._stories.coverages(ids) if muted_by(interests, one, now) is None]
        if not found:
            return Unsaid.MUTED
        return replace(self._presenter(chat).caught_up(found, delivery.id), silent=chat.preferences.silent)

    def _notice(self, delivery: PendingDelivery) -> Message:
        notice = json.loads(delivery.payload or "{}")
        texts = self._texts(delivery.chat)
        title, _, rest = texts.say(f"notice.{notice['code']}", **notice["values"]).partition("\n")
        message = say(rest.strip()) if rest.strip() else Message(paragraphs=())
        return replace(message, paragraphs=(paragraph(span(title, Look.BOLD)), *message.paragraphs))

    def _held(self, chat: Chat, coverage: Coverage | None) -> Held | None:
        if chat.preferences.is_paused(self._clock()):
            return Held.PAUSED
        if not self.is_quiet(chat):
            return None
        enough, event = chat.preferences.break_through, coverage.event if coverage else None
        breaks = enough is not None and event is not None and (event.headcount or 0) >= enough
        return None if breaks else Held.QUIET

    async def _told(self, coverage_id: int) -> _Told | None:
        loading = self._known.get(coverage_id)
        if loading is None:
            loading = self._known[coverage_id] = asyncio.create_task(self._load(coverage_id))
        return await asyncio.shield(loading)  # others may be waiting for it too

    async def _load(self, coverage_id: int) -> _Told | None:
        coverage = await self._stories.coverage(coverage_id)
        if coverage is None:
            return None
        return _Told(
            coverage=coverage,
            levels=await self._stories.levels(coverage.id),
            changes=await self._stories.changes(coverage.id),
        )

    async def _interests_of(self, chat: Chat) -> Sequence[Interest]:
        known = self._interests.get(chat.id)
        return await self._chats.interests(chat.id) if known is None else known

    def _texts(self, chat: Chat) -> Texts:
        return Texts(chat.preferences.language or self._language)

    def _presenter(self, chat: Chat) -> Presenter:
        return Presenter(self._texts(chat), chat.preferences.zone or self._zone, self._clock())


def _is_alert(delivery: PendingDelivery) -> bool:
    return delivery.kind is DeliveryKind.ALERT


def _of(changes: Sequence[Change], delivery: PendingDelivery) -> Sequence[Change]:
    """The changes a reply was planned for; those it names that are gone by now are left out, all gone: the newest."""
    named = set(json.loads(delivery.payload or "[]"))
    return [change for change in changes if change.id in named] or changes[-1:]
