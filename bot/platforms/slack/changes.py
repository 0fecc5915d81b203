"""What happens to channels and workspaces: which of it means that a chat cannot be reached any more, or can again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.domain.channel import Channel
from bot.domain.errors import DeliveryError
from bot.log import logger
from bot.platforms.slack.health import PART, Health
from bot.platforms.slack.workspaces import UNINSTALLED, Workspaces
from bot.ports import Conversation

LOST = {
    "channel_archive": "is_archived",
    "group_archive": "is_archived",
    "channel_deleted": "channel_not_found",
    "group_deleted": "channel_not_found",
    "channel_left": "not_in_channel",
    "group_left": "not_in_channel",
    "member_left_channel": "not_in_channel",
}
FOUND = frozenset({"channel_unarchive", "group_unarchive", "member_joined_channel"})
ABOUT_SOMEBODY = frozenset({"member_left_channel", "member_joined_channel"})
log = logger("slack")


class Changes:
    """Tells the conversation. Of a whole workspace it says `TEAM/*`."""

    EVENTS = re.compile("^(" + "|".join((*LOST, *sorted(FOUND))) + ")$")

    def __init__(self, workspaces: Workspaces, health: Health, conversation: Conversation) -> None:
        self._workspaces = workspaces
        self._health = health
        self._conversation = conversation

    async def of_channel(self, team: str, body: Mapping[str, Any], bot_user_id: str) -> None:
        """A channel was closed or opened, or the bot was let in or put out; other people's comings are nothing."""
        event = body.get("event") or {}
        kind, named = str(event.get("type") or ""), event.get("channel")
        channel_id = str((named.get("id") if isinstance(named, dict) else named) or "")
        if not channel_id or (kind in ABOUT_SOMEBODY and event.get("user") != bot_user_id):
            return
        try:
            team = team or (await self._workspaces.known(team)).team
        except DeliveryError as error:
            log.warning("%s in a workspace of unknown name: %s", kind, error)
            return
        channel = Channel(platform=PART, address=f"{team}/{channel_id}")
        if kind in LOST:
            await self._conversation.gone(channel, LOST[kind])
        else:
            await self._conversation.back(channel)

    async def left(self, team: str, body: Mapping[str, Any], bot_user_id: str) -> None:
        """app_uninstalled and tokens_revoked come in any order, and may come late. A person's revoked token is nothing
        to the bot."""
        event = body.get("event") or {}
        revoked = (event.get("tokens") or {}).get("bot") or []
        if event.get("type") == "tokens_revoked" and (not revoked or (bot_user_id and bot_user_id not in revoked)):
            return
        own = self._workspaces.own
        try:
            if own is not None and team in ("", own.team):
                await self._health.token("revoked")
            elif not await self._workspaces.left(team, _moment(body)):
                log.info("an old message about workspace %s, which is there again", team)
                return
        except DeliveryError as error:
            log.warning("workspace %s took the app away, not written down: %s", team, error)
        for one in await self._within(team):
            await self._conversation.gone(_all_of(one), UNINSTALLED)

    async def granted(self, body: Mapping[str, Any], organisation: str) -> None:
        """An organisation let the bot into some of its workspaces, or put it out of them."""
        event = body.get("event") or {}
        for team in [str(one) for one in event.get("team_ids") or []]:
            self._workspaces.belongs(team, organisation)
            if event.get("type") == "team_access_granted":
                await self._conversation.back(_all_of(team))
            else:
                self._workspaces.forget(team)
                await self._conversation.gone(_all_of(team), UNINSTALLED)

    async def arrived(self, team: str) -> None:
        """The workspace, or the organisation, lets the bot in (again)."""
        for one in await self._within(team):
            await self._conversation.back(_all_of(one))

    async def _within(self, team: str) -> list[str]:
        try:
            return await self._workspaces.within(team)
        except DeliveryError as error:
            log.warning("the workspaces of %s are not known: %s", team, error)
            return [team]


def _all_of(team: str) -> Channel:
    return Channel(platform=PART, address=f"{team}/*")


def _moment(body: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(body.get("event_time") or 0), UTC) if body.get("event_time") else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
