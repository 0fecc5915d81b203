"""A Bot API server on loopback that refuses what Telegram refuses and keeps a receipt of everything.

    async with FakeTelegram() as tg:
        bot = connect(token=tg.token, base_url=tg.base_url, menu=(), clock=...)
        tg.say(42, "/start")
        await tg.wait_for_messages(1)

It differs from the real one in this: texts are kept as they come (Telegram trims white space at both ends), times are
the machine's own, and nothing is ever forgotten."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

from aiohttp import web

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class FakeChat:
    """A chat the bot can see. `statuses` are those of users (`creator`, `administrator`, `member` …)."""

    id: int
    type: str
    title: str = ""
    username: str = ""
    topics: set[int] = field(default_factory=set)
    closed_topics: set[int] = field(default_factory=set)
    statuses: dict[int, str] = field(default_factory=dict)
    forbidden: str = ""  # the 403 the bot gets here
    bad_request: str = ""  # the 400 it gets here
    migrated_to: int | None = None

    def shown(self) -> Json:
        optional = {"title": self.title, "username": self.username, "is_forum": bool(self.topics)}
        return {"id": self.id, "type": self.type} | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The receipt of one sendMessage."""

    chat_id: int
    message_id: int
    text: str
    entities: tuple[Json, ...]
    buttons: tuple[tuple[tuple[str, str], ...], ...]
    silent: bool
    preview: bool
    thread: int | None
    reply_to: int | None
    params: Mapping[str, Any]


@dataclass(eq=False, kw_only=True)
class Refusal(Exception):
    """An answer with `ok: false`."""

    code: int
    description: str
    parameters: Json | None = None


def flood(seconds: float | None = None) -> Refusal:
    if seconds is None:
        return Refusal(code=429, description="Too Many Requests: later")
    told = {"retry_after": seconds}
    return Refusal(code=429, description=f"Too Many Requests: retry after {seconds}", parameters=told)


class Trouble(Enum):
    """What may happen to one call besides a Refusal."""

    DROPPED = "connection closed, nothing done"
    RESET = "done, then connection closed without an answer"
    HANG = "done, never answered"
    BAD_GATEWAY = "502 without JSON, nothing done"
    GIBBERISH = "done, answered with 200 and no JSON"


def _bad(description: str) -> Refusal:
    return Refusal(code=400, description=f"Bad Request: {description}")


