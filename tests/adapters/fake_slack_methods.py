"""The Web API of the local Slack, method by method. What it refuses, real Slack refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.adapters.fake_slack_rules import problem
from tests.adapters.fake_slack_views import Views
from tests.adapters.fake_slack_web import APP_TOKEN, Answer, Place, Posted, Room, Trouble


class WebApi(Views):
    """`FakeSlack` puts a server and a socket around it."""

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.content_type == "application/json":
            body = dict(await request.json())
        else:
            body = {**request.query, **dict(await request.post())}
        async with self._noted():
            self.calls.append((method, body))
        trouble = self._trouble(method)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        place = self.places.get(token)
        if trouble is not None:
            return await self._go_wrong(trouble, method, body, request, place)
        if method == "oauth.v2.access":
            return _said(self._exchange(body, token))
        if method == "apps.connections.open":
            return _said(self._connection() if token == APP_TOKEN else {"error": "invalid_auth"})
        if place is None:
            return _said({"error": "invalid_auth" if token else "not_authed"})
        return _said(await self._answer(method, body, place))

    async def _go_wrong(
        self, trouble: Trouble, method: str, body: dict[str, Any], request: web.Request, place: Place | None
    ) -> web.StreamResponse:
        if trouble.store and place is not None:
            await self._answer(method, body, place)
        if trouble.hang:
            await self._released.wait()
        if trouble.reset or trouble.hang:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if trouble.raw is not None:
            return web.Response(status=trouble.status, text=trouble.raw, content_type="text/html")
        answer = {"ok": False, "error": trouble.error, **trouble.extra}
        return web.json_response(answer, status=trouble.status, headers=dict(trouble.headers))

    async def _answer(self, method: str, body: dict[str, Any], place: Place) -> Answer:
        name = "_" + method.replace(".", "_")
        handler = getattr(self, name, None)
        if handler is None:
            return {"error": "unknown_method"}
        async with self._noted():
            answer: Answer = handler(body, place)
        return answer

    def _connection(self) -> Answer:
        ticket = f"ticket-{next(self._numbers)}-secret"
        self._tickets.add(ticket)
        return {"url": f"ws://{self._host}/link?ticket={ticket}&app_id=A1"}

    # --- people and rooms ---

    def _auth_test(self, body: Answer, place: Place) -> Answer:
        return {
            "team": place.name, "team_id": place.team, "user": "kabar", "user_id": place.bot, "bot_id": place.bot_id,
        }  # fmt: skip

    def _users_info(self, body: Answer, place: Place) -> Answer:
        user = self.users.get(body["user"])
        return {"user": user} if user else {"error": "user_not_found"}

    def _conversations_info(self, body: Answer, place: Place) -> Answer:
        room = self._room(body, place)
        if room is None or (room.private and not room.member):
            return {"error": "channel_not_found"}
        found = {"id": body["channel"], "name": room.name, "is_member": room.member, "is_private": room.private}
        return {"channel": found}

    def _conversations_members(self, body: Answer, place: Place) -> Answer:
        room = self._room(body, place)
        return self._paged("members", list(room.people), body) if room else {"error": "channel_not_found"}

    def _conversations_open(self, body: Answer, place: Place) -> Answer:
        user = str(body.get("users"))
        if user not in self.users:
            return {"error": "user_not_found"}
        known = next((key for key, room in self.rooms.items() if key.startswith("D") and user in room.people), None)
        channel = known or f"D{next(self._numbers)}{user}"
        self.rooms.setdefault(channel, Room("", team=place.team, people=[user]))
        return {"channel": {"id": channel}}

    def _users_conversations(self, body: Answer, place: Place) -> Answer:
        if place.teams and body.get("team_id") not in place.teams:
            return {"error": "missing_argument"}  # an organisation's token: of which workspace?
        team = body.get("team_id") or place.team
        mine = [
            {"id": key, "name": room.name, "is_member": True}
            for key, room in self.rooms.items()
            if room.member and not room.archived and key.startswith("C") and room.team == team
        ]
        return self._paged("channels", mine, body)

    # --- messages ---

    def _refusal(self, body: Answer, place: Place) -> str:
        room = self._room(body, place)
        if room is None:
            return "channel_not_found"
        if room.archived:
            return "is_archived"
        if not room.member:
            return "not_in_channel"
        return problem(body)

    def _chat_postMessage(self, body: Answer, place: Place) -> Answer:  # noqa: N802
        error, thread = self._refusal(body, place), str(body.get("thread_ts") or "")
        if not error and thread and self._find(str(body["channel"]), thread) is None:
            error = "thread_not_found"
        if error:
            return {"error": error}
        posted = Posted(
            str(body["channel"]), self._ts(), place.bot, body.get("text", ""), thread, body.get("blocks", []),
            body.get("metadata"), body,
        )  # fmt: skip
        self.history.append(posted)
        message = {"user": place.bot, "bot_id": place.bot_id, "text": posted.text}
        return {"channel": posted.channel, "ts": posted.ts, "message": message}

    def _chat_postEphemeral(self, body: Answer, place: Place) -> Answer:  # noqa: N802
        error = self._refusal(body, place) or ("" if body.get("user") in self.users else "user_not_in_channel")
        if error:
            return {"error": error}
        posted = Posted(
            str(body["channel"]), self._ts(), place.bot, body.get("text", ""), str(body.get("thread_ts") or ""),
            body.get("blocks", []), None, body, True, str(body["user"]),
        )  # fmt: skip
        self.history.append(posted)
        return {"message_ts": posted.ts}

    def _chat_update(self, body: Answer, place: Place) -> Answer:
        error = self._refusal(body, place)
        found = self._find(str(body.get("channel")), str(body.get("ts")))
        if not error and (found is None or found.ephemeral):
            error = "message_not_found"
        if error or found is None:
            return {"error": error}
        if found.user != place.bot:
            return {"error": "cant_update_message"}
        found.text, found.blocks = body.get("text", found.text), body.get("blocks", [])
        found.metadata = body.get("metadata", found.metadata)
        found.edits += 1
        return {"channel": found.channel, "ts": found.ts, "text": found.text}

    def _chat_delete(self, body: Answer, place: Place) -> Answer:
        found = self._find(str(body.get("channel")), str(body.get("ts")))
        if found is None or found.ephemeral:
            return {"error": "message_not_found"}
        if found.user != place.bot:
            return {"error": "cant_delete_message"}
        self.history.remove(found)
        self.deleted.append(found)
        return {"channel": found.channel, "ts": found.ts}

    def _find(self, channel: str, ts: str) -> Posted | None:
        return next((m for m in self.history if (m.channel, m.ts) == (channel, ts)), None)

    def _conversations_history(self, body: Answer, place: Place) -> Answer:
        if self._room(body, place) is None:
            return {"error": "channel_not_found"}
        oldest = float(body.get("oldest") or 0)
        found = [
            m
            for m in reversed(self.history)
            if m.channel == body["channel"] and not m.ephemeral and float(m.ts) >= oldest
            if not m.thread_ts or m.thread_ts == m.ts or m.body.get("reply_broadcast")
        ]
        return self._listed(found, body)

    def _conversations_replies(self, body: Answer, place: Place) -> Answer:
        if self._room(body, place) is None:
            return {"error": "channel_not_found"}
        root, oldest = body["ts"], float(body.get("oldest") or 0)
        if self._find(body["channel"], root) is None:
            return {"error": "thread_not_found"}
        mine = [m for m in self.history if m.channel == body["channel"] and not m.ephemeral]
        found = [m for m in mine if m.ts == root or (m.thread_ts == root and float(m.ts) >= oldest)]
        return self._listed(found, body)

    def _listed(self, found: list[Posted], body: Answer) -> Answer:
        with_metadata = str(body.get("include_all_metadata")) in ("1", "True", "true")
        bots = {place.bot: place.bot_id for place in self.places.values()}
        return self._paged("messages", [_as_history(one, with_metadata, bots) for one in found], body)

    def _paged(self, name: str, rows: list[Any], body: Answer) -> Answer:
        start, size = int(body.get("cursor") or 0), min(int(body.get("limit") or 100), self._page)
        more = str(start + size) if start + size < len(rows) else ""
        return {name: rows[start : start + size], "response_metadata": {"next_cursor": more}}


def _said(answer: Answer) -> web.Response:
    return web.json_response({"ok": "error" not in answer, **answer})


def _as_history(message: Posted, with_metadata: bool, bots: Mapping[str, str]) -> Answer:
    row: Answer = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text}
    if message.user in bots:
        row["bot_id"] = bots[message.user]
    if message.thread_ts:
        row["thread_ts"] = message.thread_ts
    if with_metadata and message.metadata:
        row["metadata"] = message.metadata
    return row
