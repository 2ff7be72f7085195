from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.experiments.seal import broken_seal

if TYPE_CHECKING:
    from .conftest import Shop


def test_a_design_as_it_was_approved_is_sealed(shop: Shop) -> None:
    shop.segment("loyal", 100)
    experiment_id = shop.launched()

    assert broken_seal(shop.store, experiment_id) == ""
    shop.measured()
    assert "frozen_design" not in shop.health()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            "UPDATE experiments SET hypothesis = replace(hypothesis, 'click', 'conversion')",
            "The hypothesis on file is not the one that was approved.", id="another metric",
        ),
        pytest.param(
            "UPDATE experiments SET analysis_on = DATE '2027-01-31'",
            "Not as approved: the day of analysis is other than in the hypothesis.", id="later",
        ),
        pytest.param(
            "UPDATE experiments SET revenue_cap = 50, pre_days = 30",
            "Not as approved: the cap and the adjustment are other than in the hypothesis.",
            id="another reading of revenue",
        ),
        pytest.param(
            "UPDATE arms SET weight = 0.3 WHERE arm = 'A'",
            "Not as approved: the arms' division is other than in the hypothesis.",
            id="another share",
        ),
        pytest.param(
            "DELETE FROM arms WHERE arm = 'A'",
            "Not as approved: the arms' division is other than in the hypothesis.",
            id="an arm less",
        ),
    ],
)  # fmt: skip
def test_a_design_that_was_changed_after_its_approval_has_no_verdict(
    shop: Shop, change: str, words: str
) -> None:
    shop.segment("loyal", 400, arms=("control", "A", "B"))
    experiment_id = shop.launched()
    shop.respond("click", {"control": 10, "A": 60, "B": 12})
    shop.store.run(change)

    shop.measured()

    assert broken_seal(shop.store, experiment_id) == words
    assert shop.health()["frozen_design"] == "bad"
    assert shop.verdicts()[""]["state"] == "invalid"
    assert words in str(shop.verdicts()[""]["sentence"])
