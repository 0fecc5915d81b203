"""What a disk holds after the power went: all that was synced, and of the rest whatever it happened to have written."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from random import Random

HEAD = struct.Struct("<BBIQ")
SECTOR = 512


class What(IntEnum):
    WRITE = 1
    SYNC = 2
    TRUNCATE = 3
    REMOVE = 4


class File(IntEnum):
    DATABASE = 1
    LOG = 2
    JOURNAL = 3
    MARKS = 4


TAILS = {File.DATABASE: "", File.LOG: "-wal", File.JOURNAL: "-journal"}


@dataclass(frozen=True, slots=True)
class Record:
    """As tests/prove/tape.c writes it. `offset` of a SYNC: how many records there were when it began."""

    number: int
    what: What
    file: File
    offset: int
    data: bytes


def read_tape(path: Path) -> Iterator[Record]:
    tape, at, number = path.read_bytes(), 0, 0
    while at + HEAD.size <= len(tape):
        what, file, length, offset = HEAD.unpack_from(tape, at)
        at += HEAD.size
        yield Record(number, What(what), File(file), offset, tape[at : at + length])
        at += length
        number += 1


@dataclass
class Disk:
    """`deaf`: a disk that lies about syncs, to see that its losses are noticed."""

    deaf: bool = False
    _stable: dict[File, bytearray] = field(default_factory=dict)
    _pending: dict[File, list[Record]] = field(default_factory=dict)

    def holds(self, file: File, content: bytes) -> None:
        self._stable[file] = bytearray(content)

    def happens(self, record: Record) -> None:
        match record.what:
            case What.SYNC if not self.deaf:
                waiting = self._pending.get(record.file, [])
                for one in waiting:
                    if one.number < record.offset:
                        _apply(self._stable.setdefault(record.file, bytearray()), one)
                self._pending[record.file] = [one for one in waiting if one.number >= record.offset]
            case What.WRITE | What.TRUNCATE:
                self._pending.setdefault(record.file, []).append(record)
            case What.REMOVE:
                self._stable.pop(record.file, None)
                self._pending.pop(record.file, None)

    def after_power_loss(self, random: Random, database: Path) -> None:
        """Writes the files of the database as they may be found: any part of what was not synced is there, in sectors,
        or none of it, or all."""
        share = random.choice((0.0, 0.5, 0.9, 1.0))
        for file, tail in TAILS.items():
            path = database.with_name(database.name + tail)
            path.unlink(missing_ok=True)
            pending = self._pending.get(file, [])
            if file not in self._stable and not pending:
                continue
            content = bytearray(self._stable.get(file, b""))
            for one in pending:
                if random.random() < share:
                    _apply(content, one if random.random() < share else _torn(one, random))
            path.write_bytes(content)


def _apply(content: bytearray, record: Record) -> None:
    if record.what is What.TRUNCATE:
        del content[record.offset :]
        content.extend(bytes(record.offset - len(content)))
        return
    content.extend(bytes(max(0, record.offset - len(content))))
    content[record.offset : record.offset + len(record.data)] = record.data


def _torn(record: Record, random: Random) -> Record:
    """Only its first sectors."""
    sectors = random.randint(0, len(record.data) // SECTOR)
    return Record(record.number, record.what, record.file, record.offset, record.data[: sectors * SECTOR])
