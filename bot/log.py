"""What the log looks like and what never gets into it: tokens, passwords, secrets."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import quote, quote_plus

NAME = "kabar"
HIDDEN = "[hidden]"
SHORTEST = 6  # a shorter word may stand in any line, and would be cut out of all of them
EVERYTHING = "trace"
SECRETS = (
    re.compile(r"\b\d{5,}:[A-Za-z0-9_-]{25,}"),  # Telegram bot tokens, also inside a URL path after /bot
    re.compile(r"(?<=/bot)\d+(?::|%3A)[A-Za-z0-9_-]+", re.IGNORECASE),
    re.compile(r"\bx(?:ox[a-z]|app|oxe)-[A-Za-z0-9-]{6,}", re.IGNORECASE),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s]+(?=@)"),  # user:password@ of an address
    re.compile(
        r"(?i)(?<=[?&])(?P<name>(?:[a-z]+[_-])?(?:key|sig|signature|token|secret|password|ticket|apikey))=[^&\s'\"<>]+"
    ),
    re.compile(r"(?i)(?P<name>authorization['\"]?[:,=] ?['\"]?)(?:bearer |basic )?[^\s'\",)}]+"),
)
# A line stays one line, and what a feed or a server said cannot act on a terminal.
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
NOISY = ("httpx", "httpcore", "slack_bolt", "slack_sdk", "apscheduler", "aiohttp.access", "aiosqlite")
_known: set[str] = set()


def hide(secrets: Iterable[str | None]) -> None:
    """Registers the exact secrets of this installation, whatever they look like, in every spelling they may take."""
    for secret in secrets:
        if secret and len(secret) >= SHORTEST:
            _known.update(_spellings(secret))


def _spellings(secret: str) -> Iterator[str]:
    """As it is, in an address, in a form, in JSON and as Python shows it."""
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])


def redact(text: str) -> str:
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for pattern in SECRETS:
        text = pattern.sub(_hidden, text)
    return text


def _hidden(match: re.Match[str]) -> str:
    """Of a value with a name the name stays."""
    name = match.groupdict().get("name")
    if name is None:
        return HIDDEN
    return f"{name}={HIDDEN}" if match[0][len(name)] == "=" else f"{name}{HIDDEN}"


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
    try:
        text = record.getMessage()
    except Exception as slip:  # noqa: BLE001 - a library's; logging itself would print all of it, secrets too
        text = f"{record.msg} (its blanks could not be filled: {type(slip).__name__})"
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        text += f" ({_described(error)})"
    return BREAKS.sub(" ", text)


def _described(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}: {error}{place}"


class _Quiet(logging.StreamHandler):  # type: ignore[type-arg]
    """A stream that is gone, or a line that cannot be written, is nothing to print a page of frames about."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        return


def configure(level: str, form: str) -> None:
    """Sends all logging to stderr. Libraries speak from WARNING up, Kabar from `level`; at `trace` everybody says
    everything. What Python itself would print there takes the same way, so that it is redacted too."""
    handler = _Quiet(sys.stderr)
    handler.setFormatter(JsonFormat() if form == "json" else TextFormat())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel({EVERYTHING: logging.DEBUG, "debug": logging.INFO}.get(level, logging.WARNING))
    logging.getLogger(NAME).setLevel(logging.DEBUG if level == EVERYTHING else level.upper())
    for noisy in NOISY:
        calm(noisy, logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda slip: _log_uncaught(slip.exc_value)
    threading.excepthook = lambda slip: _log_uncaught(slip.exc_value)


def calm(library: str, level: int) -> None:
    """A library that says too much, or what only the two sides of a call should know, is heard from `level` up; where
    everything is wanted it is heard all the same, redacted."""
    if logging.getLogger().level != logging.DEBUG:
        logging.getLogger(library).setLevel(level)


def _uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    _log_uncaught(error)


def _log_uncaught(error: BaseException | None) -> None:
    if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):
        logger("cli").error("an error that nobody caught", exc_info=error)


def logger(part: str) -> logging.Logger:
    return logging.getLogger(f"{NAME}.{part}")
