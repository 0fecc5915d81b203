"""A process that has everything loaded and forks a victim whenever it is asked: a start takes 0.1 s instead of 2.

It reads a line of JSON for each life and answers with the number of the process; it ends when nobody asks any more."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from importlib import import_module
from typing import Any

from tests.prove import victim
from tests.scenarios.town import rulebook

LOADED = (
    *("bot.platforms.telegram", "bot.platforms.slack.adapter", "bot.platforms.slack.inbound", "bot.sources.registry"),
    *("bot.sources.http", "bot.sources.pool", "bot.sources.rss", "aiosqlite", "sqlalchemy.dialects.sqlite.aiosqlite"),
    *("sqlalchemy.dialects.postgresql.psycopg", "psycopg", "bot.services.grouping", "bot.editorial.judge"),
)


def main() -> None:
    for name in LOADED:
        import_module(name)
    rulebook()
    gc.freeze()  # a forked process then copies fewer pages
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    print("ready", flush=True)
    for line in sys.stdin:
        print(_fork(json.loads(line)), flush=True)


def _fork(life: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    log = os.open(life["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(old, new)
    os._exit(victim.main(life))


if __name__ == "__main__":
    main()
