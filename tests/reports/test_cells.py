from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.reports.cells import cell

if TYPE_CHECKING:
    from personalization.store import Store

RISKY = ("=1+1", " =1+1", "+cmd", "-2+3+cmd", "@SUM(1)", "＝1+1", "\t=1", "\r1", "﹢1 a")
HARMLESS = ("plain", "-3.5", "-4.98e-05", "-1E+3", "+49", "12,5", "", "a=b", "mail@example.com")


@pytest.mark.parametrize("text", RISKY)
def test_what_a_spreadsheet_would_run_is_guarded(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet="=+-@ \tab1.,＝＋", max_size=6))
def test_the_engine_guards_the_same_cells(store: Store, text: str) -> None:
    found = store.read_one("SELECT csv_cell($text)", text=text)

    assert found == (cell(text),)
