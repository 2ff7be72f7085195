"""The results as files: every row says whether it is simulated, no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from personalization.experiments.sufficient import STATISTICS
from personalization.reports.cells import cell
from personalization.reports.results import refuse_if_locked

if TYPE_CHECKING:
    from personalization.store import Store

STATEMENT: Final = STATISTICS
"""The very statement that reads the customers: the rest is worked out from its rows alone."""

_RESULTS = """
    SELECT is_simulated, metric, kind, role, segment, arm, n_treatment, n_control, mean_treatment,
           mean_control, difference, difference_low, difference_high, lift, lift_low, lift_high,
           p, p_adjusted, difference_low_adjusted, difference_high_adjusted, family, family_size,
           sequence_low, sequence_high, lift_shrunk, shrunk_low, shrunk_high, probability_best,
           expected_loss, rho_squared, difference_unadjusted, unadjusted_low, unadjusted_high,
           margin, harm_bound, needed_more, method, reason, verdict, sentence, computed_at
    FROM results WHERE experiment_id = $experiment_id
    ORDER BY metric, segment, arm
"""
_STATISTICS = """
    SELECT experiments.mode = 'simulation' AS is_simulated,
           arm_statistics.* EXCLUDE (experiment_id)
    FROM arm_statistics
    JOIN experiments ON experiments.experiment_id = arm_statistics.experiment_id
    WHERE arm_statistics.experiment_id = $experiment_id
    ORDER BY attribute, level, arm
"""


def results_csv(store: Store, experiment_id: str) -> bytes:
    """Write every result as CSV, UTF-8 with BOM.

    Raises:
        StateError: The results may not be read yet.
    """
    return _csv(store, _RESULTS, experiment_id)


def statistics_csv(store: Store, experiment_id: str) -> bytes:
    """Write what the inference rests on as CSV: counts, means and variances, nobody's own row.

    Raises:
        StateError: The results may not be read yet.
    """
    return _csv(store, _STATISTICS, experiment_id)


def results_parquet(store: Store, experiment_id: str) -> bytes:
    """Write every result as Parquet, with the columns of the CSV.

    Raises:
        StateError: The results may not be read yet.
    """
    refuse_if_locked(store, experiment_id)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "results.parquet"
        store.write_parquet(path, _RESULTS, experiment_id=experiment_id)
        return path.read_bytes()


def _csv(store: Store, statement: str, experiment_id: str) -> bytes:
    refuse_if_locked(store, experiment_id)
    found = store.records(statement, experiment_id=experiment_id)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(found[0] if found else ("metric",))
    writer.writerows([cell(value) for value in row.values()] for row in found)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
