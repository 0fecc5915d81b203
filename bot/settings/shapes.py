"""What a setting may look like: spans, times, zones, addresses, and the tables of the configuration files."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.domain.story import Language, Topic

LAST_PORT = 65_535
SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def span(text: object) -> timedelta:
    """`90s`, `15m`, `6h`, `3d`"""
    match = re.fullmatch(r"(\d{1,6})\s*([smhd])", str(text).strip())
    if not match:
        raise ValueError("write a time span such as 15m, 6h or 3d")
    return timedelta(seconds=int(match[1]) * SPANS[match[2]])


def between(least: str, most: str | None = None) -> AfterValidator:
    """Bounds of a span, written as in the file."""

    def check(value: timedelta) -> timedelta:
        if value < span(least) or (most and value > span(most)):
            raise ValueError(f'write "{least}" to "{most}"' if most else f'write "{least}" or more')
        return value

    return AfterValidator(check)


def zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write one such as Asia/Jakarta or Europe/Berlin")
    return name


def web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", url):
        raise ValueError("write an address that begins with http:// or https://")
    return url


def ending(*tails: str) -> AfterValidator:
    """An address that something is appended to, and which therefore has to end as agreed."""

    def check(url: str) -> str:
        if not url.endswith(tails):
            raise ValueError(f"write an address that ends in {' or '.join(tails)}")
        return url

    return AfterValidator(check)


def secure_address(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("write an address that begins with https://")
    return url


def database_address(url: str) -> str:
    if not re.fullmatch(r"sqlite(\+aiosqlite)?:///(?!:memory:)[^?].*|postgres(ql)?(\+psycopg)?://.+", url):
        raise ValueError("write sqlite:///path/to/kabar.db or postgresql://user:password@host/database")
    return url


def listener(place: str) -> str:
    match = re.fullmatch(r"(?:\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})", place)
    if not match or int(match[1]) > LAST_PORT:
        raise ValueError("write HOST:PORT, such as 127.0.0.1:8080")
    return place


LogLevel = Annotated[Literal["trace", "debug", "info", "warning", "error"], BeforeValidator(lambda v: str(v).lower())]


def chat_name(name: str) -> str:
    """`telegram:-100123`, `slack:T1/C2`, `slack:T1`"""
    if not re.fullmatch(r"telegram:-?\d{1,20}|slack:[A-Z0-9]{2,20}(?:/[A-Z0-9]{2,20})?", name):
        raise ValueError("write telegram:NUMBER or slack:TEAM/CHANNEL; /start in that chat tells which")
    return name


def operator_chat(name: str) -> str:
    return chat_name(name) if name else name


def feed_id(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", name):
        raise ValueError("write up to 60 small letters, digits and hyphens")
    return name


def one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("write it in one line, without control characters")
    return text


def proxy_address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+/?", url):
        raise ValueError("write it as http://host:port")
    return url


def name_and_password(text: str) -> str:
    if ":" not in one_line(text):
        raise ValueError("write name:password")
    return text


def header_pairs(table: object) -> object:
    """A table of the file as what a FeedSpec holds."""
    return tuple(table.items()) if isinstance(table, dict) else table


Span = Annotated[timedelta, BeforeValidator(span)]
PollSpan = Annotated[Span, between("1m", "7d")]
Zone = Annotated[str, AfterValidator(zone)]
WebAddress = Annotated[str, AfterValidator(web_address)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
HeaderValue = Annotated[str, AfterValidator(one_line), Field(max_length=4_000)]


class Section(BaseModel):
    """A table of config/kabar.toml; a key that is not a field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Chatting(Section):
    language: Language = Language.EN
    zone: Zone = "Asia/Jakarta"


class Polling(Section):
    every: PollSpan = timedelta(minutes=15)
    fastest: PollSpan = timedelta(minutes=5)
    slowest: PollSpan = timedelta(hours=3)
    at_once: int = Field(default=16, ge=1, le=200)
    deadline: Annotated[Span, between("2s", "5m")] = timedelta(seconds=20)
    contact: Annotated[str, AfterValidator(one_line), Field(max_length=200)] = ""


class Keeping(Section):
    stories: Annotated[Span, between("2d")] = timedelta(days=180)
    keys: Annotated[Span, between("30d")] = timedelta(days=730)


class AccessTable(Section):
    allow: tuple[Annotated[str, AfterValidator(chat_name)], ...] = ()
    operator: Annotated[str, AfterValidator(operator_chat)] = ""
    slack_admins_only: bool = False


class ConfigFile(Section):
    """config/kabar.toml."""

    chat: Chatting = Chatting()
    polling: Polling = Polling()
    keep: Keeping = Keeping()
    access: AccessTable = AccessTable()


class FeedEntry(Section):
    """A [[feed]] of config/feeds.toml."""

    id: Annotated[str, AfterValidator(feed_id)]
    url: WebAddress
    title: str = Field(min_length=1, max_length=120)
    language: Language | None = None
    weight: float = Field(default=1.0, ge=0.5, le=1.5)
    topics: tuple[Topic, ...] = ()
    kind: Literal["auto", "rss", "jsonfeed"] = "auto"
    every: PollSpan | None = None
    confirmed: str = ""
    proxy: Annotated[str, AfterValidator(proxy_address)] | None = None
    headers: Annotated[tuple[tuple[HeaderName, HeaderValue], ...], BeforeValidator(header_pairs)] = ()
    auth: Annotated[str, AfterValidator(name_and_password)] | None = None


class FeedFile(Section):
    feed: tuple[FeedEntry, ...] = ()


class Environment(Section):
    """The variables of contract.md; the same rules for all of them."""

    KABAR_CONFIG: Path = Path("config")
    KABAR_DATABASE_URL: Annotated[str, AfterValidator(database_address)] = "sqlite:///var/kabar.db"
    KABAR_TELEGRAM_TOKEN: str | None = None
    KABAR_TELEGRAM_BASE_URL: Annotated[WebAddress, ending("/bot")] | None = None
    KABAR_TELEGRAM_BASE_FILE_URL: Annotated[WebAddress, ending("/file/bot")] | None = None
    KABAR_TELEGRAM_WEBHOOK_URL: Annotated[WebAddress, AfterValidator(secure_address)] | None = None
    KABAR_TELEGRAM_WEBHOOK_SECRET: str | None = None
    KABAR_SLACK_BOT_TOKEN: str | None = None
    KABAR_SLACK_APP_TOKEN: str | None = None
    KABAR_SLACK_SIGNING_SECRET: str | None = None
    KABAR_SLACK_CLIENT_ID: str | None = None
    KABAR_SLACK_CLIENT_SECRET: str | None = None
    KABAR_SLACK_BASE_URL: Annotated[WebAddress, ending("/api/")] | None = None
    KABAR_SECRET_KEY: Annotated[str, Field(min_length=16)] | None = None
    KABAR_PUBLIC_URL: Annotated[WebAddress, AfterValidator(secure_address)] | None = None
    KABAR_HTTP_LISTEN: Annotated[str, AfterValidator(listener)] = "127.0.0.1:8080"
    KABAR_ALLOW_PRIVATE_HOSTS: str = ""
    KABAR_LOG_LEVEL: (
        Annotated[Literal["trace", "debug", "info", "warning", "error"], BeforeValidator(lambda v: str(v).lower())]
        | None
    ) = None  # `run` tells what it does (info), the other commands only what went wrong (error)
    KABAR_LOG_FORMAT: Literal["text", "json"] = "text"
