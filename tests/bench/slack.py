"""How soon Slack hears from the bot while it is busy, and whether anything of a feed ever acts there.

The real program runs as a process beside a local Slack: 1,000 channels subscribe, 200 feeds are polled over and over
with new entries, one alert goes to all 1,000, and people type commands all the while. `python -m tests.bench.slack`."""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.platforms.slack.render import blocks, fallback, parts
from tests.adapters.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack, Room
from tests.adapters.fake_slack_rules import acts, paragraphs
from tests.adapters.fake_slack_words import hostile_message
from tests.adapters.feedserver import FeedServer
from tests.scenarios.papers import AI, rss
from tests.scenarios.program import Program

CHATS, FEEDS, MESSAGES = 1_000, 200, 100_000
AT_ONCE = 20
EVERY = 0.05
TURN_EVERY = 5.0
LOOK_EVERY = 0.25
LONGEST = 300.0
ALLOWED = 0.200


@contextmanager
def press() -> Iterator[str]:
    command = [sys.executable, str(Path(__file__).with_name("press.py")), str(FEEDS)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


async def acknowledgements() -> list[float]:
    """Seconds from Slack's side, of every gesture made while the alert went out."""
    with press() as papers, tempfile.TemporaryDirectory() as folder:
        async with FakeSlack() as slack, FeedServer() as web:
            slack.rooms = {f"C{n:06d}": Room(f"room{n}") for n in range(CHATS)}
            tokens = {"KABAR_SLACK_BOT_TOKEN": BOT_TOKEN, "KABAR_SLACK_APP_TOKEN": APP_TOKEN}
            kabar = Program(Path(folder), tokens | {"KABAR_SLACK_BASE_URL": slack.base_url})
            feeds = {f"p{n}": f"{papers}/feed/{n}" for n in range(FEEDS)}
            kabar.feeds(wire=web.publish("/wire", rss(AI.format(1))), **feeds)
            async with kabar.running("--poll-every", "2") as life, asyncio.timeout(LONGEST):
                await slack.wait_for_socket()
                await subscribe(slack)
                await until(lambda: len(web.asked("/wire")) > 1)
                web.publish("/wire", rss(AI.format(2), AI.format(1)))
                began, before = time.perf_counter(), len(slack.envelopes)
                talking = [asyncio.create_task(talk(slack)), asyncio.create_task(turn(papers))]
                await until(lambda: told(slack) >= CHATS)
                took = time.perf_counter() - began
                for task in talking:
                    task.cancel()
                await asyncio.gather(*talking, return_exceptions=True)
                life.process.terminate()
            print(f"{CHATS} alerts in {took:.1f} s, {FEEDS} feeds polled meanwhile")
            return [envelope.latency or LONGEST for envelope in slack.envelopes[before:-1]]


async def subscribe(slack: FakeSlack) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(channel: str) -> None:
        async with gate:
            await slack.command("/kabar", "subscribe ai", channel=channel)

    await asyncio.gather(*(one(channel) for channel in slack.rooms))
    await until(lambda: len(slack.history) >= CHATS)


async def until(condition: Callable[[], bool]) -> None:
    """Looks now and then, so that looking costs the local Slack nothing."""
    while not condition():
        await asyncio.sleep(LOOK_EVERY)


async def talk(slack: FakeSlack) -> None:
    chance, rooms = random.Random(1), list(slack.rooms)
    while True:
        await slack.command("/kabar", chance.choice(("latest", "help", "settings", "1")), channel=chance.choice(rooms))
        await asyncio.sleep(EVERY)


async def turn(papers: str) -> None:
    while True:
        await asyncio.to_thread(urllib.request.urlopen, f"{papers}/turn")
        await asyncio.sleep(TURN_EVERY)


def told(slack: FakeSlack) -> int:
    return sum(1 for posted in slack.history if posted.metadata)


def literally() -> int:
    """How many of so many hostile messages say something else in Slack, or do anything."""
    chance, wrong = random.Random(2), 0
    for _ in range(MESSAGES):
        message = hostile_message(chance)
        made = [(fallback(piece), blocks(piece)) for piece in parts(message)]
        arrived = [text for _, shown in made for text in paragraphs(shown)]
        meant = [paragraph.text for paragraph in message.paragraphs if paragraph.text.strip()]
        acting = any(acts({"text": text, "mrkdwn": False, "blocks": shown}) for text, shown in made)
        wrong += arrived != meant or acting
    return wrong


def main() -> int:
    began = time.perf_counter()
    wrong = literally()
    print(f"{wrong} of {MESSAGES} hostile messages acted or changed ({time.perf_counter() - began:.0f} s)")
    latencies = sorted(asyncio.run(acknowledgements()))
    p99 = latencies[int(len(latencies) * 0.99)]
    figures = ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in (
        ("p50", statistics.median(latencies)), ("p99", p99), ("max", latencies[-1])
    ))  # fmt: skip
    print(f"Slack acknowledgement of {len(latencies)} gestures: {figures} (allowed p99 {ALLOWED * 1000:.0f} ms)")
    return 0 if p99 <= ALLOWED and not wrong else 1


if __name__ == "__main__":
    raise SystemExit(main())
