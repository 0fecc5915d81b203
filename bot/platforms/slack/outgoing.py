"""How a message gets into Slack exactly once: part after part, each marked so that it can be found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, DeliveryError, MessageRejected, OutcomeUnknown
from bot.domain.message import Message
from bot.log import logger
from bot.platforms.slack.api import Api, Call
from bot.platforms.slack.errors import TokenRefused
from bot.platforms.slack.render import blocks, fallback, parts

EVENT_TYPE = "kabar_delivery"
CLOCKS_APART = timedelta(minutes=1)
PAGE = 200
MOST_PAGES = 25
MOST_KEPT = 1_000
log = logger("slack")


@dataclass(slots=True, kw_only=True)
class Progress:
    """Which of how many parts of one message are in the channel already (part number from 1 → id)."""

    parts: int = 0
    ids: dict[int, str] = field(default_factory=dict)


class Outgoing:
    """A delivery that stops half way (429, no answer) goes on at its first missing part when it is sent again under
    the same key. What was posted is remembered here; after a restart `was_delivered`, asked first, finds it again."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._begun: dict[str, Progress] = {}

    async def deliver(self, channel: Channel, message: Message, key: str) -> tuple[str, ...]:
        progress = self._progress(key)
        ids = await self.post(
            channel_id=self.channel_id(channel),
            thread_ts=channel.thread,
            home_thread=channel.thread,
            message=message,
            progress=progress,
            key=key,
        )
        self._begun.pop(key, None)
        return ids

    def _progress(self, key: str) -> Progress:
        progress = self._begun.pop(key, None) or Progress()
        while len(self._begun) >= MOST_KEPT:
            self._begun.pop(next(iter(self._begun)))
        self._begun[key] = progress
        return progress

    def channel_id(self, channel: Channel) -> str:
        team, _, channel_id = channel.address.rpartition("/")
        who = self._api.who
        if who is not None and team and team != who.team_id:
            raise ChannelGone("other_workspace")  # the token was changed for one of another workspace
        return channel_id

    async def post(
        self,
        *,
        channel_id: str,
        thread_ts: str,
        home_thread: str,
        message: Message,
        progress: Progress,
        key: str | None = None,
    ) -> tuple[str, ...]:
        """Posts what `progress` lacks and notes it there. `thread_ts` is where the message stands, `home_thread` the
        thread of the chat it belongs to. Raises DeliveryError."""
        pieces = parts(message)
        if not pieces:
            raise MessageRejected("no_text")
        if progress.parts != len(pieces):
            progress.parts, progress.ids = len(pieces), {}
        for number, piece in enumerate(pieces, start=1):
            if number in progress.ids:
                continue
            body: dict[str, Any] = {
                "channel": channel_id,
                "text": fallback(piece),
                "blocks": blocks(piece, thread=home_thread),
                "mrkdwn": False,
                "unfurl_links": piece.preview,
                "unfurl_media": piece.preview,
            }
            if thread_ts:
                body["thread_ts"] = thread_ts
            if key is not None:
                payload = {"key": key, "part": number, "parts": len(pieces)}
                body["metadata"] = {"event_type": EVENT_TYPE, "event_payload": payload}
            answer = await self._api.ask(_post(body))
            progress.ids[number] = str(answer.get("ts") or "")
        return tuple(progress.ids[number] for number in sorted(progress.ids))

    async def was_delivered(self, channel: Channel, key: str, since: datetime) -> tuple[str, ...] | None:
        """Ids of all parts; () when at least one is surely missing (sending again then adds only the missing ones);
        None when this token will never be told. OutcomeUnknown while Slack cannot be asked: later beats repeating."""
        try:
            who = self._api.who or await self._api.introduce()
            found = await self._find(channel, key, since, (who.user_id, who.bot_id))
        except (TokenRefused, ChannelGone, MessageRejected) as error:
            log.info("cannot look a delivery up in %s: %s", channel, error)
            return None
        except DeliveryError as error:
            raise OutcomeUnknown(f"not found out yet: {error}") from error
        if found is None or not found.ids:
            return None if found is None else ()
        if len(found.ids) == found.parts:
            return tuple(found.ids[number] for number in sorted(found.ids))
        self._begun[key] = found
        return ()

    async def _find(self, channel: Channel, key: str, since: datetime, authors: tuple[str, str]) -> Progress | None:
        """What of the delivery stands in the channel; None when the history goes on beyond what is worth reading."""
        found, cursor = Progress(), ""
        channel_id, oldest = self.channel_id(channel), f"{(since - CLOCKS_APART).timestamp():.6f}"
        for _ in range(MOST_PAGES):
            answer = await self._api.ask(_history(channel_id, channel.thread, oldest, cursor))
            for message in answer.get("messages") or []:
                if message.get("user") == authors[0] or message.get("bot_id") == authors[1]:
                    _note(found, message, key)
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor or (found.ids and len(found.ids) == found.parts):
                return found
        return None


def _note(found: Progress, message: Mapping[str, Any], key: str) -> None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") == EVENT_TYPE and payload.get("key") == key:
        found.parts = int(payload.get("parts") or 1)
        found.ids[int(payload.get("part") or 1)] = str(message.get("ts"))


def _post(body: dict[str, Any]) -> Call:
    return lambda client: client.api_call("chat.postMessage", json=body)


def _history(channel_id: str, thread: str, oldest: str, cursor: str) -> Call:
    wanted: dict[str, Any] = {
        "channel": channel_id,
        "oldest": oldest,
        "include_all_metadata": True,
        "limit": PAGE,
        "cursor": cursor or None,
    }
    if thread:
        return lambda client: client.conversations_replies(ts=thread, **wanted)
    return lambda client: client.conversations_history(**wanted)
