from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from personalization.reports.report_design import design

CAMPAIGN: dict[str, Any] = {
    "experiment_id": "e", "designed_by": "ann", "approved_by": None, "approved_at": None,
    "hypothesis_sha256": "x", "launched_by": None, "launched_at": None, "assumptions": None,
    "currency": "GBP", "product_items": 2, "product_arms": '{"A": "for_you", "B": "buy_again"}',
}  # fmt: skip


@pytest.mark.parametrize("is_planned", [True, False])
def test_the_report_says_how_the_products_of_each_arm_were_chosen(is_planned: bool) -> None:  # noqa: FBT001
    campaign = CAMPAIGN if is_planned else CAMPAIGN | {"product_arms": None}
    found = SimpleNamespace(campaign=campaign, hypothesis={}, metric="click", mark="")

    text = str(design(cast("Any", found)))

    assert ("Variant A: For you; Variant B: Buy again" in text) is is_planned
    assert ("Products in each message (2)" in text) is is_planned
