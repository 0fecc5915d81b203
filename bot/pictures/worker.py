"""The process that draws: charts come in as JSON, pictures go out as PNG. It ends when its input ends, so it never
outlives Kabar; a chart that cannot be drawn gets an empty answer. Started by drawer.py."""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from typing import BinaryIO

from bot.domain.chart import Bars, Chart

LENGTH = struct.Struct(">I")


def main() -> int:
    megabytes = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    while (job := _frame(source)) is not None:
        picture = _picture(job)
        try:
            target.write(LENGTH.pack(len(picture)) + picture)
            target.flush()
        except BrokenPipeError:
            break
    return 0


def packed(chart: Chart) -> bytes:
    """A chart as a frame for the worker."""
    bars = {
        name: {"title": one.title, "labels": one.labels, "values": one.values, "shown": one.shown}
        for name, one in (("upright", chart.upright), ("lying", chart.lying))
    }
    job = json.dumps({"title": chart.title, "footer": chart.footer, **bars}).encode()
    return LENGTH.pack(len(job)) + job


def _unpacked(job: bytes) -> Chart:
    data = json.loads(job)
    upright, lying = (
        Bars(
            title=one["title"],
            labels=tuple(one["labels"]),
            values=tuple(float(value) for value in one["values"]),
            shown=tuple(one["shown"]),
        )
        for one in (data["upright"], data["lying"])
    )
    return Chart(title=data["title"], upright=upright, lying=lying, footer=data["footer"])


def _picture(job: bytes) -> bytes:
    from bot.pictures.drawing import draw

    try:
        return draw(_unpacked(job))
    except Exception:  # noqa: BLE001  whatever is wrong with it, the next chart may be fine
        return b""


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    payload = source.read(size)
    return payload if len(payload) == size else None


if __name__ == "__main__":
    raise SystemExit(main())
