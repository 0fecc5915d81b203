"""Where settings come from, which one wins, and that everything wrong is said at once, without a secret."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import ConfigError
from bot.domain.story import Language, Topic
from bot.settings import SHIPPED, Settings, load
from tests.builders import MINUTE

FEED = """
[[feed]]
id = "wire"
url = "https://wire.example/feed.xml"
title = "The Wire"
"""
Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    return write


def problems(tmp_path: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(environ or {}, directory=tmp_path)
    return [str(problem) for problem in caught.value.problems]


def read(tmp_path: Path, environ: dict[str, str] | None = None) -> Settings:
    return load(environ or {}, directory=tmp_path)


# --- which one wins ----------------------------------------------------------------------------------------------


def test_nothing_set_is_a_working_configuration(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/var/kabar.db"
    assert settings.feeds == ()
    assert settings.platforms == ()
    assert settings.polling.every == 15 * MINUTE
    assert settings.log_level is None
    assert set(settings.rule_files) == {path.name for path in (SHIPPED / "rules").glob("*.toml")}


def test_the_environment_is_over_dotenv(tmp_path: Path, write: Write) -> None:
    write(".env", "KABAR_TELEGRAM_TOKEN=from-dotenv\nKABAR_LOG_LEVEL=debug\nOTHER=ignored\n")
    assert read(tmp_path).telegram_token == "from-dotenv"
    settings = read(tmp_path, {"KABAR_TELEGRAM_TOKEN": "from-environment", "PATH": "/bin"})
    assert settings.telegram_token == "from-environment"
    assert settings.log_level == "debug"
    assert settings.platforms == ("telegram",)


def test_an_empty_variable_counts_as_unset(tmp_path: Path, write: Write) -> None:
    write(".env", "KABAR_TELEGRAM_TOKEN=from-dotenv\nKABAR_LOG_FORMAT=\n")
    settings = read(tmp_path, {"KABAR_TELEGRAM_TOKEN": "", "KABAR_DATABASE_URL": "", "KABAR_LOG_LEVEL": ""})
    assert settings.telegram_token == "from-dotenv"
    assert settings.database_url.startswith("sqlite:///")
    assert (settings.log_level, settings.log_format) == (None, "text")


def test_the_file_says_what_no_variable_says(tmp_path: Path, write: Write) -> None:
    write(
        "config/kabar.toml", '[chat]\nlanguage = "id"\nzone = "Asia/Makassar"\n[polling]\nevery = "1h"\nat_once = 3\n'
    )
    settings = read(tmp_path)
    assert (settings.chat.language, settings.chat.zone) == (Language.ID, "Asia/Makassar")
    assert (settings.polling.every, settings.polling.at_once) == (timedelta(hours=1), 3)
    assert settings.polling.deadline == timedelta(seconds=20)


def test_the_directory_of_another_installation(tmp_path: Path, write: Write) -> None:
    write("elsewhere/feeds.toml", FEED)
    settings = read(tmp_path, {"KABAR_CONFIG": "elsewhere"})
    assert settings.config_dir == tmp_path / "elsewhere"
    assert [feed.id for feed in settings.feeds] == ["wire"]


def test_a_missing_directory_falls_back_to_the_shipped_one_except_for_feeds(tmp_path: Path) -> None:
    settings = read(tmp_path, {"KABAR_CONFIG": "not-there"})
    assert settings.feeds == ()
    assert settings.rule_files
    assert settings.chat == read(tmp_path, {"KABAR_CONFIG": str(SHIPPED)}).chat


def test_own_rules_stand_beside_the_shipped_ones_and_over_them(tmp_path: Path, write: Write) -> None:
    name = min(path.name for path in (SHIPPED / "rules").glob("*.toml"))
    write(f"config/rules/{name}", "# mine")
    write("config/rules/zz-mine.toml", "# another")
    files = read(tmp_path).rule_files
    assert files[name] == "# mine"
    assert files["zz-mine.toml"] == "# another"
    assert len(files) > 2


@pytest.mark.parametrize(
    "name",
    ["TELEGRAM_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"],
)
def test_a_secret_from_a_file(tmp_path: Path, write: Write, name: str) -> None:
    write("secret", "s3cret-s3cret\n")
    assert getattr(read(tmp_path, {f"KABAR_{name}_FILE": "secret"}), name.lower()) == "s3cret-s3cret"
    settings = read(tmp_path, {f"KABAR_{name}_FILE": str(tmp_path / "secret"), f"KABAR_{name}": "itself"})
    assert getattr(settings, name.lower()) == "itself"


def test_the_databases_address_from_a_file(tmp_path: Path, write: Write) -> None:
    write("secret", "postgresql://kabar:hunter2x@db/kabar\n")
    settings = read(tmp_path, {"KABAR_DATABASE_URL_FILE": "secret"})
    assert settings.database_url == "postgresql://kabar:hunter2x@db/kabar"


def test_a_secrets_file_that_cannot_be_read_or_is_empty(tmp_path: Path, write: Write) -> None:
    write("empty", " \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    said = problems(
        tmp_path,
        {
            "KABAR_TELEGRAM_TOKEN_FILE": "gone",
            "KABAR_DATABASE_URL_FILE": "empty",
            "KABAR_SLACK_BOT_TOKEN_FILE": "binary",
        },
    )
    assert [line.split(":")[0] for line in sorted(said)] == [
        "KABAR_DATABASE_URL_FILE",
        "KABAR_SLACK_BOT_TOKEN_FILE",
        "KABAR_TELEGRAM_TOKEN_FILE",
    ]
    assert "is empty" in sorted(said)[0]
    assert "not UTF-8" in sorted(said)[1]
    assert "No such file" in sorted(said)[2]


def test_a_relative_database_counts_from_the_start_directory(tmp_path: Path) -> None:
    assert read(tmp_path, {"KABAR_DATABASE_URL": "sqlite:///my.db"}).database_url == f"sqlite:///{tmp_path}/my.db"
    assert read(tmp_path, {"KABAR_DATABASE_URL": "sqlite:////srv/my.db"}).database_url == "sqlite:////srv/my.db"


# --- feeds -------------------------------------------------------------------------------------------------------


def test_a_feed_with_everything(tmp_path: Path, write: Write) -> None:
    write(
        "config/feeds.toml",
        FEED
        + 'language = "id"\nweight = 1.2\ntopics = ["ai", "layoffs"]\nkind = "rss"\nevery = "1h"\nconfirmed = "x"\n',
    )
    (feed,) = read(tmp_path).feeds
    assert (feed.url, feed.title, feed.language) == ("https://wire.example/feed.xml", "The Wire", Language.ID)
    assert (feed.weight, feed.topics, feed.kind) == (1.2, (Topic.AI, Topic.LAYOFFS), "rss")
    assert (feed.every, feed.confirmed) == (timedelta(hours=1), "x")


def test_the_shipped_feeds_are_in_order_and_without_doubles() -> None:
    feeds = load({"KABAR_CONFIG": str(SHIPPED)}, directory=SHIPPED.parent / "nowhere").feeds
    assert len({feed.id for feed in feeds}) == len({feed.url for feed in feeds}) == len(feeds) > 0


def test_ids_and_addresses_that_stand_twice(tmp_path: Path, write: Write) -> None:
    other = FEED.replace('"wire"', '"other"')
    write("config/feeds.toml", FEED + other + FEED.replace("feed.xml", "x.xml"))
    said = problems(tmp_path)
    assert len(said) == 2
    assert any("feeds.toml feed wire: id wire stands twice" in line for line in said)
    assert any("feed other: url https://wire.example/feed.xml stands twice" in line for line in said)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("wieght = 1.0", "feed.1.wieght (id wire): unknown key"),
        ("weight = 9.0", "feed.1.weight (id wire): "),
        ("weight = 9.0", "now: 9.0"),
        ('every = "10s"', "feed.1.every (id wire)"),
        ('every = "soon"', "write a time span such as 15m"),
        ('every = "30d"', "feed.1.every"),
        ('topics = ["sport"]', "feed.1.topics.1 (id wire)"),
        ('language = "fr"', "feed.1.language"),
        ('kind = "carrier-pigeon"', "feed.1.kind"),
    ],
)
def test_what_a_feed_may_not_say(tmp_path: Path, write: Write, line: str, says: str) -> None:
    write("config/feeds.toml", FEED + line)
    (said,) = problems(tmp_path)
    assert says in said
    assert "feeds.toml" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"https://wire.example/feed.xml"', '"wire.example/feed.xml"', "begins with http:// or https://"),
        ('id = "wire"', 'id = "The Wire!"', "feed.1.id"),
        ('id = "wire"', "", "feed.1.id"),
        ('title = "The Wire"', 'title = ""', "feed.1.title"),
    ],
)
def test_what_every_feed_must_say(tmp_path: Path, write: Write, old: str, new: str, says: str) -> None:
    write("config/feeds.toml", FEED.replace(old, new))
    (said,) = problems(tmp_path)
    assert says in said


# --- what is wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[chat]\nlangauge = "en"\n', "chat.langauge: unknown key"),
        ("[chats]\n", "chats: unknown key"),
        ('[chat]\nzone = "Jakarta"\n', "'Jakarta' is no time zone; write one such as Asia/Jakarta"),
        ('[chat]\nlanguage = "fr"\n', "chat.language"),
        ("[polling]\nat_once = 0\n", "polling.at_once"),
        ('[polling]\nevery = "1"\n', "polling.every"),
        ("[polling]\nevery = 15\n", "polling.every"),
        ('[keep]\nstories = "1h"\n', "keep.stories"),
    ],
)
def test_what_the_file_may_not_say(tmp_path: Path, write: Write, text: str, says: str) -> None:
    write("config/kabar.toml", text)
    (said,) = problems(tmp_path)
    assert says in said
    assert "kabar.toml" in said


@pytest.mark.parametrize("name", ["kabar.toml", "feeds.toml"])
def test_a_half_edited_file_is_named_with_its_line(tmp_path: Path, write: Write, name: str) -> None:
    write(f"config/{name}", '# first line\n\n[chat]\nlanguage = "en\n')
    (said,) = problems(tmp_path)
    assert name in said
    assert "line 4" in said


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/kabar.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "config/feeds.toml").mkdir()
    (tmp_path / ".env").write_bytes(b"KABAR_LOG_LEVEL=\xff")
    said = problems(tmp_path)
    assert len(said) == 3
    assert [name for name in ("kabar.toml", "feeds.toml", ".env") if not any(name in line for line in said)] == []


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("KABAR_TELEGRAM_TOKN", "123", "KABAR_TELEGRAM_TOKN: unknown key"),
        ("KABAR_HTTP_LISTEN_FILE", "x", "KABAR_HTTP_LISTEN_FILE: unknown key"),
        ("KABAR_LOG_LEVEL", "loud", "KABAR_LOG_LEVEL"),
        ("KABAR_LOG_FORMAT", "xml", "KABAR_LOG_FORMAT"),
        ("KABAR_HTTP_LISTEN", "8080", "KABAR_HTTP_LISTEN"),
        ("KABAR_HTTP_LISTEN", "127.0.0.1:99999", "write HOST:PORT"),
        ("KABAR_TELEGRAM_BASE_URL", "api.example/bot", "KABAR_TELEGRAM_BASE_URL"),
        ("KABAR_TELEGRAM_BASE_URL", "http://api.example/", "ends in /bot"),
        ("KABAR_TELEGRAM_BASE_FILE_URL", "http://api.example/bot", "ends in /file/bot"),
        ("KABAR_TELEGRAM_WEBHOOK_URL", "http://kabar.example", "begins with https://"),
        ("KABAR_SLACK_BASE_URL", "http://api.example/api", "ends in /api/"),
        ("KABAR_DATABASE_URL", "mysql://kabar@db/kabar", "write sqlite:///path/to/kabar.db or postgresql://"),
        ("KABAR_DATABASE_URL", "var/kabar.db", "write sqlite:///path/to/kabar.db or postgresql://"),
        ("KABAR_DATABASE_URL", "sqlite:///:memory:", "write sqlite:///path/to/kabar.db or postgresql://"),
        ("KABAR_ALLOW_PRIVATE_HOSTS", "10.0.0.0/99", "'10.0.0.0/99' is no host and no network"),
    ],
)
def test_what_the_environment_may_not_say(tmp_path: Path, name: str, value: str, says: str) -> None:
    (said,) = problems(tmp_path, {name: value})
    assert says in said


@pytest.mark.parametrize("line", ["this is no assignment", "KABAR_TELEGRAM_TOKEN='123:never-closed"])
def test_a_half_edited_dotenv_is_named_with_its_line_and_without_its_secrets(
    tmp_path: Path, write: Write, line: str
) -> None:
    write(".env", f"KABAR_LOG_LEVEL=debug\n{line}\n")
    (said,) = problems(tmp_path)
    assert ".env line 2" in said
    assert "never-closed" not in said


def test_what_stands_in_dotenv_is_looked_for_there(tmp_path: Path, write: Write) -> None:
    write(".env", "KABAR_LOG_LEVEL=loud\nKABAR_LOG_FORMAT=xml\n")
    said = problems(tmp_path, {"KABAR_LOG_FORMAT": "yaml"})
    assert [line.split(":")[0] for line in said] == [".env KABAR_LOG_LEVEL", "environment KABAR_LOG_FORMAT"]


def test_files_of_an_editor_that_marks_utf8_are_read(tmp_path: Path, write: Write) -> None:
    write("config/feeds.toml", "\ufeff" + FEED)
    write("config/kabar.toml", '\ufeff[chat]\nlanguage = "id"\n')
    write(".env", "\ufeffKABAR_LOG_LEVEL=debug\n")
    settings = read(tmp_path)
    assert (len(settings.feeds), settings.chat.language, settings.log_level) == (1, Language.ID, "debug")


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("kabar.toml", '[polling]\nevery = "5s"\n', 'write "1m" to "7d"'),
        ("kabar.toml", '[polling]\ncontact = "me\\nHost: evil"\n', "in one line"),
        ("feeds.toml", '[feed]\nid = "a"\n', "[[feed]]"),
        ("feeds.toml", FEED + 'topics = "ai"\n', "write a list in brackets"),
        ("feeds.toml", FEED + "[[feed]]\n", "feed.2.id: is missing"),
    ],
)
def test_problems_are_in_the_words_of_the_file(tmp_path: Path, write: Write, file: str, text: str, says: str) -> None:
    write(f"config/{file}", text)
    said = problems(tmp_path)
    assert says in said[0]
    assert not any(word in line for line in said for word in ("tuple", "timedelta", "instance of", "Input should"))


def test_rules_are_checked_along_with_everything_else(tmp_path: Path, write: Write) -> None:
    write("config/kabar.toml", "foo = 1\n")
    write("config/rules/zz-mine.toml", "foo = 1\n")
    said = problems(tmp_path)
    assert any("kabar.toml foo" in line for line in said)
    assert any("zz-mine.toml" in line for line in said)


def test_good_values_in_the_environment(tmp_path: Path) -> None:
    hosts = "localhost, 10.0.0.0/8,"
    environ = {"KABAR_LOG_LEVEL": "WARNING", "KABAR_ALLOW_PRIVATE_HOSTS": hosts, "KABAR_HTTP_LISTEN": "[::]:80"}
    settings = read(tmp_path, environ)
    assert settings.log_level == "warning"
    assert settings.allow_private == ("localhost", "10.0.0.0/8")


def test_every_problem_is_said_at_once(tmp_path: Path, write: Write) -> None:
    write("config/kabar.toml", '[chat]\nzone = "Mars/Base"\nfoo = 1\n[polling]\nat_once = 0\n')
    write("config/feeds.toml", FEED + "foo = 1\n" + FEED.replace('"wire"', '"Bad Id"'))
    said = problems(tmp_path, {"KABAR_FOO": "1", "KABAR_LOG_LEVEL": "loud", "KABAR_SLACK_BOT_TOKEN_FILE": "gone"})
    assert len(said) == 8
    for part in ("Mars/Base", "chat.foo", "polling.at_once", "feed.1.foo", "feed.2.id", "KABAR_FOO", "loud", "gone"):
        assert any(part in line for line in said), part


SECRETS = {
    "KABAR_TELEGRAM_TOKEN": "123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "KABAR_SLACK_BOT_TOKEN": "xoxb-bot-secret",
    "KABAR_SLACK_APP_TOKEN": "xapp-app-secret",
    "KABAR_SLACK_SIGNING_SECRET": "signing-secret",
    "KABAR_DATABASE_URL": "postgresql://kabar:data%40base@db/kabar",
}


def test_secrets_are_not_in_the_repr_and_are_told_to_the_log(tmp_path: Path) -> None:
    settings = read(tmp_path, SECRETS)
    shown = repr(settings)
    for secret in ("AAAAAAAA", "xoxb-", "xapp-", "signing-secret", "data%40base"):
        assert secret not in shown
    told = set(settings.secrets)
    assert {value for name, value in SECRETS.items() if name != "KABAR_DATABASE_URL"} <= told
    assert {"data%40base", "data@base"} <= told


def test_secrets_are_not_in_the_problems(tmp_path: Path) -> None:
    said = "\n".join(problems(tmp_path, {**SECRETS, "KABAR_TELEGRAM_TOKE": "other-secret", "KABAR_LOG_LEVEL": "loud"}))
    assert "KABAR_TELEGRAM_TOKE" in said
    for secret in ("AAAAAAAA", "xoxb-", "xapp-", "signing-secret", "data%40base", "other-secret"):
        assert secret not in said


WAY = (
    FEED
    + 'proxy = "http://u:proxypass@proxy.example:3128"\nheaders = { X-Key = "long-secret-key" }\nauth = "me:hunter22"\n'
)


def test_the_way_to_a_feed_is_read_and_its_secrets_are_told_to_the_log(tmp_path: Path, write: Write) -> None:
    write("config/feeds.toml", WAY)
    settings = read(tmp_path)
    (spec,) = settings.feeds
    assert (spec.proxy, spec.auth) == ("http://u:proxypass@proxy.example:3128", "me:hunter22")
    assert spec.headers == (("X-Key", "long-secret-key"),)
    assert {"proxypass", "long-secret-key", "hunter22", "me:hunter22", "bWU6aHVudGVyMjI="} <= set(settings.secrets)
    assert not any(secret in repr(settings) for secret in ("proxypass", "long-secret-key", "hunter22"))


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ('auth = "topsecret"', "name:password"),
        ('proxy = "socks5://topsecret"', "http://host:port"),
        ('headers = { "X Key" = "topsecret" }', "headers"),
        ('headers = { X-Key = "topsecret\\nHost: evil" }', "in one line"),
    ],
)
def test_a_wrong_way_is_named_without_its_secret(tmp_path: Path, write: Write, line: str, advice: str) -> None:
    write("config/feeds.toml", f"{FEED}{line}\n")
    (problem,) = problems(tmp_path)
    assert advice in problem
    assert "topsecret" not in problem
