from __future__ import annotations

import pytest

from personalization.errors import InputError
from personalization.statistics.power import power


def test_power_says_what_a_test_can_show() -> None:
    said = power(base_rate=0.10, lift=0.10, n_per_arm=14_749, variants=3)

    assert said["needed_per_arm"] == 14_749
    assert said["needed_for_winner"] == 19_128  # (2.34897 + .84162)^2 for (1.95996 + .84162)^2
    assert said["detectable_lift"] == pytest.approx(0.10, abs=1e-4)
    assert said["power"] == pytest.approx(0.80, abs=1e-3)


@pytest.mark.parametrize(
    ("base_rate", "lift", "words"),
    [
        pytest.param(0.0, 0.1, "base rate of 0", id="nobody does it"),
        pytest.param(1.2, 0.1, "base rate of 1.2", id="more than everybody"),
        pytest.param(0.6, 0.9, r"lift of \+90%", id="beyond everybody"),
        pytest.param(0.6, 0.0, r"lift of \+0%", id="no lift to look for"),
    ],
)
def test_what_cannot_be_is_refused(base_rate: float, lift: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        power(base_rate=base_rate, lift=lift)


def test_the_customers_of_the_whole_test_are_shared_out() -> None:
    said = power(base_rate=0.10, customers=2_000, variants=3)

    assert said["n_per_arm"] == 500
    assert said["detectable_lift"] == power(base_rate=0.10, n_per_arm=500)["detectable_lift"]
    assert said["needed_customers"] == 4 * said["needed_per_arm"]


def test_all_variants_at_once_take_more_and_the_document_says_which_number_is_for_what() -> None:
    """Of 967 per arm at a base of 8 % the simulated rule finds +55 % in 81 %, +47 % in 66 %."""
    said = power(base_rate=0.08, lift=0.47, n_per_arm=967, variants=3)

    assert said["detectable_lift"] == pytest.approx(0.475, abs=1e-3)
    assert said["detectable_lift_for_winner"] == pytest.approx(0.547, abs=1e-3)
    assert said["power"] == pytest.approx(0.79, abs=0.01)
    assert said["power_for_winner"] == pytest.approx(0.66, abs=0.01)
    assert said["needed_customers_for_winner"] == 4 * said["needed_for_winner"]
    named = ", ".join(said["rules"].values()).split(", ")
    assert set(named) <= said.keys()
    assert {"power_for_winner", "curve"} <= set(named)


def test_one_variant_has_one_rule() -> None:
    said = power(base_rate=0.08, lift=0.47, n_per_arm=967)

    for name in ("detectable_lift", "power", "needed_customers"):
        assert said[f"{name}_for_winner"] == pytest.approx(said[name])


def test_a_mean_is_planned_by_mean_and_deviation() -> None:
    """Source: R, power.t.test(n = 100, delta = 1, sd = 2.5): power = 0.8036466."""
    said = power(mean=10.0, deviation=2.5, lift=0.10, n_per_arm=100)

    assert said["metric"] == "mean"
    assert said["power"] == pytest.approx(0.8036466, abs=2e-6)


def test_the_curve_ends_beyond_what_is_needed() -> None:
    said = power(base_rate=0.10, lift=0.10)

    assert said["n_per_arm"] is said["power"] is said["detectable_lift"] is None
    assert said["curve"][0]["n_per_arm"] == 50
    assert said["curve"][-1]["n_per_arm"] == 2 * said["needed_per_arm"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({}, "Say what to plan for", id="nothing"),
        pytest.param({"base_rate": 0.1, "mean": 5.0}, "Say what to plan for", id="both kinds"),
        pytest.param({"mean": 5.0}, "Say what to plan for", id="a mean without its deviation"),
        pytest.param(
            {"base_rate": 0.1, "n_per_arm": 5, "customers": 9}, "not both", id="two sizes"
        ),
        pytest.param(
            {"base_rate": 0.1, "customers": 3, "variants": 3}, "a customer or more", id="too few"
        ),
        pytest.param({"base_rate": 0.1, "variants": 0}, "one variant or more", id="no variant"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(options: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        power(**options)  # type: ignore[arg-type]
