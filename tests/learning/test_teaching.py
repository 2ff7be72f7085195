from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import learning
from personalization.learning.contrasts import Contrast, contrasts
from personalization.learning.effects import Cell, fit_effects
from personalization.learning.evidence import Kind
from personalization.learning.teaching import sentence_of
from personalization.learning.wording import between, trait
from personalization.settings import Settings
from personalization.store import verify_chain
from tests.learning import past

if TYPE_CHECKING:
    from personalization.store import Store

CLICKS = Kind(is_sample=False, metric="click", unit="")
WARM = {"loyal": {"warm": 300, "plain": 200}, "new": {"warm": 260, "plain": 200}}


def learn(store: Store) -> int:
    return learning.learn(store, Settings(), campaign_id="spring", actor="ada")


def sentences(store: Store, metric: str = "click") -> list[str]:
    rows = store.read(
        "SELECT sentence FROM lessons WHERE metric = $metric ORDER BY position", metric=metric
    )
    return [sentence for (sentence,) in rows]


@pytest.mark.parametrize(
    ("contrast", "said"),
    [
        pytest.param(
            Contrast("tone", "", "warm", "plain", 0.004, 0.0015, 6, "Champions"),
            "In 6 campaigns a warm tone brought 0.4 points more clicks than a plain tone "
            "(0.1 to 0.7), most among 'Champions'.",
            id="clear, two levels, one segment above the others",
        ),
        pytest.param(
            Contrast("plan", "Loyal", "offer_first", "", 0.01, 0.001, 1),
            "Among 'Loyal', in one campaign the plan 'offer first' brought 1.0 points more clicks "
            "than other plans (0.8 to 1.2).",
            id="clear, in a segment, several levels",
        ),
        pytest.param(
            Contrast("topic", "", "b1", "", 0.001, 0.002, 2),
            "In 2 campaigns no topic stood out: the topic 'Warm blankets' brought 0.1 points more "
            "clicks than other topics (−0.3 to 0.5).",
            id="not clear",
        ),
        pytest.param(
            Contrast("length", "", "short", "long", 0.0, 0.0, 3),
            "In 3 campaigns no length did better than another.",
            id="nothing differs",
        ),
    ],
)
def test_a_lesson_is_a_sentence_with_its_figures(contrast: Contrast, said: str) -> None:
    assert sentence_of(contrast, CLICKS, 0.95, titles={"b1": "Warm blankets"}) == said


def test_an_amount_is_said_in_its_currency() -> None:
    contrast = Contrast("length", "", "long", "short", 0.5, 0.1, 4)
    kind = Kind(is_sample=False, metric="revenue", unit="GBP")

    assert sentence_of(contrast, kind, 0.95, titles={}) == (
        "In 4 campaigns a long text brought 0.50 GBP more revenue per customer than a short text "
        "(0.30 GBP to 0.70 GBP)."
    )


def test_a_difference_below_a_tenth_of_a_point_keeps_a_second_digit() -> None:
    assert between("click", "", -0.0001, 0.0004) == "−0.01 to 0.04"


def test_a_trait_takes_the_article_it_is_read_with() -> None:
    assert trait("tone", "informative", {}) == "an informative tone"


def test_what_is_best_is_compared_with_the_mean_of_the_others() -> None:
    cells = [
        Cell("spring", "loyal", (("length", level),), mean, 1e7)
        for level, mean in (("short", 0.10), ("medium", 0.12), ("long", 0.17))
    ]

    [found] = contrasts(fit_effects(cells))

    assert (found.level, found.versus, found.n_campaigns) == ("long", "", 1)
    assert found.effect == pytest.approx(0.17 - 0.11, rel=1e-3)
    assert found.chance > 0.999


def test_the_segment_in_which_it_matters_most_is_named() -> None:
    cells = [
        Cell("spring", segment, (("tone", tone),), 0.1 + (gain if tone == "warm" else 0), 1e7)
        for segment, gain in (("loyal", 0.05), ("new", 0.01), ("lost", 0.01), ("big", 0.012))
        for tone in ("warm", "plain")
    ]

    found = {(c.factor, c.segment): c for c in contrasts(fit_effects(cells))}

    assert found["tone", ""].most == "loyal"
    assert found["tone", "loyal"].effect > 2 * found["tone", "new"].effect


def test_past_campaigns_become_effects_and_lessons(store: Store) -> None:
    past.read(store, "spring", WARM)
    past.read(store, "autumn", WARM)

    n_lessons = learn(store)

    [first, *_] = sentences(store)
    assert first.startswith("In 2 campaigns a warm tone brought ")
    assert " points more clicks than a plain tone (" in first
    effects = dict(
        store.read("SELECT level, effect FROM effects WHERE metric = 'click' AND factor = 'tone' "
                   "AND segment = ''")
    )  # fmt: skip
    assert effects["warm"] > 0 > effects["plain"]
    assert effects["warm"] - effects["plain"] == pytest.approx(0.04, abs=0.01)
    assert store.read("SELECT count(*) FROM lessons") == [(n_lessons,)]
    assert verify_chain(store).first_broken is None


def test_learning_twice_says_the_same(store: Store) -> None:
    past.read(store, "spring", WARM)
    learn(store)
    before = store.read("SELECT * FROM lessons ORDER BY ALL")

    learn(store)

    assert store.read("SELECT * FROM lessons ORDER BY ALL") == before


def test_simulated_campaigns_never_teach(store: Store) -> None:
    past.read(store, "spring", WARM)
    learn(store)
    before = store.read("SELECT * FROM effects ORDER BY ALL")
    past.read(store, "dream", {"loyal": {"warm": 0, "plain": 2000}}, mode="simulation")

    learn(store)

    assert store.read("SELECT * FROM effects ORDER BY ALL") == before


def test_what_turned_out_to_be_unsound_is_forgotten(store: Store) -> None:
    past.read(store, "spring", WARM)
    assert learn(store) > 0
    store.run(
        "INSERT INTO health_findings VALUES ('spring-experiment', 'sample_ratio', 'bad', 'm', "
        "'{}', $now)",
        now=store.now(),
    )

    assert learn(store) == 0
    assert store.read("SELECT count(*) FROM effects") == [(0,)]
