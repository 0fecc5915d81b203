"""Which token speaks for which workspace: the one of the settings, or what an installation left behind; and what a
refused token means for its chats."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.channel import Channel
from bot.domain.errors import ChannelGone, DeliveryError, KabarError, PlatformUnavailable
from bot.log import logger
from bot.platforms.slack.api import Api, Call
from bot.platforms.slack.errors import TokenRefused
from bot.platforms.slack.health import PART
from bot.platforms.slack.tokens import Tokens
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
    """`organisation`: the token is that of an organisation, to which Slack wants to hear which workspace is meant."""

    def __init__(
        self,
        api: Api,
        token: str,
        who: Who | None = None,
        *,
        organisation: str = "",
        expires_at: datetime | None = None,
    ) -> None:
        self.api = api
        self.token = token
        self.who = who
        self.organisation = organisation
        self.expires_at = expires_at

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
    def __init__(self, api: Api, tokens: Tokens, *, bot_token: str | None, installations: Installations | None) -> None:
        self.own = Workspace(api, bot_token) if bot_token else None
        self._api = api
        self._tokens = tokens
        self._installations = installations
        self._installed: dict[str, Workspace] = {}
        self._organisations: dict[str, str] = {}

    def named(self, team: str) -> str:
        """One token is one workspace. A shared channel's events may name the other company's team; ours counts."""
        return self.own.team if self.own is not None and self._installations is None else team

    def belongs(self, team: str, organisation: str) -> None:
        """A gesture says that the workspace is one of an organisation that let the bot in as a whole."""
        if team and organisation and team != organisation:
            self._organisations[team] = organisation

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
        known = self._installed.get(team)
        if known is None or self._tokens.is_ending(known.expires_at):
            row = await self._speaking(team)
            if row is None:
                raise ChannelGone(UNINSTALLED)
            self._installed[team] = known = self._workspace(team, await self._tokens.fresh(row))
        return known

    def _workspace(self, team: str, row: Installation) -> Workspace:
        who = Who(team_id=team, team=row.name, user_id=row.bot_user, bot_id="", name=row.bot_user)
        organisation = row.team if row.team != team else ""
        return Workspace(self._api, row.token, who, organisation=organisation, expires_at=row.expires_at)

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
        places = {row.team for row in rows} - {row.organisation for row in rows}
        return await self.team(places.pop()) if len(places) == 1 else None

    async def installed(self) -> list[Installation]:
        """PlatformUnavailable when they cannot be read."""
        if self._installations is None:
            return []
        try:
            return await self._installations.all(PART)
        except KabarError as error:
            raise PlatformUnavailable(f"the installations cannot be read: {error}") from error

    def forget(self, team: str) -> None:
        """The next question reads the installation again, of an organisation in all its workspaces."""
        kept = {name: one for name, one in self._installed.items() if team not in (name, one.organisation)}
        self._installed = kept

    async def verdict(self, workspace: Workspace, refusal: TokenRefused) -> DeliveryError:
        """What the refusal of a token means for one delivery. The operator's own token is the operator's matter: the
        refusal stands. A workspace that took the bot's away is gone, unless it was installed again meanwhile."""
        if workspace is self.own or refusal.cause == "missing_scope":
            return refusal
        self.forget(workspace.team)
        row = await self._speaking(workspace.team)
        if row is not None:
            if row.token != workspace.token or await self._is_renewed(row):
                return PlatformUnavailable("there is a new token by now")
            await self._revoke(row.team)
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

    async def within(self, team: str) -> list[str]:
        """A workspace; of an organisation all of its workspaces that were heard from."""
        rows = await self.installed()
        return [row.team for row in rows if row.organisation == team] or [team]

    async def _is_renewed(self, row: Installation) -> bool:
        if not row.refresh_token:
            return False
        try:
            await self._tokens.renewed(row)
        except TokenRefused:
            return False
        return True

    async def _is_good(self, row: Installation) -> bool:
        try:
            await Workspace(self._api, row.token).introduce()
        except DeliveryError:
            return False
        return True

    async def _speaking(self, team: str) -> Installation | None:
        """The installation whose token counts in a workspace: its own, else its organisation's; None without any. That
        a workspace is one of an organisation is written down when it is first heard from, so that it can be spoken to
        after a restart."""
        row = await self._row(team)
        stands = row is not None and not row.revoked
        organisation = row.organisation if row is not None and stands else self._organisations.get(team, "")
        if not organisation:
            return row if stands else None
        whole = await self._row(organisation)
        if whole is None or whole.revoked:
            return None
        if not stands:
            await self._save(replace(whole, team=team, organisation=organisation, token="", refresh_token=""))
        return whole

    async def _save(self, installation: Installation) -> None:
        assert self._installations is not None
        try:
            await self._installations.save(installation)
        except KabarError as error:
            raise PlatformUnavailable(f"the installation cannot be written: {error}") from error

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
