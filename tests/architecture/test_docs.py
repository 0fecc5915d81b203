"""The documentation says what the code does: settings, variables, commands, sentences."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from string import Formatter

import pytest
from pydantic import BaseModel

from bot.app.platforms import PLATFORMS
from bot.commands.registry import by_word, commands, menu
from bot.domain.story import Language
from bot.editorial.rules.kinds import KINDS
from bot.settings import SECRETS
from bot.settings.shapes import ConfigFile, Environment, FeedEntry, FeedFile
from bot.texts import LANGUAGES, sentences

ROOT = Path(__file__).resolve().parents[2]
README = "config/README.md"
EXPLAINED = ("summary", "usage", "examples")


def text_of(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def keys_of(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key of a settings file, by its tables."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys_of(field.annotation, (*prefix, name))
        else:
            yield (*prefix, name)


CONFIG_KEYS = tuple(keys_of(ConfigFile))
FEED_KEYS = tuple(FeedEntry.model_fields)
VARIABLES = tuple(Environment.model_fields)


# --- settings ---------------------------------------------------------------------------------------------------------


@cache
def chapters(path: str) -> dict[str, str]:
    """The text below each heading, by heading, up to the next one."""
    found: dict[str, str] = {"": ""}
    heading = ""
    for line in text_of(path).splitlines():
        if line.startswith("#"):
            heading = line.strip("# ")
            found[heading] = ""
        else:
            found[heading] += line + "\n"
    return found


@pytest.mark.parametrize("key", CONFIG_KEYS, ids=".".join)
def test_every_setting_stands_in_the_readme(key: tuple[str, ...]) -> None:
    assert f"| `{key[-1]}` |" in chapters(README)[f"[{key[0]}]"]


@pytest.mark.parametrize("key", FEED_KEYS)
def test_every_key_of_a_feed_stands_in_the_readme(key: str) -> None:
    assert f"| `{key}` |" in chapters(README)["feeds.toml"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_rule_stands_in_the_readme(kind: str) -> None:
    assert f"| `{kind}` |" in chapters(README)["Rules"]


@pytest.mark.parametrize("name", VARIABLES)
def test_every_variable_stands_in_the_readme(name: str) -> None:
    mark = " (F)" if name in SECRETS else ""
    assert f"| `{name}`{mark} |" in chapters(README)["The environment"]


def test_the_readme_invents_no_setting() -> None:
    tables = {f"[{key[0]}]": [k[-1] for k in CONFIG_KEYS if k[0] == key[0]] for key in CONFIG_KEYS}
    known = {**tables, "feeds.toml": list(FEED_KEYS), "The environment": list(VARIABLES)}
    for heading, keys in known.items():
        named = re.findall(r"^\| `(\w+)`", chapters(README)[heading], re.MULTILINE)
        assert set(named) <= set(keys), heading


def test_the_shipped_settings_name_every_key_with_its_default() -> None:
    tables = tomllib.loads(text_of("config/kabar.toml"))
    there = {(section, key) for section, table in tables.items() for key in table}
    assert there == set(CONFIG_KEYS)
    assert ConfigFile.model_validate(tables) == ConfigFile()


def test_every_key_of_the_shipped_settings_is_explained() -> None:
    lines = text_of("config/kabar.toml").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"\w+ = ", line):
            assert before.startswith("# "), line


def test_the_shipped_feeds_are_what_the_settings_allow() -> None:
    assert FeedFile.model_validate(tomllib.loads(text_of("config/feeds.toml"))).feed


def test_env_example_names_every_variable_and_sets_none() -> None:
    lines = text_of("deploy/env.example").splitlines()
    named = {match[1] for line in lines if (match := re.match(r"#(KABAR_\w+)=", line))}
    assert named == set(VARIABLES)
    assert all(not line or line.startswith("#") for line in lines)


def test_env_example_shows_the_defaults() -> None:
    text = text_of("deploy/env.example")
    for name, field in Environment.model_fields.items():
        if field.default:
            assert f"\n#{name}={field.default}\n" in text


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", list(commands()))
def test_every_command_is_explained(name: str, language: str) -> None:
    found = sentences(language)
    for what in EXPLAINED:
        assert f"command.{name}.{what}" in found
    assert found[f"command.{name}.summary"].strip()
    assert re.match(rf"/{name}(?: |$)", found[f"command.{name}.usage"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_command_is_explained_that_does_not_exist(language: str) -> None:
    explained = {key.split(".")[1] for key in sentences(language) if key.startswith("command.")}
    assert explained == set(commands())


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_show_commands_that_exist(language: str) -> None:
    for name in commands():
        for example in sentences(language)[f"command.{name}.examples"].split(" · "):
            for word in re.findall(r"(?<!\S)/([^\s,]+)", example):
                assert word in by_word(), example


@pytest.mark.parametrize("entry", menu(), ids=lambda entry: entry.name)
def test_names_and_summaries_fit_the_menus(entry) -> None:  # type: ignore[no-untyped-def]
    assert re.fullmatch(r"[a-z0-9_]{1,32}", entry.name), "https://core.telegram.org/bots/api#botcommand"
    assert len(f"/{entry.name}") <= 32, "Slack"
    for language in Language:
        assert 1 <= len(entry.summary[language]) <= 256
    assert len(entry.usage) <= 1_000


def test_no_word_means_two_commands() -> None:
    words = [word for command in commands().values() for word in (command.name, *command.aliases)]
    assert len(words) == len(set(words))


def test_the_slack_manifest_is_the_generated_one() -> None:
    from bot.platforms.slack.manifest import manifest

    path = ROOT / "deploy/slack-manifest.yaml"
    assert path.exists(), "make manifest writes it"
    assert path.read_text("utf-8") == manifest(menu()), "make manifest renews it"


# --- sentences --------------------------------------------------------------------------------------------------------


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def without_one(language: str) -> set[str]:
    return {key for key in sentences(language) if not key.endswith(".one")}


def test_both_languages_have_the_same_sentences() -> None:
    assert without_one("en") == without_one("id")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_singular_has_its_plural(language: str) -> None:
    found = sentences(language)
    for key in found:
        if key.endswith(".one"):
            other = key.removesuffix("one") + "other"
            assert other in found
            assert blanks(found[key]) <= blanks(found[other]), key


def test_sentences_have_the_same_blanks_in_both_languages() -> None:
    english, indonesian = sentences("en"), sentences("id")
    for key in without_one("en") & without_one("id"):
        assert blanks(english[key]) == blanks(indonesian[key]), key


def is_there(key: str, language: str) -> bool:
    return key in sentences(language) or f"{key}.other" in sentences(language)


def constants(node: ast.expr) -> Iterator[str]:
    """The texts that an expression is: one, or one of two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def said() -> Iterator[tuple[str, str]]:
    """Place and key of every sentence that the code asks for by a fixed key."""
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("say", "refuse"):
                for key in constants(node.args[0]):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_the_code_asks_for_is_there(language: str) -> None:
    asked = list(said())
    assert asked
    assert [(place, key) for place, key in asked if not is_there(key, language)] == []


