"""Which customer gets which arm.

Within a segment customers stand in the order of md5(salt:customer_id), which is as good as a
shuffle, and that order is cut by the arms' weights: every cell is exact to one customer.  Who
comes later gets the arm of the own md5 prefix and moves nobody.  Anyone can work both out
again, in any language, and no draw has to be kept to do so.
"""

from __future__ import annotations

from itertools import accumulate
from math import ceil, floor, isclose
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.store import Store

# Hex digits are compared as text, which is the order of the numbers; 'g' is above them all.
# A newcomer whose address is already in the experiment under another id, or was kept out of it,
# is left out: one address, one arm.
_ASSIGN = """
    INSERT INTO assignments (experiment_id, customer_id, segment, arm, propensity, method)
    WITH entered AS (
        SELECT assignments.customer_id, assignments.segment, customers.email
        FROM assignments
        LEFT JOIN customers ON customers.customer_id = assignments.customer_id
                           AND customers.dataset_id = $dataset_id
        WHERE assignments.experiment_id = $experiment_id
    ), kept_back AS (
        SELECT customers.email
        FROM held_out
        JOIN customers ON customers.customer_id = held_out.customer_id
                      AND customers.dataset_id = $dataset_id
        WHERE held_out.experiment_id = $experiment_id
    ), newcomers AS (
        SELECT audience.customer_id, audience.segment,
               md5(concat($salt, ':', audience.customer_id)) AS draw
        FROM audience
        WHERE audience.campaign_id = $campaign_id AND audience.bucket = 'eligible'
          AND NOT EXISTS (SELECT 1 FROM entered WHERE entered.email = audience.email)
          AND NOT EXISTS (SELECT 1 FROM entered
                          WHERE entered.customer_id = audience.customer_id)
          AND NOT EXISTS (SELECT 1 FROM kept_back WHERE kept_back.email = audience.email)
    ), begun AS (
        SELECT DISTINCT segment FROM entered
    ), queue AS (
        SELECT newcomers.customer_id, newcomers.segment, substr(newcomers.draw, 1, 8) AS prefix,
               begun.segment IS NOT NULL AS is_late,
               round((row_number() OVER (PARTITION BY newcomers.segment
                                         ORDER BY newcomers.draw, newcomers.customer_id) - 5e-1)
                     / count(*) OVER (PARTITION BY newcomers.segment), 9) AS place
        FROM newcomers LEFT JOIN begun ON begun.segment = newcomers.segment
    ), cumulated AS (
        SELECT segment, arm, position, weight,
               round(sum(weight) OVER (PARTITION BY segment ORDER BY position, arm), 9) AS reached
        FROM arms WHERE experiment_id = $experiment_id AND weight > 0
    ), bounded AS (
        SELECT segment, arm, position, weight,
               coalesce(lag(reached) OVER (PARTITION BY segment ORDER BY position, arm), 0e0)
                   AS low,
               CASE WHEN lead(arm) OVER (PARTITION BY segment ORDER BY position, arm) IS NULL
                    THEN 2e0 ELSE reached END AS high
        FROM cumulated
    ), ranges AS (
        SELECT segment, arm, weight, low, high,
               lower(lpad(hex(CAST(floor(low * 4294967296e0) AS BIGINT)), 8, '0')) AS low_prefix,
               CASE WHEN high > 1e0 THEN 'g'
                    ELSE lower(lpad(hex(CAST(floor(high * 4294967296e0) AS BIGINT)), 8, '0'))
               END AS high_prefix
        FROM bounded
    )
    SELECT $experiment_id, queue.customer_id, queue.segment, ranges.arm, ranges.weight,
           CASE WHEN queue.is_late THEN 'hash' ELSE 'blocked' END
    FROM queue JOIN ranges ON ranges.segment = queue.segment
     AND CASE WHEN queue.is_late
              THEN queue.prefix >= ranges.low_prefix AND queue.prefix < ranges.high_prefix
              ELSE queue.place >= ranges.low AND queue.place < ranges.high END
"""
# Who would have got an arm and is in the global holdout, late comers too; nobody is written twice.
_HOLD_OUT = """
    INSERT INTO held_out (experiment_id, customer_id, segment, holdout_id)
    WITH entered AS (
        SELECT customers.email
        FROM assignments
        JOIN customers ON customers.customer_id = assignments.customer_id
                      AND customers.dataset_id = $dataset_id
        WHERE assignments.experiment_id = $experiment_id
    )
    SELECT $experiment_id, audience.customer_id, audience.segment, $holdout_id
    FROM audience
    WHERE audience.campaign_id = $campaign_id AND audience.bucket = 'global holdout'
      AND EXISTS (SELECT 1 FROM arms
                  WHERE arms.experiment_id = $experiment_id AND arms.segment = audience.segment)
      AND NOT EXISTS (SELECT 1 FROM entered WHERE entered.email = audience.email)
      AND NOT EXISTS (SELECT 1 FROM held_out AS before
                      WHERE before.experiment_id = $experiment_id
                        AND before.customer_id = audience.customer_id)
"""
_KEEP_TO = """
    UPDATE experiments
    SET holdout_id = (SELECT holdout_id FROM global_holdouts WHERE until IS NULL)
    WHERE experiment_id = $experiment_id AND launched_at IS NULL
"""
_EXPERIMENT = """
    SELECT experiments.campaign_id, campaigns.dataset_id, experiments.salt,
           experiments.approved_at
    FROM experiments JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
    WHERE experiment_id = $experiment_id
"""
_PLACES: Final = 1e9  # nine digits tell a billion customers apart
_HOLDOUT = "SELECT holdout_id FROM experiments WHERE experiment_id = $experiment_id"


