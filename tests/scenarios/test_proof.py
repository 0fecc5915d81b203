"""The short form of `make prove`: the real process is killed, alone on SQLite and in twos on PostgreSQL, and everybody
gets everything once. The long form runs the same code for longer."""

from __future__ import annotations

from pathlib import Path

from tests.contracts.conftest import postgres_server
from tests.prove.crash import crash
from tests.prove.lives import nursery
from tests.prove.replicas import replicas


async def test_a_process_that_is_killed_ten_times_loses_nothing_and_repeats_only_what_was_in_flight(
    tmp_path: Path,
) -> None:
    async with nursery() as here:
        result = await crash(2, 10, tmp_path, f"sqlite:///{tmp_path}/kabar.db", here, speed=12)
    assert result.wrong == []
    assert result.kills == 10
    assert result.verdict.told > 100


async def test_two_replicas_that_are_killed_four_times_tell_everything_once(tmp_path: Path) -> None:
    with postgres_server() as server:
        url = server.url(server.create())
        async with nursery() as here:
            result = await replicas(2, 4, 2, tmp_path, url, here, pausing=0.3)
    assert result.wrong == []
    assert result.kills + result.pauses == 4
    assert result.verdict.told > 5
