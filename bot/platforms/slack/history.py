"""Whether a delivery of unknown outcome is in the channel: read back by the mark that every part carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, DeliveryError, MessageRejected, OutcomeUnknown
from bot.log import logger
from bot.platforms.slack.api import Call
from bot.platforms.slack.errors import TokenRefused
from bot.platforms.slack.outgoing import EVENT_TYPE, Outgoing, Progress
from bot.platforms.slack.workspaces import Workspace, Workspaces

CLOCKS_APART = timedelta(minutes=1)
PAGE = 200
MOST_PAGES = 25
log = logger("slack")


async def was_delivered(
    workspaces: Workspaces, outgoing: Outgoing, channel: Channel, key: str, since: datetime
) -> tuple[str, ...] | None:
    """Ids of all parts; () when at least one is surely missing (sending again then adds only the missing ones);
    None when this token will never be told. OutcomeUnknown while Slack cannot be asked: later beats repeating."""
    try:
        workspace, _ = await workspaces.of(channel)
        if not workspace.bot_user:
            await workspace.introduce()
        found = await _find(workspace, channel, key, since)
    except (TokenRefused, ChannelGone, MessageRejected) as error:
        log.info("cannot look a delivery up in %s: %s", channel, error)
        return None
    except DeliveryError as error:
        raise OutcomeUnknown(f"not found out yet: {error}") from error
    if found is None or not found.ids:
        return None if found is None else ()
    if len(found.ids) == found.parts:
        return found.in_order()
    outgoing.resume(key, found)
    return ()


async def _find(workspace: Workspace, channel: Channel, key: str, since: datetime) -> Progress | None:
    """What of the delivery stands in the channel; None when the history goes on beyond what is worth reading."""
    found, cursor = Progress(), ""
    channel_id, oldest = channel.address.rpartition("/")[2], f"{(since - CLOCKS_APART).timestamp():.6f}"
    for _ in range(MOST_PAGES):
        answer = await workspace.ask(_history(channel_id, channel.thread, oldest, cursor))
        for message in answer.get("messages") or []:
            if message.get("user") == workspace.bot_user:  # anybody can mark a message
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
