"""How long the lift of a large test takes: ours, the bare SQL, tea-tasting, pandas and statsmodels.

    python tests/benchmarks/lift.py --rows 10000000 --repeats 7

One Parquet file of generated customers: 4 arms, 6 segments, 3 metrics.  Every contender reads that
file in a process of its own, which has loaded its libraries and answered once on a small file;
then they take turns, so that what else the machine does falls on all alike.

    bare SQL      the statistics alone, by arm and by segment x arm (one GROUPING SETS statement)
    ours          ``analyze_file``: these statistics, health, intervals, corrections, verdicts, JSON
    tea-tasting   an experiment for everybody and one for each segment, on DuckDB through Ibis
    pandas        groupby, then statsmodels and SciPy on the sums; the table is loaded before, and
                  the time of loading is shown by itself
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SEED: Final = 20261120
SMALL: Final = 20_000  # customers of the file that warms a contender up
AIM: Final = 1.5  # times the bare SQL
CONTROL: Final = "control"
SEGMENTS: Final = tuple(f"segment {number}" for number in range(1, 7))

_CUSTOMERS = """
    COPY (
        SELECT range AS customer_id,
               (['control', 'A', 'B', 'C'])[1 + (hash($seed + range * 5) % 4)::INT] AS arm,
               concat('segment ', 1 + hash($seed + range * 5 + 1) % 6) AS segment,
               (hash($seed + range * 5 + 2) % 1000 < 100)::INT AS click,
               (hash($seed + range * 5 + 3) % 1000 < 30)::INT AS conversion,
               CASE WHEN hash($seed + range * 5 + 3) % 1000 < 30
                    THEN round(-60 * ln((1 + hash($seed + range * 5 + 4) % 100000) / 100001.0), 2)
                    ELSE 0 END::DOUBLE AS revenue
        FROM range($rows)
    ) TO $path (FORMAT parquet)
"""
_BARE = """
    SELECT segment, arm, count(*) AS n, count(click) AS n_click, sum(click) AS click,
           count(conversion) AS n_conversion, sum(conversion) AS conversion,
           count(revenue) AS n_revenue, sum(CASE WHEN revenue <> 0 THEN 1 ELSE 0 END) AS buyers,
           avg(revenue) AS revenue, var_samp(revenue) AS revenue_variance
    FROM read_parquet($path)
    GROUP BY GROUPING SETS ((arm), (segment, arm))
    ORDER BY 1, 2