# --- /health ----------------------------------------------------------------------------------------------------------


def parts_of_health() -> Iterator[dict[str, ast.expr]]:
    """The arguments of every Part(…) that services/health.py makes."""
    for node in ast.walk(ast.parse(text_of("bot/services/health.py"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Part":
            yield {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}


def is_well(part: dict[str, ast.expr]) -> bool:
    state = part["state"]
    return isinstance(state, ast.Attribute) and state.attr in ("OK", "OFF")


def causes(part: dict[str, ast.expr]) -> list[str]:
    cause = part.get("cause", ast.Constant("well"))
    values = cause.values if isinstance(cause, ast.BoolOp) else [cause]
    return [text for value in values for text in constants(value)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_health_has_its_words(language: str) -> None:
    parts = list(parts_of_health())
    assert parts
    for part in parts:
        for name in constants(part["name"]):
            assert is_there(f"part.{name}", language)
        for cause in causes(part):
            assert is_there(f"health.cause.{cause}", language)
            if not is_well(part) and isinstance(part["cause"], ast.Constant):
                assert is_there(f"health.fix.{cause}", language)
    assert is_there("health.cause.other", language)
    assert [platform for platform in PLATFORMS if not is_there(f"part.{platform}", language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fix_belongs_to_a_cause(language: str) -> None:
    fixes = {key.removeprefix("health.fix.") for key in sentences(language) if key.startswith("health.fix.")}
    assert [fix for fix in fixes if not is_there(f"health.cause.{fix}", language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_platform_reports_has_its_words(language: str) -> None:
    from bot.platforms.slack.errors import FIXES as SLACK
    from bot.platforms.telegram.errors import FIXES as TELEGRAM

    reported = {*SLACK, *TELEGRAM} - {"webhook"}  # a second remedy for `conflict`
    assert sorted(cause for cause in reported if not is_there(f"health.cause.{cause}", language)) == []


# --- deploy -----------------------------------------------------------------------------------------------------------


def test_every_line_of_the_service_says_why() -> None:
    lines = text_of("deploy/kabar.service").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"[A-Z]\w+=", line):
            assert before.startswith("# "), line


@pytest.mark.parametrize("path", ["deploy/Dockerfile", ".dockerignore"])
def test_the_image_is_built_from_files_that_exist(path: str) -> None:
    named = re.findall(r"^COPY (?!--from)(.+) \S+$", text_of(path), re.MULTILINE)
    named += re.findall(r"^!(.+)$", text_of(path), re.MULTILINE)
    files = [name for line in named for name in line.split()]
    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []
