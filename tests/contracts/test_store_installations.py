"""bot.ports.Installations and Notices on both databases: tokens nobody can read, troubles that are told once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.domain.errors import StoreError
from bot.ports import Installation
from bot.store.store import Store
from bot.store.tables import installation_states, installations

from .conftest import OpenStore
from .store_values import HOUR, MINUTE, NOW

TOKEN = "xoxb-very-secret"
KEY = "correct horse battery staple"
ACME = Installation(platform="slack", team="T1", name="Acme", token=TOKEN, bot_user="U1", installed_by="U2", at=NOW)
OpenWith = Callable[[str | None], Awaitable[Store]]


@pytest.fixture
async def open_with(url: str) -> AsyncIterator[OpenWith]:
    """Opens the test's database with this secret key."""
    opened: list[Store] = []

    async def open_it(secret: str | None) -> Store:
        opened.append(await Store.open(url, upgrade=False, secret=secret))
        return opened[-1]

    yield open_it
    for store in opened:
        await store.close()


# --- installations -------------------------------------------------------------------------------------------------


async def test_an_installation_comes_back_as_it_was(open_with: OpenWith) -> None:
    store = await open_with(KEY)
    assert await store.installations.get("slack", "T1") is None
    await store.installations.save(ACME)
    other = replace(ACME, team="T0", name="Zeta", token="xoxb-other")
    await store.installations.save(other)
    again = await open_with(KEY)
    assert await again.installations.get("slack", "T1") == ACME
    assert await again.installations.all("slack") == [other, ACME]
    assert await again.installations.all("teams") == []
    anew = replace(ACME, token="xoxb-new", name="Acme Inc", installed_by="U3", at=NOW + HOUR)
    await again.installations.save(anew)
    assert await store.installations.get("slack", "T1") == anew


async def test_no_token_can_be_read_in_the_database_or_a_backup(open_with: OpenWith, tmp_path: Path) -> None:
    store = await open_with(KEY)
    await store.installations.save(ACME)
    await store.installations.begin("state-of-a-browser", NOW)
    async with store._database.reading() as connection:
        rows = [
            *await connection.execute(sa.select(installations)),
            *await connection.execute(sa.select(installation_states)),
        ]
    await store.backup(tmp_path / "backup")
    for words in (str(rows), (tmp_path / "backup").read_text()):
        assert "U1" in words
        assert TOKEN not in words
        assert "state-of-a-browser" not in words


async def test_a_token_that_ends_and_an_organisation_come_back_as_they_were(open_with: OpenWith) -> None:
    store = await open_with(KEY)
    whole = replace(ACME, team="E1", refresh_token="xoxe-secret-too", expires_at=NOW + HOUR)
    part = replace(ACME, team="T7", token="", organisation="E1")
    for one in (whole, part):
        await store.installations.save(one)
    assert await store.installations.all("slack") == [whole, part]
    async with store._database.reading() as connection:
        assert "xoxe-secret-too" not in str(list(await connection.execute(sa.select(installations))))
    with pytest.raises(StoreError):  # with another key nothing of it can be read
        await (await open_with("another")).installations.all("slack")
    await store.installations.revoke("slack", "E1")
    gone = replace(whole, token="", refresh_token="", expires_at=None, revoked=True)
    assert await store.installations.all("slack") == [gone, part]


async def test_a_token_taken_back_is_forgotten_until_the_app_is_installed_again(open_with: OpenWith) -> None:
    store = await open_with(KEY)
    await store.installations.revoke("slack", "T1")
    await store.installations.save(ACME)
    await store.installations.revoke("slack", "T1")
    revoked = replace(ACME, token="", revoked=True)
    assert await store.installations.get("slack", "T1") == revoked
    async with store._database.reading() as connection:
        assert (await connection.execute(sa.select(installations.c.token))).scalar_one() == ""
    assert await (await open_with(None)).installations.all("slack") == [revoked]  # there is nothing to decrypt
    await store.installations.save(ACME)
    assert await store.installations.get("slack", "T1") == ACME


