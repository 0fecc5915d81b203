"""The methods of the Bot API that the fake server has, each refusing what the real one refuses."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from typing import Any

from tests.adapters.fake_telegram_rules import (
    FakeChat,
    Json,
    Refusal,
    Sent,
    SentFile,
    bad,
    buttons_of,
    entities_of,
    member,
    person,
    tappable,
    units,
)

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


class Methods:
    """What a chat holds is in `shown`; `sent` are receipts of everything that was sent, `edits` of all changes."""

    def __init__(self, token: str, username: str) -> None:
        self.token = token
        self.me = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Kabar", "username": username}
        self.chats: dict[int, FakeChat] = {}
        self.sent: list[Sent] = []
        self.edits: list[Sent] = []
        self.shown: dict[tuple[int, int], Sent] = {}
        self.answered: list[str] = []
        self.notices: dict[str, str] = {}
        self.offered: dict[str, list[Json]] = {}
        self.inline_answers: list[Json] = []
        self.menus: dict[tuple[str, str], list[Json]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.webhook = ""
        self.webhook_secret = ""
        self.webhook_error: Json = {}
        self.pending: list[Json] = []
        self.polling = 0
        self._next_update, self._next_message = 1000, 1
        self._poll_number = 0
        self._news = asyncio.Event()

    def _notify(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _getme(self, _: Json) -> Json:
        return self.me

    # --- updates

    async def _getupdates(self, params: Json) -> list[Json]:
        if self.webhook:
            text = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            raise Refusal(code=409, description=f"Conflict: {text}")
        offset = int(params.get("offset", 0))
        self.pending = [update for update in self.pending if update["update_id"] >= offset]
        self._poll_number += 1
        mine = self._poll_number
        self.polling += 1
        self._notify()  # also ends an earlier poll that still waits
        until = time.monotonic() + int(params.get("timeout", 0))
        try:
            while not self.pending and mine == self._poll_number and (left := until - time.monotonic()) > 0:
                try:
                    await asyncio.wait_for(self._news.wait(), left)
                except TimeoutError:
                    break
        finally:
            self.polling -= 1
        if mine != self._poll_number:
            text = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Refusal(code=409, description=f"Conflict: {text}")
        wanted = params.get("allowed_updates") or []
        found = [update for update in self.pending if not wanted or set(update) & set(wanted)]
        return found[: int(params.get("limit", 100))]

    async def _setwebhook(self, params: Json) -> bool:
        if not params["url"].startswith("https://"):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", str(params.get("secret_token", ""))):
            raise bad("secret token contains unallowed characters")
        self.webhook, self.webhook_secret = params["url"], str(params.get("secret_token", ""))
        return True

    async def _deletewebhook(self, _: Json) -> bool:
        self.webhook = self.webhook_secret = ""
        return True

    async def _getwebhookinfo(self, _: Json) -> Json:
        waiting = len(self.pending)
        about = {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": waiting}
        return about | self.webhook_error

    # --- messages

    async def _sendmessage(self, params: Json) -> Json:
        text = str(params.get("text", ""))
        if not text.strip():
            raise bad("message text is empty")
        if units(text) > TEXT_LIMIT:
            raise bad("message is too long")
        return self._sent(params, text=text, entities=params.get("entities"))

    async def _sendphoto(self, params: Json) -> Json:
        return self._sent_file("photo", params)

    async def _senddocument(self, params: Json) -> Json:
        return self._sent_file("document", params)

    def _sent_file(self, kind: str, params: Json) -> Json:
        if self._reachable(params).no_files:
            raise bad(f"not enough rights to send {kind}s to the chat")
        file = params.get(kind)
        if not isinstance(file, SentFile) or not file.content:
            raise bad(f"there is no {kind} in the request")
        caption = _caption(params)
        return self._sent(params, text=caption, entities=params.get("caption_entities"), kind=kind, file=file)

    def _sent(self, params: Json, *, text: str, entities: Any, kind: str = "message", **more: Any) -> Json:
        chat = self._reachable(params)
        shown = entities_of(entities, text)
        buttons = buttons_of(params.get("reply_markup"))
        reply_to = self._replied(params.get("reply_parameters") or {})
        message = self._message(chat) | {"from": self.me, **({"text": text} if kind == "message" else {})}
        sent = Sent(
            chat_id=chat.id,
            message_id=message["message_id"],
            text=text,
            entities=shown,
            buttons=buttons,
            silent=bool(params.get("disable_notification")),
            preview=not (params.get("link_preview_options") or {}).get("is_disabled", False),
            thread=params.get("message_thread_id"),
            reply_to=reply_to,
            params=params,
            kind=kind,
            found=tappable(text, shown),
            **more,
        )
        self.sent.append(sent)
        self.shown[chat.id, sent.message_id] = sent
        return message

    async def _editmessagetext(self, params: Json) -> Json:
        old = self._editable(params)
        text = str(params.get("text", ""))
        if old.kind != "message":
            raise bad("there is no text in the message to edit")
        if not text.strip():
            raise bad("message text is empty")
        if units(text) > TEXT_LIMIT:
            raise bad("MESSAGE_TOO_LONG")
        preview = not (params.get("link_preview_options") or {}).get("is_disabled", False)
        return self._changed(old, params, text=text, entities=params.get("entities"), preview=preview)

    async def _editmessagecaption(self, params: Json) -> Json:
        old = self._editable(params)
        if old.kind == "message":
            raise bad("there is no caption in the message to edit")
        return self._changed(old, params, text=_caption(params), entities=params.get("caption_entities"))

    async def _editmessagemedia(self, params: Json) -> Json:
        old, media = self._editable(params), params["media"]
        file = params.get(str(media["media"]).removeprefix("attach://"))
        if not isinstance(file, SentFile):
            raise bad("there is no file in the request")
        more = {"kind": media["type"], "file": file}
        return self._changed(old, params, text=_caption(media), entities=media.get("caption_entities"), **more)

    def _changed(self, old: Sent, params: Json, *, text: str, entities: Any, **more: Any) -> Json:
        shown = entities_of(entities, text)
        buttons = buttons_of(params.get("reply_markup"))
        found = tappable(text, shown)
        new = replace(old, text=text, entities=shown, buttons=buttons, params=params, found=found, **more)
        if new.looks == old.looks:
            raise bad(UNCHANGED)
        self.shown[old.chat_id, old.message_id] = new
        self.edits.append(new)
        now = int(time.time())
        about = {"message_id": old.message_id, "date": now, "edit_date": now, "from": self.me, "text": text}
        return about | {"chat": self.chats[old.chat_id].shown()}

    async def _deletemessages(self, params: Json) -> bool:
        chat = self._reachable(params)
        for message_id in params["message_ids"]:
            self.shown.pop((chat.id, int(message_id)), None)
        return True

    def _editable(self, params: Json) -> Sent:
        chat, message_id = self._reachable(params), int(params["message_id"])
        if (chat.id, message_id) in self.shown:
            return self.shown[chat.id, message_id]
        deleted = message_id >= self._next_message or any(sent.message_id == message_id for sent in self.sent)
        raise bad("message to edit not found" if deleted else "message can't be edited")

    # --- buttons, sharing, menus, files

    async def _answercallbackquery(self, params: Json) -> bool:
        if params["callback_query_id"] in self.answered:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        text = str(params.get("text", ""))
        if len(text) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.answered.append(params["callback_query_id"])
        if text:
            self.notices[params["callback_query_id"]] = text
        return True

    async def _answerinlinequery(self, params: Json) -> bool:
        results = params["results"]
        ids = [result["id"] for result in results]
        if len(results) > 50:
            raise bad("RESULTS_TOO_MUCH")
        if len(set(ids)) < len(ids):
            raise bad("RESULT_ID_DUPLICATE")
        for result in results:
            content = result["input_message_content"]
            if not 1 <= len(result["id"].encode()) <= 64:
                raise bad("RESULT_ID_INVALID")
            if not result["title"] or not content["message_text"].strip():
                raise bad("ARTICLE_TITLE_EMPTY")
            if units(content["message_text"]) > TEXT_LIMIT:
                raise bad("MESSAGE_TOO_LONG")
            entities_of(content.get("entities"), content["message_text"])
            buttons_of(result.get("reply_markup"))
        self.offered[params["inline_query_id"]] = results
        self.inline_answers.append(params)
        return True

    async def _setmycommands(self, params: Json) -> bool:
        for command in params["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        scope = (params.get("scope") or {}).get("type", "default")
        self.menus[scope, params.get("language_code", "")] = params["commands"]
        return True

    async def _getfile(self, params: Json) -> Json:
        file_id = params["file_id"]
        if file_id not in self.files:
            raise bad("invalid file_id")
        path, content = self.files[file_id]
        return {"file_id": file_id, "file_unique_id": "u", "file_size": len(content), "file_path": path}

    # --- chats

    async def _getchat(self, params: Json) -> Json:
        chat = self._known(params)
        more = {"accent_color_id": 1, "max_reaction_count": 11}
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        return chat.shown() | more | {"accepted_gift_types": dict.fromkeys(gifts, False)}

    async def _getchatmember(self, params: Json) -> Json:
        chat, user = self._known(params), int(params["user_id"])
        if user < 0:
            raise bad("PARTICIPANT_ID_INVALID")
        if user == self.me["id"]:
            own = "administrator" if chat.type == "channel" else "member"
            posting = chat.can_post if chat.type == "channel" else None
            return member(chat.statuses.get(user, own), self.me, can_post=posting)
        if chat.type == "channel" and chat.statuses.get(self.me["id"]) in ("left", "kicked"):
            raise bad("member list is inaccessible")
        return member(chat.statuses.get(user, "left"), person(user, None))

    def _message(self, chat: FakeChat, date: int | None = None) -> Json:
        message_id = self._next_message
        self._next_message += 1
        return {"message_id": message_id, "date": date or int(time.time()), "chat": chat.shown()}

    def _known(self, params: Json) -> FakeChat:
        wanted = str(params.get("chat_id", ""))
        if not wanted:
            raise bad("chat_id is empty")
        for chat in self.chats.values():
            if wanted in (str(chat.id), f"@{chat.username}"):
                return chat
        raise bad("chat not found")

    def _reachable(self, params: Json) -> FakeChat:
        chat = self._known(params)
        if chat.migrated_to is not None:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(code=400, description=text, parameters={"migrate_to_chat_id": chat.migrated_to})
        if chat.forbidden:
            raise Refusal(code=403, description=chat.forbidden)
        if chat.bad_request:
            raise bad(chat.bad_request)
        thread = params.get("message_thread_id")
        if thread is not None and thread not in chat.topics:
            raise bad("message thread not found")
        if thread in chat.closed_topics:
            raise bad("TOPIC_CLOSED")
        return chat

    def _replied(self, asked: Json) -> int | None:
        target = asked.get("message_id")
        if target is not None and int(target) >= self._next_message:
            if not asked.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
            return None
        return target


def _caption(params: Json) -> str:
    caption = str(params.get("caption", ""))
    if units(caption) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    return caption
