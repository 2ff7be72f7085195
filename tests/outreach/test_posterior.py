from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.domain import OUTREACH_ANGLES, OUTREACH_CHANNELS, OUTREACH_TONES, ROLES
from personalization.outreach.harm import chances_above, is_vetoed
from personalization.outreach.planted_world import POLICIES, plant, regret
from personalization.outreach.pooling import HARM_STRENGTHS, Strengths, pool
from personalization.outreach.posterior import HARM_RATE, posterior_in_force, update_posterior
from personalization.settings import Outreach
from tests.outreach.sent import BASE, NOW, answer, fill, send

if TYPE_CHECKING:
    from personalization.store import Store

OPTIONS = Outreach()
CELL = """
    SELECT trials, rewards, harms, expected, harm_chance, is_vetoed FROM outreach_beliefs($version)
    WHERE role = $role AND channel = $channel AND tone = $tone AND angle = $angle
"""
ALL = "SELECT * FROM outreach_cells WHERE version = $version ORDER BY role, channel, tone, angle"
GRID = """
    SELECT role, channel, tone, angle, alpha, beta, harm_alpha, harm_beta
    FROM outreach_beliefs($version) WHERE role <> ''
"""


def learn(store: Store, *, is_simulated: bool = False) -> str:
    return update_posterior(store, OPTIONS, BASE, actor="ida", is_simulated=is_simulated)


def cell(
    store: Store, version: str, tone: str = "direct", angle: str = "proof"
) -> tuple[float, ...]:
    rows = store.read(
        CELL, version=version, role="marketing", channel="cold_email", tone=tone, angle=angle
    )
    return tuple(rows[0])


def test_before_anything_was_sent_every_cell_expects_the_base_rate(store: Store) -> None:
    fill(store, 2)

    version = posterior_in_force(store, OPTIONS, BASE, actor="ida")

    means = store.read("SELECT DISTINCT round(expected, 12) FROM outreach_beliefs($v)", v=version)
    n = store.read("SELECT count(*) FROM outreach_beliefs($v)", v=version)[0][0]
    assert means == [(OPTIONS.base_rate,)]
    cells = len(ROLES) * len(OUTREACH_CHANNELS) * len(OUTREACH_TONES) * len(OUTREACH_ANGLES)
    assert n == cells + 1


def test_the_engine_pools_as_the_formula_does(store: Store) -> None:
    fill(store)
    send(store, 0, 60)
    send(store, 60, 100, tone="casual", angle="news")
    send(store, 100, 150, role="finance", tone="casual", angle="news")
    send(store, 150, 200, role="finance", channel="sms", tone="casual", angle="news")
    for name in ("m0", "m1", "m61", "m120", "m160"):
        answer(store, name, "reply", "interested", hours=1)
    answer(store, "m62", "reply", "not_interested")

    version = learn(store)

    trials = np.zeros((len(ROLES), len(OUTREACH_CHANNELS), 24))
    rewards, harms = np.zeros_like(trials), np.zeros_like(trials)
    direct, casual = arm("direct", "proof"), arm("casual", "news")
    marketing, finance = ROLES.index("marketing"), ROLES.index("finance")
    email, sms = OUTREACH_CHANNELS.index("cold_email"), OUTREACH_CHANNELS.index("sms")
    for place, n, good, bad in (
        ((marketing, email, direct), 60, 2, 0), ((marketing, email, casual), 40, 1, 1),
        ((finance, email, casual), 50, 1, 0), ((finance, sms, casual), 50, 1, 0),
    ):  # fmt: skip
        trials[place], rewards[place], harms[place] = n, good, bad
    wins = pool(trials, rewards, base_rate=OPTIONS.base_rate)
    losses = pool(trials, harms, base_rate=HARM_RATE, strengths=HARM_STRENGTHS)
    for role, channel, tone, angle, *found in store.read(GRID, version=version):
        place = ROLES.index(role), OUTREACH_CHANNELS.index(channel), arm(tone, angle)
        wanted = [wins.alpha[place], wins.beta[place], losses.alpha[place], losses.beta[place]]
        assert found == pytest.approx(wanted, rel=1e-12)


def arm(tone: str, angle: str) -> int:
    return OUTREACH_TONES.index(tone) * len(OUTREACH_ANGLES) + OUTREACH_ANGLES.index(angle)


def test_the_posterior_is_made_anew_to_the_last_bit(store: Store) -> None:
    fill(store)
    send(store, 0, 100, days_ago=2.3)
    send(store, 100, 200, tone="friendly", days_ago=0.7)
    for name in ("m3", "m7", "m150"):
        answer(store, name, "click")
    version = learn(store)
    before = store.read(ALL, version=version)

    store.run("DELETE FROM outreach_cells")
    store.run("DELETE FROM outreach_posteriors")

    assert learn(store) == version
    assert store.read(ALL, version=version) == before


def test_a_positive_answer_counts_one_a_click_a_tenth_and_a_refusal_as_harm(store: Store) -> None:
    fill(store)
    send(store, 0, 10)
    answer(store, "m0", "reply", "interested")
    answer(store, "m0", "click")
    answer(store, "m1", "meeting")
    answer(store, "m2", "click")
    answer(store, "m3", "reply", "not_interested")
    answer(store, "m4", "open")

    trials, rewards, harms, *_ = cell(store, learn(store))

    assert (trials, rewards, harms) == (10, 2.1, 1)


def test_out_of_office_and_bounces_are_no_observation(store: Store) -> None:
    fill(store)
    send(store, 0, 10)
    answer(store, "m0", "reply", "out_of_office")
    answer(store, "m1", "bounce")
    answer(store, "m2", "reply", "out_of_office")
    answer(store, "m2", "reply", "interested", hours=50)

    trials, rewards, *_ = cell(store, learn(store))

    assert (trials, rewards) == (8, 1)


