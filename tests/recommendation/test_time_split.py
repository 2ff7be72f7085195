"""What was bought after the split is known to nothing that makes the lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.recommendation.evaluating import evaluate
from tests.recommendation.deeds import add_deeds

if TYPE_CHECKING:
    from personalization.store import Store


def test_what_goes_together_only_after_the_split_is_not_foreseen(store: Store) -> None:
    """Everybody goes on to the lamp, which nobody had ever bought with anything."""
    asked = [
        *((f"c{n}", item, "purchase", day) for n in range(40) for item, day in
          (("jar", 80), ("mug", 80), ("lamp", 5))),
        *((f"w{n}", item, "purchase", 90) for n in range(10) for item in ("jar", "mug", "bag")),
        *((f"x{n}", "lamp", "purchase", 100) for n in range(10)),
        *((f"y{n}", "pen", "purchase", 0) for n in range(2)),
    ]  # fmt: skip
    add_deeds(store, asked)

    found = evaluate(store, "shop", wanted=3)

    assert found.customers == 40
    assert found.value("new", "for_you", "hit_rate") == 0
    assert found.value("new", "popular", "hit_rate") == 1
