"""How a compressed body is unpacked: piece by piece, never more than asked for, whatever the header claims."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from bot.domain.errors import Malformed

PIECE = 256 * 1024
MAX_MEMBERS = 1_000

_GZIP_MAGIC = b"\x1f\x8b"
# What servers write there that pack nothing: how letters are written, too.
_IDENTITY = {"", "identity", "none", "utf-8", "utf8", "iso-8859-1", "windows-1252", "7bit", "8bit", "binary", "text"}
_DEFLATED = {"gzip", "x-gzip", "deflate"}


class Inflater:
    """Unpacks one body. gzip is told by its first bytes (some servers send it undeclared, others declare it and send
    plain text); `encoding` decides about deflate only."""

    def __init__(self, encoding: str) -> None:
        steps = (step.strip() for step in encoding.lower().split(","))
        self._encoding = ", ".join(step for step in steps if step not in _IDENTITY)
        if self._encoding not in _IDENTITY | _DEFLATED:
            raise Malformed(
                "bad_encoding", f"the server packs its answer with {self._encoding[:40]!r}, which it was not offered"
            )
        self._head = b""
        self._started = False
        self._plain = False
        self._yielded = False
        self._members = 0
        self._unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The plain bytes of one more chunk, in pieces of at most PIECE. Raises Malformed(bad_encoding)."""
        if not self._started:
            self._head += data
            if len(self._head) < 2:
                return
            data = self._start()
        if self._plain:
            yield data
            return
        try:
            yield from self._unpack(data)
        except zlib.error:
            raise _damaged() from None

    def finish(self) -> bytes:
        """What is left of a body too short to tell what it is; Malformed when nothing could be unpacked. (One that
        ends too early is passed on as far as it goes: many servers leave out the end, and readers see what is missing.)
        """
        if self._started and not self._plain and not self._yielded and not self._unpacker.eof:
            raise _damaged()
        return b"" if self._started else self._head

    def _start(self) -> bytes:
        data, self._head, self._started = self._head, b"", True
        if data.startswith(_GZIP_MAGIC):
            self._new_member()
        elif self._encoding == "deflate":
            is_zlib = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        else:
            self._plain = True
        return data

    def _new_member(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise Malformed("bad_encoding", "the server's compressed answer has too many parts")
        self._unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._unpacker.eof:
                if not data.startswith(_GZIP_MAGIC):
                    return  # padding after the last part
                self._new_member()
            piece = self._unpacker.decompress(data, PIECE)
            if piece:
                self._yielded = True
                yield piece
            data = self._unpacker.unused_data if self._unpacker.eof else self._unpacker.unconsumed_tail


def _damaged() -> Malformed:
    return Malformed("bad_encoding", "the server's compressed answer is damaged: tell the publisher")
