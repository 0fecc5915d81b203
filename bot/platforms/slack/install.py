"""How a workspace lets the bot in: to Slack with a secret of ours, back with Slack's code, and the token is kept."""

from __future__ import annotations

import html
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from bot.domain.errors import DeliveryError, KabarError
from bot.log import logger
from bot.platforms.slack.api import Api
from bot.platforms.slack.health import PART
from bot.platforms.slack.manifest import REDIRECT_PATH, SCOPES
from bot.platforms.slack.tokens import Tokens
from bot.platforms.slack.workspaces import Workspaces
from bot.ports import Ask, Clock, Installation, Installations, Reply
from bot.texts import LANGUAGES, Texts

INSTALL = "/slack/install"
SECRET_BYTES = 32
PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title></head>
<body><h1>{title}</h1><p>{words}</p>{way_on}</body></html>
"""
# The address of the page that Slack leads back to holds its code: it must not travel on.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
log = logger("slack")


class Installer:
    def __init__(
        self,
        *,
        api: Api,
        workspaces: Workspaces,
        tokens: Tokens,
        installations: Installations,
        client_id: str,
        public_url: str,
        clock: Clock,
        arrived: Callable[[str], Awaitable[None]],
    ) -> None:
        self._api = api
        self._workspaces = workspaces
        self._tokens = tokens
        self._installations = installations
        self._client_id = client_id
        self._back = public_url.rstrip("/") + REDIRECT_PATH
        self._clock = clock
        self._arrived = arrived

    async def begin(self, ask: Ask) -> Reply:
        """To Slack's page, where somebody of the workspace says yes."""
        state = secrets.token_urlsafe(SECRET_BYTES)
        try:
            await self._installations.begin(state, self._clock())
        except KabarError as error:
            log.error("an installation could not begin: %s", error)
            return page(ask, "busy", status=503)
        wish = {
            "client_id": self._client_id,
            "scope": ",".join(SCOPES),
            "redirect_uri": self._back,
            "state": state,
        }
        slack = self._api.base_url.rstrip("/").removesuffix("/api")
        return Reply(status=302, headers={**HEADERS, "Location": f"{slack}/oauth/v2/authorize?{urlencode(wish)}"})

    async def end(self, ask: Ask) -> Reply:
        """Back from Slack, with a code that is worth a token once."""
        code, state = ask.query.get("code", ""), ask.query.get("state", "")
        try:
            if not state or not await self._installations.complete(state, self._clock()):
                return page(ask, "expired", status=400)
            if not code:
                return page(ask, "cancelled")
            answer = await self._tokens.exchange(code=code, redirect_uri=self._back)
            place = answer.get("enterprise" if answer.get("is_enterprise_install") else "team") or {}
            if not place.get("id"):
                return page(ask, "failed", status=502)
            await self._installations.save(self._installation(place, answer))
        except DeliveryError as error:
            log.warning("Slack did not confirm an installation: %s", error)
            return page(ask, "failed", status=502)
        except KabarError as error:
            log.error("an installation could not be kept: %s", error)
            return page(ask, "busy", status=503)
        team_id, name = str(place["id"]), str(place.get("name") or place["id"])
        self._workspaces.forget(team_id)
        log.info("installed in workspace %s", team_id)
        await self._arrived(team_id)
        return page(ask, "done", team=name)

    def _installation(self, place: Mapping[str, Any], answer: Mapping[str, Any]) -> Installation:
        """Of a workspace, or of an organisation with all its workspaces."""
        bare = Installation(
            platform=PART,
            team=str(place["id"]),
            name=str(place.get("name") or place["id"]),
            token="",
            bot_user=str(answer.get("bot_user_id") or ""),
            installed_by=str((answer.get("authed_user") or {}).get("id") or ""),
            at=self._clock(),
        )
        return self._tokens.kept(bare, answer)


def page(ask: Ask, outcome: str, *, status: int = 200, **values: str) -> Reply:
    """A small page in the reader's language: what happened, and the way on."""
    language = _language(ask)
    texts = Texts(language)
    again = texts.say("slack.install.again")
    way_on = "" if outcome == "done" else f'<p><a href="{INSTALL}">{html.escape(again)}</a></p>'
    text = PAGE.format(
        language=language,
        title=html.escape(texts.say("slack.install.title")),
        words=html.escape(texts.say(f"slack.install.{outcome}", **values)),
        way_on=way_on,
    )
    return Reply(status=status, body=text.encode(), media_type="text/html; charset=utf-8", headers=HEADERS)


def _language(ask: Ask) -> str:
    """The first of the browser's languages that Kabar speaks; English otherwise."""
    for wish in ask.headers.get("accept-language", "").lower().split(","):
        language = wish.partition(";")[0].strip().partition("-")[0]
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]
