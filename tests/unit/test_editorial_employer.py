"""The key of an employer: one for all its spellings, another for every other employer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import patient
from tests.unit.facts import shipped


@pytest.mark.parametrize(
    "spellings",
    [
        ("Meta", "meta", "Meta Platforms", "Meta Platforms, Inc.", "META", "Facebook", "Meta's"),
        ("GoTo", "PT GoTo Gojek Tokopedia Tbk", "Tokopedia", "PT Tokopedia"),
        ("JD.ID", "JD ID", "jd.id"),
        ("AT&T", "AT&T Inc."),
        ("Velmora", "PT Velmora Tbk.", "PT. Velmora (Persero)", "velmora", "Velmora’s", "Velmora Ltd", "VELMORA Corp."),
        ("Batik Sagara", "CV Batik  Sagara"),
    ],
)
def test_one_key_for_all_spellings(spellings: tuple[str, ...]) -> None:
    assert len({shipped().employer(name) for name in spellings}) == 1
    assert shipped().employer(spellings[0])


def test_the_key_is_the_name_in_the_table_else_the_folded_words() -> None:
    assert shipped().employer("PT Tokopedia") == "GoTo"
    assert shipped().employer("PT Velmora Jaya Tbk") == "velmora jaya"


@pytest.mark.parametrize(
    "pair",
    [("Velmora", "Velmora Energi"), ("PT", "PT Velmora"), ("Company", "Co"), ("Bank Dunmere", "Bank Linden")],
)
def test_other_employers_have_other_keys(pair: tuple[str, str]) -> None:
    assert shipped().employer(pair[0]) != shipped().employer(pair[1])


@pytest.mark.parametrize("name", [None, "", " ", "…", "-"])
def test_no_name_has_no_key(name: str | None) -> None:
    assert shipped().employer(name) is None


@patient
@given(st.text(max_size=60))
def test_a_key_is_its_own_key_or_none(name: str) -> None:
    key = shipped().employer(name)
    assert key is None or shipped().employer(key) == key