@pytest.mark.parametrize("secret", [None, ""])
async def test_without_a_key_nothing_is_saved_and_the_error_names_the_setting(
    open_with: OpenWith, secret: str | None
) -> None:
    store = await open_with(secret)
    assert await store.installations.all("slack") == []
    with pytest.raises(StoreError, match="KABAR_SECRET_KEY"):
        await store.installations.save(ACME)
    assert await store.installations.all("slack") == []


@pytest.mark.parametrize("secret", [None, "another key"])
async def test_a_wrong_key_is_told_without_the_token(
    open_with: OpenWith, secret: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    await (await open_with(KEY)).installations.save(ACME)
    store = await open_with(secret)
    with caplog.at_level(logging.DEBUG):
        for asked in (store.installations.get("slack", "T1"), store.installations.all("slack")):
            with pytest.raises(StoreError, match="KABAR_SECRET_KEY") as told:
                await asked
            assert TOKEN not in f"{told.value!r} {told.value.__cause__!r}"
            assert KEY not in str(told.value)
    assert "Acme" in caplog.text  # which one it is
    assert TOKEN not in caplog.text


async def test_one_lost_token_does_not_take_the_other_workspaces_away(open_with: OpenWith) -> None:
    await (await open_with("the key before")).installations.save(ACME)
    store = await open_with(KEY)
    other = replace(ACME, team="T2", name="Zeta")
    await store.installations.save(other)
    assert await store.installations.all("slack") == [other]
    await store.installations.save(ACME)  # installed again
    assert await store.installations.all("slack") == [ACME, other]


async def test_nothing_shows_a_token_by_its_repr(open_with: OpenWith) -> None:
    store = await open_with(KEY)
    shown = repr(ACME) + repr(store.installations) + repr(vars(store.installations))
    assert TOKEN not in shown
    assert KEY not in shown


async def test_an_installation_is_completed_once_and_in_time(open_with: OpenWith) -> None:
    store = await open_with(KEY)
    for state in ("a", "b", "c"):
        await store.installations.begin(state, NOW)
    await store.installations.begin("a", NOW)
    assert not await store.installations.complete("never begun", NOW)
    assert await store.installations.complete("a", NOW + 9 * MINUTE)
    assert not await store.installations.complete("a", NOW + 9 * MINUTE)
    assert not await store.installations.complete("b", NOW + 10 * MINUTE)
    assert not await store.installations.complete("b", NOW)  # one try is all there is
    await store.installations.begin("d", NOW + HOUR)
    assert not await store.installations.complete("c", NOW)  # forgotten meanwhile


async def test_of_two_replicas_one_completes(open_with: OpenWith) -> None:
    stores = [await open_with(KEY) for _ in range(3)]
    await stores[0].installations.begin("a", NOW)
    completed = await asyncio.gather(*(s.installations.complete("a", NOW) for s in stores))
    assert sorted(completed) == [False, False, True]


# --- notices -------------------------------------------------------------------------------------------------------


async def test_a_trouble_begins_once_and_ends_once(store: Store) -> None:
    assert not await store.notices.ends("feed:wire", NOW)
    assert await store.notices.begins("feed:wire", NOW)
    assert not await store.notices.begins("feed:wire", NOW + HOUR)
    assert await store.notices.ends("feed:wire", NOW + HOUR)
    assert not await store.notices.ends("feed:wire", NOW + HOUR)
    assert await store.notices.begins("feed:wire", NOW + HOUR)


async def test_what_is_going_on_by_its_beginning(store: Store) -> None:
    for key in ("feed:b", "feed:a", "Feed:c", "feed%x", "platform:slack"):
        await store.notices.begins(key, NOW)
    assert await store.notices.going_on("feed:") == ["feed:a", "feed:b"]
    assert await store.notices.going_on("feed%") == ["feed%x"]
    assert len(await store.notices.going_on("")) == 5
    assert await store.notices.going_on("nothing") == []


async def test_of_two_replicas_one_tells(open_store: OpenStore) -> None:
    stores = [await open_store() for _ in range(3)]
    assert sorted(await asyncio.gather(*(s.notices.begins("x", NOW) for s in stores))) == [False, False, True]
    assert sorted(await asyncio.gather(*(s.notices.ends("x", NOW) for s in stores))) == [False, False, True]
