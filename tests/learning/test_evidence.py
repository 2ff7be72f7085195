from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.learning.evidence import Kind, gather_cells
from tests.learning import past

if TYPE_CHECKING:
    from personalization.learning.effects import Cell
    from personalization.store import Store

CLICKS = Kind(is_sample=False, metric="click", unit="")
TONES = {"loyal": {"warm": 300, "plain": 100}}


def cells(store: Store, kind: Kind = CLICKS, *, today: date = past.TODAY) -> list[Cell]:
    return gather_cells(store, today=today, half_life=180.0).get(kind, [])


def test_a_cell_holds_rate_traits_and_the_precision_of_its_stratum(store: Store) -> None:
    past.read(store, "spring", TONES, analysis_on=past.TODAY - timedelta(days=180))

    found = cells(store)

    # Half the weight after one half-life; rate pooled over the arms: 400.5 / 4001.
    rate = 400.5 / 4001
    assert [(c.campaign, c.segment, dict(c.traits), c.mean) for c in found] == [
        ("spring", "loyal", {"tone": "warm", "length": "short"}, 0.15),
        ("spring", "loyal", {"tone": "plain", "length": "short"}, 0.05),
    ]
    assert [c.precision for c in found] == pytest.approx([0.5 * 2000 / (rate * (1 - rate))] * 2)


@pytest.mark.parametrize(
    ("changes", "n_cells"),
    [
        pytest.param({}, 2, id="launched for real, date passed"),
        pytest.param({"mode": "simulation"}, 0, id="simulated"),
        pytest.param({"analysis_on": past.TODAY}, 0, id="on its very date"),
        pytest.param({"analysis_on": past.TODAY + timedelta(days=9)}, 0, id="before its date"),
        pytest.param({"analysis_on": None}, 0, id="without a date"),
    ],
)
def test_only_real_campaigns_count_and_only_after_their_date(
    store: Store, changes: dict[str, object], n_cells: int
) -> None:
    past.read(store, "spring", TONES, **changes)  # type: ignore[arg-type]

    assert len(cells(store)) == n_cells


@pytest.mark.parametrize(("state", "n_cells"), [("bad", 0), ("warning", 2), ("good", 2)])
def test_a_campaign_whose_health_is_bad_teaches_nothing(
    store: Store, state: str, n_cells: int
) -> None:
    past.read(store, "spring", TONES)
    store.run(
        "INSERT INTO health_findings VALUES ('spring-experiment', 'sample_ratio', $state, 'm', "
        "'{}', $now)",
        state=state, now=store.now(),
    )  # fmt: skip

    assert len(cells(store)) == n_cells


def test_figures_that_were_counted_before_the_date_had_passed_do_not_count(store: Store) -> None:
    past.read(store, "spring", TONES)
    early = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)  # the campaign's own date
    store.run("UPDATE arm_statistics SET computed_at = $early", early=early)

    assert cells(store) == []


def test_the_control_text_and_the_holdout_are_no_cells(store: Store) -> None:
    past.read(store, "spring", TONES)
    for arm in ("control", "holdout"):
        past.write(store, "spring", "loyal", arm, {"tone": "plain"})
        past.count(store, "spring", "loyal", arm, n=2000, click=90)

    assert len(cells(store)) == 2


def test_a_segment_where_nobody_clicked_is_no_evidence(store: Store) -> None:
    past.read(store, "spring", {**TONES, "new": {"warm": 0, "plain": 0}})

    assert {c.segment for c in cells(store)} == {"loyal"}


def test_sample_data_teaches_campaigns_on_sample_data_only(store: Store) -> None:
    past.read(store, "demo", TONES, dataset_id="sample", is_sample=True)

    assert cells(store) == []
    assert len(cells(store, Kind(is_sample=True, metric="click", unit=""))) == 2


def test_amounts_of_another_currency_are_learnt_apart(store: Store) -> None:
    for campaign_id, currency in (("uk", "GBP"), ("fr", "EUR")):
        past.begin(store, campaign_id, metric="revenue", dataset_id=campaign_id)
        store.run(
            "INSERT INTO customers (dataset_id, customer_id, consent_email, currency) "
            "VALUES ($dataset_id, 'c1', true, $currency)",
            dataset_id=campaign_id, currency=currency,
        )  # fmt: skip
        past.launch(store, campaign_id)
        for arm, revenue in (("A", 2.0), ("B", 1.0)):
            past.write(store, campaign_id, "loyal", arm, {"tone": arm})
            past.count(
                store, campaign_id, "loyal", arm, n=101, click=9, conversion=5, revenue=revenue,
                variance=25.0,
            )  # fmt: skip

    found = cells(store, Kind(is_sample=False, metric="revenue", unit="EUR"))

    assert [(c.campaign, c.mean) for c in found] == [("fr", 2.0), ("fr", 1.0)]
    assert found[0].precision == pytest.approx(0.5 ** (1 / 180) * 101 / 25)
    assert len(cells(store)) == 4
