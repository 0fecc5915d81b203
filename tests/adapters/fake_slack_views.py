"""The Web API of the local Slack: files in three steps, dialogs, the App Home, installations."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.adapters.fake_slack_rules import view_problem
from tests.adapters.fake_slack_web import CLIENT_ID, CLIENT_SECRET, Answer, File, Place, Room, State, View


class Views(State):
    def _room(self, body: Answer, place: Place) -> Room | None:
        room = self.rooms.get(str(body.get("channel")))
        return room if room is not None and place.covers(room.team) else None

    def _exchange(self, body: Mapping[str, Any], token: str) -> Answer:
        given = token.removeprefix("Basic ")
        named = f"{body.get('client_id')}:{body.get('client_secret')}"
        if f"{CLIENT_ID}:{CLIENT_SECRET}" not in (named, base64.b64decode(given).decode()):
            return {"error": "bad_client_secret"}
        if body.get("grant_type") == "refresh_token":
            return self._refreshed(str(body.get("refresh_token")))
        redirect, answer = self.codes.pop(str(body.get("code")), ("", {"error": "invalid_code"}))
        if "error" not in answer and redirect != body.get("redirect_uri"):
            return {"error": "bad_redirect_uri"}
        return dict(answer)

    def _refreshed(self, refresh_token: str) -> Answer:
        """The next token; the one before is good until it ends, its refresh token no more."""
        place = self.refresh_tokens.pop(refresh_token, None)
        if place is None:
            return {"error": "invalid_refresh_token"}
        number = next(self._numbers)
        token, following = f"xoxe.xoxb-{place.team}-{number}", f"xoxe-{number}"
        self.places[token], self.refresh_tokens[following] = place, place
        return {"access_token": token, "refresh_token": following, "expires_in": 43_200, "token_type": "bot"}

    # --- files ---

    def _files_getUploadURLExternal(self, body: Answer, place: Place) -> Answer:  # noqa: N802
        if not body.get("filename") or int(body.get("length") or 0) < 1:
            return {"error": "invalid_arguments"}
        file_id = f"F{next(self._numbers)}"
        self.files[file_id] = File(str(body["filename"]), int(body["length"]), str(body.get("alt_txt") or ""))
        return {"upload_url": f"http://{self._host}/upload/{file_id}", "file_id": file_id}

    def _files_completeUploadExternal(self, body: Answer, place: Place) -> Answer:  # noqa: N802
        room = self._room({"channel": body.get("channel_id")}, place)
        if room is None or not room.member:
            return {"error": "channel_not_found" if room is None else "not_in_channel"}
        files = json.loads(body["files"])
        for one in files:
            file = self.files.get(one["id"])
            if file is None or file.content is None or len(file.content) != file.length:
                return {"error": "file_not_found"}
            file.title, file.channel = one["title"], str(body["channel_id"])
            file.thread_ts = str(body.get("thread_ts") or "")
        return {"files": files}

    # --- views ---

    def _views_open(self, body: Answer, place: Place) -> Answer:
        view, trigger = _json(body.get("view")), str(body.get("trigger_id"))
        if trigger not in self.triggers:
            return {"error": "expired_trigger_id"}
        error = view_problem(view, "modal")
        if error:
            return {"error": error}
        opened = View(f"V{next(self._numbers)}", self.triggers.pop(trigger), view)
        self.dialogs.append(opened)
        return {"view": {"id": opened.id, **view}}

    def _views_publish(self, body: Answer, place: Place) -> Answer:
        view, user = _json(body.get("view")), str(body.get("user_id"))
        error = view_problem(view, "home") if user in self.users else "user_not_found"
        if error:
            return {"error": error}
        self.homes[user] = View(f"V{next(self._numbers)}", user, view)
        return {"view": {"id": self.homes[user].id, **view}}


def _json(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(value) if isinstance(value, str) else dict(value or {})
    return made
