"""Who somebody is (name, language, zone), which channel a name means, who opened a thread: asked once, then kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.domain.errors import ChannelGone, DeliveryError
from bot.domain.story import Language
from bot.log import logger
from bot.platforms.slack.api import Api
from bot.platforms.slack.events import Opener
from bot.ports import Clock

KNOWN_FOR = timedelta(hours=1)
UNKNOWN_FOR = timedelta(minutes=1)
MOST_KEPT = 2_000
MOST_PAGES = 50
CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,}")
CHANNEL_LINK = re.compile(r"<#([A-Z0-9]+)(?:\|[^<>]*)?>")
log = logger("slack")

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str = ""
    language: Language | None = None
    zone: str | None = None


NOBODY = Person()


class Directory:
    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._people: dict[str, tuple[datetime, Person]] = {}
        self._threads: dict[tuple[str, str], Opener] = {}

    async def person(self, user_id: str) -> Person:
        """Never fails: what Slack does not say stays empty, and is asked again a minute later."""
        until, known = self._people.get(user_id, (None, NOBODY))
        now = self._clock()
        if until is not None and now < until:
            return known
        try:
            answer = await self._api.ask(lambda client: client.users_info(user=user_id, include_locale=True))
        except DeliveryError as error:
            log.info("users.info: %s", error)
            return _keep(self._people, user_id, (now + UNKNOWN_FOR, known))[1]
        return _keep(self._people, user_id, (now + KNOWN_FOR, _person(answer.get("user") or {})))[1]

    async def opener(self, channel_id: str, thread: str) -> Opener:
        """Whose first message a thread hangs on. OTHER when Slack does not say: then a command acts literally where it
        was typed."""
        known, who = self._threads.get((channel_id, thread)), self._api.who
        if known is not None or who is None:
            return known or Opener.OTHER
        try:
            answer = await self._api.ask(
                lambda client: client.conversations_replies(channel=channel_id, ts=thread, limit=1)
            )
        except DeliveryError as error:
            log.info("conversations.replies: %s", error)
            return Opener.OTHER
        first = (answer.get("messages") or [{}])[0]
        if first.get("user") == who.user_id:
            opener = Opener.BOT
        else:
            opener = Opener.ASKER if f"<@{who.user_id}" in str(first.get("text") or "") else Opener.OTHER
        return _keep(self._threads, (channel_id, thread), opener)

    async def channel_id(self, name: str) -> str | None:
        """The id behind `#name`, `@name`, `C123…` or `<#C123|name>` among the channels that the bot is in."""
        name = name.strip()
        link = CHANNEL_LINK.fullmatch(name)
        wanted = link[1] if link else name
        try:
            if CHANNEL_ID.fullmatch(wanted):
                return await self._by_id(wanted)
            return await self._by_name(wanted.lstrip("#@").casefold())
        except ChannelGone:  # no such id, or not for the bot's eyes
            return None
        except DeliveryError as error:
            log.warning("could not look up a channel (%s)", error)
            return None

    async def _by_id(self, channel_id: str) -> str | None:
        answer = await self._api.ask(lambda client: client.conversations_info(channel=channel_id))
        return channel_id if (answer.get("channel") or {}).get("is_member") else None

    async def _by_name(self, name: str) -> str | None:
        # users.conversations lists the bot's own channels only: a page or two where conversations.list has hundreds.
        cursor = ""
        for _ in range(MOST_PAGES if name else 0):
            answer = await self._api.ask(_own_channels(cursor))
            for channel in answer.get("channels") or []:
                if str(channel.get("name") or "").casefold() == name:
                    return str(channel["id"])
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return None


def _own_channels(cursor: str) -> Callable[[Any], Any]:
    return lambda client: client.users_conversations(
        types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor or None
    )


def _person(user: dict[str, Any]) -> Person:
    profile = user.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name") or ""
    spoken = str(user.get("locale") or "").lower().replace("_", "-").split("-")[0]
    languages = {language.value: language for language in Language}
    return Person(name=str(name), language=languages.get(spoken), zone=str(user.get("tz") or "") or None)


def _keep(kept: dict[K, V], key: K, value: V) -> V:
    """Remembers, and forgets the oldest when there are too many."""
    kept.pop(key, None)
    while len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = value
    return value
