"""What the store says when the database fails under it, and that it goes on afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import sqlalchemy.exc

from bot.domain.errors import Hindered, StoreError
from bot.store.failures import explain, translating
from bot.store.store import Store

from .conftest import Postgres, Templates
from .store_values import commit, new_story


async def test_a_server_that_goes_away_is_a_store_error(postgres: Postgres, templates: Templates) -> None:
    url = await templates.postgresql(postgres)
    store = await Store.open(url, upgrade=False)
    await store.feeds.all()
    name = str(sa.make_url(url).database)
    postgres.run(f"DROP DATABASE {name} WITH (FORCE)")
    with pytest.raises(StoreError, match=name):
        await store.feeds.all()
    await store.close()


async def test_a_broken_connection_is_made_anew(postgres: Postgres, templates: Templates) -> None:
    store = await Store.open(await templates.postgresql(postgres), upgrade=False)
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid() AND datname LIKE 'kabar%'"
    )
    assert await store.feeds.all() == []
    await store.close()


async def test_a_full_database_says_what_to_do(templates: Templates, tmp_path: Path) -> None:
    path = tmp_path / "full.db"
    store = await Store.open(await templates.sqlite(path), upgrade=False)
    async with store._database.writing() as connection:
        await connection.execute(sa.text("PRAGMA max_page_count=60"))
    with pytest.raises(StoreError, match="disk is full"):
        await commit(store, *(new_story() for _ in range(2_000)))
    await store.close()


@pytest.mark.parametrize(
    ("code", "expected"),
    [(5, "locked by another process"), (8, "read-only"), (13, "disk is full"), (11, "damaged"), (778, "disk reports")],
)
def test_each_failure_of_sqlite_has_a_remedy(code: int, expected: str) -> None:
    error = sqlite3.OperationalError("whatever")
    error.sqlite_errorcode = code
    assert expected in explain(sa.make_url("sqlite:///var/kabar.db"), error)


def test_no_explanation_has_the_password_in_it() -> None:
    url = sa.make_url("postgresql://kabar:geheim@db.example/kabar")
    said = explain(url, RuntimeError("cannot use conninfo 'postgresql://kabar:geheim@db.example/kabar'"))
    assert "geheim" not in said
    assert "db.example" in said


async def test_a_cancelled_transaction_leaves_nothing_behind(store: Store) -> None:
    """A stop signal may come at any moment, and the locks must not outlive it."""
    await commit(store, new_story())
    for moment in range(0, 2_000, 17):
        news = [new_story() for _ in range(5)]
        reading = asyncio.create_task(commit(store, *news))
        for _ in range(moment):
            await asyncio.sleep(0)
        over = reading.done()
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        known = await store.stories.known([key for new in news for key in new.keys])
        assert len(known) in (0, 5)
        assert (await commit(store, new_story())).new_stories == 1
        if over:
            break


@pytest.mark.parametrize(("state", "kind"), [("40P01", Hindered), ("40001", Hindered), ("53100", StoreError)])
def test_who_was_only_in_anothers_way_is_told_apart(state: str, kind: type[StoreError]) -> None:
    refused = psycopg.errors.lookup(state)()
    with pytest.raises(StoreError) as caught, translating(sa.make_url("postgresql://db.example/kabar")):
        raise sqlalchemy.exc.OperationalError("SELECT 1", {}, refused)
    assert type(caught.value) is kind
