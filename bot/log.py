"""What the log looks like and what never gets into it: tokens, passwords, secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime

NAME = "kabar"
HIDDEN = "[hidden]"
SECRETS = (
    re.compile(r"\b\d{5,}:[A-Za-z0-9_-]{25,}"),  # Telegram bot tokens, also inside a URL path after /bot
    re.compile(r"(?<=/bot)\d+:[A-Za-z0-9_-]+"),
    re.compile(r"\bx(?:ox[a-z]|app|oxe)-[A-Za-z0-9-]{6,}", re.IGNORECASE),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s]+(?=@)"),  # user:password@ of an address
    re.compile(r"(?i)(?<=[?&](?:key|sig))=[^&\s]+|(?<=[?&]token)=[^&\s]+|(?<=[?&]api_key)=[^&\s]+"),
    re.compile(r"(?i)(?<=authorization: )(?:bearer |basic )?\S+"),
)
# A line stays one line, and what a feed or a server said cannot act on a terminal.
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_known: set[str] = set()


def hide(secrets: Iterable[str | None]) -> None:
    """Registers the exact secrets of this installation, whatever they look like."""
    _known.update(secret for secret in secrets if secret and len(secret) >= 6)


def redact(text: str) -> str:
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for pattern in SECRETS:
        text = pattern.sub(HIDDEN, text)
    return text


class TextFormat(logging.Formatter):
    """One readable line: time, level, part, words."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return redact(f"{at} {record.levelname.lower():7} {record.name.removeprefix(NAME + '.')}: {_words(record)}")


class JsonFormat(logging.Formatter):
    """One JSON object a line: at, level, part, text."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        line = {"at": at, "level": record.levelname.lower(), "part": record.name, "text": redact(_words(record))}
        return json.dumps(line, ensure_ascii=False)


def _words(record: logging.LogRecord) -> str:
    """The message; of an exception its type, words and innermost place: enough to act on, no page of frames."""
    text = record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        text += f" ({type(error).__name__}: {error}{place})"
    return BREAKS.sub(" ", text)


def configure(level: str, form: str) -> None:
    """Sends all logging to stderr. Libraries speak from WARNING up, Kabar from `level`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormat() if form == "json" else TextFormat())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING if level != "debug" else logging.INFO)
    logging.getLogger(NAME).setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "slack_bolt", "slack_sdk", "apscheduler", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def logger(part: str) -> logging.Logger:
    return logging.getLogger(f"{NAME}.{part}")