def test_an_answer_after_the_window_does_not_count(store: Store) -> None:
    fill(store)
    send(store, 0, 10)
    answer(store, "m0", "reply", "interested", hours=14 * 24 + 1)

    assert cell(store, learn(store))[:2] == (10, 0)


def test_silence_counts_only_as_far_as_answers_would_be_in(store: Store) -> None:
    fill(store)
    send(store, 0, 10, days_ago=1)  # half of all who answer an e-mail do so within a day
    answer(store, "m0", "reply", "interested")

    trials, rewards, *_ = cell(store, learn(store))

    assert trials == pytest.approx(1 + 9 * 0.5, abs=0.01)
    assert rewards == 1


def test_simulated_answers_are_never_pooled_with_real_ones(store: Store) -> None:
    fill(store)
    send(store, 0, 10)
    send(store, 10, 30, is_simulated=True)
    for number in range(10, 30):
        answer(store, f"m{number}", "reply", "interested")

    assert cell(store, learn(store))[:2] == (10, 0)
    assert cell(store, learn(store, is_simulated=True))[:2] == (20, 20)


def test_what_draws_refusals_is_taken_out_and_kind_answers_do_not_save_it(store: Store) -> None:
    fill(store)
    send(store, 0, 60)
    send(store, 60, 120, tone="friendly")
    for number in range(20):
        answer(store, f"m{number}", "reply", "not_interested")
    for number in range(20, 40):
        answer(store, f"m{number}", "reply", "interested")

    version = learn(store)

    assert cell(store, version)[-1] is True
    assert cell(store, version, tone="friendly")[-1] is False
    assert cell(store, version)[3] > cell(store, version, tone="friendly")[3]


def test_the_veto_moves_with_its_bounds(store: Store) -> None:
    fill(store)
    send(store, 0, 60)
    for number in range(8):
        answer(store, f"m{number}", "unsubscribe")

    strict = cell(store, learn(store))
    lax = replace(OPTIONS, harm_cap=0.4)
    version = update_posterior(store, lax, BASE, actor="ida")

    assert strict[-1] is True
    assert cell(store, version)[-1] is False


def test_harm_chances_are_those_of_the_beta_distribution() -> None:
    # P(Beta(1, n) > x) = (1 - x)^n, and Beta(2, 2) has its median at a half.
    assert chances_above([1.0, 2.0], [10.0, 2.0], 0.1)[0] == pytest.approx(0.9**10)
    assert chances_above([2.0], [2.0], 0.5) == pytest.approx([0.5])
    assert not is_vetoed(1.0, 10.0, cap=0.1, certainty=0.9)


@given(
    n=st.integers(0, 500), share=st.floats(0, 1), base=st.floats(0.001, 0.5),
    cell=st.floats(1, 1000),
)  # fmt: skip
def test_pooling_lies_between_what_was_seen_and_what_was_expected(
    n: int, share: float, base: float, cell: float
) -> None:
    trials, rewards = np.zeros((2, 2, 2)), np.zeros((2, 2, 2))
    trials[0, 0, 0], rewards[0, 0, 0] = n, n * share

    beliefs = pool(trials, rewards, base_rate=base, strengths=Strengths(50, 50, 50, cell))

    low, high = min(base, share), max(base, share)
    assert np.all(beliefs.mean >= low * (1 - 1e-9) - 1e-12)
    assert np.all(beliefs.mean <= high * (1 + 1e-9) + 1e-12)
    assert beliefs.alpha[0, 0, 0] + beliefs.beta[0, 0, 0] == pytest.approx(cell + n)


def test_pooling_learns_faster_than_each_cell_by_itself() -> None:
    found = {
        name: np.mean([
            regret(plant(seed), policy, prospects=10_000, seed=seed + 50) for seed in range(3)
        ])
        for name, policy in POLICIES.items() if name != "pooled_greedy"
    }  # fmt: skip

    assert found["pooled_thompson"] < 0.75 * found["flat_thompson"] < 0.75 * found["uniform"]


def test_the_newest_posterior_is_in_force_and_an_older_one_can_come_back(store: Store) -> None:
    fill(store)
    first = learn(store)
    send(store, 0, 10)
    second = learn(store)

    assert first != second
    assert posterior_in_force(store, OPTIONS, BASE, actor="ida") == second
    assert update_posterior(store, OPTIONS, BASE, actor="ida", as_of=NOW) == second


def test_a_look_back_puts_nothing_old_in_force(store: Store) -> None:
    fill(store)
    send(store, 0, 50, days_ago=40)
    newest = update_posterior(store, OPTIONS, BASE, actor="ida")

    old = update_posterior(
        store, OPTIONS, BASE, actor="ida", as_of=NOW - timedelta(days=39, hours=12)
    )

    assert old != newest
    assert posterior_in_force(store, OPTIONS, BASE, actor="ida") == newest


def test_what_nobody_answers_is_learnt_from_the_day_after(store: Store) -> None:
    fill(store)
    before = update_posterior(store, OPTIONS, BASE, actor="ida", as_of=NOW - timedelta(days=2))
    send(store, 0, 150, days_ago=60)

    assert posterior_in_force(store, OPTIONS, BASE, actor="ida") != before


def test_other_bounds_of_harm_are_in_force_at_once(store: Store) -> None:
    fill(store)
    send(store, 0, 60)
    for number in range(8):
        answer(store, f"m{number}", "unsubscribe")
    before = learn(store)

    after = posterior_in_force(store, replace(OPTIONS, harm_cap=0.4), BASE, actor="ida")

    assert cell(store, before)[-1] is True
    assert cell(store, after)[-1] is False
