from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import StateError
from personalization.experiments import measure, winner
from personalization.experiments.measurement import launched, prior_of
from personalization.settings import Settings
from personalization.statistics.comparison import compare
from personalization.statistics.samples import Counts

if TYPE_CHECKING:
    from .conftest import Shop

CLICKS = {"control": 20, "A": 22, "B": 60, "C": 4}


def measured(shop: Shop) -> int:
    return shop.measured()


def test_every_metric_and_arm_has_a_result_for_the_whole_audience_and_each_segment(
    shop: Shop,
) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 200)
    shop.launched()
    shop.respond("click", CLICKS)

    assert measured(shop) == 7 * 3 * 3

    counted = shop.store.read("SELECT segment, count(*) FROM results GROUP BY segment ORDER BY 1")
    assert counted == [("", 21), ("loyal", 21), ("new", 21)]
    assert dict(shop.store.read("SELECT DISTINCT metric, role FROM results")) == {
        "click": "primary", "unsubscribe": "guardrail", "open": "diagnostic",
        "conversion": "exploratory", "revenue": "exploratory", "revenue_per_click": "exploratory",
        "complaint": "exploratory",
    }  # fmt: skip


def test_results_are_those_of_the_counts(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", CLICKS)
    measured(shop)

    expected = compare(Counts(100, 60), Counts(100, 20), 0.95)
    row = shop.results()["B"]
    assert (row["n_treatment"], row["n_control"]) == (100, 100)
    assert (row["mean_treatment"], row["mean_control"]) == (0.60, 0.20)
    assert row["lift"] == pytest.approx(2.0)
    assert (row["lift_low"], row["lift_high"]) == expected.lift_ci
    assert row["p"] == expected.p
    assert row["family_size"] == 3
    assert row["family"] == "3 variants against the control"
    assert row["method"] == "pooled z; Newcombe; Koopman; Dunnett"
    wide = compare(Counts(100, 60), Counts(100, 20), 0.95).difference_ci
    assert wide is not None
    assert row["sequence_low"] < wide[0] < wide[1] < row["sequence_high"]  # type: ignore[operator]
    assert 0 < row["lift_shrunk"] < row["lift"]  # type: ignore[operator]
    assert row["probability_best"] == pytest.approx(1.0, abs=1e-6)
    assert row["expected_loss"] == pytest.approx(0.0, abs=1e-6)


def test_verdicts_and_sentences(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", CLICKS)
    shop.respond("unsubscribe", {"control": 6, "B": 30})
    shop.respond("conversion", {"control": 1})
    measured(shop)

    clicks = {arm: (row["verdict"], row["sentence"]) for arm, row in shop.results().items()}
    assert clicks["A"][0] == "not_enough_data"
    assert str(clicks["A"][1]).startswith("Variant A shows no clear difference in clicks: +10 % (−")
    assert str(clicks["A"][1]).endswith("; 4,700 more customers per arm would settle it.")
    assert clicks["B"][0] == "better"
    assert clicks["B"][1] == (
        "Variant B lifts clicks by 200 % (100 % to 362 %); allowing for luck, expect 35 %: an "
        "interval this wide is drawn towards the lifts that are usual (about ±30 % assumed until "
        "five campaigns are known), and the best of several arms flatters; the observation alone "
        "is weak, as what to expect lies outside its interval."
    )
    assert clicks["C"][0] == "worse"
    assert str(clicks["C"][1]).startswith("Variant C lowers clicks by 80 % (")
    unsubscribes = shop.results("unsubscribe")
    assert unsubscribes["B"]["verdict"] == "breached"
    assert unsubscribes["B"]["sentence"] == (
        "Variant B raises unsubscribes by 24 points, clearly more than the 1.0 points that can be "
        "borne."
    )
    assert unsubscribes["A"]["verdict"] == "holds"
    assert unsubscribes["A"]["margin"] == 0.01
    assert unsubscribes["A"]["harm_bound"] < 0  # type: ignore[operator]
    assert shop.results("conversion")["A"]["verdict"] == "not_enough_data"
    assert shop.results("conversion")["A"]["sentence"] == (
        "Exploratory. Not enough data yet: Variant A has 0 purchases from 100 people, the control "
        "1 from 100; fewer than 5 are expected in a group; at these rates 900 more customers per "
        "arm would settle it."
    )


def test_opens_are_marked_as_a_diagnostic(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("open", {"control": 30, "A": 60})
    measured(shop)

    assert str(shop.results("open")["A"]["sentence"]).startswith("Diagnostic only, as mail")


def test_luck_among_several_variants_is_not_called_a_winner(shop: Shop) -> None:
    """25 against 14 of 100 has p = .0495 alone, and about .13 as the best of three."""
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("click", {"control": 14, "A": 25, "B": 15, "C": 13})
    measured(shop)

    row = shop.results()["A"]
    assert row["p"] < 0.05 < row["p_adjusted"]  # type: ignore[operator]
    assert row["difference_low_adjusted"] < 0 < row["difference_high_adjusted"]  # type: ignore[operator]
    assert str(row["sentence"]).startswith(
        "Variant A may change clicks, by itself +79 % (+0.1 % to +222 %); corrected for 3 "
        "comparisons at once the difference may be 0 (−2.3 to +24 points), so it can be luck"
    )
    assert str(shop.verdicts()["A"]["reason"]).startswith("the corrected interval includes 0")


def test_segments_are_corrected_among_each_other(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("new", 400)
    shop.launched()
    shop.respond("click", CLICKS)
    measured(shop)

    row = shop.results(segment="new")["B"]
    assert row["family_size"] == 6
    assert str(row["method"]).endswith("Benjamini-Hochberg")
    assert str(row["sentence"]).startswith("new: Variant B lifts clicks")


def test_a_customer_counts_once_however_often_they_respond(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()
    for hour in ("10", "11", "12"):
        shop.respond("click", {"A": 5}, happened_at=f"2026-12-02 {hour}:00:00")
    measured(shop)

    assert shop.results()["A"]["mean_treatment"] == 0.5


def test_revenue_is_summed_over_purchases_and_zero_for_the_rest(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    shop.respond("conversion", {"control": 20, "A": 30}, value=40.0)
    shop.respond("conversion", {"A": 10}, value=20.0, happened_at="2026-12-03 10:00:00")
    measured(shop)

    row = shop.results("revenue")["A"]
    assert (row["mean_treatment"], row["mean_control"]) == (14.0, 8.0)
    assert row["kind"] == "mean"
    assert row["lift"] == pytest.approx(0.75)
    assert row["lift_low"] is not None


def test_what_was_done_before_the_launch_does_not_count(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()  # on 2026-12-01 at 9:30
    shop.respond("click", {"A": 3}, happened_at="2026-12-01 09:29:59")
    shop.respond("click", {"B": 3}, happened_at="2026-12-01 09:30:00")
    measured(shop)

    assert shop.results()["A"]["mean_treatment"] == 0.0
    assert shop.results()["B"]["mean_treatment"] == 0.3
    assert shop.health()["late_events"] == "warning"


def test_a_date_without_a_time_counts_on_the_day_of_the_launch(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()
    shop.respond("click", {"A": 3}, happened_at="2026-12-01 00:00:00")
    measured(shop)

    assert shop.results()["A"]["mean_treatment"] == 0.3
    assert shop.health()["late_events"] == "good"


@pytest.mark.parametrize("mode", ["export", "simulation"])
def test_simulated_and_real_responses_are_never_pooled(shop: Shop, mode: str) -> None:
    shop.segment("loyal", 40)
    shop.launched(mode=mode)
    shop.respond("click", {"A": 3}, is_simulated=False)
    shop.respond("click", {"B": 4}, is_simulated=True)
    measured(shop)

    found = {arm: row["mean_treatment"] for arm, row in shop.results().items()}
    assert found == {
        "A": 0.3 if mode == "export" else 0.0,
        "B": 0.0 if mode == "export" else 0.4,
        "C": 0.0,
    }


def test_a_simulation_is_marked_in_every_result(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched(mode="simulation")
    shop.respond("click", CLICKS, is_simulated=True)
    measured(shop)

    assert shop.store.read("SELECT DISTINCT is_simulated FROM results") == [(True,)]
    assert str(shop.results()["B"]["sentence"]).startswith("Simulated. Variant B lifts")
    assert shop.health()["simulated"] == "warning"
    assert shop.health()["delivery_losses"] == "unknown"  # nothing is delivered in a simulation


def test_who_was_not_sent_the_message_does_not_count(shop: Shop) -> None:
    shop.segment("loyal", 400)
    experiment_id = shop.launched()
    shop.newcomers("loyal", "late", 100)
    from personalization.experiments import assign_arms

    assign_arms(shop.store, experiment_id, actor="ada")
    measured(shop)

    total = shop.results()["A"]["n_treatment"]
    assert total == 100


def test_a_holdout_is_compared_by_purchases_and_revenue_only(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched(holdout_weight=0.25)
    shop.respond("conversion", {"control": 40, "holdout": 10}, value=30.0)
    measured(shop)

    assert "holdout" not in shop.results("click")
    row = shop.results("conversion")["holdout"]
    assert row["n_treatment"] == 100
    assert str(row["sentence"]).startswith("Exploratory. No e-mail at all lowers purchases by 75 %")
    assert row["family_size"] == 1


def test_an_arm_is_held_against_the_control_of_its_own_segments(shop: Shop) -> None:
    """Only 'loyal' has C.  There nothing happens; that 'new' clicks less must not lift C."""
    shop.segment("loyal", 400)
    shop.segment("new", 400, arms=("control", "A", "B"))
    shop.launched()
    for segment, n in (("loyal", 50), ("new", 5)):
        shop.store.run(
            "INSERT INTO engagements SELECT experiment_id, customer_id, 'click', 0, "
            "TIMESTAMP '2026-12-02 10:00:00', false FROM (SELECT *, row_number() OVER "
            "(PARTITION BY arm ORDER BY customer_id) AS number FROM assignments "
            "WHERE segment = $segment) WHERE number <= $n",
            segment=segment,
            n=n,
        )
    measured(shop)

    row = shop.results()["C"]
    assert (row["n_treatment"], row["n_control"]) == (100, 100)
    assert row["lift"] == pytest.approx(0.0)


def test_a_mismatch_voids_every_verdict(shop: Shop) -> None:
    shop.segment("loyal", 1_000)
    shop.launched()
    shop.respond("click", {"control": 50, "B": 150})
    shop.store.run(
        "DELETE FROM deliveries WHERE arm = 'B' AND customer_id IN (SELECT customer_id FROM "
        "engagements WHERE arm = 'B' LIMIT 150)"
    )
    measured(shop)

    row = shop.results()["B"]
    assert shop.health()["sample_ratio"] == "bad"
    assert row["verdict"] == "invalid"
    assert str(row["sentence"]).startswith("Not valid: The groups in loyal are not of the planned")
    assert {one["state"] for one in shop.verdicts().values()} == {"invalid"}
    assert winner(shop.later(), "spring-experiment").arms == ()


def test_the_wrong_message_is_found(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.launched()
    shop.store.run(
        "UPDATE deliveries SET arm = 'A' WHERE customer_id = (SELECT min(customer_id) FROM "
        "deliveries WHERE arm = 'B')"
    )
    measured(shop)

    assert shop.health()["one_arm"] == "bad"


def test_a_message_sent_twice_counts_once_and_is_named(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.launched()
    shop.store.run("INSERT INTO deliveries SELECT * FROM deliveries WHERE arm = 'A' LIMIT 3")
    measured(shop)

    assert shop.health()["duplicates"] == "warning"
    assert shop.results()["A"]["n_treatment"] == 25


def test_lost_delivery_reports_are_named(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.launched()
    shop.respond("delivered", {"control": 25, "A": 25, "B": 25, "C": 10})
    measured(shop)

    row = shop.store.read_one("SELECT message FROM health_findings WHERE name = 'missing_outcomes'")
    assert row is not None
    assert row[0].startswith("15 of 100 recipients (15 %) have no delivery report.")


def test_events_after_the_day_of_analysis_are_named(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.launched()
    shop.respond("click", {"A": 2}, happened_at="2026-12-15 23:59:00")
    shop.respond("click", {"B": 3}, happened_at="2026-12-16 00:01:00")
    measured(shop)

    row = shop.store.read_one("SELECT message FROM health_findings WHERE name = 'late_events'")
    assert row is not None
    assert row[0].startswith("3 events came after 2026-12-15")
    assert row[0].endswith("They do not count.")
    clicked = {arm: row["mean_treatment"] for arm, row in shop.results().items()}
    assert clicked == {"A": 0.08, "B": 0.0, "C": 0.0}


def test_before_any_upload_nothing_is_known(shop: Shop) -> None:
    shop.segment("loyal", 100)
    shop.launched()
    measured(shop)

    assert shop.health() == {
        "balance": "unknown", "delivery_losses": "unknown", "duplicates": "good",
        "late_events": "good", "machine_clicks": "unknown", "missing_outcomes": "unknown",
        "one_arm": "good", "sample_ratio": "good",
    }  # fmt: skip
    assert {row["verdict"] for row in shop.results().values()} == {"not_enough_data"}


def test_measuring_again_replaces_the_last_measurement(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    measured(shop)
    shop.respond("click", CLICKS)

    measured(shop)

    assert shop.results()["B"]["mean_treatment"] == 0.6
    assert shop.store.read("SELECT count(*) FROM results") == [(42,)]


def test_a_segment_too_small_for_every_arm_is_no_crash(shop: Shop) -> None:
    shop.segment("loyal", 400)
    shop.segment("tiny", 1)
    shop.launched()
    shop.respond("click", CLICKS)
    measured(shop)

    assert {row["verdict"] for row in shop.results(segment="tiny").values()} == {"not_enough_data"}


def test_nothing_is_measured_before_the_launch(shop: Shop) -> None:
    shop.segment("loyal", 40)
    experiment_id = shop.assigned()

    with pytest.raises(StateError, match="was not launched"):
        measure(shop.store, Settings(), experiment_id, actor="ada")
    with pytest.raises(StateError, match="Design one first"):
        measure(shop.store, Settings(), "another", actor="ada")


def test_a_measurement_is_on_the_record(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()
    measured(shop)

    row = shop.store.read_one("SELECT payload FROM audit_log WHERE kind = 'experiment.measured'")
    assert row is not None
    assert '"customers":40' in row[0]
    assert '"verdict":"not_enough_data"' in row[0]


def test_the_record_of_an_early_measurement_tells_no_verdict(shop: Shop) -> None:
    shop.segment("loyal", 40)
    shop.launched()
    shop.measured(days=2)

    row = shop.store.read_one("SELECT payload FROM audit_log WHERE kind = 'experiment.measured'")
    assert row is not None
    assert '"is_early":true' in row[0]
    assert "verdict" not in row[0]
    assert '"sample_ratio":"good"' in row[0]


_PAST = """
    INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,
        confidence, analysis_on, designed_at, designed_by)
    VALUES ($id, $id, '{}', 'h', 's', 0.95, $analysis_on, now(), 'ada')
"""
_PAST_CAMPAIGN = """
    INSERT INTO campaigns
    SELECT $id, 'Past', $dataset, NULL, CAST($brief AS JSON), send_on, locale, $id, created_at,
           created_by, NULL
    FROM campaigns WHERE campaign_id = 'spring'
"""
_PAST_RESULT = """
    INSERT INTO results (experiment_id, metric, kind, role, segment, arm, n_treatment, n_control,
        lift, lift_low, lift_high, family, family_size, method, reason, verdict, sentence,
        is_simulated, computed_at)
    VALUES ($id, 'click', 'binary', 'primary', '', 'A', 100, 100, $lift, $lift - 0.0196,
        $lift + 0.0196, 'f', 1, 'm', '', 'better', 's.', $is_simulated, now())
"""


def past(
    shop: Shop,
    n: int,
    *,
    is_simulated: bool = False,
    on: str = "2026-11-01",
    dataset: str = "base",
    metric: str = "click",
) -> None:
    """Add ``n`` campaigns that lifted clicks by 10 % or lowered them by 10 %, to one point."""
    shop.store.run(
        "INSERT INTO datasets VALUES ('sample', 'Sample', true, $now, 'ada', NULL)",
        now=shop.store.now(),
    )
    for i in range(n):
        key = f"past {is_simulated} {on} {i}"
        brief = json.dumps({"metric": metric})
        shop.store.run(_PAST_CAMPAIGN, id=key, dataset=dataset, brief=brief)
        shop.store.run(_PAST, id=key, analysis_on=on)
        lift = 0.1 if i % 2 else -0.1
        shop.store.run(_PAST_RESULT, id=key, lift=lift, is_simulated=is_simulated)


def test_lifts_of_past_campaigns_say_how_much_of_a_lift_to_believe(shop: Shop) -> None:
    """Six lifts of .1, each known to .01: their spread is the root of .1 ** 2 - .01 ** 2."""
    shop.segment("loyal", 400)
    shop.launched()
    past(shop, 6)

    found = prior_of(shop.store, Settings(), launched(shop.store, "spring-experiment"))

    assert found.n_campaigns == 6
    assert found.spread == pytest.approx(0.0995, abs=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"n": 4}, id="too few"),
        pytest.param({"n": 9, "is_simulated": True}, id="simulated ones"),
        pytest.param({"n": 9, "dataset": "sample"}, id="ones on sample data"),
        pytest.param({"n": 9, "metric": "revenue"}, id="ones that were after something else"),
        pytest.param({"n": 9, "on": "2026-12-01"}, id="ones that were not read before the launch"),
    ],
)
def test_without_a_past_to_go_by_the_settings_say_it(shop: Shop, changes: dict[str, Any]) -> None:
    shop.segment("loyal", 400)
    shop.launched()
    past(shop, **changes)

    found = prior_of(shop.store, Settings(), launched(shop.store, "spring-experiment"))

    assert (found.spread, found.n_campaigns) == (0.3, 0)