"""


def write_customers(path: Path, rows: int) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(_CUSTOMERS, {"path": str(path), "rows": rows, "seed": SEED})


# The contenders: each takes the file, and returns how many comparisons it made. ----------


def bare_sql(path: Path) -> int:
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(_BARE, {"path": str(path)}).fetchall()
    assert len(rows) == 4 * (1 + len(SEGMENTS))
    return 0


def ours(path: Path) -> int:
    from personalization.experiments import analyze_file, parse_metric

    metrics = [parse_metric(text) for text in
               ("click:binary", "conversion:binary", "revenue:mean")]  # fmt: skip
    found = analyze_file(path, arm="arm", control=CONTROL, metrics=metrics, segment="segment")
    json.dumps(found, allow_nan=False)
    return len(found["results"])


def tea_tasting(path: Path) -> int:
    import ibis
    import tea_tasting as tt

    connection = ibis.duckdb.connect()
    customers = connection.read_parquet(path)
    experiment = tt.Experiment(
        click=tt.Mean("click"), conversion=tt.Mean("conversion"), revenue=tt.Mean("revenue"),
        variant="arm",
    )  # fmt: skip
    n = 0
    for part in (customers, *(customers.filter(customers.segment == s) for s in SEGMENTS)):
        for pair, result in experiment.analyze(part, all_variants=True).items():
            n += len(result) if CONTROL in pair else 0
    connection.disconnect()
    return n


def load_frame(path: Path) -> Any:  # noqa: ANN401
    import pandas as pd

    columns = ["arm", "segment", "click", "conversion", "revenue"]
    frame = pd.read_parquet(path, columns=columns)
    return frame.astype({"arm": "category", "segment": "category"})  # its fastest groupby


def with_pandas(frame: Any) -> int:  # noqa: ANN401
    import pandas as pd

    sums = {
        "n": ("click", "size"), "click": ("click", "sum"), "conversion": ("conversion", "sum"),
        "revenue": ("revenue", "mean"), "variance": ("revenue", "var"),
    }  # fmt: skip
    cells = frame.groupby(["segment", "arm"], observed=True).agg(**sums).reset_index()
    whole = frame.groupby("arm", observed=True).agg(**sums).reset_index().assign(segment="")
    table = pd.concat([whole, cells])
    tested = [test for _, part in table.groupby("segment", observed=True)
              for test in _tests(part.set_index("arm"))]  # fmt: skip
    _corrected(tested)
    return len(tested)


def _tests(arms: Any) -> Iterator[float]:  # noqa: ANN401
    """Yield the p of every metric and arm, after working out its intervals too."""
    from scipy.stats import ttest_ind_from_stats
    from statsmodels.stats.proportion import (
        confint_proportions_2indep,
        proportions_ztest,
    )

    control = arms.loc[CONTROL]
    for arm in arms.index.drop(CONTROL):
        own = arms.loc[arm]
        for metric in ("click", "conversion"):
            counts = (
                float(own[metric]),
                float(own["n"]),
                float(control[metric]),
                float(control["n"]),
            )  # whole numbers overflow in its polynomials
            confint_proportions_2indep(*counts, method="newcomb", compare="diff")
            confint_proportions_2indep(*counts, method="score", compare="ratio")
            yield proportions_ztest([own[metric], control[metric]], [own["n"], control["n"]])[1]
        found = ttest_ind_from_stats(
            own["revenue"], own["variance"] ** 0.5, own["n"], control["revenue"],
            control["variance"] ** 0.5, control["n"], equal_var=False,
        )  # fmt: skip
        yield float(found.pvalue)


def _corrected(ps: list[float]) -> None:
    from statsmodels.stats.multitest import multipletests

    multipletests(ps, method="fdr_bh")


CONTENDERS: Final[dict[str, Callable[[Any], int]]] = {
    "bare SQL": bare_sql,
    "ours": ours,
    "tea-tasting": tea_tasting,
    "pandas": with_pandas,
}


# Taking turns ------------------------------------------------------------------------


def contend(name: str, small: Path, large: Path) -> None:
    """Warm up, then answer once for every line on stdin, until there is none."""
    loads = name == "pandas"
    CONTENDERS[name](load_frame(small) if loads else small)
    before = time.perf_counter()
    what = load_frame(large) if loads else large
    print(json.dumps({"loading": time.perf_counter() - before}), flush=True)
    for _ in sys.stdin:
        wall, processor = time.perf_counter(), time.process_time()
        n = CONTENDERS[name](what)
        told = {
            "seconds": time.perf_counter() - wall,
            "processor": time.process_time() - processor,
            "comparisons": n,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(told), flush=True)


def compete(folder: Path, rows: int, repeats: int) -> dict[str, list[dict[str, float]]]:
    """Return every contender's turns; the first entry is its loading."""
    small, large = folder / "small.parquet", folder / "large.parquet"
    write_customers(small, SMALL)
    write_customers(large, rows)
    asked = [sys.executable, __file__, "--files", str(small), str(large), "--contender"]
    running = {
        name: subprocess.Popen(
            [*asked, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in CONTENDERS
    }
    turns = {name: [_answer(process)] for name, process in running.items()}
    for _ in range(repeats):
        for name, process in running.items():
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
            turns[name].append(_answer(process))
    for process in running.values():
        process.communicate()
    return turns


def _answer(process: subprocess.Popen[str]) -> dict[str, float]:
    assert process.stdout is not None
    answer: dict[str, float] = json.loads(process.stdout.readline())
    return answer


def report(rows: int, turns: dict[str, list[dict[str, float]]]) -> None:
    """Print the medians with their spread, and how often each takes the bare SQL's time."""
    base = median(turn["seconds"] for turn in turns["bare SQL"][1:])
    own = median(turn["seconds"] for turn in turns["ours"][1:])
    print(f"{rows:,} customers, {len(turns['ours']) - 1} turns each, medians (least to most)\n")
    print(
        f"{'':<12} {'seconds':>24} {'x bare SQL':>11} {'processor':>10} {'comparisons':>12} "
        f"{'MB':>7}"
    )
    for name, (loading, *taken) in turns.items():
        seconds = sorted(turn["seconds"] for turn in taken)
        spread = f"{median(seconds):.3f} ({seconds[0]:.3f} to {seconds[-1]:.3f})"
        processor = median(turn["processor"] for turn in taken)
        print(f"{name:<12} {spread:>24} {median(seconds) / base:>11.2f} {processor:>10.3f} "
              f"{taken[-1]['comparisons']:>12,} {taken[-1]['megabytes']:>7,.0f}")  # fmt: skip
        if name == "pandas":
            print(
                f"{'  loading':<12} {loading['loading']:>24.3f} {loading['loading'] / base:>11.2f}"
            )
    others = [name for name in turns if name not in {"bare SQL", "ours"}]
    slower = [n for n in others if median(t["seconds"] for t in turns[n][1:]) > own]
    print(f"\nours takes {own / base:.2f} x the bare SQL (aim: at most {AIM}), and is ahead of "
          f"{' and '.join(slower) or 'neither'}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--contender", choices=tuple(CONTENDERS), help=argparse.SUPPRESS)
    parser.add_argument("--files", type=Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        contend(arguments.contender, *arguments.files)
        return
    with tempfile.TemporaryDirectory() as folder:
        report(arguments.rows, compete(Path(folder), arguments.rows, arguments.repeats))


if __name__ == "__main__":
    main()