class FakeTelegram:
    def __init__(self, token: str = "123456:FAKE-token_of-a-bot-for-tests-00000", username: str = "kabar_bot") -> None:
        self.token = token
        self.me = {"id": 123456, "is_bot": True, "first_name": "Kabar", "username": username}
        self.chats: dict[int, FakeChat] = {}
        self.sent: list[Sent] = []
        self.calls: list[tuple[str, Json]] = []
        self.answered: list[str] = []
        self.menus: dict[str, list[Json]] = {}
        self.webhook = ""
        self.pending: list[Json] = []
        self.polling = 0
        self._script: dict[str, deque[Refusal | Trouble | None]] = defaultdict(deque)
        self._always: dict[str, Refusal | Trouble | None] = {}
        self._next_update, self._next_message = 1000, 1
        self._poll_number = 0
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    # --- up and down

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    async def up(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/bot{token:[^/]*}/{method}", self._serve)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def down(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/bot"

    # --- what people do

    def chat(self, chat_id: int, kind: str | None = None, **more: Any) -> FakeChat:
        """The chat of this id, made when it is new; a negative id is a supergroup unless `kind` says otherwise."""
        if chat_id not in self.chats:
            kind = kind or ("private" if chat_id > 0 else "supergroup")
            title = "" if kind == "private" else f"{kind} {-chat_id}"
            self.chats[chat_id] = FakeChat(id=chat_id, type=kind, title=title)
        for name, value in more.items():
            setattr(self.chats[chat_id], name, value)
        return self.chats[chat_id]

    def say(self, chat_id: int, text: str | None, *, kind: str | None = None, **more: Any) -> int:
        """Somebody writes; the id of the update. `more`: user, language, thread, reply_to (a message object), date,
        and any field of a Bot API message."""
        chat = self.chat(chat_id, kind)
        user, language, thread = more.pop("user", None), more.pop("language", None), more.pop("thread", None)
        message = self._message(chat, date=more.pop("date", None)) | more
        if text is not None:
            message["text"] = text
        if thread:
            chat.topics.add(thread)
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if chat.type == "channel":
            return self.push("channel_post", message | {"sender_chat": chat.shown()})
        message.setdefault("from", person(user or (chat_id if chat_id > 0 else 77), language))
        return self.push("message", message)

    def press(self, chat_id: int, message_id: int, data: str, *, user: int = 77, language: str | None = None) -> int:
        """Somebody presses a button under one of the bot's messages."""
        message = self._message(self.chat(chat_id)) | {"message_id": message_id, "from": self.me, "text": "…"}
        press = {"id": f"press{self._next_update}", "from": person(user, language), "chat_instance": "1"}
        return self.push("callback_query", press | {"message": message, "data": data})

    def membership(self, chat_id: int, status: str, *, kind: str | None = None) -> int:
        """The bot's own standing in a chat changes: `kicked` (blocked, in private), `left`, `member`."""
        chat = self.chat(chat_id, kind)
        who = "bot was blocked by the user" if chat.type == "private" else f"bot was kicked from the {chat.type} chat"
        chat.forbidden = f"Forbidden: {who}" if status in ("kicked", "left") else ""
        banned = {"until_date": 0} if status == "kicked" else {}
        change = {"chat": chat.shown(), "from": person(77, None), "date": int(time.time())}
        change["old_chat_member"] = {"status": "member", "user": self.me}
        change["new_chat_member"] = {"status": status, "user": self.me} | banned
        return self.push("my_chat_member", change)

    def migrate(self, old: int, new: int) -> int:
        chat = self.chat(old, "group")
        chat.migrated_to = new
        self.chat(new, "supergroup")
        return self.push("message", self._message(chat) | {"migrate_to_chat_id": new, "from": person(77, None)})

    def push(self, kind: str, payload: Any) -> int:
        """Any update at all."""
        update_id = self._next_update
        self._next_update += 1
        self.pending.append({"update_id": update_id, kind: payload})
        self._notify()
        return update_id

    # --- what a test arranges and waits for

    def fail(self, method: str, *what: Refusal | Trouble) -> None:
        """The next calls of `method` end like this, one after the other."""
        self._script[method].extend(what)

    def after(self, method: str, passing: int, *what: Refusal | Trouble) -> None:
        """As `fail`, but `passing` calls go well first."""
        self._script[method].extend([None] * passing)
        self._script[method].extend(what)

    def fail_always(self, method: str, what: Refusal | Trouble | None) -> None:
        """Every call of `method` ends like this from now on, until None is given."""
        self._always[method] = what

    async def wait_for(self, condition: Callable[[], object], timeout: float = 20) -> None:
        """Until something that this server noticed makes `condition` true."""
        async with asyncio.timeout(timeout):
            while not condition():
                await self._news.wait()

    async def wait_for_messages(self, count: int, timeout: float = 20) -> list[Sent]:
        await self.wait_for(lambda: len(self.sent) >= count, timeout)
        return self.sent

    def called(self, method: str) -> list[Json]:
        return [params for name, params in self.calls if name == method]

    def _notify(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    # --- the API

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        token = request.match_info["token"]
        if token != self.token:
            known = re.fullmatch(r"\d+:[\w-]+", token)
            return _refuse(Refusal(code=401, description="Unauthorized") if known else _not_found())
        params = await _params(request)
        self.calls.append((method, params))
        trouble = self._script[method].popleft() if self._script[method] else self._always.get(method)
        try:
            if isinstance(trouble, Refusal):
                raise trouble
            if trouble is Trouble.BAD_GATEWAY:
                return web.Response(status=502, text="<html>Bad Gateway</html>")
            answer: web.StreamResponse = web.Response()
            if trouble is not Trouble.DROPPED:
                handler = getattr(self, f"_{method.lower()}", None)
                if handler is None:
                    raise _not_found()
                answer = web.json_response({"ok": True, "result": await handler(params)})
        except Refusal as refusal:
            answer = _refuse(refusal)
        finally:
            self._notify()
        if trouble is Trouble.HANG:
            await asyncio.Event().wait()
        if trouble in (Trouble.DROPPED, Trouble.RESET) and request.transport is not None:
            request.transport.abort()
        return web.Response(text="surprise") if trouble is Trouble.GIBBERISH else answer

    async def _getme(self, _: Json) -> Json:
        return self.me

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

    async def _sendmessage(self, params: Json) -> Json:
        chat = self._reachable(params)
        text = str(params.get("text", ""))
        if not text.strip():
            raise _bad("message text is empty")
        if _units(text) > 4096:
            raise _bad("message is too long")
        entities = tuple(params.get("entities") or ())
        for entity in entities:
            _check_entity(entity, text)
        buttons = _buttons(params.get("reply_markup") or {})
        reply_to = self._replied(params.get("reply_parameters") or {})
        message = self._message(chat) | {"from": self.me, "text": text}
        self.sent.append(
            Sent(
                chat_id=chat.id,
                message_id=message["message_id"],
                text=text,
                entities=entities[:100],
                buttons=buttons,
                silent=bool(params.get("disable_notification")),
                preview=not (params.get("link_preview_options") or {}).get("is_disabled", False),
                thread=params.get("message_thread_id"),
                reply_to=reply_to,
                params=params,
            )
        )
        return message

    async def _answercallbackquery(self, params: Json) -> bool:
        if params["callback_query_id"] in self.answered:
            raise _bad("query is too old and response timeout expired or query ID is invalid")
        self.answered.append(params["callback_query_id"])
        return True

    async def _setmycommands(self, params: Json) -> bool:
        for command in params["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise _bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise _bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.menus[params.get("language_code", "")] = params["commands"]
        return True

    async def _getmycommands(self, params: Json) -> list[Json]:
        return self.menus.get(params.get("language_code", ""), [])

    async def _getchat(self, params: Json) -> Json:
        chat = self._known(params)
        more = {"accent_color_id": 1, "max_reaction_count": 11}
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        return chat.shown() | more | {"accepted_gift_types": dict.fromkeys(gifts, False)}

    async def _getchatmember(self, params: Json) -> Json:
        chat, user = self._known(params), int(params["user_id"])
        if user < 0:
            raise _bad("PARTICIPANT_ID_INVALID")
        return _member(chat.statuses.get(user, "left"), person(user, None))

    async def _setwebhook(self, params: Json) -> bool:
        self.webhook = params["url"]
        return True

    async def _deletewebhook(self, _: Json) -> bool:
        self.webhook = ""
        return True

    async def _getwebhookinfo(self, _: Json) -> Json:
        waiting = len(self.pending)
        return {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": waiting}

    # --- rules

    def _message(self, chat: FakeChat, date: int | None = None) -> Json:
        message_id = self._next_message
        self._next_message += 1
        return {"message_id": message_id, "date": date or int(time.time()), "chat": chat.shown()}

    def _known(self, params: Json) -> FakeChat:
        wanted = str(params.get("chat_id", ""))
        if not wanted:
            raise _bad("chat_id is empty")
        for chat in self.chats.values():
            if wanted in (str(chat.id), f"@{chat.username}"):
                return chat
        raise _bad("chat not found")

    def _reachable(self, params: Json) -> FakeChat:
        chat = self._known(params)
        if chat.migrated_to is not None:
            text = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(code=400, description=text, parameters={"migrate_to_chat_id": chat.migrated_to})
        if chat.forbidden:
            raise Refusal(code=403, description=chat.forbidden)
        if chat.bad_request:
            raise _bad(chat.bad_request)
        thread = params.get("message_thread_id")
        if thread is not None and thread not in chat.topics:
            raise _bad("message thread not found")
        if thread in chat.closed_topics:
            raise _bad("TOPIC_CLOSED")
        return chat

    def _replied(self, asked: Json) -> int | None:
        target = asked.get("message_id")
        if target is not None and int(target) >= self._next_message:
            if not asked.get("allow_sending_without_reply"):
                raise _bad("message to be replied not found")
            return None
        return target


def person(user_id: int, language: str | None) -> Json:
    known = {"language_code": language} if language else {}
    return {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"} | known


def _not_found() -> Refusal:
    return Refusal(code=404, description="Not Found")


def _refuse(refusal: Refusal) -> web.Response:
    body: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        body["parameters"] = refusal.parameters
    return web.json_response(body, status=refusal.code)


async def _params(request: web.Request) -> Json:
    """Form fields and the query, values read as JSON where they are lists, objects, numbers or booleans."""
    if request.content_type == "application/json":
        return dict(await request.json())
    fields = {**request.query, **await request.post()}
    return {name: _value(name, str(value)) for name, value in fields.items()}


def _value(name: str, value: str) -> Any:
    if name in ("text", "chat_id", "callback_query_id", "url"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _check_entity(entity: Json, text: str) -> None:
    """Offset and length lie in the text and do not cut a surrogate pair."""
    raw = text.encode("utf-16-le")
    start, end = entity["offset"], entity["offset"] + entity["length"]
    if not (0 <= start < end <= len(raw) // 2):
        raise _bad(f"can't parse entities: entity {entity['type']} lies outside the text")
    try:
        raw[2 * start : 2 * end].decode("utf-16-le")
    except UnicodeDecodeError:
        raise _bad("entity begins in a middle of a UTF-16 symbol") from None
    if entity["type"] == "text_link" and not entity.get("url"):
        raise _bad("can't parse entities: text_link without url")


def _buttons(markup: Json) -> tuple[tuple[tuple[str, str], ...], ...]:
    rows = markup.get("inline_keyboard", [])
    for button in [button for row in rows for button in row]:
        if not button.get("text"):
            raise _bad("can't parse inline keyboard button: Text must be non-empty")
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise _bad("BUTTON_DATA_INVALID")
    if sum(map(len, rows)) > 100:
        raise _bad("REPLY_MARKUP_TOO_LONG")
    return tuple(tuple((button["text"], button["callback_data"]) for button in row) for row in rows)


def _member(status: str, user: Json) -> Json:
    rights = (
        "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
        "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories"
    )
    member = {"status": status, "user": user}
    if status == "administrator":
        return member | dict.fromkeys(rights.split(), False)
    if status == "creator":
        return member | {"is_anonymous": False}
    return member | ({"until_date": 0} if status == "kicked" else {})
