"""Which token speaks for which workspace: the one of the settings, or what an installation left behind; and what a
refused token means for its chats."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, DeliveryError, KabarError, PlatformUnavailable
from bot.log import logger
from bot.platforms.slack.api import Api, Call
from bot.platforms.slack.errors import TokenRefused
from bot.platforms.slack.health import PART
from bot.ports import Installation, Installations

UNINSTALLED = "app_uninstalled"
ELSEWHERE = "other_workspace"
CLOCKS_APART = timedelta(seconds=2)
log = logger("slack")

asked_in: ContextVar[Channel | None] = ContextVar("asked_in", default=None)
"""The channel whose gesture is being answered: `#news` is looked for in its workspace, never in another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """What auth.test says of the token: the workspace and the bot's ids in it."""

    team_id: str
    team: str
    user_id: str
    bot_id: str
    name: str


class Workspace:
    def __init__(self, api: Api, token: str, who: Who | None = None) -> None:
        self.api = api
        self.token = token
        self.who = who

    @property
    def team(self) -> str:
        """ "" as long as Slack was not asked."""
        return self.who.team_id if self.who else ""

    @property
    def bot_user(self) -> str:
        return self.who.user_id if self.who else ""

    async def ask(self, call: Call) -> Mapping[str, Any]:
        """The answer as a mapping; DeliveryError for everything else."""
        return await self.api.ask(self.token, call)

    async def introduce(self) -> Who:
        """Asks Slack who this token is."""
        answer = await self.ask(lambda client: client.auth_test())
        self.who = Who(
            team_id=str(answer.get("team_id") or ""),
            team=str(answer.get("team") or ""),
            user_id=str(answer.get("user_id") or ""),
            bot_id=str(answer.get("bot_id") or ""),
            name=str(answer.get("user") or ""),
        )
        return self.who


class Workspaces:
    def __init__(self, api: Api, *, bot_token: str | None, installations: Installations | None) -> None:
        self.own = Workspace(api, bot_token) if bot_token else None
        self._api = api
        self._installations = installations
        self._installed: dict[str, Workspace] = {}

    def named(self, team: str) -> str:
        """One token is one workspace. A shared channel's events may name the other company's team; ours counts."""
        return self.own.team if self.own is not None and self._installations is None else team

    def bot_user(self, team: str) -> str:
        """The bot's own id in a workspace that was spoken to already, else ""."""
        own = self.own
        known = own if own is not None and own.team == team else self._installed.get(team)
        return known.bot_user if known else ""

    async def of(self, channel: Channel) -> tuple[Workspace, str]:
        """The workspace that `TEAM/CHANNEL` lies in, and the channel's id there. Raises ChannelGone where the bot is
        not (any more), PlatformUnavailable when that cannot be found out now."""
        team, _, channel_id = channel.address.rpartition("/")
        return await self.team(team), channel_id

    async def team(self, team: str) -> Workspace:
        own = self.own
        if own is not None:
            if own.who is None and self._installations is not None:
                await own.introduce()
            if own.who is None or team in ("", own.team):
                return own
        if self._installations is None:
            raise ChannelGone(ELSEWHERE)  # the token was changed for one of another workspace
        if team not in self._installed:
            row = await self._row(team)
            if row is None or row.revoked:
                raise ChannelGone(UNINSTALLED)
            who = Who(team_id=row.team, team=row.name, user_id=row.bot_user, bot_id="", name=row.bot_user)
            self._installed[team] = Workspace(self._api, row.token, who)
        return self._installed[team]

    async def known(self, team: str) -> Workspace:
        """The same, and surely with the name of its team; before Slack was asked once that may be missing."""
        workspace = await self.team(team)
        if not workspace.team:
            await workspace.introduce()
        return workspace

    async def here(self) -> Workspace | None:
        """The workspace of the gesture that is being answered; outside of one, the only workspace there is."""
        channel = asked_in.get()
        if channel is not None:
            return (await self.of(channel))[0]
        if self.own is not None:
            return self.own
        rows = [row for row in await self.installed() if not row.revoked]
        return await self.team(rows[0].team) if len(rows) == 1 else None

    async def installed(self) -> list[Installation]:
        """PlatformUnavailable when they cannot be read."""
        if self._installations is None:
            return []
        try:
            return await self._installations.all(PART)
        except KabarError as error:
            raise PlatformUnavailable(f"the installations cannot be read: {error}") from error

    def forget(self, team: str) -> None:
        """The next question reads the installation again."""
        self._installed.pop(team, None)

    async def verdict(self, workspace: Workspace, refusal: TokenRefused) -> DeliveryError:
        """What the refusal of a token means for one delivery. The operator's own token is the operator's matter: the
        refusal stands. A workspace that took the bot's away is gone, unless it was installed again meanwhile."""
        if workspace is self.own or refusal.cause == "missing_scope":
            return refusal
        team = workspace.team
        self.forget(team)
        row = await self._row(team)
        if row is not None and not row.revoked:
            if row.token != workspace.token:
                return PlatformUnavailable("installed again, with a new token")
            await self._revoke(team)
        return ChannelGone(UNINSTALLED)

    async def left(self, team: str, at: datetime | None) -> bool:
        """Slack says that a workspace took the app away; `at` is when. False for an old message about an installation
        that was renewed since: it is older, and Slack takes the token."""
        self.forget(team)
        row = await self._row(team)
        if row is None or row.revoked:
            return True
        if at is not None and at + CLOCKS_APART < row.at and await self._is_good(row):
            return False
        await self._revoke(team)
        return True

    async def _is_good(self, row: Installation) -> bool:
        try:
            await Workspace(self._api, row.token).introduce()
        except DeliveryError:
            return False
        return True

    async def _row(self, team: str) -> Installation | None:
        if self._installations is None:
            return None
        try:
            return await self._installations.get(PART, team)
        except KabarError as error:
            raise PlatformUnavailable(f"the installation cannot be read: {error}") from error

    async def _revoke(self, team: str) -> None:
        self.forget(team)
        if self._installations is None:
            return
        try:
            await self._installations.revoke(PART, team)
        except KabarError as error:
            raise PlatformUnavailable(f"the installation cannot be written: {error}") from error
        log.warning("workspace %s took the app away", team)
