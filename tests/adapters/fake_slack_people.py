"""What people do in the local Slack, in the payloads that real Slack makes of it."""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from tests.adapters.fake_slack_methods import WebApi
from tests.adapters.fake_slack_web import TEAM, Posted, View
from tests.adapters.fake_slack_wire import Envelope

Payload = dict[str, Any]


class People(WebApi):
    @abstractmethod
    async def deliver(self, kind: str, payload: Payload, *, wait: bool = True) -> Envelope: ...

    def _user(self, user: str, team: str) -> Payload:
        name = self.users.get(user, {}).get("name", "")
        return {"id": user, "name": name, "username": name, "team_id": team}

    def _bot(self, team: str) -> str:
        return self.bot_users.get(team, "U0STRANGER")

    def _organisation(self, team: str) -> Payload:
        """How a payload names the organisation of a workspace that is served through it."""
        whole = self.organisations.get(team)
        return {"enterprise_id": whole, "is_enterprise_install": whole is not None}

    def _team(self, channel: str) -> str:
        return self.rooms[channel].team if channel in self.rooms else TEAM

    # --- typing ---

    async def command(
        self, command: str, text: str = "", *, channel: str = "C1NEWS0", user: str = "U1ANNA"
    ) -> Envelope:
        payload = {
            "command": command, "text": text, "channel_id": channel, "channel_name": self.rooms[channel].name,
            "user_id": user, "user_name": self.users.get(user, {}).get("name", ""), "team_id": self._team(channel),
            "trigger_id": self._trigger(user), "response_url": self._response_url(user, channel), "api_app_id": "A1",
            **{key: str(value).lower() if isinstance(value, bool) else value
               for key, value in self._organisation(self._team(channel)).items() if value is not None},
        }  # fmt: skip
        return await self.deliver("slash_commands", payload)

    async def mention(
        self, text: str, *, channel: str = "C1NEWS0", user: str = "U1ANNA", thread_ts: str = ""
    ) -> Envelope:
        named = f"<@{self._bot(self._team(channel))}> {text}"
        return await self.event(self.said(named, channel=channel, user=user, thread_ts=thread_ts))

    async def direct_message(
        self, text: str, *, channel: str = "D1DIRECT", user: str = "U1ANNA", thread_ts: str = "", **more: Any
    ) -> Envelope:
        event = self.said(text, channel=channel, user=user, thread_ts=thread_ts)
        return await self.event({**event, "type": "message", "channel_type": "im", **more})

    async def overheard(
        self, text: str, *, channel: str = "C1NEWS0", user: str = "U1ANNA", thread_ts: str = ""
    ) -> Envelope:
        """Words in a channel that the bot is in, as `message.channels` brings them."""
        event = self.said(text, channel=channel, user=user, thread_ts=thread_ts)
        root = self._find(channel, thread_ts)
        parent = {"parent_user_id": root.user} if root else {}
        return await self.event({**event, "type": "message", "channel_type": "channel", **parent})

    def said(self, text: str, *, channel: str = "C1NEWS0", user: str = "U1ANNA", thread_ts: str = "") -> Payload:
        """Somebody writes; the event that a mention makes of it."""
        ts = self._ts()
        self.history.append(Posted(channel, ts, user, text, thread_ts))
        event = {
            "type": "app_mention", "user": user, "text": text, "channel": channel, "ts": ts, "event_ts": ts,
            "team": self._team(channel), "client_msg_id": f"client-{ts}",
        }  # fmt: skip
        if thread_ts:
            event["thread_ts"] = thread_ts
        return event

    def share(self, name: str, content: bytes, media_type: str = "text/xml") -> Payload:
        """A file that goes along with a message."""
        self.shared[f"/files/{name}"] = content
        url = f"http://{self._host}/files/{name}"
        return {"id": "F9", "name": name, "mimetype": media_type, "size": len(content), "url_private_download": url}

    # --- pressing and choosing ---

    async def press(self, message: Posted, action: str, *, user: str = "U1ANNA") -> Envelope:
        block, element = message.button(action)
        return await self._act(message, block, {**_named(element), "value": element["value"]}, user)

    async def choose(self, message: Posted, action: str, *, user: str = "U1ANNA") -> Envelope:
        block, element, option = message.choice(action)
        return await self._act(message, block, {**_named(element), "selected_option": option}, user)

    async def _act(self, message: Posted, block: Payload, action: Payload, user: str) -> Envelope:
        container = {
            "type": "message", "message_ts": message.ts, "channel_id": message.channel,
            "is_ephemeral": message.ephemeral,
        }  # fmt: skip
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        team, whole = self._team(message.channel), self._organisation(self._team(message.channel))
        payload = {
            "type": "block_actions", "team": None if whole["enterprise_id"] else {"id": team},
            "enterprise": whole["enterprise_id"] and {"id": whole["enterprise_id"]},
            "is_enterprise_install": whole["is_enterprise_install"], "channel": {"id": message.channel},
            "container": container, "user": self._user(user, self._team(message.channel)), "api_app_id": "A1",
            "trigger_id": self._trigger(user), "response_url": self._response_url(user, message.channel, message.ts),
            "actions": [action | {"block_id": block["block_id"], "action_ts": self._ts()}],
        }  # fmt: skip
        return await self.deliver("interactive", payload)

    async def press_at_home(self, user: str, action: str, *, team: str = TEAM) -> Envelope:
        home = self.homes[user]
        block, element = home.as_message.button(action)
        payload = {
            "type": "block_actions", "team": {"id": team}, "user": self._user(user, team), "api_app_id": "A1",
            "container": {"type": "view", "view_id": home.id}, "view": {"id": home.id, "team_id": team, **home.view},
            "trigger_id": self._trigger(user),
            "actions": [
                {**_named(element), "value": element["value"], "block_id": block["block_id"], "action_ts": self._ts()}
            ],
        }  # fmt: skip
        return await self.deliver("interactive", payload)

    async def open_home(self, user: str = "U1ANNA", *, channel: str = "D1DIRECT", tab: str = "home") -> Envelope:
        event = {"type": "app_home_opened", "user": user, "channel": channel, "tab": tab, "event_ts": self._ts()}
        return await self.event(event, team=self._team(channel))

    async def shortcut(self, callback_id: str, message: Posted, *, user: str = "U1ANNA") -> Envelope:
        team = self._team(message.channel)
        about: Payload = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text}
        if message.user in self.bot_users.values():
            about["bot_id"] = "B0KABAR"
        if message.thread_ts:
            about["thread_ts"] = message.thread_ts
        payload = {
            "type": "message_action", "callback_id": callback_id, "team": {"id": team}, "user": self._user(user, team),
            "channel": {"id": message.channel, "name": self.rooms[message.channel].name}, "message_ts": message.ts,
            "message": about, "action_ts": self._ts(), "trigger_id": self._trigger(user),
            "response_url": self._response_url(user, message.channel), "is_enterprise_install": False,
        }  # fmt: skip
        return await self.deliver("interactive", payload)

    async def submit(
        self, dialog: View, answers: Mapping[str, str | Sequence[str] | None], *, team: str = TEAM
    ) -> Envelope:
        """Sends a dialog off: a text or a list of chosen values a field; what is not named stays as it was shown."""
        values = {}
        for block in dialog.view["blocks"]:
            element, key = block["element"], block["block_id"]
            state = _state(element, answers[key]) if key in answers else _state(element, _shown(element))
            values[key] = {element["action_id"]: {"type": element["type"], **state}}
        view = {"id": dialog.id, "team_id": team, "app_installed_team_id": team, **dialog.view}
        payload = {
            "type": "view_submission", "team": {"id": team}, "user": self._user(dialog.user, team), "api_app_id": "A1",
            "trigger_id": self._trigger(dialog.user), "view": view | {"state": {"values": values}},
            "response_urls": [],
        }  # fmt: skip
        return await self.deliver("interactive", payload)

    # --- events ---

    async def event(self, event: Payload, *, team: str = "", event_time: float | None = None) -> Envelope:
        number, channel = next(self._numbers), event.get("channel")
        team = team or (self._team(channel) if isinstance(channel, str) else TEAM)
        payload = {
            "type": "event_callback", "team_id": team, "api_app_id": "A1", "event_id": f"Ev{number}", "event": event,
            "event_time": int(time.time() if event_time is None else event_time),
            "authorizations": [
                {"team_id": team, "user_id": self._bot(team), "is_bot": True, **self._organisation(team)}
            ],
        }  # fmt: skip
        return await self.deliver("events_api", payload)

    def uninstall(self, team: str) -> None:
        """From now on Slack does not take the workspace's tokens any more."""
        self.places = {token: place for token, place in self.places.items() if place.team != team}

    def _response_url(self, user: str, channel: str, target: str = "") -> str:
        return f"http://{self._host}/respond/{user}/{channel}/{target or '-'}"


def _named(element: Payload) -> Payload:
    return {"type": element["type"], "action_id": element["action_id"]}


def _shown(element: Payload) -> str | list[str] | None:
    if element["type"] == "plain_text_input":
        return element.get("initial_value")
    chosen = element.get("initial_options") or [element[key] for key in ("initial_option",) if key in element]
    return [option["value"] for option in chosen]


def _state(element: Payload, answer: str | Sequence[str] | None) -> Payload:
    if element["type"] == "plain_text_input":
        return {"value": answer}
    wanted = [answer] if isinstance(answer, str) else list(answer or [])
    chosen = [json.loads(json.dumps(o)) for o in element["options"] if o["value"] in wanted]
    if element["type"] == "static_select":
        return {"selected_option": chosen[0] if chosen else None}
    return {"selected_options": chosen}
