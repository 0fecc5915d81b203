"""Which process left something behind, and when that is sure."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.services.holder import Holder, is_running, machine


def test_a_process_that_lives_is_not_gone_and_one_that_ended_is() -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    pid = int(ended.stdout)
    me = Holder()
    assert me.name.startswith(f"{machine()}/{os.getpid()}/")
    assert not me.is_gone(me.name)
    assert not me.is_gone(f"{machine()}/{os.getppid()}/word")
    assert is_running(os.getppid())
    assert me.is_gone(f"{machine()}/{pid}/word")


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("here/7/me", True),
        ("here/9/another life of this number", True),
        ("there/7/me", False),
        ("here/seven/me", False),
        ("here", False),
        ("", False),
        ("0123456789abcdef", False),
    ],
)
def test_only_of_this_machine_anything_can_be_told(name: str, gone: bool) -> None:
    me = Holder("here", 9, runs=lambda pid: pid == 9)
    assert me.is_gone(name) is gone
    assert not me.is_gone(f"{me.name}/a lease of mine")
