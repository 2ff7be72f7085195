from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError
from personalization.segmentation import (
    fit_segments,
    join_segments,
    keep_segments,
    merge_parts,
    split_segments,
)
from personalization.segmentation.splitting import REST
from personalization.settings import Segmentation, Settings
from tests.segmentation.shops import Person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.segmentation.shops import Shop

SETTINGS = Settings(segmentation=Segmentation(minimum_customers=3))


def fill(shop: Shop, families: Mapping[str, Sequence[str | None]]) -> None:
    """Give the people of each tier the families of their first product, None for no product."""
    people = [
        Person(f"{tier}{n}", days=10, orders=2, spent=50.0, tier=tier)
        for tier, own in families.items()
        for n in range(len(own))
    ]
    shop.fill(people)
    rules = [
        {"name": tier, "conditions": [{"field": "tier", "operator": "is", "value": tier}]}
        for tier in families
    ]
    shop.store.run(
        "INSERT INTO segmentations VALUES ('spring', 'rules', $rules, '{}', DATE '2026-11-20', "
        "now())",
        rules=json.dumps({"rules": rules}),
    )
    for position, (tier, own) in enumerate(families.items(), 1):
        shop.store.run(
            "INSERT INTO segments VALUES ('spring', $tier, $position, $rule, "
            "'Who is here: be kind.', $n, $profile)",
            tier=tier, position=position, rule=f"tier is {tier}", n=len(own),
            profile='{"share": 0.5, "top_categories": "tea, toys"}',
        )  # fmt: skip
        for n, family in enumerate(own):
            shop.store.run(
                "INSERT INTO segment_members VALUES ('spring', $tier, $id)",
                tier=tier, id=f"{tier}{n}",
            )  # fmt: skip
            if family is not None:
                strategy = "popular" if family.endswith("*") else "for_you"
                shop.store.run(
                    "INSERT INTO campaign_products VALUES ('spring', 'A', $id, 1, 'p', 'r', "
                    "$strategy, 'Cup', '£1', 'why', $family, 'https://x', 1)",
                    id=f"{tier}{n}", strategy=strategy, family=family.rstrip("*"),
                )  # fmt: skip
    shop.store.run(
        "INSERT INTO product_plans (campaign_id, items, is_split, fills_up, arms, fields_sha256, "
        "planned_at, planned_by) VALUES ('spring', 1, true, true, '{\"A\": \"for_you\"}', 'x', "
        "now(), 'ann')"
    )


def test_families_become_segments_and_the_small_ones_are_one_rest(shop: Shop) -> None:
    fill(shop, {"gold": ["tea"] * 5 + ["toys"] * 3 + ["cards", None], "base": ["tea"] * 2})

    with shop.store.transaction():
        split_segments(shop.store, SETTINGS, "spring", actor="ann")

    rows = shop.store.records("SELECT * FROM segments ORDER BY position")
    assert {row["segment"]: row["customers"] for row in rows} == {
        "gold · tea": 5, "gold · toys": 3, f"gold · {REST}": 2, "base": 2,
    }  # fmt: skip
    assert [row["position"] for row in rows] == [1, 2, 3, 4]
    assert json.loads(rows[0]["profile"])["top_categories"] == "tea"
    assert rows[0]["rule"] == "tier is gold; the first product for them is from tea"
    assert rows[0]["description"] == "Who is here, shown tea: be kind."
    members = shop.members()
    assert members["gold0"] == "gold · tea"
    assert members["gold9"] == f"gold · {REST}"
    assert members["base0"] == "base"


def test_popular_fallback_is_a_part_of_its_own(shop: Shop) -> None:
    fill(shop, {"gold": ["tea"] * 3 + ["tea*"] * 3})

    with shop.store.transaction():
        split_segments(shop.store, SETTINGS, "spring", actor="ann")

    assert set(shop.members().values()) == {"gold · tea", "gold · tea (popular)"}


def test_joining_brings_back_what_was_there_to_the_letter(shop: Shop) -> None:
    fill(shop, {"gold": ["tea"] * 5 + ["toys"] * 3, "base": ["tea"] * 4})
    before = shop.store.records("SELECT * FROM segments ORDER BY segment"), shop.members()

    with shop.store.transaction():
        split_segments(shop.store, SETTINGS, "spring", actor="ann")
        assert join_segments(shop.store, "spring", actor="ann")

    assert before == (
        shop.store.records("SELECT * FROM segments ORDER BY segment"), shop.members(),
    )  # fmt: skip
    assert not join_segments(shop.store, "spring", actor="ann")


def test_splitting_again_starts_from_whole_segments(shop: Shop) -> None:
    fill(shop, {"gold": ["tea"] * 5 + ["toys"] * 4})
    with shop.store.transaction():
        split_segments(shop.store, SETTINGS, "spring", actor="ann")
    shop.store.run("UPDATE campaign_products SET category = 'tea' WHERE category = 'toys'")

    with shop.store.transaction():
        split_segments(shop.store, SETTINGS, "spring", actor="ann")

    assert set(shop.members().values()) == {"gold · tea"}
    assert shop.store.read("SELECT customers FROM segments") == [(9,)]


def test_parts_of_one_segment_can_be_merged_and_no_others(shop: Shop) -> None:
    fill(shop, {"gold": ["tea"] * 5 + ["toys"] * 3, "base": ["tea"] * 4})
    with shop.store.transaction():
        split_segments(shop.store, SETTINGS, "spring", actor="ann")
    with pytest.raises(InputError, match="only parts of one segment"):
        merge_parts(shop.store, "spring", {"gold · toys": "base · tea"}, actor="ann")

    with shop.store.transaction():
        merge_parts(shop.store, "spring", {"gold · toys": "gold · tea"}, actor="ann")

    assert shop.members()["gold6"] == "gold · tea"
    assert shop.store.read(
        "SELECT segment, customers FROM segments ORDER BY segment"
    ) == [("base · tea", 4), ("gold · tea", 8)]  # fmt: skip
    with shop.store.transaction():
        join_segments(shop.store, "spring", actor="ann")
    assert shop.members()["gold6"] == "gold"


def test_new_segments_are_whole(shop: Shop) -> None:
    fill(shop, {"gold": ["tea"] * 5})
    with shop.store.transaction():
        split_segments(shop.store, SETTINGS, "spring", actor="ann")

    proposal = fit_segments(shop.store, replace(SETTINGS), "spring")
    keep_segments(shop.store, "spring", proposal, actor="ann")

    assert shop.store.read("SELECT count(*) FROM segment_parts") == [(0,)]
    assert shop.store.read("SELECT count(*) FROM split_segments") == [(0,)]
