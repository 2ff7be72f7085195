from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import pytest

from personalization import campaign
from personalization.errors import InputError
from personalization.outreach.prequential import Batch, context_change, learning_change
from personalization.reports import outreach_results as reports
from personalization.settings import Settings
from tests.outreach.sent import BASE, CAMPAIGN, NOW, answer, fill, send

if TYPE_CHECKING:
    from personalization.reports.outreach_results import Figure
    from personalization.store import Store

_MADE = """
    INSERT INTO outreach_messages (message_id, run_id, campaign_id, dataset_id, prospect_id, step,
        status, code, reason, fact_ids, is_default, made_at)
    SELECT 'w' || range, 'r1', 'autumn', 'people', 'p' || range, 1,
           CASE WHEN $code = '' THEN 'ready' ELSE 'held' END, $code, '', $fact_ids, false, $now
    FROM range($first, $last)
"""
_RUN = """
    INSERT INTO outreach_runs
    SELECT 'r' || range, 'autumn', 'people', 1, 's', 'v', '{}', $now, 1000, 900, 100,
           (range + 1) / 10.0, $now, 'ida'
    FROM range(4)
"""
_FACT = """
    INSERT INTO prospect_facts
    SELECT 'people', 'p' || range, 'f' || range, 'news', 'your new shop', 'site', NULL, 'i'
    FROM range($n)
"""


def measure(store: Store, *, is_simulated: bool = False) -> dict[str, list[Figure]]:
    campaign.measure_outreach(store, Settings(), CAMPAIGN, actor="ida", is_simulated=is_simulated)
    return reports.figures(store, CAMPAIGN, is_simulated=is_simulated)


def by_cell(found: list[Figure]) -> dict[str, float | None]:
    return {figure.cell: figure.value for figure in found}


def test_messages_made_are_a_share_of_those_looked_for_by_code(store: Store) -> None:
    fill(store, 20)
    for first, last, code in ((0, 14, ""), (14, 18, "suppressed"), (18, 20, "no_fact")):
        store.run(_MADE, first=first, last=last, code=code, fact_ids=None, now=NOW)
    store.run(_RUN, now=NOW)

    found = measure(store)

    assert by_cell(found["success_rate"]) == {"": 0.7, "suppressed": 0.2, "no_fact": 0.1}
    assert by_cell(found["held_share"]) == {"": pytest.approx(0.3)}
    # 0.1, 0.2, 0.3 and 0.4 ms a prospect
    assert by_cell(found["latency_ms"]) == {"p50": pytest.approx(0.25), "p95": pytest.approx(0.385)}


def test_facts_used_are_a_share_of_facts_known_of_those_who_get_a_message(store: Store) -> None:
    fill(store, 10)
    store.run(_FACT, n=8)
    store.run(_MADE, first=0, last=3, code="", fact_ids=None, now=NOW)
    store.run(_MADE, first=3, last=4, code="", fact_ids="f3", now=NOW)
    store.run(_MADE, first=4, last=8, code="throttled", fact_ids=None, now=NOW)

    [used] = measure(store)["context_relevance"]

    assert (used.value, used.n) == (0.25, 4)


def test_choosing_is_held_against_the_holdout_with_newcombes_interval(store: Store) -> None:
    # Newcombe (1998), table II (a): 56 of 70 and 48 of 80, whose 95 % interval there
    # is 0.0524 to 0.3339; at 90 % the same formula gives these.
    fill(store, 170)
    send(store, 0, 70)
    send(store, 150, 170, days_ago=2)  # may still be answered
    send(store, 70, 150, is_default=True, tone="professional", angle="outcome")
    for number in [*range(56), *range(70, 118)]:
        answer(store, f"m{number}", "reply", "interested")

    [found] = measure(store)["strategy_effectiveness"]

    assert (found.cell, found.n) == ("holdout", 150)
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.07656, abs=1e-5)
    assert found.high == pytest.approx(0.31364, abs=1e-5)


def test_without_a_holdout_choosing_is_held_against_the_lot(store: Store) -> None:
    # Two arms; the first was chosen 8 times of 10.  By lot each would count half: the first with
    # 4 of 8 and the second with 0 of 2, so a quarter; what was chosen got 4 of 10.
    fill(store, 10)
    send(store, 0, 8, propensity=0.8)
    send(store, 8, 10, propensity=0.2, tone="friendly")
    for number in range(4):
        answer(store, f"m{number}", "reply", "interested")

    [found] = measure(store)["strategy_effectiveness"]

    assert found.cell == "by_lot"
    assert found.value == pytest.approx(0.4 - 0.25)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.15 < found.high


def test_messages_whose_time_is_not_over_tell_nothing_of_choosing(store: Store) -> None:
    fill(store, 10)
    send(store, 0, 10, days_ago=2)
    answer(store, "m0", "reply", "interested")

    [found] = measure(store)["strategy_effectiveness"]

    assert (found.value, found.n) == (None, 0)


