from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from personalization.experiments import approve_design, withdraw_design
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
            "UPDATE experiments SET confidence = 0.5",
            "Not as approved: the confidence is other than in the hypothesis.", id="surer of it",
        ),
        pytest.param(
            "UPDATE experiments SET machine_click_seconds = 0",
            "Not as approved: the time from which a click counts is other than in the hypothesis.",
            id="scanners let in",
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


def test_a_hypothesis_that_was_changed_with_its_fingerprint_is_told_by_the_audit_trail(
    shop: Shop,
) -> None:
    shop.segment("loyal", 400, arms=("control", "A"))
    experiment_id = shop.launched()
    rewrite(shop, metric="conversion")

    assert broken_seal(shop.store, experiment_id) == (
        "The hypothesis on file is not the one that was approved."
    )


def test_what_a_design_of_an_earlier_version_did_not_say_is_not_held_against_it(shop: Shop) -> None:
    shop.segment("loyal", 400, arms=("control", "A"))
    experiment_id = shop.designed()
    rewrite(shop, confidence=None, machine_click_seconds=None)
    shop.store.run("UPDATE experiments SET confidence = 0.9, machine_click_seconds = 0")

    assert broken_seal(shop.store, experiment_id) == ""


def test_the_newest_approval_is_the_one_that_counts(shop: Shop) -> None:
    shop.segment("loyal", 400, arms=("control", "A"))
    experiment_id = shop.designed()
    approve_design(shop.store, experiment_id, actor="ben")
    withdraw_design(shop.store, experiment_id, actor="ben", reason="Another share.")
    shop.designed(control_weight=0.4)
    approve_design(shop.store, experiment_id, actor="ben")

    assert broken_seal(shop.store, experiment_id) == ""


def rewrite(shop: Shop, **changes: object) -> None:
    """Change the hypothesis and its fingerprint together; what becomes None is left out."""
    [(text,)] = shop.store.read("SELECT hypothesis FROM experiments")
    found = {k: v for k, v in {**json.loads(text), **changes}.items() if v is not None}
    changed = json.dumps(found)
    shop.store.run(
        "UPDATE experiments SET hypothesis = $text, hypothesis_sha256 = $sha256",
        text=changed, sha256=hashlib.sha256(changed.encode()).hexdigest(),
    )  # fmt: skip
