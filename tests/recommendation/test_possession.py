"""What a customer still has: purchases and returns in the order in which they happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import recommendation
from tests.recommendation.shops import SHOP, lists, open_shop, product, use_policy

if TYPE_CHECKING:
    from personalization.store import Store

PIECES = "UPDATE interactions SET quantity = $n WHERE customer_id = 'ann' AND event = $event"


@pytest.mark.parametrize(
    ("deeds", "bought", "returned", "is_had"),
    [
        pytest.param((("return", 300), ("purchase", 100)), 1, 10, True, id="sent back before it"),
        pytest.param((("purchase", 100),), 0, 0, True, id="a purchase of no pieces"),
        pytest.param((("purchase", 100), ("return", 90)), 1, 1, False, id="sent back whole"),
        pytest.param((("purchase", 100), ("return", 100)), 1, 1, False, id="of the same day"),
        pytest.param((("purchase", 100), ("return", 90)), 3, 1, True, id="sent back in part"),
        pytest.param(
            (("return", 300), ("purchase", 100), ("return", 90)), 10, 6, True,
            id="sent back in part, and before it",
        ),
        pytest.param(
            (("purchase", 200), ("return", 150), ("purchase", 100)), 1, 9, True, id="bought anew"
        ),
    ],
)  # fmt: skip
def test_what_a_return_came_before_is_owned(
    store: Store,
    *,
    deeds: tuple[tuple[str, int], ...],
    bought: float,
    returned: float,
    is_had: bool,
) -> None:
    done = [("ann", "mug", event, day) for event, day in deeds]
    others = [(f"b{n}", item, "purchase", 10) for n in range(3) for item in ("mug", "pen")]
    open_shop(store, [product("mug"), product("pen", category="pens")], [*done, *others])
    use_policy(store, "[customers]\nskip_returned = false\n[ranking]\npopular_fills = false")
    store.run(PIECES, n=bought, event="purchase")
    store.run(PIECES, n=returned, event="return")

    assert ("mug" not in lists(store, "popular")["ann"]) == is_had
    assert ("bought already" in recommendation.why_not(store, SHOP, "ann", "mug")) == is_had
    assert (lists(store, "for_you").get("ann") == ["pen"]) == is_had
