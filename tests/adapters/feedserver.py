"""A small HTTP server for tests: says exactly what a test scripted, byte by byte, and remembers what it was asked.

    async with FeedServer() as server:
        server.answer("/feed.xml", Answer(body=b"<rss/>", headers={"ETag": '"1"'}), Answer(status=304))
        ... fetch server.url("/feed.xml") twice; the last answer is repeated ...
        assert server.requests[1].headers["if-none-match"] == '"1"'

`publish` is the well-behaved publisher: an ETag of its own, 304 to those who have it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`drip`: the body goes out in pieces of that many bytes with `pause` seconds between them, chunked and, if
    `endless`, from the start again for ever. `raw` is sent as it is instead of everything else. `wait`: seconds
    before the answer. `repeat`: the body goes out that many times, as one."""

    status: int = 200
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = ()
    body: bytes = b""
    drip: int = 0
    pause: float = 0.05
    endless: bool = False
    raw: bytes | None = None
    wait: float = 0.0
    claimed_length: int | None = None
    repeat: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    at: float  # the event loop's time


@dataclass(slots=True)
class FeedServer:
    requests: list[Request] = field(default_factory=list)
    _answers: dict[str, list[Answer]] = field(default_factory=dict)
    _published: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _busy: set[asyncio.Task[None]] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    open_now: int = 0
    open_at_most: int = 0

    async def __aenter__(self) -> FeedServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def answer(self, path: str, *answers: Answer) -> str:
        """Scripts what `path` says, one answer a request, the last one again and again; gives its address."""
        self._answers[path] = list(answers)
        return self.url(path)

    def publish(self, path: str, body: bytes, content_type: str = "application/rss+xml") -> str:
        """A document with an ETag of its own; asking again with that tag gives 304."""
        self._published[path] = (body, content_type)
        return self.url(path)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    async def wait_for(self, condition: Callable[[], object], seconds: float = 20) -> None:
        """Until a request makes `condition` true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._news = asyncio.Event()
                await self._news.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            while (request := await self._request(reader)) is not None:
                if not request.method:
                    await self._say(writer, Answer(raw=b"HTTP/1.1 400 Bad Request\r\n\r\n"))
                    break
                self.requests.append(request)
                self._news.set()
                self.open_now += 1
                self.open_at_most = max(self.open_at_most, self.open_now)
                try:
                    keep = await self._say(writer, self._next(request))
                finally:
                    self.open_now -= 1
                if not keep:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has had enough, or the test is over
        finally:
            self._busy.discard(task)
            writer.close()

    @staticmethod
    async def _request(reader: asyncio.StreamReader) -> Request | None:
        first = await reader.read(1)
        if first == b"\x16":  # not HTTP: somebody speaks TLS to us, and that has no lines to wait for
            return Request(method="", path="", headers={}, at=0.0)
        line = first + await reader.readline()
        if line.count(b" ") < 2:
            return None
        method, path, _ = line.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (header := (await reader.readline()).decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = header.partition(":")
            headers[name.strip().lower()] = value.strip()
        await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method=method, path=path, headers=headers, at=asyncio.get_running_loop().time())

    def _next(self, request: Request) -> Answer:
        if request.path in self._published:
            body, content_type = self._published[request.path]
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if request.headers.get("if-none-match") == etag:
                return Answer(status=304, headers={"ETag": etag})
            return Answer(body=body, headers={"ETag": etag, "Content-Type": content_type})
        script = self._answers.get(request.path)
        if not script:
            return Answer(status=404, body=b"nothing here")
        return script.pop(0) if len(script) > 1 else script[0]

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, answer: Answer) -> bool:
        """Sends an answer; whether the connection may be used again."""
        await asyncio.sleep(answer.wait)
        if answer.raw is not None:
            step = answer.drip or max(1, len(answer.raw))
            for start in range(0, len(answer.raw), step):
                writer.write(answer.raw[start : start + step])
                await writer.drain()
                await asyncio.sleep(answer.pause if answer.drip else 0)
            return False
        pairs = list(answer.headers.items() if isinstance(answer.headers, Mapping) else answer.headers)
        if answer.drip:
            pairs.append(("Transfer-Encoding", "chunked"))
        elif answer.status != 304:
            length = len(answer.body) * answer.repeat if answer.claimed_length is None else answer.claimed_length
            pairs.append(("Content-Length", str(length)))
        phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Odd"
        head = "".join(f"{name}: {value}\r\n" for name, value in pairs)
        writer.write(f"HTTP/1.1 {answer.status} {phrase}\r\n{head}\r\n".encode("latin-1"))
        if not answer.drip:
            for _ in range(0 if answer.status == 304 else answer.repeat):
                writer.write(answer.body)
                await writer.drain()
            if answer.claimed_length is not None:
                await asyncio.sleep(answer.wait or answer.pause)
            return answer.claimed_length is None
        while True:
            for start in range(0, len(answer.body), answer.drip):
                piece = answer.body[start : start + answer.drip]
                writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                await writer.drain()
                await asyncio.sleep(answer.pause)
            if not answer.endless:
                break
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True
