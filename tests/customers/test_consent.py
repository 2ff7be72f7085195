from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.customers import check_file, preview, problems_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("rows", "agreed", "reasons"),
    [
        pytest.param(["no", "yes"], False, ["conflicting_consent"], id="a refusal before a yes"),
        pytest.param(["yes", "no"], False, [], id="a refusal after a yes"),
        pytest.param(["yes", "yes"], True, [], id="no refusal at all"),
        pytest.param(["", "yes"], True, [], id="silence is no refusal"),
    ],
)
def test_a_refusal_in_any_row_of_a_customer_stands(
    tmp_path: Path,
    rows: list[str],
    agreed: object,
    reasons: list[str],
) -> None:
    file = tmp_path / "people.csv"
    lines = [f"A1,a{n}@example.com,{says}" for n, says in enumerate(rows)]
    file.write_text("\n".join(["customer_id,email,consent", *lines, "B1,b@example.com,yes", ""]))

    intake = check_file(file)

    kept = preview(intake).set_index("customer_id")
    assert bool(kept.loc["A1", "consent_email"]) is agreed
    told = [p["reason"] for p in problems_of(intake) if p["outcome"] == "warning"]
    assert told == reasons
