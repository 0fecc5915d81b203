"""A Bot API server on loopback that refuses what Telegram refuses and keeps a receipt of everything.

    async with FakeTelegram() as tg:
        bot = connect(token=tg.token, base_url=tg.base_url, menu=(), clock=...)
        tg.say(42, "/start")
        await tg.wait_for_messages(1)

It differs from the real one in this: texts are kept as they come (Telegram trims white space at both ends), times are
the machine's own, and nothing is ever forgotten. The methods are in fake_telegram_api, the rules in
fake_telegram_rules."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web

from tests.adapters.fake_telegram_api import Methods
from tests.adapters.fake_telegram_rules import (
    FakeChat,
    Json,
    Refusal,
    Sent,
    SentFile,
    Trouble,
    flood,
    member,
    not_found,
    person,
)

__all__ = ["FakeChat", "FakeTelegram", "Refusal", "Sent", "SentFile", "Trouble", "flood", "person"]

TEXTUAL = ("text", "caption", "chat_id", "callback_query_id", "inline_query_id", "file_id", "url", "secret_token")


class FakeTelegram(Methods):
    def __init__(self, token: str = "123456:FAKE-token_of-a-bot-for-tests-00000", username: str = "kabar_bot") -> None:
        super().__init__(token, username)
        self.calls: list[tuple[str, Json]] = []
        self._script: dict[str, deque[Refusal | Trouble | None]] = defaultdict(deque)
        self._always: dict[str, Refusal | Trouble | None] = {}
        self._runner: web.AppRunner | None = None
        self._port = 0

    # --- up and down

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    async def up(self) -> None:
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/bot{token:[^/]*}/{method}", self._serve)
        app.router.add_get("/file/bot{token:[^/]*}/{path:.+}", self._serve_file)
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
        message_id (then it is an edit of that message), and any field of a Bot API message."""
        chat = self.chat(chat_id, kind)
        user, language, thread = more.pop("user", None), more.pop("language", None), more.pop("thread", None)
        message = self._message(chat, date=more.pop("date", None))
        edit = "edited_" if "message_id" in more else ""
        if edit:
            message["edit_date"] = int(time.time())
        message |= more
        if text is not None:
            message["text"] = text
        if thread:
            chat.topics.add(thread)
            message |= {"message_thread_id": thread, "is_topic_message": True}
        if chat.type == "channel":
            return self.push(f"{edit}channel_post", message | {"sender_chat": chat.shown()})
        message.setdefault("from", person(user or (chat_id if chat_id > 0 else 77), language))
        return self.push(f"{edit}message", message)

    def hand_in(self, chat_id: int, name: str, content: bytes, mime: str = "", **more: Any) -> int:
        """Somebody sends a document; as `say`."""
        file_id = f"file{len(self.files)}"
        self.files[file_id] = (f"documents/{file_id}", content)
        document: Json = {"file_id": file_id, "file_unique_id": file_id, "file_name": name, "file_size": len(content)}
        return self.say(chat_id, None, document=document | ({"mime_type": mime} if mime else {}), **more)

    def press(
        self,
        chat_id: int,
        message_id: int,
        data: str,
        *,
        user: int = 77,
        language: str | None = None,
        forgotten: bool = False,
    ) -> int:
        """Somebody presses a button under one of the bot's messages, or `forgotten`: under one so old that Telegram
        does not show it to the bot any more."""
        chat = self.chat(chat_id)
        message = {"message_id": message_id, "date": 0, "chat": chat.shown()}
        if not forgotten:
            message |= {"date": int(time.time()), "from": self.me, "text": "…"}
            shown = self.shown.get((chat_id, message_id))
            if shown is not None and shown.thread:
                message |= {"message_thread_id": shown.thread, "is_topic_message": True}
        press = {"id": f"press{self._next_update}", "from": person(user, language), "chat_instance": "1"}
        return self.push("callback_query", press | {"message": message, "data": data})

    def press_button(self, sent: Sent, label: str, **more: Any) -> int:
        """The button of this label under a message the bot sent."""
        (data,) = [data for row in sent.buttons for text, data in row if text == label]
        return self.press(sent.chat_id, sent.message_id, data, **more)

    def seek(self, user: int, words: str, language: str | None = None) -> int:
        """Somebody types the bot's name and words in some chat."""
        query = {"id": f"seek{self._next_update}", "from": person(user, language), "query": words, "offset": ""}
        return self.push("inline_query", query)

    def membership(self, chat_id: int, status: str, *, kind: str | None = None, old: str = "member") -> int:
        """The bot's own standing in a chat changes: `kicked` (blocked, in private), `left`, `member`."""
        chat = self.chat(chat_id, kind)
        who = "bot was blocked by the user" if chat.type == "private" else f"bot was kicked from the {chat.type} chat"
        chat.forbidden = f"Forbidden: {who}" if status in ("kicked", "left") else ""
        return self.push("my_chat_member", self._standing(chat, self.me, old, status))

    def promote(self, chat_id: int, user: int, status: str, *, told: bool = True) -> None:
        """A user's standing changes; the bot is told of it where it is an admin itself."""
        chat = self.chat(chat_id)
        old = chat.statuses.get(user, "left")
        chat.statuses[user] = status
        if told:
            self.push("chat_member", self._standing(chat, person(user, None), old, status))

    def _standing(self, chat: FakeChat, user: Json, old: str, new: str) -> Json:
        change = {"chat": chat.shown(), "from": person(77, None), "date": int(time.time())}
        return change | {"old_chat_member": member(old, user), "new_chat_member": member(new, user)}

    def migrate(self, old: int, new: int) -> int:
        """A group becomes a supergroup; told in both."""
        chat = self.chat(old, "group")
        chat.migrated_to = new
        new_chat = self.chat(new, "supergroup")
        self.push("message", self._message(new_chat) | {"migrate_from_chat_id": old, "from": person(77, None)})
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

    # --- the server

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        token = request.match_info["token"]
        if token != self.token:
            known = re.fullmatch(r"\d+:[\w-]+", token)
            return _refuse(Refusal(code=401, description="Unauthorized") if known else not_found())
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
                    raise not_found()
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

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _refuse(not_found())
        trouble = self._script["file"].popleft() if self._script["file"] else None
        contents = dict(self.files.values())
        content = contents.get(request.match_info["path"])
        if content is None or isinstance(trouble, Refusal):
            return _refuse(trouble if isinstance(trouble, Refusal) else not_found())
        return web.Response(body=content)


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
    return {name: _value(name, value) for name, value in fields.items()}


def _value(name: str, value: str | bytes | bytearray | web.FileField) -> Any:
    if isinstance(value, web.FileField):
        return SentFile(name=value.filename, content=value.file.read(), media_type=value.content_type)
    if name in TEXTUAL:
        return str(value)
    try:
        return json.loads(value)
    except ValueError:
        return value