def test_harm_is_counted_by_channel(store: Store) -> None:
    fill(store, 60)
    send(store, 0, 40)
    send(store, 40, 60, channel="sms")
    answer(store, "m0", "complaint")
    answer(store, "m41", "unsubscribe")
    answer(store, "m42", "reply", "not_interested", hours=1)
    answer(store, "m43", "reply", "interested")

    found = by_cell(measure(store)["harm_rate"])

    assert found == {"": 0.05, "cold_email": 0.025, "sms": 0.1}


def test_chances_of_being_the_best_add_up_in_each_role_and_channel(store: Store) -> None:
    fill(store, 200)
    send(store, 0, 60)
    send(store, 60, 120, tone="friendly")
    send(store, 120, 160, role="finance")
    send(store, 160, 200, role="finance", tone="friendly")
    for number in range(30):
        answer(store, f"m{number}", "reply", "interested")

    found = measure(store)

    chances = by_cell(found["best_chance"])
    marketing = [chance for cell, chance in chances.items() if cell.startswith("marketing")]
    assert sum(chance or 0 for chance in marketing) == pytest.approx(1)
    assert (chances["marketing|cold_email|direct|proof"] or 0) > 0.9
    for figure in found["variation_performance"]:
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < (figure.value or 0) < figure.high
    standings = {arm.standing for arm in reports.arms(found)}
    assert standings == {"too early"}  # sixty messages crown nobody


def test_learning_foretells_better_where_arms_differ(store: Store) -> None:
    fill(store, 400)
    for batch in range(4):
        first = 100 * batch
        send(store, first, first + 50, days_ago=100 - batch)
        send(store, first + 50, first + 100, tone="casual", days_ago=100 - batch)
        for number in range(first, first + 30):
            answer(store, f"m{number}", "reply", "interested")

    found = measure(store)

    [impact] = found["feedback_impact"]
    assert impact.high is not None
    assert impact.high < 0


def test_simulated_and_real_figures_are_never_added_up(store: Store) -> None:
    fill(store, 40)
    send(store, 0, 20)
    send(store, 20, 40, is_simulated=True)
    answer(store, "m21", "complaint")

    assert by_cell(measure(store)["harm_rate"])[""] == 0
    assert by_cell(measure(store, is_simulated=True)["harm_rate"])[""] == 0.05
    assert by_cell(reports.figures(store, CAMPAIGN, is_simulated=False)["harm_rate"])[""] == 0


def test_a_simulation_of_days_to_come_is_looked_at_from_its_end(store: Store) -> None:
    fill(store, 20)
    send(store, 0, 20, days_ago=-6, is_simulated=True)
    answer(store, "m1", "reply", "unsubscribe")
    answer(store, "m2", "reply", "interested")

    found = measure(store, is_simulated=True)
    learnt = reports.learnt(store, BASE, is_simulated=True)

    assert by_cell(found["harm_rate"])[""] == pytest.approx(1 / 20)
    assert found["strategy_effectiveness"][0].n == 0  # nobody's chance was logged
    assert [figure.n for figure in found["variation_performance"]] == [20]
    assert learnt is not None
    assert learnt.events == 2


def test_a_campaign_of_customers_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="writes to no prospects"):
        campaign.measure_outreach(store, Settings(), "spring", actor="ida")


def test_the_loss_of_a_forecast_is_worked_out_by_hand() -> None:
    # After ten thousand messages at a half nothing is left of the 800 imagined ones at a tenth.
    rows = [
        Batch(1, "sales", "sms", "a", "cold plain", 10_000, 5_000),
        Batch(2, "sales", "sms", "a", "cold plain", 10, 5),
    ]

    change = learning_change(rows, 0.1)

    assert change is not None
    learnt = 0.4999  # all four levels agree on nearly a half
    expected = -0.5 * (log(learnt / 0.1) + log((1 - learnt) / 0.9))
    assert change.difference == pytest.approx(expected, abs=1e-3)
    assert change.n == 10


def test_knowing_the_prospect_helps_only_where_it_makes_a_difference() -> None:
    def rows(warm: int, cold: int) -> list[Batch]:
        return [
            row
            for batch in (1, 2, 3, 4)
            for row in (
                Batch(batch, "sales", "sms", "a", "warm plain", 1_000, warm),
                Batch(batch, "sales", "sms", "a", "cold plain", 1_000, cold),
            )
        ]

    different, same = context_change(rows(200, 20), 0.02), context_change(rows(50, 50), 0.02)

    assert different is not None
    assert same is not None
    assert different.difference < -0.02
    assert abs(same.difference) < 1e-4


def test_one_batch_is_not_enough_to_foretell_anything() -> None:
    assert learning_change([Batch(1, "sales", "sms", "a", "x", 10, 1)], 0.02) is None
    assert context_change([Batch(1, "sales", "sms", "a", "x", 10, 1)], 0.02) is None


def test_answers_of_a_base_that_belong_to_no_message_are_told(store: Store) -> None:
    fill(store, 4)
    campaign.record_outreach_events(
        store, Settings(), BASE, [{"event": "click", "prospect_id": "p0"}], actor="ida"
    )

    assert reports.untied(store, BASE, is_simulated=False) == 1