def assign_arms(store: Store, experiment_id: str, *, actor: str) -> int:
    """Give every eligible customer one arm, in one statement, and note who is held out of it.

    Running it again takes in who has become eligible since, and moves nobody.  The propensity
    on every row is the weight of the arm in the customer's segment.  Whoever is in the global
    holdout gets no arm.

    Args:
        store: Reads ``audience`` and ``arms``; receives ``assignments`` and ``held_out``.
        experiment_id: Its design has to be approved.
        actor: Who asked for it; stands in the audit trail with the count.

    Returns:
        How many customers were newly assigned.

    Raises:
        StateError: There is no such experiment, or its design is not approved.
    """
    row = store.read_one(_EXPERIMENT, experiment_id=experiment_id)
    if row is None:
        raise StateError(f"There is no experiment {experiment_id!r}. Design one first.")
    campaign_id, dataset_id, salt, approved_at = row
    if approved_at is None:
        raise StateError(
            "People are assigned once the design is approved. Approve it on the Experiment page."
        )
    key = {"experiment_id": experiment_id, "campaign_id": campaign_id, "dataset_id": dataset_id}
    with store.transaction():
        store.run(_KEEP_TO, experiment_id=experiment_id)
        assigned = store.run(_ASSIGN, **key, salt=salt)
        held_out = _hold_out(store, key)
        counts = {"customers": assigned} | ({"held_out": held_out} if held_out else {})
        record(
            store, "experiment.assigned", experiment_id, actor=actor, campaign_id=campaign_id,
            **counts,
        )  # fmt: skip
    return assigned


def _hold_out(store: Store, key: Mapping[str, str]) -> int:
    """Note who is newly held out of the experiment, and return how many that are."""
    [(holdout_id,)] = store.read(_HOLDOUT, experiment_id=key["experiment_id"])
    return store.run(_HOLD_OUT, **key, holdout_id=holdout_id) if holdout_id else 0


def cell_sizes(customers: int, weights: Sequence[float]) -> list[int]:
    """Return how many of a segment's customers each arm gets; the twin of the statement above.

    Args:
        customers: Of the segment, all assigned at once.
        weights: Shares above 0 that sum to 1, in the order of the arms.

    Raises:
        InputError: The weights are no such shares.

    Example:
        >>> cell_sizes(10, [0.25, 0.25, 0.5])
        [2, 3, 5]
    """
    if not isclose(sum(weights), 1.0, abs_tol=1e-9) or min(weights, default=0.0) <= 0:
        raise InputError(
            f"The arms' weights are {[round(w, 4) for w in weights]} and sum to "
            f"{sum(weights):g}. Make each one greater than 0 and their sum 1."
        )
    reached = [*list(accumulate(weights))[:-1], 2.0]
    below = [_n_below(_rounded(bound), customers) for bound in reached]
    return [high - low for low, high in zip([0, *below[:-1]], below, strict=True)]


def _n_below(bound: float, customers: int) -> int:
    """Count the customers below a bound: number r of n stands at (r - 1/2) / n."""
    nearest = ceil(bound * customers - 0.5)
    fewest, most = max(nearest - 1, 0), min(nearest + 1, customers)
    while most > fewest and _rounded((most - 0.5) / customers) >= bound:
        most -= 1
    return most


def _rounded(place: float) -> float:
    """Round as the statement does, so that two sums of the same shares are one bound."""
    return floor(place * _PLACES + 0.5) / _PLACES
