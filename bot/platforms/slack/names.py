"""Which channel a name means: `#news`, `@news`, `C123…` or `<#C123|news>`, among the channels that the bot is in."""

from __future__ import annotations

import re

from bot.domain.errors import ChannelGone, DeliveryError
from bot.log import logger
from bot.platforms.slack.api import Call
from bot.platforms.slack.workspaces import Workspace

MOST_PAGES = 50
CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,}")
CHANNEL_LINK = re.compile(r"<#([A-Z0-9]+)(?:\|[^<>]*)?>")
log = logger("slack")


async def channel_id(workspace: Workspace, name: str) -> str | None:
    """None when there is none that the bot is in, or Slack does not say."""
    name = name.strip()
    link = CHANNEL_LINK.fullmatch(name)
    wanted = link[1] if link else name
    try:
        if CHANNEL_ID.fullmatch(wanted):
            return await _by_id(workspace, wanted)
        return await _by_name(workspace, wanted.lstrip("#@").casefold())
    except ChannelGone:  # no such id, or not for the bot's eyes
        return None
    except DeliveryError as error:
        log.warning("could not look up a channel (%s)", error)
        return None


async def _by_id(workspace: Workspace, wanted: str) -> str | None:
    answer = await workspace.ask(lambda client: client.conversations_info(channel=wanted))
    return wanted if (answer.get("channel") or {}).get("is_member") else None


async def _by_name(workspace: Workspace, name: str) -> str | None:
    # users.conversations lists the bot's own channels only: a page or two where conversations.list has hundreds.
    cursor = ""
    for _ in range(MOST_PAGES if name else 0):
        answer = await workspace.ask(_own_channels(workspace, cursor))
        for channel in answer.get("channels") or []:
            if str(channel.get("name") or "").casefold() == name:
                return str(channel["id"])
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return None


def _own_channels(workspace: Workspace, cursor: str) -> Call:
    return lambda client: client.users_conversations(
        types="public_channel,private_channel",
        exclude_archived=True,
        limit=200,
        cursor=cursor or None,
        team_id=workspace.team if workspace.organisation else None,
    )
