"""What earlier campaigns taught, as far as writers make use of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.domain import Brief, Passage, Statement
from personalization.generation import regenerate, write_variants
from personalization.generation.learnt import exploring_arms, learnt_for
from personalization.providers.composer import Composer, n_learnt
from personalization.providers.openai_writer import _assignment
from personalization.providers.protocols import Learnt
from personalization.settings import Generation, Learning, Settings
from tests.generation.campaigns import SETTINGS, fill
from tests.providers.fern_and_fig import content, request

if TYPE_CHECKING:
    from personalization.providers.protocols import Draft
    from personalization.store import Store

OWN_TONE = Learnt("tone", "professional", "A professional tone did well.")
PROOF = Learnt("plan", "proof_first", "Proof first did well.")
_LESSON = """
    INSERT INTO lessons VALUES (false, 'click', '', $factor, $segment, 0, $level, '', 0.01, 0.005,
                                0.015, $chance, 4, true, $sentence, now())
"""


def teach(
    store: Store, factor: str, level: str, *, segment: str = "", chance: float = 0.99
) -> None:
    store.run(
        _LESSON, factor=factor, segment=segment, level=level, chance=chance,
        sentence=f"{level} did well in '{segment}'.",
    )  # fmt: skip


def switch(store: Store, *, is_on: bool) -> None:
    store.run(
        "INSERT INTO lesson_switches (campaign_id, is_on, actor, switched_at) "
        "VALUES ('c1', $is_on, 'ann', now())",
        is_on=is_on,
    )


def traits(drafts: list[Draft], factor: str) -> dict[str, str]:
    return {draft.arm: dict(draft.attributes)[factor] for draft in drafts}


def learnt(store: Store, segment: str = "Loyal", settings: Settings = SETTINGS) -> dict[str, str]:
    return {found.factor: found.level for found in learnt_for(store, settings, "c1", segment)}


# From the tables ---------------------------------------------------------------------------


def test_a_segment_follows_its_own_lesson_before_the_general_one(store: Store) -> None:
    fill(store)
    teach(store, "tone", "professional")
    teach(store, "tone", "informative", segment="Loyal")

    assert learnt(store, "Loyal") == {"tone": "informative"}
    assert learnt(store, "New") == {"tone": "professional"}


@pytest.mark.parametrize(
    ("factor", "chance"),
    [
        pytest.param("tone", 0.7, id="a tone that is hardly likely to be better"),
        pytest.param("topic", 0.99, id="a topic: what is found for a segment decides that"),
    ],
)
def test_what_does_not_bear_on_the_writing_is_left(
    store: Store, factor: str, chance: float
) -> None:
    fill(store)
    teach(store, factor, "professional", chance=chance)

    assert learnt(store) == {}


def test_the_last_switch_counts_and_before_any_the_settings(store: Store) -> None:
    fill(store)
    teach(store, "tone", "professional")
    off = replace(SETTINGS, learning=Learning(is_on=False))
    assert learnt(store) == {"tone": "professional"}
    assert learnt(store, settings=off) == {}

    switch(store, is_on=False)
    assert learnt(store) == {}

    switch(store, is_on=True)
    assert learnt(store, settings=off) == {"tone": "professional"}


@pytest.mark.parametrize(("variants", "arms"), [(1, ()), (2, ("B",)), (3, ("C",))])
def test_the_last_arm_explores_unless_it_is_the_only_one(
    variants: int, arms: tuple[str, ...]
) -> None:
    assert exploring_arms(Settings(generation=Generation(variants=variants))) == arms


def provenance(store: Store) -> dict[str, dict[str, str]]:
    rows = store.read(
        "SELECT arm, provenance FROM current_variants WHERE segment = 'Loyal' ORDER BY arm"
    )
    return {arm: json.loads(text) for arm, text in rows}


def test_a_written_message_keeps_which_lesson_it_follows(store: Store) -> None:
    fill(store)
    teach(store, "tone", "professional")

    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer())

    found = provenance(store)
    assert found["A"]["lesson_tone"] == "professional did well in ''."
    assert "explores" in found["C"]
    assert not {"lesson_tone", "explores"} & set(found["control"])


def test_a_message_that_is_written_anew_keeps_its_part(store: Store) -> None:
    fill(store)
    teach(store, "tone", "professional")
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer())
    [(variant_id,)] = store.read(
        "SELECT variant_id FROM current_variants WHERE segment = 'Loyal' AND arm = 'C'"
    )

    regenerate(store, SETTINGS, variant_id, writer=Composer(), actor="ann")

    assert "explores" in provenance(store)["C"]


# In the writers ------------------------------------------------------------------------------


def test_without_lessons_the_composer_writes_the_same_bytes_as_before() -> None:
    exploring = request(exploring=("C",))

    assert Composer().write(exploring) == Composer().write(request())


@pytest.mark.parametrize("seed", ["c1", "c2", "c3"])
def test_the_composer_tries_what_was_learnt_first_and_one_arm_departs_from_it(seed: str) -> None:
    asked = request(learnt=(OWN_TONE, PROOF), exploring=("C",), seed=seed)

    drafts = Composer().write(asked)

    assert [draft.arm for draft in drafts] == ["A", "B", "C"]
    assert n_learnt(asked, drafts[0]) >= 1
    assert n_learnt(asked, drafts[2]) == 0
    plain = Composer().write(request(seed=seed))
    assert sum(n_learnt(asked, d) for d in drafts) > sum(n_learnt(asked, d) for d in plain[:2])


def one_voice() -> Passage:
    """Return a brand's voice that knows the tone 'warm' and no other."""
    texts = {
        "greeting": "Hello {{first_name|there}},", "opener": "A short note from the shop.",
        "bridge": "One thing more:", "close": "Come by when it suits you.",
        "sign_off": "Warm wishes, Fern & Fig", "cta": "Have a look",
    }  # fmt: skip
    lines = tuple(
        Statement(f"voice@1#warm-{role}-1", "voice", role, text) for role, text in texts.items()
    )
    return Passage("voice@1#p1", "voice", "voice", "Voice", "", lines)


def test_where_there_is_one_tone_only_the_last_arm_departs_from_the_plan() -> None:
    asked = request(
        passages=(*content(), one_voice()), exploring=("C",),
        learnt=(Learnt("tone", "warm", "s"), PROOF),
    )  # fmt: skip

    drafts = Composer().write(asked)

    assert set(traits(drafts, "tone").values()) == {"warm"}
    assert traits(drafts, "plan")["C"] != "proof_first"


def test_a_hosted_writer_is_asked_for_the_learnt_tone_and_plan() -> None:
    asked = request(learnt=(OWN_TONE, PROOF), exploring=("C",), brief=Brief(tone="friendly"))

    plans, tones = zip(*(_assignment(asked, arm) for arm in "ABC"), strict=True)

    assert tones[:2] == ("professional", "professional")
    assert plans[0] == "proof_first"
    assert len(set(plans)) == 3
    assert (plans[2], tones[2]) != ("proof_first", "professional")
    assert tones[2] != "professional"


def test_without_lessons_a_hosted_writer_is_asked_as_before() -> None:
    assert [_assignment(request(exploring=("C",)), arm) for arm in "ABC"] == [
        _assignment(request(), arm) for arm in "ABC"
    ]
