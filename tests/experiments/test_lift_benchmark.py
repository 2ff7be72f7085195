"""The benchmark of the lift still runs: on few customers, in this process, without a clock."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

PLACE = Path(__file__).parents[1] / "benchmarks" / "lift.py"
COMPARISONS = 3 * 3 * 7  # metrics, arms beside the control, segments and everybody


@pytest.fixture(scope="module")
def lift() -> ModuleType:
    found = importlib.util.spec_from_file_location("lift_benchmark", PLACE)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def customers(lift: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("lift") / "customers.parquet"
    lift.write_customers(path, 5_000)
    return path


def test_ours_and_pandas_make_the_same_comparisons(lift: ModuleType, customers: Path) -> None:
    assert lift.bare_sql(customers) == 0
    assert lift.ours(customers) == COMPARISONS
    assert lift.with_pandas(lift.load_frame(customers)) == COMPARISONS


def test_so_does_tea_tasting(lift: ModuleType, customers: Path) -> None:
    pytest.importorskip("tea_tasting")
    pytest.importorskip("ibis.formats.pyarrow", reason="ibis-framework[duckdb]")

    assert lift.tea_tasting(customers) == COMPARISONS


def test_the_report_names_every_contender(
    lift: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    turn = {"seconds": 0.2, "processor": 0.3, "comparisons": 63, "megabytes": 90.0}
    quick = turn | {"seconds": 0.1}
    turns = {name: [{"loading": 1.0}, turn] for name in lift.CONTENDERS}

    lift.report(1_000, turns | {"bare SQL": [{"loading": 0.0}, quick]})

    told = capsys.readouterr().out
    assert all(name in told for name in lift.CONTENDERS)
    assert "ours takes 2.00 x the bare SQL" in told
