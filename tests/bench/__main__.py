"""`make bench`: timings as ratios against a peer in the same run, so that they mean the same on any machine."""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import feedparser

from bot.domain.story import Item, Language
from bot.editorial.rules.loader import load
from bot.sample import dated
from bot.sources.formats import read_document
from tests.bench.answers import main as conversation
from tests.bench.judging import judging
from tests.bench.polling import compare
from tests.bench.scale import grow

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FEEDS = 500
LIBRARIES = "import asyncio, sqlalchemy, aiosqlite, rich.console, pydantic"


def seconds(work: Callable[[], object], runs: int) -> float:
    """The median of so many runs, after one that does not count."""
    work()
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def line(what: str, ours: float, peer: str, theirs: float) -> None:
    print(f"{what:34} {ours * 1000:9.2f} ms   {peer:44} {theirs * 1000:9.2f} ms   ratio {ours / theirs:5.2f}")


def process(*command: str, folder: str) -> Callable[[], object]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return lambda: subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def answers() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ours = seconds(process(sys.executable, "-m", "bot", "say", "/latest", folder=folder), 7)
        theirs = seconds(process(sys.executable, "-c", LIBRARIES, folder=folder), 7)
    line("kabar say /latest, a process", ours, "importing its libraries, a process", theirs)


def documents() -> list[bytes]:
    folder = files("bot.sample").joinpath("documents")
    return [dated(path.read_text("utf-8"), NOW).encode() for path in folder.iterdir() if path.name.endswith(".xml")]


def parsing() -> None:
    bodies = documents()
    ours = seconds(lambda: [read_document(body, None, None, NOW) for body in bodies], 5)
    theirs = seconds(lambda: [feedparser.parse(io.BytesIO(body)) for body in bodies], 5)
    line(f"reading {len(bodies)} documents", ours, "feedparser as it comes", theirs)


def scoring() -> None:
    rules = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "config" / "rules").glob("*.toml"))}
    rulebook = load(rules)
    items: list[Item] = [item for body in documents() for item in read_document(body, None, None, NOW).items]

    def score() -> None:
        for item in items:
            language = rulebook.detect(item, Language.EN)
            rulebook.score(item, language=language, source="", weight=1.0, hints=())

    ours = seconds(score, 9)
    theirs = seconds(lambda: [read_document(body, None, None, NOW) for body in documents()], 5)
    line(f"scoring {len(items)} stories", ours, "reading their documents", theirs)
    print(f"{'':34} {len(items) / ours:9.0f} stories/s")


if __name__ == "__main__":
    answers()
    parsing()
    scoring()
    conversation()
    judging()
    compare(FEEDS, sys.argv[1] if len(sys.argv) > 1 else None)
    grow()
