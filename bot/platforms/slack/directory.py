"""Who somebody is (name, language, zone, whether an admin), who belongs to a channel, who opened a thread: asked once,
then kept, power for a minute at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.domain.errors import ChannelGone, DeliveryError
from bot.domain.story import Language
from bot.log import logger
from bot.platforms.slack.api import Call
from bot.platforms.slack.events import Opener
from bot.platforms.slack.workspaces import Workspace
from bot.ports import Clock

KNOWN_FOR = timedelta(hours=1)
POWER_FOR = timedelta(seconds=60)
UNKNOWN_FOR = timedelta(minutes=1)
MOST_KEPT = 2_000
MOST_PAGES = 20
POWERS = ("is_admin", "is_owner", "is_primary_owner")
log = logger("slack")

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str = ""
    language: Language | None = None
    zone: str | None = None
    admin: bool = False


NOBODY = Person()


class Directory:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._people: dict[tuple[str, str], tuple[datetime, Person]] = {}  # when it was asked
        self._missed: dict[tuple[str, str], datetime] = {}
        self._threads: dict[tuple[str, str, str], Opener] = {}
        self._direct: dict[tuple[str, str], str] = {}

    async def person(self, workspace: Workspace, user_id: str) -> Person:
        """Never fails: what Slack does not say stays empty, and is asked again a minute later."""
        key, now = (workspace.team, user_id), self._clock()
        at, known = self._people.get(key, (None, NOBODY))
        if at is not None and now < at + KNOWN_FOR:
            return known
        if key in self._missed and now < self._missed[key] + UNKNOWN_FOR:
            return known
        try:
            return await self._ask(workspace, user_id)
        except DeliveryError as error:
            log.info("users.info: %s", error)
            _keep(self._missed, key, now)
            return known

    async def is_admin(self, workspace: Workspace, user_id: str) -> bool:
        """Of the workspace. No older than a minute; False while Slack does not say."""
        at, known = self._people.get((workspace.team, user_id), (None, NOBODY))
        if at is not None and self._clock() < at + POWER_FOR:
            return known.admin
        try:
            return (await self._ask(workspace, user_id)).admin
        except DeliveryError as error:
            log.info("users.info: %s", error)
            return False

    async def _ask(self, workspace: Workspace, user_id: str) -> Person:
        answer = await workspace.ask(lambda client: client.users_info(user=user_id, include_locale=True))
        kept = (self._clock(), _person(answer.get("user") or {}))
        return _keep(self._people, (workspace.team, user_id), kept)[1]

    async def belongs(self, workspace: Workspace, channel_id: str, user_id: str) -> bool:
        """Whether somebody may be in a channel: a public one is everybody's, a private one its members'. False while
        Slack does not say."""
        try:
            info = await workspace.ask(lambda client: client.conversations_info(channel=channel_id))
            channel = info.get("channel") or {}
            if channel and not channel.get("is_private"):
                return True
            cursor = ""
            for _ in range(MOST_PAGES):
                page = await workspace.ask(_members(channel_id, cursor))
                if user_id in (page.get("members") or []):
                    return True
                cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
                if not cursor:
                    break
        except DeliveryError as error:
            log.info("who is in %s: %s", channel_id, error)
        return False

    async def direct(self, workspace: Workspace, user_id: str) -> str:
        """The channel of the bot and this person alone. Raises DeliveryError."""
        key = (workspace.team, user_id)
        if key not in self._direct:
            answer = await workspace.ask(lambda client: client.conversations_open(users=[user_id]))
            channel_id = str((answer.get("channel") or {}).get("id") or "")
            if not channel_id:
                raise ChannelGone("no_direct_channel")
            _keep(self._direct, key, channel_id)
        return self._direct[key]

    async def opener(self, workspace: Workspace, channel_id: str, thread: str) -> Opener:
        """Whose first message a thread hangs on. OTHER when Slack does not say: then a command acts literally where it
        was typed."""
        known = self.noted(workspace.team, channel_id, thread)
        if known is not None:
            return known
        try:
            answer = await workspace.ask(
                lambda client: client.conversations_replies(channel=channel_id, ts=thread, limit=1)
            )
        except DeliveryError as error:
            log.info("conversations.replies: %s", error)
            return Opener.OTHER
        first = (answer.get("messages") or [{}])[0]
        if first.get("user") == workspace.bot_user:
            opener = Opener.BOT
        else:
            opener = Opener.ASKER if f"<@{workspace.bot_user}" in str(first.get("text") or "") else Opener.OTHER
        return self.note(workspace.team, channel_id, thread, opener)

    def noted(self, team: str, channel_id: str, thread: str) -> Opener | None:
        """Of a thread that the bot was spoken to in since it runs; None for all others."""
        return self._threads.get((team, channel_id, thread))

    def note(self, team: str, channel_id: str, thread: str, opener: Opener) -> Opener:
        return _keep(self._threads, (team, channel_id, thread), opener)


def _members(channel_id: str, cursor: str) -> Call:
    return lambda client: client.conversations_members(channel=channel_id, limit=1_000, cursor=cursor or None)


def _person(user: dict[str, Any]) -> Person:
    profile = user.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name") or ""
    spoken = str(user.get("locale") or "").lower().replace("_", "-").split("-")[0]
    languages = {language.value: language for language in Language}
    return Person(
        name=str(name),
        language=languages.get(spoken),
        zone=str(user.get("tz") or "") or None,
        admin=any(user.get(power) is True for power in POWERS) and user.get("deleted") is not True,
    )


def _keep(kept: dict[K, V], key: K, value: V) -> V:
    """Remembers, and forgets the oldest when there are too many."""
    kept.pop(key, None)
    while len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = value
    return value
