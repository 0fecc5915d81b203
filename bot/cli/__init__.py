"""The command line of Kabar: which commands there are, and that every failure ends in a sentence and an exit code."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from importlib import import_module

from bot import __version__, log
from bot.domain.errors import ConfigError, KabarError
from bot.settings import Settings, load
from bot.texts import Texts

DONE, WRONG, USAGE = 0, 1, 2
# command -> module:function; resolved on use, so that a command imports only what it needs
COMMANDS = {
    "try": "bot.cli.chat:try_out",
    "say": "bot.cli.chat:say",
    "run": "bot.cli.work:run",
    "poll": "bot.cli.work:poll",
    "deliver": "bot.cli.work:deliver",
    "health": "bot.cli.work:health",
    "feeds": "bot.cli.feeds:feeds",
    "parse": "bot.cli.read:parse",
    "score": "bot.cli.read:score",
    "group": "bot.cli.group:group",
    "eval": "bot.cli.evaluate:evaluate",
    "check": "bot.cli.setup:check",
    "init": "bot.cli.setup:init",
    "db": "bot.cli.setup:db",
    "manifest": "bot.cli.setup:manifest",
}
Handler = Callable[[argparse.Namespace, Settings], Coroutine[None, None, int]]


def parser(texts: Texts) -> argparse.ArgumentParser:
    say = texts.say
    top = argparse.ArgumentParser(prog="kabar", description=say("cli.help.kabar"), allow_abbrev=False)
    top.add_argument("--version", action="version", version=f"kabar {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    def add(name: str) -> argparse.ArgumentParser:
        words = say(f"cli.help.{name}")
        return commands.add_parser(name, help=words, description=words, allow_abbrev=False)

    seconds = {"type": _seconds, "metavar": "SECONDS", "help": say("cli.help.poll_every")}
    one = add("try")
    source = one.add_mutually_exclusive_group()
    source.add_argument("--live", action="store_true", help=say("cli.help.live"))
    source.add_argument("--sample", action="store_true", help=say("cli.help.sample"))
    one.add_argument("--data", metavar="DIR", help=say("cli.help.data"))
    one.add_argument("--poll-every", **seconds)  # type: ignore[arg-type]
    add("run").add_argument("--poll-every", **seconds)  # type: ignore[arg-type]
    add("init")
    one = add("say")
    one.add_argument("--chat", default="you", metavar="NAME", help=say("cli.help.chat"))
    one.add_argument("--language", choices=("en", "id"), help=say("cli.help.language"))
    one.add_argument("text", nargs="+", metavar="TEXT", help=say("cli.help.text"))
    one = add("poll")
    one.add_argument("--once", action="store_true", required=True, help=say("cli.help.once"))
    one.add_argument("--feed", action="append", metavar="ID_OR_URL", help=say("cli.help.feed"))
    one.add_argument("--json", action="store_true", help=say("cli.help.json"))
    one = add("deliver")
    one.add_argument("--once", action="store_true", required=True, help=say("cli.help.once"))
    one.add_argument("--json", action="store_true", help=say("cli.help.json"))
    _feeds(add("feeds"), texts)
    one = add("parse")
    one.add_argument("file", nargs="?", default="-", metavar="FILE", help=say("cli.help.file"))
    one.add_argument("--url", metavar="BASE", help=say("cli.help.base"))
    one.add_argument("--content-type", metavar="T", help=say("cli.help.content_type"))
    add("score").add_argument("--language", choices=("en", "id", "auto"), default="auto", help=say("cli.help.language"))
    add("group")
    one = add("eval")
    one.add_argument("directory", metavar="DIR", help=say("cli.help.directory"))
    one.add_argument("--json", action="store_true", help=say("cli.help.json"))
    one.add_argument("--misses", action="store_true", help=say("cli.help.misses"))
    add("check")
    add("health").add_argument("--json", action="store_true", help=say("cli.help.json"))
    one = add("db")
    actions = one.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action in ("upgrade", "backup", "restore", "check"):
        words = say(f"cli.help.db_{action}")
        sub = actions.add_parser(action, help=words, description=words, allow_abbrev=False)
        if action in ("backup", "restore"):
            sub.add_argument("file", metavar="FILE")
    add("manifest").add_argument("--url", type=_https, metavar="URL", help=say("cli.help.manifest_url"))
    return top


def _feeds(one: argparse.ArgumentParser, texts: Texts) -> None:
    say = texts.say
    actions = one.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action in ("list", "check", "add", "remove", "import", "export"):
        words = say(f"cli.help.feeds_{action}")
        sub = actions.add_parser(action, help=words, description=words, allow_abbrev=False)
        if action == "list":
            sub.add_argument("--json", action="store_true", help=say("cli.help.json"))
        elif action == "check":
            sub.add_argument("feed", nargs="*", metavar="ID_OR_URL", help=say("cli.help.feed"))
        elif action == "add":
            sub.add_argument("url", metavar="URL")
            sub.add_argument("--id", metavar="ID", help=say("cli.help.feed_id"))
            sub.add_argument("--title", metavar="TITLE", help=say("cli.help.feed_title"))
            sub.add_argument("--language", choices=("en", "id"), help=say("cli.help.feed_language"))
        elif action == "remove":
            sub.add_argument("feed", metavar="ID_OR_URL")
        elif action == "import":
            sub.add_argument("file", metavar="FILE.opml")


def _https(text: str) -> str:
    if not re.fullmatch(r"https://[^\s/?#]+(/[^\s?#]*)?", text):
        raise argparse.ArgumentTypeError("https://…")
    return text


def _seconds(text: str) -> float:
    value = float(text)
    if not 1 <= value <= 86_400:
        raise argparse.ArgumentTypeError("1 .. 86400")
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 found something wrong, 2 bad usage or configuration."""
    texts = Texts(_language())
    arguments = parser(texts).parse_args(argv)
    try:
        settings = load()
    except ConfigError as error:
        print(texts.say("cli.config", count=len(error.problems)), file=sys.stderr)
        for problem in error.problems:
            print(f"  {log.redact(str(problem))}", file=sys.stderr)
        return USAGE
    log.hide(settings.secrets)
    command = arguments.command or ("run" if settings.platforms else "try")
    if arguments.command is None:
        arguments = parser(texts).parse_args([command])
    if command == "run":
        from bot.cli.stopping import Stop

        arguments.stop = Stop()
        arguments.stop.install()
    log.configure(settings.log_level or ("info" if command == "run" else "error"), settings.log_format)
    module, _, name = COMMANDS[command].partition(":")
    handler: Handler = getattr(import_module(module), name)
    return _run(handler, arguments, settings, texts)


def _run(handler: Handler, arguments: argparse.Namespace, settings: Settings, texts: Texts) -> int:
    try:
        code = asyncio.run(handler(arguments, settings))
        sys.stdout.flush()
    except ConfigError as error:
        print(texts.say("cli.config", count=len(error.problems)), file=sys.stderr)
        for problem in error.problems:
            print(f"  {log.redact(str(problem))}", file=sys.stderr)
        return USAGE
    except KabarError as error:
        print(f"kabar: {log.redact(str(error))}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return DONE
    except BrokenPipeError:
        # Whoever read our output has enough; Python would complain once more at exit.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception:  # noqa: BLE001 - nobody gets a traceback; the log line says what and where
        log.logger("cli").exception("%s", texts.say("cli.bug"))
        return WRONG
    return code


def _language() -> str:
    """The language for help texts before any setting is read: the person's own, English otherwise."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "id" if locale.lower().startswith(("id", "in_")) else "en"
