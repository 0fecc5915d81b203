"""The sample day: invented outlets, served over loopback HTTP, so that the bot can be tried without a network."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread

from bot.domain.feed import FeedSpec
from bot.domain.story import Language, Topic

HOST = "127.0.0.1"
MOMENT = re.compile(r"\{\{(rfc822|rfc3339) (-?\d+)\}\}")


def dated(document: str, now: datetime) -> str:
    """The document with its placeholders replaced: `{{rfc822 -95}}` is 95 minutes before `now`."""

    def moment(match: re.Match[str]) -> str:
        at = (now + timedelta(minutes=int(match[2]))).replace(microsecond=0)
        return format_datetime(at) if match[1] == "rfc822" else at.isoformat()

    return MOMENT.sub(moment, document)


class SampleDay:
    """A small web server with the sample feeds; `feeds` are their specs while it runs.

    Every document is dated once, when the server starts, so that a second look finds nothing new."""

    def __init__(self, now: datetime) -> None:
        root = files(__name__)
        entries = tomllib.loads(root.joinpath("feeds.toml").read_text("utf-8"))["feed"]
        self._documents = {
            f"/{entry['file']}": dated(root.joinpath("documents", entry["file"]).read_text("utf-8"), now).encode()
            for entry in entries
        }
        self._server = _Server((HOST, 0), _handler(self._documents.get))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        base = f"http://{HOST}:{self._server.server_address[1]}"
        self.feeds = tuple(
            FeedSpec(
                id=entry["id"],
                url=f"{base}/{entry['file']}",
                title=entry["title"],
                language=Language(entry["language"]),
                weight=entry["weight"],
                topics=tuple(Topic(topic) for topic in entry["topics"]),
                kind=entry["kind"],
            )
            for entry in entries
        )

    def __enter__(self) -> SampleDay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingMixIn, TCPServer):
    """Not http.server's own: that one asks the network for this machine's name first, which takes seconds where there
    is no network."""

    daemon_threads = True
    allow_reuse_address = True


def _handler(document: Callable[[str], bytes | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = document(self.path)
            kind = "application/feed+json" if self.path.endswith(".json") else "application/xml"
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the reader of the sample is the bot itself."""

    return Handler
