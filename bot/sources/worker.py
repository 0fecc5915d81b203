"""The process in which documents of strangers are read: little memory, little time, no secrets, no network.

It reads jobs from standard input until that ends (so it never outlives Kabar) and answers on standard output. A job is
two frames: what to do as JSON, then the document. Started by pool.py; `python -m bot.sources.worker MEGABYTES`."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from bot.domain.errors import Malformed, SourceError
from bot.sources import wire
from bot.sources.document import Document

Reader = Callable[[bytes, str | None, str | None, datetime], Document]

_SPARE_CPU_SECONDS = 2
_WORN_OUT = 0.6
_SIZE = Path("/proc/self/statm")  # Linux; elsewhere the limit is not kept anyway
_ASSUMED_SIZE = 128 << 20


def main() -> int:
    allowed = int(sys.argv[1]) << 20
    read_document = _reader()
    own, began_with = _own_size(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    resource.setrlimit(resource.RLIMIT_AS, (own + allowed, own + allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()  # what the program itself is made of is never garbage: looking through it takes longer than most jobs
    source, target = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    while (head := _frame(source)) is not None:
        body = _frame(source)
        if body is None:
            break
        try:
            for answer in _answers(read_document, json.loads(head), body):
                target.write(answer)
            target.flush()
        except BrokenPipeError:
            break
        del body
        gc.collect()
        if (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - began_with) * 1024 > allowed * _WORN_OUT:
            break  # memory once taken is rarely given back: the next job gets a fresh process
    return 0


def _reader() -> Reader:
    """`read_document`. feedparser could fetch too and loads OpenSSL for that, 5 MB in a process that talks to nobody;
    Python's own hashes do as well, where they were built."""
    sys.modules["_ssl"] = None  # type: ignore[assignment]
    if any(map(find_spec, ("_sha2", "_sha256"))):
        sys.modules["_hashlib"] = None  # type: ignore[assignment]
    from bot.sources.formats import read_document

    return read_document


def _own_size() -> int:
    """Bytes of address space that the process has before it reads anything."""
    try:
        pages = int(_SIZE.read_text("ascii").split()[0])
    except (OSError, ValueError):
        return _ASSUMED_SIZE
    return pages * resource.getpagesize()


def _frame(source: BinaryIO) -> bytes | None:
    length = source.read(wire.LENGTH.size)
    if len(length) < wire.LENGTH.size:
        return None
    (size,) = wire.LENGTH.unpack(length)
    payload = source.read(size)
    return payload if len(payload) == size else None


def _answers(read_document: Reader, job: dict[str, str | int | None], body: bytes) -> list[bytes]:
    _limit_cpu(int(job["seconds"] or 0))
    content_type, base_url = job["content_type"], job["base_url"]
    try:
        document = read_document(
            body,
            str(content_type) if content_type else None,
            str(base_url) if base_url else None,
            datetime.fromisoformat(str(job["now"])),
        )
        return list(wire.answer_frames(document))
    except SourceError as error:
        return [wire.error_frame(error)]
    except MemoryError:
        return [wire.error_frame(Malformed("parse_memory", "reading it takes more memory than any feed should need"))]


def _limit_cpu(seconds: int) -> None:
    """The limit counts from the start of the process, a job's share from now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + seconds + _SPARE_CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


if __name__ == "__main__":
    raise SystemExit(main())
