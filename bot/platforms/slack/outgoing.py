"""How a message gets into Slack exactly once and how it is changed there: part after part, each marked so that it can
be found again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, DeliveryError, MessageRejected
from bot.domain.message import Attachment, Message
from bot.log import logger
from bot.platforms.slack.api import Call
from bot.platforms.slack.errors import NO_THREAD
from bot.platforms.slack.render import blocks, fallback, parts
from bot.platforms.slack.uploads import share
from bot.platforms.slack.workspaces import Workspace

EVENT_TYPE = "kabar_delivery"
MOST_KEPT = 1_000
log = logger("slack")


@dataclass(slots=True, kw_only=True)
class Progress:
    """Which of how many parts of one message are in the channel already (part number from 1 → id)."""

    parts: int = 0
    ids: dict[int, str] = field(default_factory=dict)

    def in_order(self) -> tuple[str, ...]:
        return tuple(self.ids[number] for number in sorted(self.ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`thread` is where the message stands, `home` the thread of the chat it belongs to; `broadcast`: what stands in a
    thread is shown in the channel too."""

    channel_id: str
    thread: str = ""
    home: str = ""
    broadcast: bool = False

    @classmethod
    def of(cls, channel: Channel) -> Place:
        """Where a chat lives."""
        return cls(channel_id=channel.address.rpartition("/")[2], thread=channel.thread, home=channel.thread)


class Outgoing:
    """A delivery that stops half way (429, no answer) goes on at its first missing part when it is sent again under
    the same key. What was posted is remembered here; after a restart `was_delivered`, asked first, finds it again."""

    def __init__(self, *, between_parts: float = 0.0) -> None:
        """`between_parts` in seconds."""
        self._between_parts = between_parts
        self._begun: dict[str, Progress] = {}

    async def deliver(self, workspace: Workspace, channel: Channel, message: Message, key: str) -> tuple[str, ...]:
        """A reply stands in the thread of what it replies to and, as few people look there, in the channel as well
        (which is also where `was_delivered` looks). If what it replies to was deleted it stands alone."""
        progress = self._progress(key)
        place = Place.of(channel)
        if message.replies_to and not channel.thread:
            place = replace(place, thread=message.replies_to[0], broadcast=True)
        try:
            ids = await self.post(workspace, place, message, progress, key)
        except ChannelGone as error:
            if not place.broadcast or error.reason not in NO_THREAD:
                raise
            ids = await self.post(workspace, replace(place, thread="", broadcast=False), message, progress, key)
        self._begun.pop(key, None)
        return ids

    def resume(self, key: str, found: Progress) -> None:
        """What is in the channel of a delivery that was begun in an earlier life."""
        self._begun[key] = found

    def _progress(self, key: str) -> Progress:
        progress = self._begun.pop(key, None) or Progress()
        while len(self._begun) >= MOST_KEPT:
            self._begun.pop(next(iter(self._begun)))
        self._begun[key] = progress
        return progress

    async def post(
        self, workspace: Workspace, place: Place, message: Message, progress: Progress, key: str | None = None
    ) -> tuple[str, ...]:
        """Posts what `progress` lacks and notes it there, then the attachment. Raises DeliveryError; a file that does
        not arrive is no reason: the words did."""
        pieces = _pieces(message)
        if progress.parts != len(pieces):
            progress.parts, progress.ids = len(pieces), {}
        for number, piece in enumerate(pieces, start=1):
            if number in progress.ids:
                continue
            if number > 1:
                await asyncio.sleep(self._between_parts)
            body = _body(place, piece, progress.in_order())
            if key is not None:
                payload = {"key": key, "part": number, "parts": len(pieces)}
                body["metadata"] = {"event_type": EVENT_TYPE, "event_payload": payload}
            answer = await workspace.ask(_call("chat.postMessage", body))
            progress.ids[number] = str(answer.get("ts") or "")
        if message.attachment is not None:
            await self.attach(workspace, place, message.attachment)
        return progress.in_order()

    async def attach(self, workspace: Workspace, place: Place, attachment: Attachment) -> bool:
        """Whether the file surely arrived."""
        try:
            await share(workspace, attachment, channel_id=place.channel_id, thread=place.thread)
        except DeliveryError as error:
            log.warning("the file %s did not arrive in %s: %s", attachment.name, place.channel_id, error)
            return False
        return True

    async def edit(self, workspace: Workspace, place: Place, ids: Sequence[str], message: Message) -> tuple[str, ...]:
        """Changes the parts that are there, posts those that are new, deletes those that are too many. All of it may be
        repeated after a failure. Raises DeliveryError, MessageRejected when Slack does not let it be changed."""
        pieces = _pieces(message)
        key = f"edit {workspace.team}/{place.channel_id} {ids[0] if ids else ''}"
        added = self._progress(key)  # posted by an attempt that then failed
        known = [*ids, *added.in_order()]
        for number, (ts, piece) in enumerate(zip(known, pieces, strict=False)):
            body = {"channel": place.channel_id, "ts": ts, "parse": "none", **_shown(place, piece, known[:number])}
            await workspace.ask(_call("chat.update", body))
        for piece in pieces[len(known) :]:
            answer = await workspace.ask(_call("chat.postMessage", _body(place, piece, known)))
            known.append(str(answer.get("ts") or ""))
            added.ids[len(known)] = known[-1]
        for ts in known[len(pieces) :]:
            await self._delete(workspace, place.channel_id, ts)
        self._begun.pop(key, None)
        return tuple(known[: len(pieces)])

    async def _delete(self, workspace: Workspace, channel_id: str, ts: str) -> None:
        try:
            await workspace.ask(_call("chat.delete", {"channel": channel_id, "ts": ts}))
        except MessageRejected as error:  # gone already, or kept by the rules of the workspace
            log.info("a part that is not needed any more stays: %s", error)


def _pieces(message: Message) -> list[Message]:
    pieces = parts(message)
    if not pieces:
        raise MessageRejected("no_text")
    return pieces


def _body(place: Place, piece: Message, earlier: Sequence[str]) -> dict[str, Any]:
    body = {
        "channel": place.channel_id,
        "unfurl_links": piece.preview,
        "unfurl_media": piece.preview,
        **_shown(place, piece, earlier),
    }
    if place.thread:
        body["thread_ts"] = place.thread
    if place.broadcast:
        body["reply_broadcast"] = True
    return body


def _shown(place: Place, piece: Message, earlier: Sequence[str]) -> dict[str, Any]:
    return {"text": fallback(piece), "mrkdwn": False, "blocks": blocks(piece, thread=place.home, earlier=earlier)}


def _call(method: str, body: Mapping[str, Any]) -> Call:
    return lambda client: client.api_call(method, json=dict(body))
