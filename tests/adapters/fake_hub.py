"""A WebSub hub on a local port: takes subscriptions, calls back to verify them, and brings signed documents.

    async with FakeHub(reach=...) as hub:
        ... the subscriber posts to hub.url ...
        assert hub.asked[0]["hub.mode"] == "subscribe"
        assert await hub.bring(document) == [202]

`reach` turns the address that the subscriber gave into one that can be called here."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

Form = dict[str, str]


@dataclass(slots=True)
class FakeHub:
    """`status`: what it says to a question; `verifies`: whether it calls back while the question is still open;
    `lease`: the seconds it grants, None for what was asked."""

    reach: Callable[[str], str]
    status: int = 202
    verifies: bool = True
    lease: str | None = None
    asked: list[Form] = field(default_factory=list)
    subscribed: dict[str, Form] = field(default_factory=dict)  # by callback
    answers: list[tuple[int, str]] = field(default_factory=list)
    _runner: web.AppRunner | None = None
    _session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> FakeHub:
        app = web.Application()
        app.router.add_post("/", self._question)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        assert self._runner is not None
        await self._session.close()
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        assert self._runner is not None
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def verify(self, form: Form, **changes: str) -> tuple[int, str]:
        """Asks the subscriber whether it meant it; `changes` are further or other parameters, `_` for `.`."""
        query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": "Ch4llenge&<b>"}
        lease = self.lease or form.get("hub.lease_seconds")
        query |= {"hub.lease_seconds": lease} if lease else {}
        query |= {name.replace("_", ".", 1): value for name, value in changes.items()}
        status, text = await self._get(form["hub.callback"], query)
        self.answers.append((status, text))
        if status == 200 and text == query["hub.challenge"]:
            if form["hub.mode"] == "subscribe":
                self.subscribed[form["hub.callback"]] = form
            else:
                self.subscribed.pop(form["hub.callback"], None)
        return status, text

    async def deny(self, form: Form, reason: str) -> int:
        query = {"hub.mode": "denied", "hub.topic": form["hub.topic"], "hub.reason": reason}
        return (await self._get(form["hub.callback"], query))[0]

    async def bring(self, document: bytes, *, method: str = "sha256", **headers: str) -> list[int]:
        """Brings a document to everybody who is subscribed; what each said. `signature` as a header replaces the right
        one, "" leaves it out."""
        said = []
        for callback, form in list(self.subscribed.items()):
            signature = f"{method}={hmac.new(form['hub.secret'].encode(), document, method).hexdigest()}"
            signature = headers.get("signature", signature)
            sent = {"Content-Type": headers.get("content_type", "application/rss+xml")}
            sent |= {"X-Hub-Signature": signature} if signature else {}
            said.append(await self.post(callback, document, sent))
        return said

    async def post(self, callback: str, document: bytes, headers: dict[str, str]) -> int:
        assert self._session is not None
        async with self._session.post(self.reach(callback), data=io.BytesIO(document), headers=headers) as answer:
            return answer.status

    async def _get(self, callback: str, query: Form) -> tuple[int, str]:
        assert self._session is not None
        async with self._session.get(self.reach(callback), params=query) as answer:
            return answer.status, await answer.text()

    async def _question(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-www-form-urlencoded"
        posted: Any = await request.post()
        form = {str(name): str(value) for name, value in posted.items()}
        self.asked.append(form)
        if self.verifies and self.status < 300:
            await self.verify(form)
        return web.Response(status=self.status)


def signed(document: bytes, secret: str, method: str = "sha256") -> str:
    return f"{method}={hmac.new(secret.encode(), document, getattr(hashlib, method)).hexdigest()}"
