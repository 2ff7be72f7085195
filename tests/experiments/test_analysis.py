from __future__ import annotations

from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.experiments.analysis import Samples, analyse
from personalization.experiments.metrics import METRICS, percent
from personalization.experiments.verdicts import sentence_of, verdict_of
from personalization.statistics.samples import Counts
from personalization.statistics.sequential import always_valid_difference

CLICK, UNSUBSCRIBE = METRICS["click"], METRICS["unsubscribe"]


def one(treatment: Counts, control: Counts) -> Samples:
    return {("", "A"): treatment, ("", "control"): control}


counts = st.integers(0, 500).flatmap(lambda n: st.builds(Counts, st.just(n), st.integers(0, n)))
cells = st.dictionaries(
    st.tuples(st.sampled_from(["north", "south"]), st.sampled_from(["A", "B", "holdout"])), counts
)


@given(cells, counts, counts)
def test_each_cell_has_one_result_and_one_sentence(
    found: dict[tuple[str, str], Counts], north: Counts, south: Counts
) -> None:
    planned = {**found, ("north", "control"): north, ("south", "control"): south}
    samples: Samples = dict(planned)
    for arm in {arm for _, arm in planned}:
        parts = [sample for (_, own), sample in planned.items() if own == arm]
        samples["", arm] = reduce(add, parts)

    results = analyse(samples, control="control", confidence=0.95)

    keys = [(result.segment, result.arm) for result in results]
    assert keys == sorted(key for key in samples if key[1] != "control")
    for result in results:
        sentence = sentence_of(CLICK, result, 0.95)
        assert sentence.endswith(".")
        assert "nan" not in sentence
        assert "None" not in sentence


def test_several_arms_share_the_confidence_of_the_always_valid_interval() -> None:
    control, arm = Counts(4_000, 500), Counts(4_000, 590)
    samples: Samples = {("", "control"): control, ("", "A"): arm, ("", "B"): control}

    several = analyse(samples, control="control", confidence=0.95)[0].sequence
    alone = analyse(one(arm, control), control="control", confidence=0.95)[0].sequence

    assert several == always_valid_difference(arm, control, confidence=0.975)
    assert alone == always_valid_difference(arm, control, confidence=0.95)


@given(st.integers(300, 800), st.integers(300, 800), st.integers(1, 4))
def test_the_always_valid_p_says_what_the_interval_says(ours: int, theirs: int, arms: int) -> None:
    samples: Samples = {("", name): Counts(4_000, ours) for name in "ABCD"[:arms]}
    samples["", "control"] = Counts(4_000, theirs)

    for result in analyse(samples, control="control", confidence=0.95):
        assert result.sequence is not None
        assert result.sequence_p is not None
        low, high = result.sequence
        assert (result.sequence_p < 0.05) == (low > 0 or high < 0)


def test_without_a_test_there_is_no_always_valid_p() -> None:
    (result,) = analyse(one(Counts(50, 2), Counts(50, 1)), control="control", confidence=0.95)

    assert (result.sequence, result.sequence_p) == (None, None)


@given(counts, counts)
def test_fewer_unsubscribes_are_better_where_fewer_clicks_are_worse(
    treatment: Counts, control: Counts
) -> None:
    (result,) = analyse(one(treatment, control), control="control", confidence=0.95)

    turned = {"better": "worse", "worse": "better"}
    clicks = verdict_of(CLICK, result, 0.95)
    assert verdict_of(UNSUBSCRIBE, result, 0.95) == turned.get(clicks, clicks)


def test_a_control_without_any_is_told_in_points() -> None:
    (result,) = analyse(one(Counts(200, 40), Counts(200, 0)), control="control", confidence=0.95)

    assert sentence_of(CLICK, result, 0.95) == ("Variant A lifts clicks by 20 points (15 to 26).")


def test_one_is_written_as_one() -> None:
    (result,) = analyse(one(Counts(1, 1), Counts(9, 0)), control="control", confidence=0.95)

    assert sentence_of(CLICK, result, 0.95) == (
        "Not enough data yet: Variant A has 1 click from 1 person, the control 0 from 9; "
        "fewer than 5 are expected in a group."
    )


def test_an_empty_arm_is_told_in_words() -> None:
    (result,) = analyse(one(Counts(0, 0), Counts(200, 9)), control="control", confidence=0.95)

    assert sentence_of(CLICK, result, 0.95) == (
        "Not enough data yet: Variant A has 0 people, the control 200; a group has nobody in it."
    )


@pytest.mark.parametrize(
    ("fraction", "written"),
    [
        pytest.param(0.1234, "12 %", id="whole above ten"),
        pytest.param(0.0996, "10 %", id="rounds up to ten"),
        pytest.param(0.0123, "1.2 %", id="one decimal below ten"),
        pytest.param(-0.0123, "−1.2 %", id="a minus sign"),
        pytest.param(12.5, "1,250 %", id="thousands"),
    ],
)
def test_percent(fraction: float, written: str) -> None:
    assert percent(fraction) == written
