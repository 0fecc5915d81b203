"""The proof from the command line: `python -m tests.prove crash --kills 500`. Exit code 1 when something was lost,
repeated or out of order."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.contracts.conftest import Postgres, postgres_server
from tests.prove.crash import Result, crash
from tests.prove.fanout import fanout
from tests.prove.lives import nursery
from tests.prove.load import Figures, group, hurry, rate
from tests.prove.power import power
from tests.prove.replicas import SPEED, replicas
from tests.prove.replicas import Result as ReplicasResult

ALL = (
    "crash --kills 500 --seed {seed}",
    "crash --kills 100 --seed {seed} --database postgresql",
    "replicas --kills 200 --replicas 3 --seed {seed}",
    "power --seed {seed}",
    "rate",
    "group",
    "hurry",
    "fanout",
)
A_TOWN = 12  # kills of one database before it must come to rest


def say(line: str) -> None:
    print(line, flush=True)


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    proofs = parser.add_subparsers(dest="proof", required=True)
    one = proofs.add_parser("crash", help="one process, killed over and over")
    one.add_argument("--kills", type=int, default=500)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--at-once", type=int, default=2, help="towns side by side")
    one.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    several = proofs.add_parser("replicas", help="several processes on one PostgreSQL, killed and stopped for a while")
    several.add_argument("--kills", type=int, default=200, help="kills and pauses together")
    several.add_argument("--replicas", type=int, default=3)
    several.add_argument("--seed", type=int, default=1)
    several.add_argument("--speed", type=float, default=SPEED, help="how fast time runs for leases and pauses")
    rates = proofs.add_parser("rate", help="one story for very many private chats")
    rates.add_argument("--chats", type=int, default=10_000)
    rates.add_argument("--seconds", type=float, default=60)
    crowded = proofs.add_parser("group", help="very many alerts for one group")
    crowded.add_argument("--alerts", type=int, default=1_000)
    crowded.add_argument("--minutes", type=float, default=15)
    crowded.add_argument("--speed", type=float, default=4)
    quick = proofs.add_parser("hurry", help="from the fetch of a story to its messages")
    quick.add_argument("--chats", type=int, default=1_000)
    quick.add_argument("--stories", type=int, default=20)
    many = proofs.add_parser("fanout", help="planning an alert for very many chats")
    many.add_argument("--chats", type=int, default=100_000)
    many.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    dark = proofs.add_parser("power", help="the power goes and what was not synced is gone (needs gcc)")
    dark.add_argument("--seed", type=int, default=1)
    dark.add_argument("--seconds", type=float, default=20, help="how long the recorded life is")
    dark.add_argument("--moments", type=int, default=1_000)
    everything = proofs.add_parser("all", help="all of them, with the numbers that are promised")
    everything.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(words)
    if arguments.proof == "all":
        return max([main(proof.format(seed=arguments.seed).split()) for proof in ALL])
    say(f"--- {' '.join(words)}")
    began = time.monotonic()
    wrong = PROOFS[arguments.proof](arguments)
    for line in wrong:
        say(f"  WRONG {line}")
    say(f"{arguments.proof}: {'FAILED' if wrong else 'proved'} in {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


def _crash(arguments: argparse.Namespace) -> list[str]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kabar-prove-")))
        server = stack.enter_context(postgres_server()) if arguments.database == "postgresql" else None
        results = asyncio.run(_towns(arguments, folder, server))
    points = sum((result.points for result in results), Counter[str]())
    for point, count in points.most_common():
        say(f"  {count:4} killed {point}")
    say(
        f"seeds {arguments.seed}–{results[-1].seed}: kills {points.total()}, "
        f"messages {sum(r.messages for r in results)}, lost {sum(len(r.verdict.lost) for r in results)}, "
        f"repeated {sum(r.verdict.repeats for r in results)} "
        f"(in flight at a kill: {sum(r.in_flight.messages for r in results)}; repeated without a kill or on Slack: "
        f"{sum(len(r.verdict.repeated) for r in results)})"
    )
    return [line for result in results for line in result.wrong]


async def _towns(arguments: argparse.Namespace, folder: Path, server: Postgres | None) -> list[Result]:
    shares = [min(A_TOWN, arguments.kills - done) for done in range(0, arguments.kills, A_TOWN)]
    turns = asyncio.Semaphore(arguments.at_once)
    async with nursery() as here:

        async def town(seed: int, kills: int) -> Result:
            async with turns:
                home = folder / str(seed)
                home.mkdir()
                url = server.url(server.create()) if server else f"sqlite:///{home}/kabar.db"
                return await crash(seed, kills, home, url, here, tell=say)

        return await asyncio.gather(*(town(arguments.seed + n, share) for n, share in enumerate(shares)))


def _replicas(arguments: argparse.Namespace) -> list[str]:
    async def run(folder: Path, url: str) -> ReplicasResult:
        async with nursery() as here:
            size, events = arguments.replicas, arguments.kills
            return await replicas(arguments.seed, events, size, folder, url, here, speed=arguments.speed, tell=say)

    with tempfile.TemporaryDirectory(prefix="kabar-prove-") as folder, postgres_server() as server:
        result = asyncio.run(run(Path(folder), server.url(server.create())))
    verdict = result.verdict
    say(
        f"seed {result.seed}: {arguments.replicas} replicas, kills {result.kills}, pauses {result.pauses}, "
        f"messages {result.messages}, lost {len(verdict.lost)}, repeated {verdict.repeats} (brought by a replica that "
        f"was stopped before it wrote that down: {result.in_flight.messages}; others: {len(verdict.repeated)}), "
        f"digests {result.digests}, two listened at once {result.conflicts} times, "
        f"nobody listened for {result.longest_deaf:.1f} s at most"
    )
    return result.wrong


def _load(arguments: argparse.Namespace) -> list[str]:
    wishes = {name: value for name, value in vars(arguments).items() if name != "proof"}
    proof = {"rate": rate, "group": group, "hurry": hurry}[arguments.proof]

    async def run(folder: Path) -> Figures:
        async with nursery() as here:
            return await proof(folder, here, **wishes)

    with tempfile.TemporaryDirectory(prefix="kabar-prove-") as folder:
        return _told(asyncio.run(run(Path(folder))))


def _fanout(arguments: argparse.Namespace) -> list[str]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kabar-prove-")))
        server = stack.enter_context(postgres_server()) if arguments.database == "postgresql" else None
        url = server.url(server.create()) if server else f"sqlite:///{folder}/kabar.db"
        return _told(asyncio.run(fanout(folder, url, chats=arguments.chats)))


def _power(arguments: argparse.Namespace) -> list[str]:
    with tempfile.TemporaryDirectory(prefix="kabar-prove-") as folder:
        wishes = {name: value for name, value in vars(arguments).items() if name != "proof"}
        return _told(power(Path(folder), **wishes))


def _told(figures: Figures) -> list[str]:
    for line in figures.lines:
        if line not in figures.wrong:
            say(f"  {line}")
    return figures.wrong


PROOFS = {
    "crash": _crash,
    "replicas": _replicas,
    "rate": _load,
    "group": _load,
    "hurry": _load,
    "fanout": _fanout,
    "power": _power,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
