"""Socket Mode: one WebSocket at a time, opened again for ever.

slack_sdk's own client is not used for this: it retries a used-up one-time address without end and without back-off,
closes the old connection before the new one stands, leaves tasks behind, and writes the address into its error lines.
Envelopes still go through slack-bolt, as requests of the Events API over HTTP would."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.domain.errors import DeliveryError, PlatformUnavailable, RateLimited
from bot.log import logger
from bot.platforms.slack.api import Api
from bot.platforms.slack.background import Background
from bot.platforms.slack.errors import refused, translating
from bot.platforms.slack.health import Health

SERVER_FAILED = 500
log = logger("slack")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. A connection that lived shorter than `lived` counts as a failed one. `part` lies between the parts of
    one message: Slack allows about one a second in a channel."""

    first_retry: float = 1.0
    longest_retry: float = 60.0
    handshake: float = 10.0
    heartbeat: float = 20.0
    lived: float = 10.0
    beat: float = 20.0
    close: float = 1.0
    linger: float = 15.0
    part: float = 1.05


class Connection:
    def __init__(
        self, *, api: Api, app: AsyncApp, app_token: str, health: Health, background: Background, pace: Pace
    ) -> None:
        self._api = api
        self._app = app
        self._app_token = app_token
        self._health = health
        self._background = background
        self._pace = pace
        self._readers: set[asyncio.Task[None]] = set()
        self._deaf = False

    async def run(self) -> None:
        """Until cancelled: connect, read, connect again. A `disconnect` from Slack opens the next connection while the
        old one is still read."""
        loop, delay = asyncio.get_running_loop(), self._pace.first_retry
        while True:
            try:
                socket = await self._open()
            except DeliveryError as error:
                asked = error.retry_after if isinstance(error, RateLimited) else timedelta()
                await asyncio.sleep(max(delay, asked.total_seconds()))
                delay = min(delay * 2, self._pace.longest_retry)
                continue
            await self._health.socket("")
            since, over = loop.time(), asyncio.Event()
            reader = loop.create_task(self._read(socket, over))
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
            await over.wait()
            if loop.time() - since >= self._pace.lived:
                delay = self._pace.first_retry
            else:
                await asyncio.sleep(delay)
                delay = min(delay * 2, self._pace.longest_retry)

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        """A connection on which Slack said hello. Trouble is reported and raised as DeliveryError."""
        try:
            url = await self._api.socket_url(self._app_token)
            with translating():
                async with asyncio.timeout(self._pace.handshake):
                    return await self._greeted(url)
        except DeliveryError as error:
            trouble = refused(error, app=True)
            await self._health.socket(trouble.reason, trouble.detail)
            raise

    async def _greeted(self, url: str) -> aiohttp.ClientWebSocketResponse:
        socket = await self._api.session.ws_connect(
            url,
            heartbeat=self._pace.heartbeat,
            proxy=self._api.proxy,
            timeout=aiohttp.ClientWSTimeout(ws_close=self._pace.close),
        )
        try:
            frame = await socket.receive()
            hello = frame.type is aiohttp.WSMsgType.TEXT and _envelope(frame.data).get("type") == "hello"
        except BaseException:
            await socket.close()
            raise
        if not hello:
            await socket.close()
            raise PlatformUnavailable("no hello")
        return socket

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, over: asyncio.Event) -> None:
        try:
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    break
                envelope = _envelope(frame.data)
                if envelope.get("type") == "disconnect":
                    over.set()
                    asyncio.get_running_loop().call_later(self._pace.linger, _cancel, asyncio.current_task())
                elif not self._deaf:
                    self._background.spawn(self._dispatch(socket, envelope))
        finally:
            over.set()
            await socket.close()

    async def _dispatch(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        """Hands one envelope to bolt, whose listeners acknowledge before they work, and passes the acknowledgement on.
        What no listener wants is acknowledged too: Slack would only send it again."""
        request = SocketModeRequest.from_dict(envelope)
        if request is None:
            return
        response = await run_async_bolt_app(self._app, request)
        if response.status >= SERVER_FAILED:
            return
        receipt: dict[str, Any] = {"envelope_id": request.envelope_id}
        if response.body and response.status < 400:
            body = response.body
            receipt["payload"] = json.loads(body) if body.startswith("{") else {"text": body}
        try:
            with translating():
                await socket.send_json(receipt)
        except DeliveryError as error:  # Slack sends an unacknowledged event again; the gesture's key catches that
            log.info("could not acknowledge: %s", error)

    def stop_listening(self) -> None:
        """What arrives from now on stays unacknowledged: Slack gives it to the next connection."""
        self._deaf = True

    async def close(self) -> None:
        readers = set(self._readers)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


def _envelope(data: str) -> dict[str, Any]:
    try:
        envelope = json.loads(data)
    except ValueError:
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _cancel(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
